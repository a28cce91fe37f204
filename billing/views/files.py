"""Tables of money to save, as CSV or as a workbook."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from accounts import journal
from billing import tables
from cabinet.sheets import table_response
from cabinet.snapshots import snapshot
from contracts.access import ContractDoor


class TableFile(ContractDoor):
    """Makes a table for this request and journals that it left; `?kind=xlsx` makes a workbook.

    A subclass says which table.
    """

    is_download = True
    http_method_names = ["get", "options"]

    def get_table(self) -> tables.Table | None:
        """The table that the address asks for, None when there is none such."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The file, and a line in the journal; 404 for what the page does not offer."""
        kind: tables.Kind = "xlsx" if request.GET.get("kind") == "xlsx" else "csv"
        # The rows are read while the file is written, and must come to its totals.
        with snapshot():
            table = self.get_table()
            if table is None:
                raise Http404
            response = table_response(
                kind,
                filename=table.filename,
                columns=table.columns,
                rows=table.rows,
                above=table.above,
                totals=table.totals,
            )
        journal.record(
            journal.Action.FILE_OPENED,
            request=request,
            client=self.contract.client,
            subject=f"{table.filename} ({kind.upper()})",
            details={"contract": self.contract.number, "kind": kind},
        )
        return response
