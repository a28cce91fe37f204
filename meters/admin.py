"""The office looks at points, meters and what was handed in; billing alone changes them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin import links, rows
from cabinet import formats
from cabinet.office import OfficeAdmin, ReadOnlyAdmin, TermForm
from contracts import finding as contracts_finding
from contracts.models import Contract
from meters import (
    admin_silence,  # noqa: F401 - registers «Напоминания офиса»
    admin_verification,  # noqa: F401 - registers «Сроки поверки»
    checks,
    finding,
    rules,
)
from meters.models import (
    CLOSED_TOO_EARLY,
    REMOVED_TOO_EARLY,
    ActReading,
    BillingAnswer,
    Doubt,
    Installation,
    Meter,
    MeteringPoint,
    Reading,
    ReadingRule,
    Register,
    Submission,
)


class InstallationForm(TermForm):
    """A meter at a point, from–to."""

    first_day, last_day = "installed_on", "removed_on"
    wrong_order = REMOVED_TOO_EARLY


class MeteringPointForm(TermForm):
    """A point, from–to."""

    first_day, last_day = "opened_on", "closed_on"
    wrong_order = CLOSED_TOO_EARLY


def _of_meters(contracts: QuerySet[Contract]) -> QuerySet[Installation, Any]:
    """The meters that hang or hung at points of these contracts."""
    return Installation.objects.filter(point__contract__in=contracts).values("meter")


class _OfContract(admin.ModelAdmin):
    """Columns of whatever hangs on a contract."""

    contract_path: ClassVar[str | None] = "contract"

    @admin.display(description="договор", ordering="contract__number")
    def contract_link(self, row: Any) -> SafeString | str:
        """To the contract."""
        return links.to(row.contract)

    @admin.display(description="клиент", ordering="contract__client__short_name")
    def client(self, row: Any) -> SafeString | str:
        """To the company."""
        return links.to(row.contract.client)


class _Counted:
    """Rows of installations, with the ratio in Russian."""

    @admin.display(description="коэффициент")
    def factor(self, installation: Installation) -> int:
        """By which the meter's readings are multiplied there."""
        return int(installation.ratio)


class InstallationInline(_Counted, rows.ChangedRows):
    """Which meter hung at the point, from–to, by which ratio it counts."""

    model = Installation
    form = InstallationForm
    fields = (
        "meter", "current_ratio", "voltage_ratio", "factor", "installed_on", "removed_on",
        "external_id",
    )  # fmt: skip
    readonly_fields = ("factor",)
    autocomplete_fields = ("meter",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Installation]:
        """With their meters, the present one first."""
        found: QuerySet[Installation] = super().get_queryset(request)
        return found.select_related("meter", "point").order_by("-installed_on", "-pk")


class InstallationOfMeterInline(_Counted, rows.ReadOnlyRows):
    """Where the meter hung."""

    model = Installation
    contract_path = "point__contract"
    verbose_name_plural = "где стоит и стоял"
    fields = readonly_fields = ("place", "contract", "factor", "installed_on", "removed_on")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Installation]:
        """With points and contracts, the present one first."""
        found: QuerySet[Installation] = super().get_queryset(request)
        return found.select_related("point__contract").order_by("-installed_on", "-pk")

    @admin.display(description="точка учёта")
    def place(self, installation: Installation) -> SafeString | str:
        """To the point."""
        return links.to(installation.point)

    @admin.display(description="договор")
    def contract(self, installation: Installation) -> SafeString | str:
        """To the contract."""
        return links.to(installation.point.contract)


class ActReadingInline(rows.ReadOnlyRows):
    """What the acts of installation and of removal state about this register."""

    model = ActReading
    contract_path = "installation__point__contract"
    fields = readonly_fields = ("place", "moment", "value")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ActReading]:
        """With the places, the latest first."""
        found: QuerySet[ActReading] = super().get_queryset(request)
        return found.select_related("installation__point").order_by("-pk")

    @admin.display(description="точка учёта")
    def place(self, act: ActReading) -> SafeString | str:
        """To the point."""
        return links.to(act.installation.point)


class RegisterInline(rows.ChangedRows):
    """The registers of a meter in the order of its display."""

    model = Register
    fields = ("order", "energy", "zone", "integer_digits", "fraction_digits", "external_id")


@admin.register(MeteringPoint)
class MeteringPointAdmin(_OfContract, OfficeAdmin):
    """Points of all contracts."""

    form = MeteringPointForm
    list_display = ("name", "site", "place", "contract_link", "client", "opened_on", "closed_on")
    list_select_related = ("contract__client",)
    search_fields = finding.POINT_COLUMNS
    owners = {"contract": contracts_finding.contracts, "pk": finding.points_of_meters}
    hangs_on = {
        "contracts.contract": "contract",
        "accounts.client": "contract__client",
        "meters.meter": "installations__meter",
    }
    is_found_by_all = True
    search_help_text = "Название точки, номер договора, клиент, ИНН или заводской номер прибора"
    autocomplete_fields = ("contract",)
    inlines = (InstallationInline,)

    def note_of(self, row: MeteringPoint) -> str:
        """Whose it is, and where."""
        owner = f"{row.contract.client.short_name}, договор {row.contract}"
        return ", ".join(filter(None, (owner, row.site)))


@admin.register(Meter)
class MeterAdmin(OfficeAdmin):
    """Meters, with their registers and places."""

    list_display = ("serial", "make", "model", "year", "verified_until", "is_automatic")
    list_filter = ("is_automatic",)
    search_fields = finding.METER_COLUMNS
    search_help_text = "Заводской номер, марка или тип"
    hangs_on = {"meters.meteringpoint": "installations__point"}
    is_found_by_all = True
    inlines = (RegisterInline, InstallationOfMeterInline)

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """Of points of the contracts."""
        return rows.filter(pk__in=_of_meters(contracts))


@admin.register(Register)
class RegisterAdmin(OfficeAdmin):
    """Registers of all meters."""

    list_display = ("meter", "energy", "zone", "order", "integer_digits", "fraction_digits")
    list_select_related = ("meter",)
    list_filter = ("energy", "zone")
    search_fields = ("=external_id",)
    owners = {"meter": finding.meters}
    hangs_on = {"meters.meter": "meter"}
    search_help_text = "Заводской номер прибора"
    autocomplete_fields = ("meter",)
    inlines = (ActReadingInline,)

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """Of meters of the contracts."""
        return rows.filter(meter__in=_of_meters(contracts))


class ReadingInline(rows.ReadOnlyRows):
    """The values of a submission."""

    model = Reading
    fields = readonly_fields = ("point", "register", "shown", "doubt_words", "explanation")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reading]:
        """With what they belong to, in the order of the contract."""
        found: QuerySet[Reading] = super().get_queryset(request)
        return found.select_related("point", "register__meter").order_by(
            "point__number", "register__order", "pk"
        )

    @admin.display(description="показание")
    def shown(self, reading: Reading) -> str:
        """As on the display."""
        return _shown(reading)

    @admin.display(description="о чём переспросили")
    def doubt_words(self, reading: Reading) -> str:
        """«больше обычного, нулевой расход»."""
        return ", ".join(str(Doubt(doubt).label) for doubt in reading.doubts) or formats.ABSENT


class BillingAnswerInline(rows.ReadOnlyRows):
    """What billing did with the values of a submission."""

    model = BillingAnswer
    fields = readonly_fields = ("register", "state", "reason", "answered_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BillingAnswer]:
        """With registers and meters, the latest first."""
        found: QuerySet[BillingAnswer] = super().get_queryset(request)
        return found.select_related("register__meter").order_by("-answered_at", "-pk")


class HasQuestions(admin.SimpleListFilter):
    """Submissions with values about which the client was asked, or that correct earlier ones."""

    title = "что проверить"
    parameter_name = "doubts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two kinds."""
        return [("asked", "есть подтверждённые сомнения"), ("corrected", "исправления")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Submission]
    ) -> QuerySet[Submission]:
        """Those of the chosen kind."""
        match self.value():
            case "asked":
                asked = Reading.objects.filter(submission=OuterRef("pk")).exclude(doubts=[])
                return queryset.filter(Exists(asked))
            case "corrected":
                return queryset.exclude(correction_reason="")
        return queryset


@admin.register(Submission)
class SubmissionAdmin(_OfContract, ReadOnlyAdmin):
    """What clients handed in."""

    list_display = (
        "number", "received_at", "period_words", "contract_link", "client", "submitted_by",
        "is_late", "reading_count",
    )  # fmt: skip
    list_filter = ("is_late", HasQuestions, "received_at")
    list_select_related = ("contract__client", "submitted_by")
    search_fields = ("number",)
    owners = {"contract": contracts_finding.contracts}
    hangs_on = {
        "contracts.contract": "contract",
        "accounts.client": "contract__client",
        "accounts.user": "submitted_by",
    }
    is_found_by_all = True
    search_help_text = "Номер квитанции, договора, клиент или ИНН"
    inlines = (ReadingInline, BillingAnswerInline)
    ordering = ("-pk",)

    def note_of(self, row: Submission) -> str:
        """Whose it is, for which month."""
        return f"{row.contract.client.short_name}, {formats.for_month(row.period)}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """With the number of values in each."""
        found: QuerySet[Submission] = super().get_queryset(request)
        held = Reading.objects.filter(submission=OuterRef("pk")).order_by().values("submission")
        return found.annotate(reading_count=Subquery(held.annotate(n=Count("pk")).values("n")))

    @admin.display(description="период", ordering="period")
    def period_words(self, submission: Submission) -> str:
        """«ноябрь 2026»."""
        return formats.month(submission.period)

    @admin.display(description="показаний")
    def reading_count(self, submission: Any) -> int:
        """How many values it holds."""
        return int(submission.reading_count or 0)


@admin.register(Reading)
class ReadingAdmin(_OfContract, ReadOnlyAdmin):
    """Every stated value, the latest stored first."""

    list_display = (
        "point", "register", "period_words", "shown", "source", "received_at", "contract_link",
        "client",
    )  # fmt: skip
    list_filter = ("source",)
    list_select_related = ("contract__client", "point", "register__meter")
    search_fields = ("=external_id",)
    owners = {
        "contract": contracts_finding.contracts,
        "register": finding.registers,
        "submission": finding.submissions,
    }
    hangs_on = {
        "contracts.contract": "contract",
        "meters.meteringpoint": "point",
        "meters.register": "register",
        "meters.submission": "submission",
    }
    search_help_text = "Номер договора, клиент, ИНН, заводской номер прибора или номер квитанции"
    ordering = ("-pk",)
    sortable_by = ()

    @admin.display(description="период")
    def period_words(self, reading: Reading) -> str:
        """«ноябрь 2026»."""
        return formats.month(reading.period)

    @admin.display(description="показание")
    def shown(self, reading: Reading) -> str:
        """As on the display."""
        return _shown(reading)


class ReadingRuleForm(forms.ModelForm):
    """A rule; its contract stands still after the first time, and is checked all the same."""

    def _get_validation_exclusions(self) -> set[str]:
        """Nothing: whether the rule for all is complete depends on whose rule it is."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"contract"}

    def clean(self) -> dict[str, Any]:
        """A term that begins before it ends, together with what the rule for all says."""
        cleaned = super().clean() or self.cleaned_data
        stated = ReadingRule(
            **{name: cleaned.get(name) for name in ReadingRule.INHERITED if name in cleaned}
        )
        common = ReadingRule.objects.filter(contract=None).exclude(pk=self.instance.pk).first()
        if not rules.combined(common, stated).window.is_possible:
            raise forms.ValidationError(
                "Последний день приёма раньше первого: исправьте числа или отметьте, что последний"
                " день — в следующем месяце."
            )
        return cleaned


@admin.register(ReadingRule)
class ReadingRuleAdmin(OfficeAdmin):
    """When readings are taken and what is asked about them: for all, and contract by contract."""

    form = ReadingRuleForm
    contract_path, has_common_rows = "contract", True
    list_display = (
        "whose", "opens_day", "closes_day", "closes_next_month", "is_moved_by_holidays",
        "time_zone", "times_more", "times_less",
    )  # fmt: skip
    list_select_related = ("contract__client",)
    owners = {"contract": contracts_finding.contracts}
    hangs_on = {"contracts.contract": "contract"}
    search_help_text = "Номер договора, клиент или ИНН"
    autocomplete_fields = ("contract",)
    fieldsets = (
        (None, {"fields": ("contract",)}),
        (
            "Срок",
            {
                "fields": (
                    ("opens_day", "closes_day", "closes_next_month"),
                    "is_moved_by_holidays",
                    "time_zone",
                    "late_text",
                ),
                "description": "Пустое поле у договора: как для всех.",
            },
        ),
        (
            "О чём переспросить клиента",
            {
                "fields": (
                    ("times_more", "times_less"),
                    "asks_about_zero",
                    "asks_about_power",
                    "zones_tolerance",
                )
            },
        ),
    )

    @admin.display(description="для кого", ordering="contract__number")
    def whose(self, rule: ReadingRule) -> str:
        """«для всех договоров», or the contract and its client."""
        return f"{rule} ({rule.contract.client})" if rule.contract else str(rule)

    def get_readonly_fields(
        self, request: HttpRequest, obj: ReadingRule | None = None
    ) -> tuple[str, ...]:
        """Whose rule it is does not change: another contract gets a rule of its own."""
        return ("contract",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: ReadingRule | None = None) -> bool:
        """The rule for all stays."""
        is_for_all = obj is not None and obj.contract_id is None
        return not is_for_all and super().has_delete_permission(request, obj)


def _shown(reading: Reading) -> str:
    register = reading.register
    return checks.Display(register.integer_digits, register.fraction_digits).show(reading.value)
