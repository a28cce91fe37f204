"""Searching the archive: of one contract or of several at once, at the same cost for any length."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict

from cabinet import formats, keys, keyset
from contracts.models import Contract
from contracts.periods import Month, years_since
from documents.forms import DocumentSearchForm
from documents.models import Document, DocumentQuerySet
from documents.news import Unnest

PAGE_ROWS = 50
# What one sheet after another is still read; the registry holds more.
PRINTED_AT_MOST = 500
# Counting further would cost as much as it finds.
COUNTED_AT_MOST = 1000


class Search:
    """What `query` asks of these contracts, which the person sees.

    `offers_contracts`: the form lets one of them be chosen.
    """

    def __init__(
        self, *, contracts: Sequence[Contract], query: QueryDict, offers_contracts: bool = False
    ) -> None:
        self._offered = contracts if offers_contracts else ()
        self._all = {contract.pk: contract for contract in contracts}
        self._query = query

    @cached_property
    def form(self) -> DocumentSearchForm:
        """What was asked; on the first visit the newest month that has documents.

        The years reach from the newest document (or today) back to the oldest contract's beginning.
        """
        own = Document.objects.published().filter(contract=OuterRef("pk")).values("period")
        # One look at each end of the index, where MIN and MAX of several contracts read it all.
        bounds = (
            Contract.objects.filter(pk__in=self._all)
            .annotate(
                last=Subquery(own.order_by("-period", "-issued_on", "-pk")[:1]),
                first=Subquery(own.order_by("period", "issued_on", "pk")[:1]),
            )
            .aggregate(newest=Max("last"), oldest=Min("first"), signed_on=Min("signed_on"))
        )
        current = Month.current()
        signed_on = bounds["signed_on"] or current.first_day
        newest = Month.of(bounds["newest"]) if bounds["newest"] else current
        return DocumentSearchForm(
            self._asked() or _offer(newest),
            years=[
                *range(newest.year, current.year, -1),
                *years_since(min(signed_on, bounds["oldest"] or signed_on)),
            ],
            contracts=self._offered,
        )

    def _asked(self) -> dict[str, str]:
        """The form's part of the address.

        A number typed beside the month that the page had offered by itself is sought everywhere.
        """
        names = [name for name in DocumentSearchForm.base_fields if name in self._query]
        asked = {name: str(self._query[name]) for name in names}
        month, year = asked.get("month", ""), asked.get("year", "")
        if asked.get("number", "").strip() and asked.pop("offered", "") == f"{year}-{month}":
            asked.pop("month", None)
            asked.pop("year", None)
        return asked

    @cached_property
    def is_valid(self) -> bool:
        """Whether the form says something; nothing is found otherwise."""
        return self.form.is_valid()

    @cached_property
    def contracts(self) -> dict[int, Contract]:
        """The contracts that are searched, by id."""
        chosen = self.form.cleaned_data.get("contract") if self.is_valid else None
        return {chosen: self._all[chosen]} if chosen else self._all

    @property
    def found(self) -> DocumentQuerySet:
        """All that is found, in no order; slice it before it is read."""
        rows: DocumentQuerySet = self._matching.filter(contract__in=self.contracts)
        return rows.order_by()

    def page(self) -> keyset.Page:
        """The page that the address asks for by `after` or `before`, a document's id."""
        return keyset.page(
            self._slice,
            self.form.sorting.order,
            size=PAGE_ROWS,
            after=self._place("after"),
            before=self._place("before"),
        )

    def whole(self) -> keyset.Page:
        """The list on one page, as it is printed: `PRINTED_AT_MOST` rows."""
        rows = self.first(PRINTED_AT_MOST + 1)
        return keyset.Page(
            rows=rows[:PRINTED_AT_MOST], has_previous=False, has_next=len(rows) > PRINTED_AT_MOST
        )

    def first(self, count: int) -> list[Document]:
        """So many of what is found, in the order of the list."""
        return self._slice(None, self.form.sorting.order.names(), count)

    def first_with_sums(self, count: int) -> list[Document]:
        """The same with what their contents say of VAT."""
        names = self.form.sorting.order.names()
        return list(self._ordered(None, names, count).with_sums()[:count])

    def chosen(self, posted: Sequence[str], count: int) -> list[Document]:
        """At most `count` of these contracts' documents by the ids that a form posted."""
        numbers = keys.read_all(posted)[:count]
        own = Document.objects.published().filter(contract__in=self._all, pk__in=numbers)
        return list(own.defer("content"))

    @cached_property
    def count_words(self) -> str:
        """«8 документов»; «больше 1 000 документов» where nobody counts on."""
        count = self.found[: COUNTED_AT_MOST + 1].count()
        if count > COUNTED_AT_MOST:
            return f"больше {formats.quantity(COUNTED_AT_MOST)}{formats.NBSP}документов"
        return formats.counted(count, "документ", "документа", "документов")

    @property
    def whose(self) -> str:
        """«договор № 35-01-004217», or «все договоры» where several are searched."""
        contracts = list(self.contracts.values())
        return f"договор {contracts[0]}" if len(contracts) == 1 else "все договоры"

    @property
    def is_narrowed(self) -> bool:
        """Whether one of several offered contracts was chosen."""
        return len(self._offered) > 1 and len(self.contracts) == 1

    @property
    def companies(self) -> str:
        """«ООО «Вега»», of several «ООО «Вега», АО «Орион»»."""
        names = (str(contract.client) for contract in self.contracts.values())
        return ", ".join(dict.fromkeys(names))

    @property
    def title(self) -> str:
        """«октябрь 2026, счёт-фактура, № 4217»."""
        data = self.form.cleaned_data
        kind = self.form.kind_label
        parts = (
            self.form.words,
            kind[:1].lower() + kind[1:],
            f"№ {data['number']}" if data["number"] else "",
        )
        return ", ".join(part for part in parts if part)

    @property
    def _matching(self) -> DocumentQuerySet:
        """What was asked of any contract."""
        if not self.is_valid:
            return Document.objects.none()
        data = self.form.cleaned_data
        rows: DocumentQuerySet = Document.objects.published().of_kind(data["kind"])
        rows = rows.with_number(data["number"])
        return rows.in_period(*self.form.bounds) if data["year"] else rows

    def _slice(self, condition: Q | None, names: Sequence[str], count: int) -> list[Document]:
        """At most `count` rows."""
        return list(self._ordered(condition, names, count)[:count])

    def _ordered(self, condition: Q | None, names: Sequence[str], count: int) -> DocumentQuerySet:
        """Rows of which the first `count` are read: of several contracts, those of each meet."""
        rows: Any = _with_sum(self._matching)
        if condition is not None:
            rows = rows.filter(condition)
        if len(self.contracts) == 1:
            rows = rows.filter(contract__in=self.contracts)
        else:
            first = rows.filter(contract=OuterRef("pk")).order_by(*names).values("pk")[:count]
            ids = Contract.objects.filter(pk__in=self.contracts).annotate(
                document=Unnest(ArraySubquery(first))
            )
            rows = _with_sum(Document.objects.filter(pk__in=ids.order_by().values("document")))
        ordered: DocumentQuerySet = rows.for_list().order_by(*names)
        return ordered

    def _place(self, name: str) -> Document | None:
        """The document that the address names as the page's edge."""
        own = Document.objects.filter(contract__in=self.contracts).defer("content")
        found: Document | None = keyset.place(_with_sum(own), self._query.get(name))
        return found


def _offer(month: Month) -> dict[str, str]:
    """What stands in the form of whoever has asked for nothing yet."""
    number, year = str(month.number), str(month.year)
    return {"month": number, "year": year, "offered": f"{year}-{number}"}


def _with_sum(rows: DocumentQuerySet) -> DocumentQuerySet:
    """Adds `sum`: a document without an amount stands where zero does (see document_by_amount)."""
    return rows.annotate(sum=Coalesce("amount", Decimal(0)))
