"""The office's workplace: Django's admin behind the portal's own door."""

from __future__ import annotations

import functools
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

# Rows of the machinery: only superusers see them, apart from the workplace.
_MACHINERY = {"auth", "account", "usersessions"}
# What the office works with most stands first.
_ORDER = ("accounts", "contracts", "messaging", "documents", "meters", "billing", "exchange")
_FIRST_MODELS = (
    "Client",
    "Membership",
    "AccessRequest",
    "User",
    "Contract",
    "Assignment",
    "Specialist",
    "Leave",
    "Topic",
)


class OfficeSite(AdminSite):
    """«Рабочее место офиса».

    Nobody logs in here: the portal's own login page counts the tries and writes the journal. A
    client who follows an address of the office gets 403.
    """

    site_title = "Рабочее место офиса"
    site_header = "Рабочее место офиса"
    index_title = "Рабочее место офиса"
    index_template = "admin/accounts/index.html"
    empty_value_display = "—"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's check, and 403 at once for a person who is logged in but not of the office."""
        checked = super().admin_view(view, cacheable)

        @functools.wraps(view)
        def for_the_office(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied("Эта страница — для сотрудников.")
            answer: HttpResponse = checked(request, *args, **kwargs)
            return answer

        return for_the_office

    @method_decorator(login_not_required)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the portal's login page, and from there back here."""
        wanted = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
            wanted = resolve_url("admin:index")
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied("Эта страница — для сотрудников.")
            return redirect(wanted)
        return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': wanted})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """End the session by the portal's own way, so that it is in the journal."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        # Not at the top: this module loads before the apps' models do.
        from allauth.account.adapter import get_adapter

        get_adapter(request).logout(request)
        return redirect(settings.ACCOUNT_LOGOUT_REDIRECT_URL)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The portal's own page changes passwords."""
        return redirect("account_change_password")

    def password_change_done(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """As `password_change`."""
        return redirect("account_change_password")

    def get_urls(self) -> list[Any]:
        """Adds «Доска», «Найти» and «Почта»; leaves out «Смотреть на сайте».

        Clients' pages are not the office's.
        """
        return [
            path("board/", self.admin_view(self.board), name="board"),
            path("find/", self.admin_view(self.find), name="find"),
            path("mail/", self.admin_view(self.mail_flow), name="mail_flow"),
            *(url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"),
        ]

    def board(self, request: HttpRequest) -> HttpResponse:
        """«Доска»: what is not as it should be today; each room says its own by a template tag."""
        # Not at the top: this module loads before the apps' models do.
        from cabinet import mailflow, outbox

        sees_mail = any(request.user.has_perm(_right_to_see(box)) for box in outbox.outboxes())
        context = {
            **self.each_context(request),
            "title": "Доска",
            "flow": mailflow.look() if sees_mail else None,
        }
        return TemplateResponse(request, "admin/board.html", context)

    def find(self, request: HttpRequest) -> HttpResponse:
        """«Найти»: one box over everything that this person may look at, kind by kind."""
        # Not at the top: this module loads before the apps' models do.
        from cabinet import finding

        term = request.GET.get("q", "").replace("\0", " ").strip()[: finding.LONGEST_TERM]
        groups = finding.find(self, request, term) if term else []
        context = {
            **self.each_context(request),
            "title": "Найти",
            "term": term,
            "groups": groups,
        }
        return TemplateResponse(request, "admin/find.html", context)

    def mail_flow(self, request: HttpRequest) -> HttpResponse:
        """«Почта»: whether letters leave, for whoever may look at one of the outboxes.

        Raises:
            PermissionDenied: no right to see any outbox.
        """
        # Not at the top: this module loads before the apps' models do.
        from cabinet import mailflow

        flow = mailflow.look()
        allowed = [box for box in flow.outboxes if request.user.has_perm(_right_to_see(box.model))]
        if not allowed:
            raise PermissionDenied("Эта страница — для тех, кто видит доставку писем.")
        context = {
            **self.each_context(request),
            "title": "Почта",
            "flow": flow,
            "boxes": [
                (box, _list_of(box.model), mailflow.refusals(box.model)[: mailflow.REFUSALS_SHOWN])
                for box in allowed
            ],
        }
        return TemplateResponse(request, "admin/mail_flow.html", context)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The rooms in the order of the office's work; the machinery last, under one heading."""
        rooms = super().get_app_list(request, app_label)
        if app_label is not None:
            return rooms
        for room in rooms:
            room["models"].sort(key=_place_of_model)
        work = sorted(
            (room for room in rooms if room["app_label"] not in _MACHINERY),
            key=lambda room: _place(room["app_label"]),
        )
        machinery = [room for room in rooms if room["app_label"] in _MACHINERY]
        if machinery and request.user.is_superuser:
            models = [model for room in machinery for model in room["models"]]
            work.append({**machinery[0], "name": "Служебное", "models": models})
        return work


def _right_to_see(model: type[Model]) -> str:
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


def _list_of(model: type[Model]) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"


def _place(app_label: str) -> int:
    return _ORDER.index(app_label) if app_label in _ORDER else len(_ORDER)


def _place_of_model(model: dict[str, Any]) -> tuple[int, str]:
    name = model["object_name"]
    return (
        _FIRST_MODELS.index(name) if name in _FIRST_MODELS else len(_FIRST_MODELS),
        model["name"],
    )
