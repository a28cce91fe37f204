"""Contracts and branches, and who holds their topics."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts import finding as accounts_finding
from accounts.admin import links, rows
from accounts.models import Membership
from cabinet.office import OfficeAdmin, TermForm
from contracts import finding
from contracts.admin.own_branch import OwnBranch
from contracts.models import Assignment, Branch, Contract, Specialist


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


class _OwnAssignmentInline(OwnBranch, rows.ChangedRows):
    """Who holds which topic; a change of holder is a new row with its own days."""

    model = Assignment
    form = TermForm
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
    search_fields = finding.CONTRACT_COLUMNS
    owners = {"client": accounts_finding.clients}
    hangs_on = {"accounts.client": "client", "contracts.branch": "branch"}
    is_found_by_all = True
    search_help_text = "Номер договора, клиент, ИНН или объект"
    autocomplete_fields = ("client", "branch")
    inlines = (AssignmentOfContractInline,)
    fieldsets = (
        (None, {"fields": ("number", "client_link", "people", "branch", "place")}),
        ("Условия", {"fields": ("signed_on", "terminated_on", "price_category", "voltage")}),
        ("Учёт", {"fields": ("external_id",)}),
    )
    _shown = ("client_link", "people")
    contract_path = "pk"

    def note_of(self, row: Contract) -> str:
        """Whose it is, and where."""
        return ", ".join(filter(None, (row.client.short_name, row.place)))

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
    def people(self, contract: Contract) -> SafeString | str:
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
class BranchAdmin(OwnBranch, OfficeAdmin):
    """Branches, their people, and who holds their topics."""

    list_display = ("name", "city", "address", "phone", "email", "specialist_count")
    list_filter = ("city",)
    # Named here too: what counts the people of each row loses the order of the model.
    ordering = ("name", "pk")
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
    def specialist_count(self, branch: Branch) -> SafeString | str | int:
        """How many work there, linked to the list."""
        total = branch.specialist_total  # type: ignore[attr-defined]
        return links.to_list(Specialist, str(total), branch__id__exact=branch.pk) if total else 0

    def get_readonly_fields(
        self, request: HttpRequest, obj: Branch | None = None
    ) -> tuple[str, ...]:
        """The code of billing is set once."""
        return ("external_id",) if obj else ()
