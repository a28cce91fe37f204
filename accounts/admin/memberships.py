"""Accesses: who acts for whom, until when; revoking, and the agreement on paper."""

from __future__ import annotations

import calendar
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts import agreements, finding, issuing, journal
from accounts.admin import links
from accounts.admin.clients import REFUSED, may_issue
from accounts.admin.forms import RevokeForm
from accounts.models import Enrolment, Membership
from accounts.visitor import user_of
from cabinet import files, formats, keys
from cabinet.office import ReadOnlyAdmin


class StateFilter(admin.SimpleListFilter):
    """Whether the access lets in."""

    title = "состояние"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The states the office asks for."""
        return [
            ("active", "действует"),
            ("ending", "истекает в этом месяце"),
            ("expired", "срок истёк"),
            ("revoked", "отозван"),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Membership]
    ) -> QuerySet[Membership]:
        """The accesses in that state."""
        rows = Membership.objects.all()
        match self.value():
            case "active":
                return queryset & rows.active()
            case "ending":
                today = timezone.localdate()
                last_day = today.replace(day=calendar.monthrange(today.year, today.month)[1])
                return queryset & rows.ending(today, last_day)
            case "expired":
                return queryset & rows.expired()
            case "revoked":
                return queryset & rows.revoked()
        return queryset


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Looked at here; given by «Оформить доступ», ended by «Отозвать»."""

    list_display = ("person", "login", "client", "role", "paper", "state")
    list_display_links = ("person",)
    list_filter = (StateFilter, "role", "basis")
    list_select_related = ("user", "client")
    search_fields = ("agreement_number", "basis_number")
    owners = {"user": finding.people, "client": finding.clients}
    hangs_on = {"accounts.client": "client", "accounts.user": "user"}
    search_help_text = "Логин, фамилия, e-mail, клиент, ИНН, номер соглашения или документа"
    date_hierarchy = "signed_on"
    actions = ("revoke_chosen",)
    change_form_template = "admin/accounts/membership/change_form.html"
    fieldsets = (
        (None, {"fields": ("state", "person_link", "client_link", "position", "role")}),
        ("Договоры", {"fields": ("contracts",)}),
        (
            "Соглашение",
            {
                "fields": (
                    "agreement_number",
                    "basis",
                    "basis_number",
                    "basis_on",
                    "signed_on",
                    "starts_on",
                    "ends_on",
                )
            },
        ),
        (
            "Кто и когда",
            {"fields": ("issued_by", "created_at", "revoked_by", "revoked_at", "revoked_reason")},
        ),
    )
    readonly_fields = ("state", "person_link", "client_link", "contracts")

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """Accesses to whoever holds one of the contracts."""
        return rows.filter(client__in=contracts.values("client"))

    @admin.display(description="человек", ordering="user__last_name")
    def person(self, membership: Membership) -> str:
        """«Соколова Н. В.»."""
        return membership.user.short_name

    @admin.display(description="логин", ordering="user__username")
    def login(self, membership: Membership) -> str:
        """By which the person comes in."""
        return membership.user.username

    @admin.display(description="основание", ordering="basis")
    def paper(self, membership: Membership) -> str:
        """«устав» or «доверенность № 12»."""
        if not membership.basis_number:
            return "устав"
        return f"{membership.get_basis_display()} № {membership.basis_number}"

    @admin.display(description="состояние", ordering="ends_on")
    def state(self, membership: Membership) -> SafeString:
        """Whether it lets in today."""
        return links.membership_state(membership)

    @admin.display(description="человек")
    def person_link(self, membership: Membership) -> SafeString | str:
        """To the person's page."""
        return links.to(membership.user)

    @admin.display(description="клиент")
    def client_link(self, membership: Membership) -> SafeString | str:
        """To the client's page."""
        return links.to(membership.client)

    @admin.display(description="доступны")
    def contracts(self, membership: Membership) -> str:
        """All, or the numbers of the chosen ones."""
        return agreements.of_membership(membership).contracts

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether this person ends accesses."""
        return request.user.has_perm("accounts.change_membership")

    @admin.action(description="Отозвать доступ", permissions=["revoke"])
    def revoke_chosen(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse:
        """To the page that asks for the reason."""
        chosen = urlencode({"pk": list(queryset.values_list("pk", flat=True))}, doseq=True)
        return redirect(f"{reverse('admin:accounts_membership_revoke')}?{chosen}")

    def get_urls(self) -> list[URLPattern]:
        """Revoking and the agreement."""
        view = self.admin_site.admin_view
        return [
            path("revoke/", view(self.revoke), name="accounts_membership_revoke"),
            path(
                "<int:pk>/agreement.pdf", view(self.agreement), name="accounts_membership_agreement"
            ),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Adds what this person may do with the access."""
        membership = self.get_object(request, object_id)
        context = {
            **(extra_context or {}),
            "may_revoke": self.has_revoke_permission(request),
            "may_issue": may_issue(request),
            "enrolment": Enrolment.objects.filter(membership=membership).first()
            if membership
            else None,
        }
        return super().change_view(request, object_id, form_url, context)

    def revoke(self, request: HttpRequest) -> HttpResponse:
        """«Отозвать»: the reason, then access ends at once."""
        if not self.has_revoke_permission(request):
            raise PermissionDenied("Отзывать доступ могут операционисты и администраторы.")
        chosen = self._chosen(request)
        form = RevokeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            self._revoke_all(request, chosen, form.cleaned_data["reason"])
            return redirect("admin:accounts_membership_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Отозвать доступ",
            "chosen": [(membership, links.membership_state(membership)) for membership in chosen],
            "form": form,
        }
        status = REFUSED if form.errors else 200
        return TemplateResponse(
            request, "admin/accounts/membership/revoke.html", context, status=status
        )

    @method_decorator(require_safe)
    def agreement(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The filled agreement in two copies, with a line in the journal."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).select_related("user", "client")
        membership = get_object_or_404(found, pk=pk)
        content = agreements.filled_agreements([agreements.of_membership(membership)])
        if request.method == "GET":
            journal.record(
                journal.Action.FILE_OPENED,
                request=request,
                client=membership.client,
                subject=f"Соглашение № {membership.agreement_number} ({membership.user})",
                details={"membership": membership.pk},
            )
        return files.pdf_response(content, filename=f"Соглашение {membership.agreement_number}.pdf")

    def _chosen(self, request: HttpRequest) -> list[Membership]:
        source = request.POST if request.method == "POST" else request.GET
        chosen = keys.read_all(source.getlist("pk"))
        rows = self.get_queryset(request).filter(pk__in=chosen).select_related("user", "client")
        found = list(rows.order_by("client__short_name", "user__last_name", "pk"))
        if not found:
            raise Http404("Не выбрано ни одного доступа.")
        return found

    @transaction.atomic
    def _revoke_all(self, request: HttpRequest, chosen: list[Membership], reason: str) -> None:
        done = 0
        for membership in chosen:
            try:
                issuing.revoke_membership(
                    membership=membership, by=user_of(request), reason=reason, request=request
                )
                done += 1
            except issuing.RevokingRefused as error:
                messages.warning(request, f"{membership}: {error}")
        if done:
            words = formats.plural(done, "Доступ отозван", "Доступы отозваны", "Доступы отозваны")
            messages.success(request, f"{words} ({done}). Открытые сеансы завершены.")
