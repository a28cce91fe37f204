"""The registry: what a search found, as a table for Excel or for the client's own books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.http import HttpRequest, HttpResponse

from accounts import journal
from cabinet import formats
from cabinet.sheets import Cell, Column, table_response
from documents import archive
from documents.models import Document, Kind
from documents.models.document import SUMMED
from documents.searching import Search

# As many as a page makes within its time; a month or a year of any client is far less.
MAX_ROWS = 10_000

COLUMNS = (
    Column(title="Договор", width=18),
    Column(title="Вид документа", width=30),
    Column(title="Номер", width=22),
    Column(title="Дата", width=12),
    Column(title="Период", width=26),
    Column(title="Сумма, ₽", width=16),
    Column(title="Без НДС, ₽", width=16),
    Column(title="Ставка НДС", width=14),
    Column(title="НДС, ₽", width=16),
    Column(title="К оплате, ₽", width=16),
)


@dataclass(frozen=True, kw_only=True)
class _Sums:
    """What a document is about, in roubles; None where its kind does not say it."""

    amount: Decimal | None
    net: Decimal | None
    vat: Decimal | None
    to_pay: Decimal | None


def respond(request: HttpRequest, search: Search, *, kind: Literal["csv", "xlsx"]) -> HttpResponse:
    """The table to save, and a line in the journal of each client whose documents may be in it.

    `search` is valid.
    """
    whose = f"{search.whose}, {search.companies}"
    for client in {contract.client for contract in search.contracts.values()}:
        journal.record(
            journal.Action.FILE_OPENED,
            request=request,
            client=client,
            subject=f"Реестр документов, {search.title} ({kind.upper()}): {search.whose}, {client}",
            details={"query": request.GET.urlencode(), "kind": kind},
        )
    found = search.first_with_sums(MAX_ROWS + 1)
    above = [f"Реестр документов, {whose}", search.title]
    is_whole = len(found) <= MAX_ROWS
    if not is_whole:
        above.append(
            f"Первые {formats.quantity(MAX_ROWS)} строк, без итогов: сузьте поиск, чтобы увидеть"
            " всё."
        )
    elif any(document.corrected_by.all() for document in found):
        above.append("В итоги не входят документы, которые исправлены другими.")
    return table_response(
        kind,
        filename=f"Реестр документов, {search.whose.replace('№ ', '')}, {search.title}",
        columns=COLUMNS,
        rows=[_cells(search, document) for document in found[:MAX_ROWS]],
        title="Документы",
        above=above,
        totals=list(_totals(found)) if is_whole and kind == "xlsx" else (),
    )


def _cells(search: Search, document: Document) -> list[Cell]:
    sums = _sums(document)
    return [
        search.contracts[document.contract_id].number,
        document.name,
        document.number,
        document.issued_on,
        archive.period_in_words(document).replace(formats.NBSP, " "),
        sums.amount,
        sums.net,
        _rates(document),
        sums.vat,
        sums.to_pay,
    ]


def _sums(document: Document) -> _Sums:
    is_plan = document.kind == Kind.PLANNED_BILL
    return _Sums(
        amount=document.amount,
        net=archive.stated_sum(document.net),
        vat=archive.stated_sum(document.vat),
        to_pay=document.amount if is_plan else archive.stated_sum(document.to_pay),
    )


def _rates(document: Document) -> str:
    """«22 %», «22/122» of an advance, «без НДС»; several of them by commas."""
    is_advance = document.kind == Kind.ADVANCE_VAT_INVOICE
    words = [
        "без НДС" if rate is None else f"{rate}/{100 + rate}" if is_advance else f"{rate} %"
        for rate in dict.fromkeys(document.vat_rates or ())
    ]
    return ", ".join(words)


def _totals(documents: Iterable[Document]) -> Iterator[list[Cell]]:
    """A row for each kind whose sums add up: one supply stands in a bill, an act and an invoice.

    A document that another one corrects counts no more. Final bills carry what was owed before, so
    what they ask is added up only where there is one of each contract; one that is overpaid asks
    for nothing, and pays for no other.
    """
    for kind in SUMMED:
        own = [row for row in documents if row.kind == kind and not row.corrected_by.all()]
        if not own:
            continue
        sums = [_sums(document) for document in own]
        adds_up = kind != Kind.FINAL_BILL or len({row.contract_id for row in own}) == len(own)
        count = formats.counted(len(own), "документ", "документа", "документов")
        yield [
            "Итого",
            str(kind.label),
            count.replace(formats.NBSP, " "),
            None,
            None,
            _added(row.amount for row in sums),
            _added(row.net for row in sums),
            None,
            _added(row.vat for row in sums),
            _added(row.to_pay for row in sums if row.to_pay is None or row.to_pay > 0)
            if adds_up
            else None,
        ]


def _added(values: Iterable[Decimal | None]) -> Decimal | None:
    """Their sum; None where there are none."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None
