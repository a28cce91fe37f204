"""«История передачи показаний»."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from contracts.access import ContractTemplatePage
from contracts.periods import PeriodForm, years_since
from meters import history, rules

PAGE_ROWS = 100


class ReadingHistoryView(ContractTemplatePage):
    """«История передачи показаний» by month and year, or by the year alone."""

    template_name = "meters/reading_history.html"
    tab = "points"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The chosen span, this year at first; 422 for a period that is none."""
        year = rules.of_contract(self.contract).window.reading_period(timezone.now()).year
        chosen = request.GET if "year" in request.GET else {"month": "", "year": year}
        form = PeriodForm(chosen, years=years_since(self.contract.signed_on))
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        found = history.readings_between(self.contract, *form.bounds)
        page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
        context = self.get_context_data(
            form=form, page_obj=page, groups=history.groups(page), last_day=form.bounds[1]
        )
        return self.render_to_response(context)
