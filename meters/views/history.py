"""«История передачи показаний»: by month and year, and by submission."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from cabinet import keys
from contracts.access import ContractDoor, ContractTemplatePage
from contracts.periods import PeriodForm, years_since
from meters import exporting, handed, history, rules
from meters.models import MeteringPoint
from meters.views.tables import MAX_ROWS, TableFile, TableToSave, TooLong

PAGE_ROWS = 100


def period_form(page: ContractDoor) -> PeriodForm:
    """The chosen month and year; the year of the month that is asked for while none is chosen."""
    chosen: Any = page.request.GET
    if "year" not in chosen:
        period = rules.of_contract(page.contract).window.reading_period(timezone.now())
        chosen = {"month": "", "year": period.year}
    return PeriodForm(chosen, years=years_since(page.contract.signed_on))


def period_query(form: PeriodForm, **more: Any) -> str:
    """«?month=&year=2026» of a valid form: what a table to save is asked with."""
    month = form.cleaned_data["month"] or ""
    return "?" + urlencode({"month": month, "year": form.cleaned_data["year"], **more})


class ReadingHistoryView(ContractTemplatePage):
    """Every version of every value by month and year, or by the year alone."""

    template_name = "meters/reading_history.html"
    tab = "points"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The chosen span, this year at first; 422 for a period that is none."""
        form = period_form(self)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        found = history.readings_between(self.contract, *form.bounds)
        page = history.HistoryPaginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
        context = self.get_context_data(
            form=form,
            page_obj=page,
            groups=history.groups(page),
            last_day=form.bounds[1],
            period_query=period_query(form),
        )
        return self.render_to_response(context)


class ReadingHistoryFileView(TableFile):
    """The same as a table to save; `?point=` names the only point of it."""

    page_name = "meters:reading-history"

    def get_table(self) -> TableToSave | None:
        """All versions of the chosen span.

        Raises:
            TooLong: there are more than a file may hold.
        """
        form = period_form(self)
        if not form.is_valid():
            return None
        point = self._point()
        found = history.readings_between(self.contract, *form.bounds, point=point)
        if found.count() > MAX_ROWS:
            raise TooLong
        return TableToSave(
            filename=f"Показания за {form.words}",
            title="Показания",
            columns=exporting.COLUMNS,
            rows=exporting.cells(found),
            about=[f"Точка учёта: {point.name}"] if point else [],
        )

    def _point(self) -> MeteringPoint | None:
        named = self.request.GET.get("point", "")
        if not named:
            return None
        return get_object_or_404(self.contract.points, pk=keys.read(named))


class SubmissionListView(ContractTemplatePage):
    """What was handed in at once, by month and year: receipts, and what billing answered."""

    template_name = "meters/submission_list.html"
    tab = "points"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The chosen span, this year at first; 422 for a period that is none."""
        form = period_form(self)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        found = handed.between(self.contract, *form.bounds)
        page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
        context = self.get_context_data(
            form=form, page_obj=page, rows=handed.rows(page), period_query=period_query(form)
        )
        return self.render_to_response(context)


class SubmissionListFileView(TableFile):
    """The same as a table to save."""

    page_name = "meters:submission-list"

    def get_table(self) -> TableToSave | None:
        """All submissions of the chosen span.

        Raises:
            TooLong: there are more than a file may hold.
        """
        form = period_form(self)
        if not form.is_valid():
            return None
        found = handed.between(self.contract, *form.bounds)
        if found.count() > MAX_ROWS:
            raise TooLong
        return TableToSave(
            filename=f"Передачи показаний за {form.words}",
            title="Передачи",
            columns=handed.COLUMNS,
            rows=handed.cells(found),
        )
