"""«Оформление доступа»: the list of what is begun, the wizard's pages, and what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from accounts import agreements, enrolling, issuing, scans
from accounts.admin import links, starting, steps
from accounts.admin.clients import may_issue
from accounts.admin.issuing_admin import IssuingAdmin
from accounts.models import AgreementScan, Enrolment
from accounts.visitor import user_of
from cabinet import accepting, files, formats

_MODIFIERS: dict[str, str] = {
    Enrolment.State.ISSUED: "ok",
    Enrolment.State.SIGNED: "warn",
    Enrolment.State.PRINTED: "info",
    Enrolment.State.ABANDONED: "plain",
}


class OpenFilter(admin.SimpleListFilter):
    """What is unfinished stands first; the rest on demand."""

    title = "состояние"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Without a choice: what somebody still has to do."""
        return [*Enrolment.State.choices, ("all", "все")]

    def choices(self, changelist: Any) -> Any:
        """«Незавершённые» instead of Django's «Все»."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": "незавершённые"}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        """The enrolments in that state."""
        match self.value():
            case None:
                return queryset.filter(state__in=Enrolment.OPEN)
            case "all":
                return queryset
        return queryset.filter(state=self.value())


@admin.register(Enrolment)
class EnrolmentAdmin(IssuingAdmin):
    """Begun by «Оформить доступ», gone on with by anybody who issues."""

    list_display = ("person", "client", "state_label", "agreement_number", "who", "when")
    list_display_links = None
    list_filter = (OpenFilter, "updated_at")
    list_select_related = ("client", "user", "updated_by")
    search_fields = (
        "client__short_name",
        "client__inn",
        "last_name",
        "email",
        "user__last_name",
        "user__username",
        "agreement_number",
    )
    search_help_text = "Клиент, ИНН, фамилия, e-mail, логин или номер соглашения"
    change_list_template = "admin/accounts/enrolment/change_list.html"
    change_form_template = "admin/accounts/enrolment/change_form.html"
    fieldsets = (
        (None, {"fields": ("state_label", "client_link", "contracts", "name", "contact")}),
        ("Роль и основание", {"fields": ("position", "role", "paper", "ends_on")}),
        (
            "Соглашение",
            {"fields": ("agreement_number", "printed_at", "signed_on", "membership_link")},
        ),
        (
            "Кто и когда",
            {
                "fields": (
                    "created_by",
                    "created_at",
                    "updated_by",
                    "updated_at",
                    "replaces_link",
                    "leaving_reason",
                    "abandoned_reason",
                )
            },
        ),
    )
    readonly_fields = (
        "state_label", "client_link", "contracts", "name", "contact", "paper", "membership_link",
        "replaces_link",
    )  # fmt: skip

    # Rows ----------------------------------------------------------------------------------------

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """Those for whoever holds one of the contracts."""
        return rows.filter(client__in=contracts.values("client"))

    def rows_with_names(self, request: HttpRequest) -> QuerySet[Enrolment]:
        """What this person may look at, for a page of one of them."""
        found: Any = self.get_queryset(request)
        rows: QuerySet[Enrolment] = found.with_names()
        return rows

    # Columns -------------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The way into the wizard for whoever issues, to the record for the others."""
        return self.list_display if may_issue(request) else ("record", *self.list_display[1:])

    @admin.display(description="человек")
    def person(self, enrolment: Enrolment) -> SafeString | str:
        """Who is to come in, linked to where the enrolment stands."""
        return links.by_address(steps.address_of(enrolment), _name_of(enrolment))

    @admin.display(description="человек")
    def name(self, enrolment: Enrolment) -> str:
        """Who is to come in."""
        return _name_of(enrolment)

    @admin.display(description="человек")
    def record(self, enrolment: Enrolment) -> SafeString | str:
        """Who is to come in, linked to the record."""
        return links.to(enrolment, _name_of(enrolment))

    @admin.display(description="состояние", ordering="state")
    def state_label(self, enrolment: Enrolment) -> SafeString:
        """In the colour of the state."""
        modifier = _MODIFIERS.get(enrolment.state, "plain")
        return links.status(modifier, enrolment.get_state_display())

    @admin.display(description="кто занимался", ordering="updated_by__last_name")
    def who(self, enrolment: Enrolment) -> str:
        """Who of the office had it last."""
        return enrolment.updated_by.short_name

    @admin.display(description="когда", ordering="updated_at")
    def when(self, enrolment: Enrolment) -> str:
        """The last change."""
        return formats.moment(enrolment.updated_at)

    @admin.display(description="клиент")
    def client_link(self, enrolment: Enrolment) -> SafeString | str:
        """To the client's page."""
        return links.to(enrolment.client)

    @admin.display(description="договоры")
    def contracts(self, enrolment: Enrolment) -> str:
        """All, or the numbers of the chosen ones."""
        if not enrolment.scope:
            return formats.ABSENT
        return agreements.contracts_in_words(
            enrolment.client, enrolment.chosen_ids, enrolment.roles_of_contracts
        )

    @admin.display(description="связь")
    def contact(self, enrolment: Enrolment) -> str:
        """E-mail and telephone of the person."""
        person = enrolment.user or enrolment
        return ", ".join(filter(None, (person.email, person.phone))) or formats.ABSENT

    @admin.display(description="основание")
    def paper(self, enrolment: Enrolment) -> str:
        """«приказ № 5 от 01.02.2026»."""
        number = f"№\u00a0{enrolment.basis_number}" if enrolment.basis_number else ""
        day = f"от\u00a0{formats.day(enrolment.basis_on)}" if enrolment.basis_on else ""
        words = (enrolment.get_basis_display(), number, day)
        return " ".join(filter(None, words)) or formats.ABSENT

    @admin.display(description="выданный доступ")
    def membership_link(self, enrolment: Enrolment) -> SafeString | str:
        """To the access that came of it."""
        return links.to(enrolment.membership)

    @admin.display(description="вместо доступа")
    def replaces_link(self, enrolment: Enrolment) -> SafeString | str:
        """To the access that ended."""
        return links.to(enrolment.replaces)

    # Pages ---------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The wizard's pages before the record's."""
        own = [
            self.own_page(self.start, "new/", "new"),
            self.own_page(self.transfer, "transfer/<int:pk>/", "transfer"),
            self.own_page(self.print_agreement, "<int:pk>/print/", "print"),
            self.own_page(self.agreement, "<int:pk>/agreement.pdf", "pdf"),
            self.own_page(self.scan, "<int:pk>/scan/", "scan"),
        ]
        pages = {
            "contracts": steps.ContractsStep,
            "person": steps.PersonStep,
            "terms": steps.TermsStep,
            "agreement": steps.AgreementStep,
            "abandon": steps.AbandonStep,
        }
        for name, view in pages.items():
            own.append(self.own_page(view.as_view(model_admin=self), f"<int:pk>/{name}/", name))
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Adds whether this person issues."""
        may = {"may_issue": may_issue(request)}
        return super().changelist_view(request, {**(extra_context or {}), **may})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The record; of an open one, with the way back into the wizard."""
        enrolment = self.get_object(request, object_id)
        may = may_issue(request)
        resume = steps.address_of(enrolment) if enrolment and enrolment.is_open and may else ""
        context = {**(extra_context or {}), "resume": resume, "may_issue": may}
        return super().change_view(request, object_id, form_url, context)

    def start(self, request: HttpRequest) -> HttpResponse:
        """«Оформить доступ»."""
        return starting.start(self, request)

    def transfer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Сменился сотрудник»."""
        return starting.transfer(self, request, pk)

    @method_decorator(require_POST)
    def print_agreement(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Напечатать соглашение»: it gets its number, then the browser shows the PDF."""
        enrolment = self._for_issuing(request, pk)
        try:
            enrolling.print_agreement(enrolment=enrolment, by=user_of(request), request=request)
        except (enrolling.Outdated, issuing.IssuingRefused) as error:
            messages.error(request, str(error))
            return redirect(steps.address_of(enrolment))
        return redirect("admin:accounts_enrolment_pdf", pk)

    @method_decorator(require_safe)
    def agreement(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The agreement in two copies, once it has a number; the printing is in the journal."""
        enrolment = self._for_issuing(request, pk)
        if enrolment.printed_at is None:
            messages.error(request, "Данные менялись после печати: напечатайте соглашение заново.")
            return redirect(steps.address_of(enrolment))
        content = agreements.filled_agreements([agreements.of_enrolment(enrolment)])
        return files.pdf_response(content, filename=f"Соглашение {enrolment.agreement_number}.pdf")

    @method_decorator(require_safe)
    def scan(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The signed paper, with a line in the journal."""
        if not self.has_view_permission(request):
            raise PermissionDenied(steps.NOT_YOURS)
        enrolment = get_object_or_404(self.rows_with_names(request), pk=pk)
        scan = get_object_or_404(AgreementScan, enrolments=enrolment)
        try:
            return scans.hand_out(request, scan=scan, client=enrolment.client)
        except scans.NotChecked:
            words = "Скан ещё не проверен антивирусом: он не отвечает. Повторите позже."
            messages.warning(request, words)
        except accepting.Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("admin:accounts_enrolment_change", pk)

    def _for_issuing(self, request: HttpRequest, pk: int) -> Enrolment:
        if not may_issue(request):
            raise PermissionDenied(steps.NOT_YOURS)
        found: Enrolment = get_object_or_404(self.rows_with_names(request), pk=pk)
        return found


def _name_of(enrolment: Enrolment) -> str:
    return enrolment.person_name or "человек не указан"
