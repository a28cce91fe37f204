"""Specialists, and who answers while they are away."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin import links
from cabinet import formats
from cabinet.office import OfficeAdmin, TermForm
from contracts.admin.terms import TermFilter
from contracts.models import Leave, Specialist

_REFUSED = Q(refused_email=F("email")) & ~Q(refused_email="")


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
        return queryset.filter(_REFUSED) if self.value() == "refused" else queryset


class LeaveInline(admin.TabularInline):
    """When the specialist is away."""

    model = Leave
    form = TermForm
    fk_name = "specialist"
    extra = 0
    fields = ("starts_on", "ends_on", "deputy")
    autocomplete_fields = ("deputy",)


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
        "mailbox",
        "away",
        "is_active",
    )
    list_display_links = ("full_name",)
    list_filter = ("is_active", MailboxFilter, "branch")
    list_select_related = ("branch",)
    search_fields = ("last_name", "first_name", "patronymic", "email", "position", "branch__name")
    search_help_text = "Имя, должность, e-mail или отделение"
    autocomplete_fields = ("branch",)
    inlines = (LeaveInline,)
    actions = ("mailbox_works",)
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
        ("Учёт", {"fields": ("external_id",)}),
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
        """The code of billing is set once."""
        return ("mailbox", "external_id") if obj else ("mailbox",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Adds the red line about mailboxes that take no letters."""
        refused = Specialist.objects.filter(_REFUSED, is_active=True)
        names = [f"{person.short_name} ({person.email})" for person in refused]
        warning = f"Ящики не принимают письма, они идут следующему по правилу: {', '.join(names)}."
        extra = {"warnings": [warning] if names else []}
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    @admin.action(description="Ящик снова принимает письма", permissions=["change"])
    def mailbox_works(self, request: HttpRequest, queryset: QuerySet[Specialist]) -> None:
        """Forget the refusal: the next letter goes to this person again."""
        count = queryset.filter(_REFUSED).update(refused_email="", refused_at=None)
        words = formats.counted(count, "ящик", "ящика", "ящиков")
        messages.success(request, f"Снова получают письма: {words}.")


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
