"""What a session may do, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from accounts import journal, oversight, posted, viewing
from accounts.models import Membership
from accounts.second_factor import rules
from accounts.visitor import Viewing, look_with, user_of, viewing_of

GetResponse = Callable[[HttpRequest], HttpResponse]

_SEEN = "seen_at"
_STARTED = "started_at"
# Writing the session at every click would be a write for every read.
_WRITE_EVERY_SECONDS = 60


# The office's forms are not kept: what stands in them is others' data.
_NOT_KEPT_OF_THE_OFFICE = (
    "Сеанс закончился. То, что вы отправили, не сохранено: войдите и введите ещё раз."
)


class LoginRequired(LoginRequiredMiddleware):
    """Every page is closed to visitors; what they post is kept if the page knows how to.

    A page whose form cannot be kept says so by its `not_kept`, a sentence.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        """To the login page, and from there back to this one, with the form filled in.

        A view that `is_download` would leave the login page standing: its visitor goes back to the
        page with the link.
        """
        view_class = getattr(view_func, "view_class", None)
        keep_posted = getattr(view_class, "keep_posted", None)
        if request.method == "POST" and keep_posted and posted.may_keep(request):
            keep_posted(request)
            messages.info(request, posted.LOG_IN_AGAIN)
        elif request.method == "POST" and (words := _not_kept(request, view_class)):
            messages.warning(request, words)
        if getattr(view_class, "is_download", False):
            return redirect_to_login(_came_from(request))
        return super().handle_no_permission(request, view_func)


def _came_from(request: HttpRequest) -> str:
    """The portal's own page with the link that was followed; without one, the home page."""
    came = request.headers.get("Referer", "")
    own = urlsplit(settings.SITE_URL).netloc
    if not url_has_allowed_host_and_scheme(
        came, allowed_hosts={own}, require_https=request.is_secure()
    ):
        return reverse("contracts:home")
    parts = urlsplit(came)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _not_kept(request: HttpRequest, view_class: Any) -> str:
    """What to say of a form that is lost with the session."""
    match = request.resolver_match
    is_office = match is not None and match.app_name == "admin" and match.url_name != "login"
    return getattr(view_class, "not_kept", "") or (_NOT_KEPT_OF_THE_OFFICE if is_office else "")


def session_limits(get_response: GetResponse) -> GetResponse:
    """Ends a session that was idle, is too old, or whose owner has lost access.

    Lost access (revoked, or a power of attorney past its last day) counts at the next request. A
    form that comes too late goes on as a visitor's: `LoginRequired` keeps it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return get_response(request)
        too_long = _too_long(request)
        reason = too_long or _lost_access(request)
        if reason is None:
            return get_response(request)
        viewing.stop(request, words=reason)
        journal.record(journal.Action.SESSION_ENDED, request=request, subject=reason)
        owner = user_of(request)
        logout(request)
        messages.warning(request, reason)
        if too_long and request.method == "POST":
            posted.note_owner(request, owner.pk)
            return get_response(request)
        return redirect("account_login")

    return middleware


def _too_long(request: HttpRequest) -> str | None:
    """Why time has ended the session; else notes that its owner was here."""
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
    return None


def _lost_access(request: HttpRequest) -> str | None:
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


def second_factor(get_response: GetResponse) -> GetResponse:
    """Staff without a second factor get its set-up page and no other.

    A session that began before the factor was there, or without it, is asked for a code first.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if (
            not request.user.is_authenticated
            or not rules.is_required(user_of(request))
            or rules.has_passed(request)
        ):
            return get_response(request)
        name = (
            "mfa_reauthenticate" if rules.is_set(user_of(request)) else "accounts:second-factor-set"
        )
        page = reverse(name)
        if request.path in {page, reverse("accounts:first-password"), reverse("account_logout")}:
            return get_response(request)
        return redirect(f"{page}?{urlencode({'next': request.get_full_path()})}")

    return middleware


def office_deeds(get_response: GetResponse) -> GetResponse:
    """Whatever the office sees, changes and takes out, and every refusal, is in the journal."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return get_response(request)
        if oversight.is_of_office(request) and request.method == "POST":
            return oversight.with_entries(request, get_response)
        response = get_response(request)
        oversight.note(request, response)
        return response

    return middleware


class ClientsEyes:
    """«Смотреть как клиент»: the request becomes the client's, and may change nothing.

    accounts/viewing.py says what holds; whatever is not allowed there is refused here.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Middleware as Django wants it."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page as the client sees it, with the banner; a refusal; or the end of the viewing."""
        if not request.user.is_authenticated or not viewing.is_on(request):
            return self.get_response(request)
        match = viewing.destination(request)
        if viewing.is_own(match):
            return self.get_response(request)
        try:
            current = viewing.resume(request)
        except viewing.Over as over:
            messages.warning(request, str(over))
            return redirect("admin:accounts_client_change", over.client_id)
        look_with(request, current)
        if request.method not in ("GET", "HEAD"):
            return _refuse_eyes(request, current, status=405)
        if not viewing.is_open(match):
            return _refuse_eyes(request, current, status=403)
        response = viewing.read_only(self.get_response)(request)
        if current.wanted_to_write:
            return _refuse_eyes(request, current, status=403)
        viewing.note(request, current, response)
        # The page does not outlive the term on the screen.
        if response.get("Content-Type", "").startswith("text/html"):
            response["Refresh"] = str(current.seconds_left + 1)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Marks the viewing where PostgreSQL refused what the page wanted to write.

        The page that says so is made after the rollback: the broken transaction answers no query.
        """
        current = viewing_of(request)
        if current is None or not viewing.is_refused_write(exception):
            return None
        current.wanted_to_write = True
        return HttpResponse(status=403)


def _refuse_eyes(request: HttpRequest, current: Viewing, *, status: int) -> HttpResponse:
    viewing.note_refused(request, current)
    page = render(request, "accounts/viewing_refused.html", {"status": status}, status=status)
    if status == 405:
        page["Allow"] = "GET, HEAD"
    return page
