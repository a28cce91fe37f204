"""What a session may do, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import journal
from accounts.models import Membership
from accounts.visitor import user_of

GetResponse = Callable[[HttpRequest], HttpResponse]

_SEEN = "seen_at"
_STARTED = "started_at"
# Writing the session at every click would be a write for every read.
_WRITE_EVERY_SECONDS = 60


def session_limits(get_response: GetResponse) -> GetResponse:
    """Ends a session that was idle, is too old, or whose owner has lost access.

    Lost access (revoked, or a power of attorney past its last day) counts at the next request.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and (reason := _reason_to_end(request)):
            journal.record(journal.Action.SESSION_ENDED, request=request, subject=reason)
            logout(request)
            messages.warning(request, reason)
            return redirect("account_login")
        return get_response(request)

    return middleware


def _reason_to_end(request: HttpRequest) -> str | None:
    now = time.time()
    started = request.session.setdefault(_STARTED, now)
    seen = request.session.get(_SEEN, now)
    if now - started > settings.SESSION_ABSOLUTE.total_seconds():
        return "Сеанс длился слишком долго и завершён. Войдите ещё раз."
    if now - seen > settings.SESSION_IDLE.total_seconds():
        minutes = int(settings.SESSION_IDLE.total_seconds() // 60)
        return f"Вы не пользовались кабинетом {minutes} минут, сеанс завершён. Войдите ещё раз."
    if _SEEN not in request.session or now - seen > _WRITE_EVERY_SECONDS:
        request.session[_SEEN] = now
        UserSession.objects.filter(session_key=request.session.session_key).update(
            last_seen_at=timezone.now()
        )
    if (
        not request.user.is_staff
        and not Membership.objects.active().filter(user=user_of(request)).exists()
    ):
        return (
            "Доступ закрыт: срок истёк или доступ отозван. "
            "Обратитесь в подразделение, которое выдало логин."
        )
    return None


def first_password(get_response: GetResponse) -> GetResponse:
    """Whoever came in by a slip first chooses a password of their own: no other page opens."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.user.has_one_time_password:
            allowed = {reverse("accounts:first-password"), reverse("account_logout")}
            if request.path not in allowed:
                return redirect("accounts:first-password")
        return get_response(request)

    return middleware
