"""Tables to save: what a page shows, as XLSX or CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from cabinet import formats, sheets
from cabinet.sheets import Cell, Column
from contracts.access import ContractDoor

# As many rows as a web process makes within its time; a year of a thousand meters of three zones
# fits.
MAX_ROWS = 40_000


class TooLong(Exception):
    """The table would have more than `MAX_ROWS` rows."""


@dataclass(frozen=True, kw_only=True)
class TableToSave:
    """A table and what its file is called; `about` are further lines over a workbook's table."""

    filename: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    about: Sequence[str] = ()


class TableFile(ContractDoor):
    """The table behind the page `page_name`; the address ends with «xlsx» or «csv»."""

    is_download = True
    http_method_names = ["get", "head", "options"]
    page_name: ClassVar[str]

    def get_table(self) -> TableToSave | None:
        """The table; None when the search is not valid.

        Raises:
            TooLong: it has too many rows.
        """
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The file; back to the page, which says why, when there is none."""
        kind: Literal["csv", "xlsx"] = kwargs["kind"]
        if kind not in ("csv", "xlsx"):
            raise Http404
        try:
            table = self.get_table()
        except TooLong:
            most = formats.counted(MAX_ROWS, "строки", "строк", "строк")
            messages.warning(request, f"В таблице больше {most}. Выберите месяц.")
            table = None
        if table is None:
            return redirect(f"{self._page_address}?{request.GET.urlencode()}")
        return sheets.table_response(
            kind,
            filename=f"{table.filename}, договор {self.contract.number}",
            columns=table.columns,
            rows=table.rows,
            title=table.title,
            above=[
                f"{table.filename}, договор № {self.contract.number},"
                f" {self.contract.client.short_name}",
                *table.about,
            ],
        )

    @property
    def _page_address(self) -> str:
        return reverse(self.page_name, args=[self.contract.pk])
