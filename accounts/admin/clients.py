"""Clients, and who issues accesses to them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from accounts import finding, viewing
from accounts.admin import eyes, links, rows
from accounts.models import Client, Membership
from accounts.visitor import user_of
from cabinet.office import OfficeAdmin, contracts_for

# What a refused form answers with: it was understood and could not be done.
REFUSED = 422


class ContractInline(rows.ReadOnlyRows):
    """The client's contracts; the room above is reached by the name of its relation."""

    model = Client.contracts.rel.related_model
    contract_path = "pk"
    fields = readonly_fields = ("link", "branch", "signed_on", "status_label", "place")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the branch, for its name."""
        return super().get_queryset(request).select_related("branch")

    @admin.display(description="номер")
    def link(self, contract: Any) -> SafeString | str:
        """To the contract's page."""
        return links.to(contract)

    @admin.display(description="состояние")
    def status_label(self, contract: Any) -> SafeString:
        """In force or terminated."""
        return links.status(contract.status_modifier, contract.status_label)


class MembershipInline(rows.ReadOnlyRows):
    """Who acts for the client, the present ones first."""

    model = Membership
    fk_name = "client"
    fields = readonly_fields = ("person", "role", "position", "basis", "signed_on", "state", "link")
    verbose_name_plural = "у кого есть и был доступ"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With the people; revoked ones last."""
        found: QuerySet[Membership] = super().get_queryset(request)
        return found.select_related("user", "client").order_by("-revoked_at", "-signed_on", "-pk")

    @admin.display(description="человек")
    def person(self, membership: Membership) -> SafeString | str:
        """Name and login, linked."""
        return links.to(membership.user)

    @admin.display(description="доступ")
    def link(self, membership: Membership) -> SafeString | str:
        """To the access: agreement, revoking."""
        return links.to(membership, membership.agreement_number or "открыть")

    @admin.display(description="состояние")
    def state(self, membership: Membership) -> SafeString:
        """Whether it lets in today."""
        return links.membership_state(membership)


class RegisteredFilter(admin.SimpleListFilter):
    """Whether the company uses the portal."""

    title = "кабинет"
    parameter_name = "cabinet"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes, no, and those where nobody is left."""
        return [
            ("yes", "открыт"),
            ("no", "ещё не открывали"),
            ("empty", "открыт, но входить некому"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Client]) -> QuerySet[Client]:
        """The clients of that kind."""
        let_in = Membership.objects.active().values("client")
        match self.value():
            case "yes":
                return queryset.filter(registered_on__isnull=False)
            case "no":
                return queryset.filter(registered_on__isnull=True)
            case "empty":
                return queryset.filter(registered_on__isnull=False).exclude(pk__in=let_in)
        return queryset


@admin.register(Client)
class ClientAdmin(OfficeAdmin):
    """Companies: found by ИНН, ОГРН, name or the number of a contract."""

    list_display = ("short_name", "inn", "kpp", "contract_count", "people_count", "registered_on")
    list_filter = (RegisteredFilter, "registered_on")
    search_fields = finding.CLIENT_COLUMNS
    is_found_by_all = True
    search_help_text = "ИНН, ОГРН, название, телефон или номер договора"
    readonly_fields = ("external_id", "registered_on")
    inlines = (ContractInline, MembershipInline)
    change_form_template = "admin/accounts/client/change_form.html"
    fieldsets = (
        (None, {"fields": ("short_name", "full_name", ("inn", "kpp", "ogrn"))}),
        ("Адреса и связь", {"fields": ("legal_address", "postal_address", ("phone", "email"))}),
        ("Учёт", {"fields": ("external_id", "registered_on")}),
    )

    def meant_by(self, term: str) -> Q:
        """Also by the number of a contract, which the room above knows by its relation."""
        return super().meant_by(term) | Q(pk__in=finding.clients_of_contracts(term))

    def note_of(self, row: Client) -> str:
        """The ИНН."""
        return f"ИНН {row.inn}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        """With the numbers of contracts and of people, counted for the rows shown only."""
        rows: QuerySet[Client] = super().get_queryset(request)
        contracts = contracts_for(request)
        if contracts is None:
            contracts = Client.contracts.rel.related_model.objects.all()  # type: ignore[attr-defined]
        return rows.annotate(
            contract_total=_total(contracts, "pk"),
            people_total=_total(Membership.objects.active(), "user"),
        )

    def confine(self, rows: QuerySet[Client], contracts: QuerySet[Any]) -> QuerySet[Client]:
        """Who holds one of the contracts."""
        return rows.filter(pk__in=contracts.values("client"))

    @admin.display(description="договоров")
    def contract_count(self, client: Client) -> SafeString | str | int:
        """How many, linked to the list."""
        total = client.contract_total  # type: ignore[attr-defined]
        model = Client.contracts.rel.related_model
        return links.to_list(model, str(total), client__id__exact=client.pk) if total else 0

    @admin.display(description="доступов")
    def people_count(self, client: Client) -> SafeString | str | int:
        """How many people may come in today, linked to the list."""
        total = client.people_total  # type: ignore[attr-defined]
        return links.to_list(Membership, str(total), client__id__exact=client.pk) if total else 0

    def get_readonly_fields(
        self, request: HttpRequest, obj: Client | None = None
    ) -> tuple[str, ...]:
        """A new client (by superusers) gets its code by hand; nobody sets the registration day."""
        return self.readonly_fields if obj else ("registered_on",)

    def has_delete_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        """Documents and the journal hang on a client: it stays."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Adds a look with the client's eyes."""
        view = self.admin_site.admin_view(self.view_as)
        page = path("<int:pk>/view-as/", view, name="accounts_client_view_as")
        return [page, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Adds whether this person issues logins and may look with the client's eyes."""
        own = {"may_issue": may_issue(request), "may_view_as": viewing.may_view(user_of(request))}
        context = {**(extra_context or {}), **own}
        return super().change_view(request, object_id, form_url, context)

    def view_as(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Смотреть как клиент»."""
        return eyes.begin(self, request, pk)


def _total(rows: QuerySet[Any], what: str) -> Coalesce:
    """How many different `what` of `rows` belong to the client."""
    own = rows.filter(client=OuterRef("pk")).order_by().values("client")
    return Coalesce(Subquery(own.annotate(total=Count(what, distinct=True)).values("total")), 0)


def may_issue(request: HttpRequest) -> bool:
    """Whether this person gives accesses and one-time passwords."""
    return request.user.has_perm("accounts.add_membership")
