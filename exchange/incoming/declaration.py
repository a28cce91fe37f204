"""How a table of a package is declared: its columns, its parents and what its rows must not be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.db import models


@dataclass(frozen=True, kw_only=True)
class Parent:
    """A column that names a row of another table by its key; the name is the foreign key's.

    The table may be the column's own: the named row may then come in the same package.
    """

    name: str
    model: type[models.Model]
    key: str = "external_id"
    is_required: bool = True


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a row of the file must not be, though every column of it is right by itself.

    `refused`: an SQL condition on the staged row (alias `staged`) and its parents (`of_<name>`);
    `words` say what is wrong, the row's key follows them; `column` is where to look.
    """

    words: str
    refused: str
    column: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """One file of the package and the model that its rows become.

    `key`: the column by which a row is known when it comes again. `kept`: columns that an empty
    value does not erase, because the office fills them too. `given_once`: columns that a new row
    takes from the file and a known one keeps, because they are the office's settings. `optional`:
    columns that a file may leave out, which then hold the default of the model's field. `frozen`:
    an SQL condition on a stored row (alias `stored`) that forbids changing it. `may_be_absent`:
    a package may come without the file. `refusal`: says of the values of `refusal_of` in a row,
    before it is stored, which column is wrong and why; None when all is right. `attached_file`: the
    column that names a file in the package (exchange/incoming/attached.py).
    """

    name: str
    model: type[models.Model]
    parents: tuple[Parent, ...] = ()
    fields: tuple[str, ...]
    key: str = "external_id"
    kept: frozenset[str] = frozenset()
    given_once: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()
    frozen: str = "false"
    may_be_absent: bool = False
    refusal: Callable[[Mapping[str, str]], tuple[str, str] | None] | None = None
    refusal_of: tuple[str, ...] = ()
    attached_file: str = ""

    @property
    def file_name(self) -> str:
        """«contracts.csv»."""
        return f"{self.name}.csv"

    @property
    def title(self) -> str:
        """«договоры»: what the rows are called on pages."""
        return str(self.model._meta.verbose_name_plural)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the file, the key first."""
        attached = (self.attached_file,) if self.attached_file else ()
        return (self.key, *(parent.name for parent in self.parents), *self.fields, *attached)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return tuple(name for name in self.columns if name not in self.optional)

    @property
    def values(self) -> Iterator[models.Field]:
        """The model's fields that come from the file as they are: the key and `fields`."""
        for name in (self.key, *self.fields):
            yield self.model._meta.get_field(name)  # type: ignore[misc]

    @property
    def defaults(self) -> Iterator[models.Field]:
        """The fields that a new row must have and neither the file nor the database gives."""
        given = set(self.columns)
        for field in self.model._meta.concrete_fields:
            by_database = field.primary_key or field.generated or field.has_db_default()
            if field.name not in given and not by_database and not field.null:
                yield field

    @property
    def own_parents(self) -> tuple[Parent, ...]:
        """Columns that name rows of this same table."""
        return tuple(parent for parent in self.parents if parent.model is self.model)
