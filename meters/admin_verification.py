"""«Сроки поверки» for the office: what is due within three months at all contracts, or overdue."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin import links
from cabinet import formats
from cabinet.office import ReadOnlyAdmin, contracts_for
from contracts import finding as contracts_finding
from meters import finding, verification
from meters.models import DueVerification


class TermFilter(admin.SimpleListFilter):
    """How soon it is due."""

    title = "срок"
    parameter_name = "term"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Over, within a month."""
        return [("over", "поверка закончилась"), ("month", "закончится в ближайшие 30 дней")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that are due then."""
        today = timezone.localdate()
        match self.value():
            case "over":
                return queryset.filter(due_on__lt=today)
            case "month":
                last_day = today + datetime.timedelta(days=30)
                return queryset.filter(due_on__range=(today, last_day))
        return queryset


@admin.register(DueVerification)
class DueVerificationAdmin(ReadOnlyAdmin):
    """Soonest first; the client sees the same on «Сроки поверки» of the contract."""

    list_display = (
        "due", "state", "what", "point_link", "contract_link", "client", "meter_link", "branch",
    )  # fmt: skip
    contract_path = "point__contract"
    list_display_links = None
    list_filter = (TermFilter, "point__contract__branch")
    list_select_related = ("point__contract__client", "point__contract__branch", "meter")
    search_fields = ("=external_id",)
    owners = {
        "meter": finding.meters,
        "point": finding.points,
        "point__contract": contracts_finding.contracts,
    }
    hangs_on = {"contracts.contract": "point__contract"}
    search_help_text = "Заводской номер, точка, номер договора, клиент или ИНН"
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[DueVerification]:
        """What is due, of meters that hang at points in force."""
        rows = verification.of_all(timezone.localdate())
        contracts = contracts_for(request)
        return rows if contracts is None else self.confine(rows, contracts)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """By what ends first."""
        return ("due_on", "pk")

    @admin.display(description="поверка до")
    def due(self, row: Any) -> str:
        """The day on which the first of its terms ends."""
        return formats.day(row.due_on)

    @admin.display(description="состояние")
    def state(self, row: Any) -> SafeString:
        """«осталось 12 дней»."""
        words, modifier = verification.state(row.due_on, timezone.localdate())
        return links.status(modifier, words)

    @admin.display(description="что поверять")
    def what(self, row: DueVerification) -> str:
        """Everything of it that is due, with its day: «счётчик 14.12.2026»."""
        last_day = timezone.localdate() + verification.NOTICE
        return ", ".join(
            f"{what}{formats.NBSP}{formats.day(until)}"
            for what, until in verification.terms(row)
            if until is not None and until <= last_day
        )

    @admin.display(description="точка учёта")
    def point_link(self, row: DueVerification) -> SafeString | str:
        """To the point."""
        return links.to(row.point)

    @admin.display(description="прибор")
    def meter_link(self, row: DueVerification) -> SafeString | str:
        """To the meter."""
        return links.to(row.meter)

    @admin.display(description="договор")
    def contract_link(self, row: DueVerification) -> SafeString | str:
        """To the contract."""
        return links.to(row.point.contract)

    @admin.display(description="клиент")
    def client(self, row: DueVerification) -> SafeString | str:
        """To the company."""
        return links.to(row.point.contract.client)

    @admin.display(description="отделение")
    def branch(self, row: DueVerification) -> str:
        """Whose contract it is."""
        return str(row.point.contract.branch)
