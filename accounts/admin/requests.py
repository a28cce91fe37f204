"""Accesses that companies ask for: taken up, issued from, refused."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts import company, enrolling, request_words, requests
from accounts.admin import links, steps
from accounts.admin.clients import REFUSED, may_issue
from accounts.admin.forms import RefuseRequestForm
from accounts.models import AccessRequest, Membership
from accounts.visitor import user_of
from cabinet import formats
from cabinet.office import ReadOnlyAdmin


class RequestStateFilter(admin.SimpleListFilter):
    """How far the office is."""

    title = "состояние"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What waits for the office first."""
        return [("open", "ждёт офиса"), *AccessRequest.State.choices]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AccessRequest]
    ) -> QuerySet[AccessRequest]:
        """The requests in that state."""
        value = self.value()
        if value == "open":
            return queryset.filter(state__in=AccessRequest.OPEN)
        return queryset.filter(state=value) if value in AccessRequest.State.values else queryset


@admin.register(AccessRequest)
class AccessRequestAdmin(ReadOnlyAdmin):
    """What was asked is a fact; what becomes of it is done by the page's buttons."""

    list_display = ("number", "client", "person", "role", "state_label", "when", "taken_up_by")
    list_filter = (RequestStateFilter, "role", "asked_at")
    list_select_related = ("client", "taken_up_by")
    search_fields = (
        "number",
        "last_name",
        "first_name",
        "email",
        "client__short_name",
        "client__inn",
    )
    search_help_text = "Номер запроса, фамилия, e-mail, клиент или ИНН"
    change_form_template = "admin/accounts/accessrequest/change_form.html"
    fieldsets = (
        (None, {"fields": ("state_label", "client_link", "asked_by", "when", "taken_up_by")}),
        ("Что запрошено", {"fields": ("person", "position", "email", "phone", "role", "scope")}),
        ("Основание", {"fields": ("paper", "ends_on")}),
        ("Ответ", {"fields": ("closed_at", "closed_by", "refusal", "membership_link")}),
    )
    readonly_fields = (
        "state_label",
        "client_link",
        "when",
        "person",
        "scope",
        "paper",
        "membership_link",
    )

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """Requests of whoever holds one of the contracts."""
        return rows.filter(client__in=contracts.values("client"))

    @admin.display(description="кому", ordering="last_name")
    def person(self, asked: AccessRequest) -> str:
        """«Соколова Наталья Викторовна»."""
        return asked.full_name

    @admin.display(description="запрошено", ordering="asked_at")
    def when(self, asked: AccessRequest) -> str:
        """By the retailer's clock."""
        return formats.moment(asked.asked_at)

    @admin.display(description="состояние", ordering="state")
    def state_label(self, asked: AccessRequest) -> SafeString:
        """In the colour of the state."""
        return links.status(asked.state_modifier, asked.get_state_display())

    @admin.display(description="клиент")
    def client_link(self, asked: AccessRequest) -> SafeString | str:
        """To the client's page."""
        return links.to(asked.client)

    @admin.display(description="договоры")
    def scope(self, asked: AccessRequest) -> str:
        """All, or the numbers, with a role of their own if there is one."""
        return ", ".join(request_words.contracts(asked))

    @admin.display(description="основание")
    def paper(self, asked: AccessRequest) -> str:
        """«доверенность № 12»."""
        return company.basis_in_words(asked)

    @admin.display(description="выданный доступ")
    def membership_link(self, asked: AccessRequest) -> SafeString | str:
        """To the access."""
        return links.to(asked.membership)

    def get_urls(self) -> list[URLPattern]:
        """Taking up and refusing."""
        view = self.admin_site.admin_view
        name = "accounts_accessrequest"
        return [
            path("<int:pk>/take-up/", view(self.take_up), name=f"{name}_take_up"),
            path("<int:pk>/refuse/", view(self.refuse), name=f"{name}_refuse"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Adds what this person may do with it, and who has the address and an access already."""
        asked = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if asked is not None and asked.is_open and may_issue(request):
            address = EmailAddress.objects.filter(email=asked.email, verified=True)
            known = address.select_related("user").first()
            present = Membership.objects.active().filter(client=asked.client)
            is_new = asked.state == AccessRequest.State.NEW
            context = {
                "may_answer": True,
                "take_up_label": "Взять в работу и оформить" if is_new else "Оформить доступ",
                "known": known.user if known else None,
                "present": present.filter(user=known.user).first() if known else None,
            }
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **context}
        )

    @method_decorator(require_POST)
    def take_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Взять в работу»: to the wizard, filled in from the request."""
        asked, by = self._for_answering(request, pk), user_of(request)
        colleague, taken_up_at = asked.taken_up_by, asked.taken_up_at
        try:
            enrolment = enrolling.begin_for(asked, by=by, request=request)
        except requests.RequestClosed as error:
            messages.warning(request, str(error))
            return redirect("admin:accounts_accessrequest_change", pk)
        if colleague is not None and colleague != by:
            since = formats.moment(taken_up_at)
            words = f"Запрос был в работе с {since}: {colleague.short_name}. Теперь он за вами."
            messages.warning(request, words)
        return redirect(steps.address_of(enrolment))

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Отказать»: the reason, which the company reads."""
        asked = self._for_answering(request, pk)
        form = RefuseRequestForm(request.POST or None)
        if form.is_valid():
            try:
                reason = form.cleaned_data["reason"]
                requests.refuse(asked, by=user_of(request), reason=reason, request=request)
            except requests.RequestClosed as error:
                messages.warning(request, str(error))
            else:
                messages.success(
                    request, f"В запросе {asked.number} отказано. Компания узнает об этом письмом."
                )
            return redirect("admin:accounts_accessrequest_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Отказать",
            "asked": asked,
            "form": form,
        }
        status = REFUSED if form.errors else 200
        return TemplateResponse(
            request, "admin/accounts/accessrequest/refuse.html", context, status=status
        )

    def _for_answering(self, request: HttpRequest, pk: int) -> AccessRequest:
        if not may_issue(request):
            raise PermissionDenied("Отвечать на запросы могут сотрудники, которые выдают логины.")
        found = self.get_queryset(request).select_related("client")
        asked: AccessRequest = get_object_or_404(found, pk=pk)
        return asked
