"""The office's side of the room: contracts, who supervises them, topics, branches, leaves."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin import links, rows
from accounts.models import Membership
from cabinet.office import OfficeAdmin, TermForm
from contracts.models import (
    Assignment,
    Branch,
    Contract,
    Leave,
    Specialist,
    TermQuerySet,
    Topic,
)


class TermFilter(admin.SimpleListFilter):
    """Rows with «с» and «по» by today."""

    title = "время"
    parameter_name = "term"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Present, future, past."""
        return [("now", "действует сегодня"), ("future", "начнётся позже"), ("past", "закончилось")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of that time."""
        today = timezone.localdate()
        match self.value():
            case "now":
                return cast("TermQuerySet", queryset).on(today)
            case "future":
                return queryset.filter(starts_on__gt=today)
            case "past":
                return queryset.filter(ends_on__lt=today)
        return queryset


class ContractStateFilter(admin.SimpleListFilter):
    """Whether the contract is in force."""

    title = "состояние"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """In force or terminated."""
        return [("active", "действует"), ("terminated", "расторгнут")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contract]) -> QuerySet[Contract]:
        """The contracts in that state."""
        match self.value():
            case "active":
                return queryset & Contract.objects.active()
            case "terminated":
                return queryset & Contract.objects.terminated()
        return queryset


class _OwnAssignmentInline(admin.TabularInline):
    """Who holds which topic; a change of holder is a new row with its own days."""

    model = Assignment
    form = TermForm
    extra = 0
    fields = ("topic", "specialist", "starts_on", "ends_on")
    autocomplete_fields = ("topic", "specialist")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        """With names, the latest first within a topic."""
        found: QuerySet[Assignment] = super().get_queryset(request)
        return found.select_related("topic", "specialist__branch").order_by(
            "topic__order", "-starts_on", "pk"
        )


class AssignmentOfContractInline(_OwnAssignmentInline):
    """Specialists of one contract."""

    fk_name = "contract"
    verbose_name_plural = "специалисты договора (остальные темы ведёт отделение)"


class AssignmentOfBranchInline(_OwnAssignmentInline):
    """Specialists of all contracts of a branch."""

    fk_name = "branch"
    verbose_name_plural = "кто ведёт темы всех договоров отделения"


class LeaveInline(admin.TabularInline):
    """When the specialist is away."""

    model = Leave
    form = TermForm
    fk_name = "specialist"
    extra = 0
    fields = ("starts_on", "ends_on", "deputy")
    autocomplete_fields = ("deputy",)


class SpecialistInline(rows.ReadOnlyRows):
    """People of a branch; their own pages change them."""

    model = Specialist
    fields = readonly_fields = ("link", "position", "phone", "extension", "email", "is_active")

    @admin.display(description="имя")
    def link(self, specialist: Specialist) -> SafeString | str:
        """To the specialist's page."""
        return links.to(specialist, specialist.full_name)


@admin.register(Contract)
class ContractAdmin(OfficeAdmin):
    """Contracts come from billing: the office looks at them and names their specialists."""

    list_display = ("number", "client_link", "inn", "branch", "place", "signed_on", "state")
    list_filter = (ContractStateFilter, "branch", "price_category", "voltage")
    list_select_related = ("client", "branch")
    search_fields = ("number", "client__short_name", "client__full_name", "client__inn", "place")
    search_help_text = "Номер договора, клиент, ИНН или объект"
    autocomplete_fields = ("client", "branch")
    inlines = (AssignmentOfContractInline,)
    fieldsets = (
        (None, {"fields": ("number", "client_link", "people", "branch", "place")}),
        ("Условия", {"fields": ("signed_on", "terminated_on", "price_category", "voltage")}),
        ("Учёт", {"fields": ("external_id",)}),
    )
    _shown = ("client_link", "people")

    @admin.display(description="клиент", ordering="client__short_name")
    def client_link(self, contract: Contract) -> SafeString | str:
        """To the client's page."""
        return links.to(contract.client)

    @admin.display(description="ИНН", ordering="client__inn")
    def inn(self, contract: Contract) -> str:
        """The client's."""
        return contract.client.inn

    @admin.display(description="состояние")
    def state(self, contract: Contract) -> SafeString:
        """In force or terminated."""
        return links.status(contract.status_modifier, contract.status_label)

    @admin.display(description="у кого доступ")
    def people(self, contract: Contract) -> SafeString:
        """To the accesses of the client."""
        return links.to_list(
            Membership, "доступы клиента", client__id__exact=contract.client_id, state="active"
        )

    def get_fieldsets(self, request: HttpRequest, obj: Contract | None = None) -> Any:
        """A new contract (superusers only) needs its client chosen."""
        if obj is not None:
            return self.fieldsets
        names = [
            field.name
            for field in Contract._meta.fields
            if field.editable and not field.primary_key
        ]
        return [(None, {"fields": names})]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Contract | None = None
    ) -> tuple[str, ...]:
        """Billing's data, unless this person has the right to change contracts."""
        if obj is None:
            return ()
        if super().has_change_permission(request, obj):
            return self._shown
        return (*self._shown, *(field.name for field in Contract._meta.fields))

    def has_change_permission(self, request: HttpRequest, obj: Contract | None = None) -> bool:
        """Also for naming specialists: the rows below the contract are saved by its page."""
        may_name = request.user.has_perm("contracts.change_assignment")
        may_look = self.has_view_only_permission(request)
        return super().has_change_permission(request, obj) or (
            obj is not None and may_name and may_look
        )

    def has_view_only_permission(self, request: HttpRequest) -> bool:
        """The plain right to look."""
        return request.user.has_perm("contracts.view_contract")

    def has_delete_permission(self, request: HttpRequest, obj: Contract | None = None) -> bool:
        """Documents and readings hang on a contract: it stays, terminated."""
        return False


@admin.register(Branch)
class BranchAdmin(OfficeAdmin):
    """Branches, their people, and who holds their topics."""

    list_display = ("name", "city", "address", "phone", "email", "specialist_count")
    list_filter = ("city",)
    search_fields = ("name", "city", "address", "email")
    search_help_text = "Название, город, адрес или e-mail"
    inlines = (AssignmentOfBranchInline, SpecialistInline)
    fieldsets = (
        (None, {"fields": ("name", ("city", "address"), ("phone", "email"), "hours")}),
        ("Учёт", {"fields": ("external_id",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Branch]:
        """With the number of people who work there."""
        working = Count("specialists", filter=Q(specialists__is_active=True), distinct=True)
        rows: QuerySet[Branch] = super().get_queryset(request)
        return rows.annotate(specialist_total=working)

    @admin.display(description="специалистов", ordering="specialist_total")
    def specialist_count(self, branch: Branch) -> SafeString | int:
        """How many work there, linked to the list."""
        total = branch.specialist_total  # type: ignore[attr-defined]
        return links.to_list(Specialist, str(total), branch__id__exact=branch.pk) if total else 0

    def get_readonly_fields(
        self, request: HttpRequest, obj: Branch | None = None
    ) -> tuple[str, ...]:
        """The code of billing is set once."""
        return ("external_id",) if obj else ()


@admin.register(Specialist)
class SpecialistAdmin(OfficeAdmin):
    """People who supervise contracts."""

    list_display = (
        "full_name",
        "position",
        "branch",
        "phone",
        "extension",
        "email",
        "away",
        "is_active",
    )
    list_display_links = ("full_name",)
    list_filter = ("is_active", "branch")
    list_select_related = ("branch",)
    search_fields = ("last_name", "first_name", "patronymic", "email", "position", "branch__name")
    search_help_text = "Имя, должность, e-mail или отделение"
    autocomplete_fields = ("branch",)
    inlines = (LeaveInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("last_name", "first_name", "patronymic"),
                    "position",
                    "branch",
                    "is_active",
                )
            },
        ),
        ("Связь: это видят клиенты", {"fields": (("phone", "extension"), "email", "office")}),
        ("Учёт", {"fields": ("external_id",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Specialist]:
        """With the leaves, for the list."""
        return super().get_queryset(request).prefetch_related("leaves__deputy")

    @admin.display(description="имя", ordering="last_name")
    def full_name(self, specialist: Specialist) -> str:
        """Whole."""
        return specialist.full_name

    @admin.display(description="сегодня")
    def away(self, specialist: Specialist) -> SafeString | str:
        """Whether away, until when and who answers."""
        today = timezone.localdate()
        for leave in specialist.leaves.all():
            if leave.starts_on <= today <= leave.ends_on:
                words = (
                    f"отсутствует по {leave.ends_on:%d.%m.%Y}, замещает {leave.deputy.short_name}"
                )
                return links.status("warn", words)
        return ""

    def get_readonly_fields(
        self, request: HttpRequest, obj: Specialist | None = None
    ) -> tuple[str, ...]:
        """The code of billing is set once."""
        return ("external_id",) if obj else ()


@admin.register(Topic)
class TopicAdmin(OfficeAdmin):
    """What clients write about."""

    list_display = ("name", "code", "email", "answer_days", "order", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "code", "email")
    search_help_text = "Название, код или общий адрес"

    def get_readonly_fields(
        self, request: HttpRequest, obj: Topic | None = None
    ) -> tuple[str, ...]:
        """Addresses and imports name a topic by its code: it does not change."""
        return ("code",) if obj else ()


@admin.register(Assignment)
class AssignmentAdmin(OfficeAdmin):
    """Who holds a topic, for one contract or for a whole branch."""

    form = TermForm
    list_display = ("topic", "specialist_link", "contract_link", "branch", "starts_on", "ends_on")
    list_filter = (TermFilter, "topic", "branch")
    list_select_related = ("topic", "specialist__branch", "contract", "branch")
    search_fields = (
        "topic__name",
        "specialist__last_name",
        "contract__number",
        "contract__client__short_name",
        "branch__name",
    )
    search_help_text = "Тема, фамилия, договор, клиент или отделение"
    autocomplete_fields = ("topic", "specialist", "contract", "branch")
    fieldsets = (
        (None, {"fields": ("topic", "specialist")}),
        (
            "За чем закреплена тема",
            {
                "fields": ("contract", "branch"),
                "description": "Укажите что-то одно. Договор важнее отделения.",
            },
        ),
        ("Когда", {"fields": (("starts_on", "ends_on"),)}),
    )

    @admin.display(description="специалист", ordering="specialist__last_name")
    def specialist_link(self, assignment: Assignment) -> SafeString | str:
        """To the specialist's page."""
        return links.to(assignment.specialist, assignment.specialist.short_name)

    @admin.display(description="договор", ordering="contract__number")
    def contract_link(self, assignment: Assignment) -> SafeString | str:
        """To the contract's page."""
        return links.to(assignment.contract)


@admin.register(Leave)
class LeaveAdmin(OfficeAdmin):
    """Who is away and who answers instead."""

    form = TermForm
    list_display = ("specialist", "deputy", "starts_on", "ends_on")
    list_filter = (TermFilter, "specialist__branch")
    list_select_related = ("specialist__branch", "deputy")
    search_fields = ("specialist__last_name", "deputy__last_name")
    search_help_text = "Фамилия того, кто отсутствует или замещает"
    autocomplete_fields = ("specialist", "deputy")
    date_hierarchy = "starts_on"
