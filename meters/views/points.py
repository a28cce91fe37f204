"""The points of a contract, one by one: the list, the passport, consumption, verification."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from contracts.access import ContractDoor, ContractListPage, ContractTemplatePage
from contracts.periods import Month
from meters import charting, directory, history, passport, rules, verification
from meters.models import MeteringPoint
from meters.verification import Item
from meters.views.history import PAGE_ROWS, period_form, period_query
from meters.views.tables import TableFile, TableToSave


def last_month(page: ContractDoor) -> Month:
    """The month that is asked for now."""
    return rules.of_contract(page.contract).window.reading_period(timezone.now())


class PointListView(ContractListPage):
    """All points of the contract, those that are closed too, with a search."""

    template_name = "meters/point_list.html"
    tab = "points"
    paginate_by = PAGE_ROWS

    @cached_property
    def words(self) -> str:
        """What is searched for."""
        return " ".join(self.request.GET.get("q", "").replace("\0", "").split())[:100]

    def get_queryset(self) -> QuerySet[MeteringPoint]:
        """The points that the words find."""
        return directory.search(self.contract, self.words)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the rows with the consumption of the last month that is over."""
        context = super().get_context_data(**kwargs)
        month = last_month(self).shifted(-1)
        rows = directory.rows(self.contract, context["object_list"], month)
        return {**context, "rows": rows, "month": month, "words": self.words}


class PointView(ContractTemplatePage):
    """One point: its meters, their verification, consumption against last year, readings."""

    template_name = "meters/point.html"
    tab = "points"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The point, and its readings of a year, this one at first; 422 for no period at all."""
        point = get_object_or_404(self.contract.points, pk=kwargs["point"])
        form = period_form(self)
        context = self.get_context_data(
            point=point,
            passport=passport.open_passport(point),
            usage=charting.of_point(
                self.contract, point, last=last_month(self), energy=request.GET.get("energy", "")
            ),
            form=form,
            topic=settings.READINGS_TOPIC,
        )
        if not form.is_valid():
            return self.render_to_response(context, status=422)
        found = history.readings_between(self.contract, *form.bounds, point=point)
        page = history.HistoryPaginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
        query = period_query(form, point=point.pk)
        shown = {"page_obj": page, "groups": history.groups(page), "period_query": query}
        return self.render_to_response({**context, **shown})


class UsageView(ContractTemplatePage):
    """What the contract used month by month, against last year."""

    template_name = "meters/usage.html"
    tab = "points"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the chart and its table."""
        energy = self.request.GET.get("energy", "")
        usage = charting.of_contract(self.contract, last=last_month(self), energy=energy)
        return super().get_context_data(usage=usage, **kwargs)


class UsageFileView(TableFile):
    """What each point used in each month of two years, as a table to save."""

    page_name = "meters:usage"

    def get_table(self) -> TableToSave:
        """Two years up to the month that is asked for."""
        last = last_month(self)
        return TableToSave(
            filename="Расход по точкам учёта",
            title="Расход",
            columns=charting.columns(last),
            rows=charting.cells(self.contract, last),
            about=["По показаниям приборов, без потерь. Пусто: расход месяца не определён."],
        )


class VerificationListView(ContractTemplatePage):
    """What is to be verified within three months, or is overdue."""

    template_name = "meters/verification_list.html"
    tab = "points"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the rows, soonest first, and how many meters have no date."""
        today = timezone.localdate()
        items: Paginator[Item] = Paginator(verification.due(self.contract, today), PAGE_ROWS)
        return super().get_context_data(
            page_obj=items.get_page(self.request.GET.get("page")),
            unknown=verification.unknown(self.contract, today),
            days=verification.NOTICE.days,
            topic=settings.READINGS_TOPIC,
            **kwargs,
        )


class VerificationListFileView(TableFile):
    """The same as a table to save."""

    page_name = "meters:verification-list"

    def get_table(self) -> TableToSave:
        """All of it, soonest first."""
        return TableToSave(
            filename="Сроки поверки",
            title="Поверка",
            columns=verification.COLUMNS,
            rows=verification.cells(verification.due(self.contract, timezone.localdate())),
        )
