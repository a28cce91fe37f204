"""«История начислений/оплат»: what was charged and paid in a month or a year."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict

from billing import books, history, tables
from billing.forms import HistoryForm
from billing.views.files import TableFile
from cabinet.snapshots import snapshot
from contracts.access import ContractTemplatePage
from contracts.models import Contract
from contracts.periods import years_since

PAGE_ROWS = 100


class HistoryView(ContractTemplatePage):
    """The documents of charges and payments by month and year, or by the year alone."""

    template_name = "billing/history.html"
    tab = "debt"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The chosen period, at first the latest with entries; 422 for a period that is none."""
        form = asked(self.contract, request.GET)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        with snapshot():
            entries = found(self.contract, form)
            pages: Paginator[history.Row] = Paginator(entries, PAGE_ROWS)  # type: ignore[arg-type]
            page = pages.get_page(request.GET.get("page"))
            page.object_list = list(page.object_list)
        first_day, last_day = form.bounds
        begins_on = books.first_day(self.contract)
        return self.render_to_response(
            self.get_context_data(
                form=form,
                entries=entries,
                first_day=max(first_day, begins_on),
                beginning=books.words(self.contract, begins_on) if first_day < begins_on else "",
                is_before=last_day < begins_on,
                page_obj=page,
                is_file_offered=len(entries) <= tables.ROWS_MAX,
            )
        )


class HistoryFileView(TableFile):
    """The whole period to save."""

    def get_table(self) -> tables.Table | None:
        """None for a period that the page does not offer, or that is too long for a file."""
        form = asked(self.contract, self.request.GET)
        if not form.is_valid():
            return None
        entries = found(self.contract, form)
        if len(entries) > tables.ROWS_MAX:
            return None
        return tables.of_history(self.contract, form, entries)


def asked(contract: Contract, query: QueryDict) -> HistoryForm:
    """What the address asks for; without a period the latest month that has entries."""
    month = history.latest_month(contract)
    is_asked = "year" in query or "month" in query
    return HistoryForm(
        query if is_asked else {"month": month.number, "year": month.year},
        years=years_since(contract.signed_on),
    )


def found(contract: Contract, form: HistoryForm) -> history.Entries:
    """The entries that a valid form asks for."""
    return history.Entries(contract, *form.bounds, form.cleaned_data["account"])
