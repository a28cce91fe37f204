"""Specialists, and who answers while they are away."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts import office
from accounts.admin import links, rows
from cabinet import formats
from cabinet.office import OfficeAdmin, TermForm
from contracts import reassigning
from contracts.admin import own_branch
from contracts.admin.own_branch import OwnBranch
from contracts.admin.terms import TermFilter
from contracts.models import Leave, Specialist

REFUSED = 422
_MAILBOX_REFUSED = Q(refused_email=F("email")) & ~Q(refused_email="")


class MailboxFilter(admin.SimpleListFilter):
    """Whether letters reach the specialist."""

    title = "ящик"
    parameter_name = "mailbox"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Only the trouble is asked for."""
        return [("refused", "не принимает письма")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Specialist]
    ) -> QuerySet[Specialist]:
        """Those whose mailbox refused."""
        return queryset.filter(_MAILBOX_REFUSED) if self.value() == "refused" else queryset


class ReassignForm(forms.Form):
    """Who takes over what somebody holds, and from which day."""

    successor = forms.ModelChoiceField(
        label="Кому",
        queryset=Specialist.objects.none(),
        error_messages={
            "required": "Выберите специалиста.",
            "invalid_choice": "Этот специалист не может принять закрепления.",
        },
    )
    first_day = forms.DateField(
        label="С какого дня",
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Накануне закрепления прежнего специалиста закончатся.",
        error_messages={
            "required": "Укажите день.",
            "invalid": "Укажите день, например 31.12.2026.",
        },
    )

    def __init__(self, leaver: Specialist, data: Any = None) -> None:
        super().__init__(data)
        self.leaver = leaver
        others = Specialist.objects.filter(is_active=True).exclude(pk=leaver.pk)
        self.fields["successor"].queryset = others  # type: ignore[attr-defined]

    def reassign(self) -> int | None:
        """How many assignments changed hands; None with an error at the form."""
        try:
            return reassigning.reassign(leaver=self.leaver, **self.cleaned_data)
        except reassigning.NotPossible as error:
            self.add_error(None, str(error))
            return None

    @property
    def day_shown(self) -> datetime.date:
        """The day typed, or today."""
        typed: datetime.date | None = getattr(self, "cleaned_data", {}).get("first_day")
        return typed or timezone.localdate()


class LeaveInline(OwnBranch, rows.ChangedRows):
    """When the specialist is away."""

    model = Leave
    form = TermForm
    fk_name = "specialist"
    fields = ("starts_on", "ends_on", "deputy")
    autocomplete_fields = ("deputy",)


@admin.register(Specialist)
class SpecialistAdmin(OwnBranch, OfficeAdmin):
    """People who supervise contracts."""

    list_display = (
        "full_name",
        "position",
        "branch",
        "mailbox",
        "away",
        "phone",
        "extension",
        "email",
        "is_active",
    )
    list_display_links = ("full_name",)
    list_filter = ("is_active", MailboxFilter, "branch")
    list_select_related = ("branch",)
    search_fields = ("last_name", "first_name", "patronymic", "email", "position", "branch__name")
    search_help_text = "Имя, должность, e-mail или отделение"
    autocomplete_fields = ("branch", "user")
    hangs_on = {"contracts.branch": "branch"}
    inlines = (LeaveInline,)
    actions = ("mailbox_works", "reassign_chosen")
    change_list_template = "admin/contracts/list.html"
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
        (
            "Связь: это видят клиенты",
            {"fields": (("phone", "extension"), "email", "mailbox", "office")},
        ),
        ("Учёт", {"fields": ("external_id", "user")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Specialist]:
        """With the leaves, for the list."""
        return super().get_queryset(request).prefetch_related("leaves__deputy")

    @admin.display(description="имя", ordering="last_name")
    def full_name(self, specialist: Specialist) -> str:
        """Whole."""
        return specialist.full_name

    @admin.display(description="ящик")
    def mailbox(self, specialist: Specialist) -> SafeString | str:
        """Red when a mail server refused it: letters go past this person until it is cleared."""
        if not specialist.refused_email or specialist.has_mailbox:
            return ""
        return links.status("bad", f"не принимает письма с {formats.day(specialist.refused_at)}")

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
        """The code of billing is set once; the account is named by whoever keeps staff's."""
        fields = ("mailbox", "external_id") if obj else ("mailbox",)
        return fields if office.keeps_staff(request) else (*fields, "user")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Adds the red line about mailboxes that take no letters."""
        refused = Specialist.objects.filter(_MAILBOX_REFUSED, is_active=True)
        names = [f"{person.short_name} ({person.email})" for person in refused]
        warning = f"Ящики не принимают письма, они идут следующему по правилу: {', '.join(names)}."
        extra = {"warnings": [warning] if names else []}
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    @admin.action(description="Ящик снова принимает письма", permissions=["change"])
    def mailbox_works(self, request: HttpRequest, queryset: QuerySet[Specialist]) -> None:
        """Forget the refusal: the next letter goes to this person again."""
        if (person := own_branch.of(request)) is not None:
            queryset = queryset.filter(branch=person.branch_id)
        count = queryset.filter(_MAILBOX_REFUSED).update(refused_email="", refused_at=None)
        words = formats.counted(count, "ящик", "ящика", "ящиков")
        messages.success(request, f"Снова получают письма: {words}.")

    @admin.action(description="Передать закрепления другому", permissions=["reassign"])
    def reassign_chosen(
        self, request: HttpRequest, queryset: QuerySet[Specialist]
    ) -> HttpResponse | None:
        """To the page that asks to whom and from which day."""
        if queryset.count() != 1:
            messages.error(request, "Выберите одного специалиста.")
            return None
        return redirect("admin:contracts_specialist_reassign", queryset.get().pk)

    def has_reassign_permission(self, request: HttpRequest) -> bool:
        """Whether this person changes assignments."""
        rights = ("add", "change")
        return request.user.has_perms([f"contracts.{right}_assignment" for right in rights])

    def get_urls(self) -> list[URLPattern]:
        """Adds «Передать закрепления»."""
        view = self.admin_site.admin_view(self.reassign_view)
        address = path("<int:pk>/reassign/", view, name="contracts_specialist_reassign")
        return [address, *super().get_urls()]

    def reassign_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Передать закрепления»: to whom, from which day.

        Raises:
            PermissionDenied: no right to change assignments.
        """
        if not self.has_reassign_permission(request):
            raise PermissionDenied
        leaver = get_object_or_404(Specialist, pk=pk)
        if not self.has_change_permission(request, leaver):
            raise PermissionDenied("Это специалист другого отделения.")
        form = ReassignForm(leaver, request.POST if request.method == "POST" else None)
        if form.is_valid() and (count := form.reassign()) is not None:
            words = formats.counted(count, "закрепление", "закрепления", "закреплений")
            messages.success(request, f"{form.cleaned_data['successor'].short_name}: {words}.")
            return redirect("admin:contracts_specialist_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Передать закрепления: {leaver.short_name}",
            "form": form,
            "leaver": leaver,
            "held": reassigning.held_from(leaver, form.day_shown).count(),
        }
        return TemplateResponse(
            request,
            "admin/contracts/specialist/reassign.html",
            context,
            status=REFUSED if form.errors else 200,
        )


@admin.register(Leave)
class LeaveAdmin(OwnBranch, OfficeAdmin):
    """Who is away and who answers instead."""

    form = TermForm
    list_display = ("specialist", "deputy", "starts_on", "ends_on")
    list_filter = (TermFilter, "specialist__branch")
    list_select_related = ("specialist__branch", "deputy")
    search_fields = ("specialist__last_name", "deputy__last_name")
    search_help_text = "Фамилия того, кто отсутствует или замещает"
    autocomplete_fields = ("specialist", "deputy")
    date_hierarchy = "starts_on"
