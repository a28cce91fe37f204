"""Pages of a long list by the keys of its rows: any page costs what the first one does.

A page is named by the row after or before which it stands, never by its number: the database
begins at that row in the index instead of counting from the list's beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan

from cabinet import keys

Fetch = Callable[[Q | None, Sequence[str], int], list[Any]]


class _Row(Func):
    """`(a, b, c)` in SQL: compared key by key, and by one walk of an index."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order by keys that all go in one direction; the last one is unique.

    A key is a field or an annotation that is never NULL.
    """

    keys: tuple[str, ...]
    is_descending: bool = True

    def names(self, *, backwards: bool = False) -> list[str]:
        """For `order_by`."""
        sign = "-" if self.is_descending != backwards else ""
        return [f"{sign}{key}" for key in self.keys]

    def beyond(self, row: Model, *, backwards: bool = False) -> Q:
        """The condition that a row stands after `row`, or before it when `backwards`."""
        fields = {field.name: field for field in row._meta.concrete_fields}
        place = _Row(*(Value(getattr(row, key), output_field=fields.get(key)) for key in self.keys))
        lookup = LessThan if self.is_descending != backwards else GreaterThan
        return Q(lookup(_Row(*(F(key) for key in self.keys)), place))


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows, and whether there are others before and after them."""

    rows: list[Any]
    has_previous: bool
    has_next: bool

    @property
    def first(self) -> Any:
        """The row before which the previous page stands."""
        return self.rows[0]

    @property
    def last(self) -> Any:
        """The row after which the next page stands."""
        return self.rows[-1]


def page(
    fetch: Fetch, order: Order, *, size: int, after: Model | None, before: Model | None
) -> Page:
    """The page after or before a row, the first one without any.

    `fetch` gives at most so many rows that meet a condition, in the order of these names.
    """
    if before is not None:
        rows = fetch(order.beyond(before, backwards=True), order.names(backwards=True), size + 1)
        if len(rows) >= size:
            shown = rows[:size][::-1]
            return Page(rows=shown, has_previous=len(rows) > size, has_next=True)
        after = None  # what is left before it is less than a page: the first page shows it
    condition = order.beyond(after) if after is not None else None
    rows = fetch(condition, order.names(), size + 1)
    return Page(rows=rows[:size], has_previous=after is not None, has_next=len(rows) > size)


def place(rows: QuerySet[Any], key: str | None) -> Any:
    """The row of `rows` whose primary key an address names; None for any nonsense."""
    found = keys.read(key or "")
    return None if found is None else rows.filter(pk=found).first()
