"""The archive's page: what the search begins with, what a row says, why nothing is found."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max, Min
from django.http import QueryDict
from django.urls import reverse

from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month, years_since
from documents.forms import DocumentSearchForm
from documents.models import Document, Kind

_QUARTERS = ("I", "II", "III", "IV")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A document as the list shows it, formatted once."""

    address: str
    kind: str
    number: str
    issued_on: str
    period: str
    amount: Decimal | None
    amount_words: str
    size: str


def search_form(contract: Contract, query: QueryDict) -> DocumentSearchForm:
    """What was asked; on the first visit the newest month that has documents.

    The years reach from the newest document (or today) back to the contract's beginning.
    """
    bounds = Document.objects.filter(contract=contract).aggregate(
        newest=Max("period"), oldest=Min("period")
    )
    current = Month.current()
    newest = Month.of(bounds["newest"]) if bounds["newest"] else current
    oldest = min(contract.signed_on, bounds["oldest"] or contract.signed_on)
    later_years = range(newest.year, current.year, -1)
    is_asked = any(name in query for name in DocumentSearchForm.base_fields)
    return DocumentSearchForm(
        query if is_asked else {"month": newest.number, "year": newest.year},
        years=[*later_years, *years_since(oldest)],
    )


def rows(documents: Iterable[Document]) -> list[Row]:
    """Documents of `for_list` as rows, in their order."""
    return [_row(document) for document in documents]


def _row(document: Document) -> Row:
    return Row(
        address=reverse("documents:document-file", args=[document.contract_id, document.pk]),
        kind=document.get_kind_display(),
        number=document.number,
        issued_on=formats.day(document.issued_on),
        period=period_in_words(document),
        amount=document.amount,
        amount_words=formats.amount(document.amount),
        size=formats.ABSENT if document.size is None else formats.file_size(document.size),
    )


def period_in_words(document: Document) -> str:
    """«октябрь 2026», «октябрь 2026, 30 %», «III квартал 2026»; of a document of `for_list`."""
    if document.kind == Kind.PLANNED_BILL and document.share_percent:
        return f"{formats.month(document.period)}, {document.share_percent}{formats.NBSP}%"
    if document.kind == Kind.RECONCILIATION_ACT and document.starts_on and document.ends_on:
        first, last = map(datetime.date.fromisoformat, (document.starts_on, document.ends_on))
        return _span(first, last)
    return formats.month(document.period)


def _span(first: datetime.date, last: datetime.date) -> str:
    months = Month.of(first), Month.of(last)
    if months[0].first_day == first and months[1].last_day == last:
        if months[0] == months[1]:
            return formats.month(first)
        quarter, place = divmod(months[0].number - 1, 3)
        if place == 0 and months[0].shifted(2) == months[1]:
            return f"{_QUARTERS[quarter]} квартал {first.year}"
        if first.month == 1 and months[0].shifted(11) == months[1]:
            return f"{first.year} год"
    return f"{formats.day(first)}–{formats.day(last)}"


def why_nothing(contract: Contract, form: DocumentSearchForm) -> str:
    """Why a valid search found nothing, and what to do; whole sentences."""
    first_day, last_day = form.bounds
    registered_on = contract.client.registered_on
    if registered_on and last_day < registered_on:
        return (
            f"Личный кабинет зарегистрирован {formats.day(registered_on)}, более ранние документы "
            "в нём не хранятся. Их копии можно запросить у специалиста."
        )
    if first_day >= Month.current().first_day:
        return (
            "Этот период ещё не закончился: счета-фактуры, акты и ведомости появляются после "
            "окончания месяца. Выберите другой месяц или только год."
        )
    if form.cleaned_data["kind"]:
        return "Выберите другой месяц или год, или все виды документов."
    return (
        "За этот период документы не выставлялись. Выберите другой месяц или только год; если "
        "документ должен быть, запросите его у специалиста."
    )
