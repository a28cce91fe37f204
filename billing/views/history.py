"""«История начислений/оплат»: what was charged and paid in a month or a year."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict

from billing import history
from billing.forms import HistoryForm
from contracts.access import ContractTemplatePage
from contracts.models import Contract
from contracts.periods import Month, years_since

PAGE_ROWS = 100


class HistoryView(ContractTemplatePage):
    """The documents of charges and payments by month and year, or by the year alone."""

    template_name = "billing/history.html"
    tab = "debt"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The chosen period, the current month at first; 422 for a period that is none."""
        form = asked(self.contract, request.GET)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        first_day, last_day = form.bounds
        entries = history.Entries(self.contract, first_day, last_day, form.cleaned_data["account"])
        page = Paginator(entries, PAGE_ROWS).get_page(request.GET.get("page"))
        return self.render_to_response(
            self.get_context_data(
                form=form,
                entries=entries,
                first_day=first_day,
                last_day=last_day,
                page_obj=page,
            )
        )


def asked(contract: Contract, query: QueryDict) -> HistoryForm:
    """What the address asks for: the current month of all accounts when it asks for nothing."""
    month = Month.current()
    is_asked = "year" in query
    return HistoryForm(
        query if is_asked else {"month": month.number, "year": month.year},
        years=years_since(contract.signed_on),
    )
