"""«История начислений/оплат»: what was charged and paid in a month or a year."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from billing import ledger
from contracts.access import ContractTemplatePage
from contracts.periods import Month, PeriodForm, years_since

PAGE_ROWS = 100


class HistoryView(ContractTemplatePage):
    """«История начислений/оплат» by month and year, or by the year alone."""

    template_name = "billing/history.html"
    tab = "debt"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The chosen period, the current month at first; 422 for a period that is none."""
        month = Month.current()
        chosen = (
            request.GET if "year" in request.GET else {"month": month.number, "year": month.year}
        )
        form = PeriodForm(chosen, years=years_since(self.contract.signed_on))
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        return self.render_to_response(self.get_context_data(form=form, **self._found(form)))

    def _found(self, form: PeriodForm) -> dict[str, Any]:
        first_day, last_day = form.bounds
        turnover = ledger.turnover(self.contract, first_day, last_day)
        entries = ledger.entries_with_balance(
            self.contract, first_day, last_day, opening=turnover.opening
        )
        page = Paginator(entries, PAGE_ROWS).get_page(self.request.GET.get("page"))
        return {
            "turnover": turnover,
            "first_day": first_day,
            "last_day": last_day,
            "page_obj": page,
        }
