"""The registry: what a search found, as a table for Excel or for the client's own books."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse

from accounts import journal
from cabinet import formats
from cabinet.sheets import Cell, Column, table_response
from documents import archive
from documents.models import Document
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
)


def respond(
    request: HttpRequest, search: Search, *, kind: Literal["csv", "xlsx"], whose: str
) -> HttpResponse:
    """The table to save, and a line in the journal of each client whose documents may be in it.

    `search` is valid, `whose` names the client or the contract.
    """
    for client in {contract.client for contract in search.contracts.values()}:
        journal.record(
            journal.Action.FILE_OPENED,
            request=request,
            client=client,
            subject=f"Реестр документов, {search.title} ({kind.upper()}): {whose}",
            details={"query": request.GET.urlencode(), "kind": kind},
        )
    found = search.first(MAX_ROWS + 1)
    above = [f"Реестр документов, {whose}", search.title]
    if len(found) > MAX_ROWS:
        above.append(f"Первые {formats.quantity(MAX_ROWS)} строк: сузьте поиск, чтобы увидеть всё.")
    return table_response(
        kind,
        filename=f"Реестр документов, {search.title}",
        columns=COLUMNS,
        rows=[_cells(search, document) for document in found[:MAX_ROWS]],
        title="Документы",
        above=above,
    )


def _cells(search: Search, document: Document) -> list[Cell]:
    return [
        search.contracts[document.contract_id].number,
        document.name,
        document.number,
        document.issued_on,
        archive.period_in_words(document).replace(formats.NBSP, " "),
        document.amount,
    ]
