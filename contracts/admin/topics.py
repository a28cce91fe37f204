"""Topics, who holds them, and «Кому придёт?»."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from accounts.admin import links
from cabinet import finding as search
from cabinet.office import OfficeAdmin, TermForm, contracts_for
from contracts import finding
from contracts.admin import route
from contracts.admin.own_branch import OwnBranch
from contracts.admin.terms import TermFilter
from contracts.models import Assignment, Branch, Specialist, Topic


def _tools() -> list[tuple[str, str]]:
    return [(reverse("admin:contracts_assignment_route"), "Кому придёт?")]


def _topics(term: str) -> list[int]:
    return search.keys(Topic.objects.filter(name__icontains=term))


def _specialists(term: str) -> list[int]:
    return search.keys(Specialist.objects.filter(last_name__icontains=term))


def _branches(term: str) -> list[int]:
    return search.keys(Branch.objects.filter(name__icontains=term))


@admin.register(Topic)
class TopicAdmin(OfficeAdmin):
    """What clients write about."""

    list_display = (
        "name", "code", "group_name", "email", "fallback_email", "answer_days", "order",
        "is_active",
    )  # fmt: skip
    list_filter = ("is_active",)
    search_fields = ("name", "code", "group_name", "email", "fallback_email")
    search_help_text = "Название, код, группа или адрес"
    change_list_template = "admin/contracts/list.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "code",
                    "hint",
                    "required_file",
                    "answer_days",
                    "order",
                    "is_active",
                )
            },
        ),
        (
            "Кто получит обращение, если специалиста нет",
            {"fields": ("group_name", "email", "fallback_email")},
        ),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Topic | None = None
    ) -> tuple[str, ...]:
        """Addresses and imports name a topic by its code: it does not change."""
        return ("code",) if obj else ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Adds the way to «Кому придёт?»."""
        return super().changelist_view(request, {**(extra_context or {}), "tools": _tools()})


@admin.register(Assignment)
class AssignmentAdmin(OwnBranch, OfficeAdmin):
    """Who holds a topic, for one contract or for a whole branch."""

    form = TermForm
    list_display = ("topic", "specialist_link", "contract_link", "branch", "starts_on", "ends_on")
    list_filter = (TermFilter, "topic", "branch")
    list_select_related = ("topic", "specialist__branch", "contract", "branch")
    search_fields = ("=external_id",)
    owners = {
        "topic": _topics,
        "specialist": _specialists,
        "contract": finding.contracts,
        "branch": _branches,
    }
    hangs_on = {
        "contracts.contract": "contract",
        "contracts.specialist": "specialist",
        "contracts.branch": "branch",
        "contracts.topic": "topic",
    }
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

    change_list_template = "admin/contracts/list.html"
    contract_path, has_common_rows = "contract", True

    @admin.display(description="специалист", ordering="specialist__last_name")
    def specialist_link(self, assignment: Assignment) -> SafeString | str:
        """To the specialist's page."""
        return links.to(assignment.specialist, assignment.specialist.short_name)

    @admin.display(description="договор", ordering="contract__number")
    def contract_link(self, assignment: Assignment) -> SafeString | str:
        """To the contract's page."""
        return links.to(assignment.contract)

    def get_urls(self) -> list[URLPattern]:
        """Adds «Кому придёт?»."""
        view = self.admin_site.admin_view(self.route_view)
        return [path("route/", view, name="contracts_assignment_route"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Adds the way to «Кому придёт?»."""
        return super().changelist_view(request, {**(extra_context or {}), "tools": _tools()})

    def route_view(self, request: HttpRequest) -> HttpResponse:
        """«Кому придёт?»: the whole rule for one contract, topic and day.

        Raises:
            PermissionDenied: no right to look at assignments.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = route.RouteForm(request.GET or None)
        form.confine(contracts_for(request))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Кому придёт?",
            "form": form,
            "answer": route.answer(**form.cleaned_data) if form.is_valid() else None,
        }
        return TemplateResponse(
            request,
            "admin/contracts/route.html",
            context,
            status=route.REFUSED if form.errors else 200,
        )
