"""How the portal bends django-allauth: closed sign-up, letters through the outbox, the journal."""

from __future__ import annotations

import unicodedata
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import journal, letters, sessions, viewing
from accounts.models import User
from accounts.visitor import user_of


class PortalAdapter(DefaultAccountAdapter):
    """Logins come from the office; everything that happens to one is in the journal."""

    # One sentence whatever the reason: unknown, wrong, disabled, expired.
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": (
            "Неверный логин или пароль. Проверьте раскладку клавиатуры и регистр. "
            "Одноразовый пароль действует один раз и ограниченный срок."
        ),
        "too_many_login_attempts": (
            "Слишком много неудачных попыток входа. Повторите через пять минут; "
            "с новыми неудачами перерыв растёт."
        ),
        "email_taken": "Этот адрес уже занят другим пользователем.",
        "duplicate_email": "Этот адрес уже указан в вашем кабинете.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: the office issues logins."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The person with this login and password, unless disabled or the slip's term is over.

        The login is folded first (NFKC, lower case), so that look-alike spellings do not evade the
        limit of tries.
        """
        if "username" in credentials:
            credentials["username"] = (
                unicodedata.normalize("NFKC", credentials["username"]).casefold().strip()
            )
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if isinstance(user, User) and (not user.is_active or _has_expired_password(user)):
            self.authentication_failed(request, **credentials)
            return None
        if user is not None:
            super()._rollback_login_failed_rl_usage()
        return user

    def _rollback_login_failed_rl_usage(self) -> None:
        """Not as soon as the password is right: a refused login costs and counts the same."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count wrong tries per login and address: a stranger's do not lock the owner out."""
        return f"{credentials.get('username', '')}|{self.get_client_ip(request)}"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write the refusal; the page says the same words whatever the reason was."""
        super().authentication_failed(request, **credentials)
        journal.record(
            journal.Action.LOGIN_REFUSED,
            request=request,
            login=str(credentials.get("username", "")),
        )

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """The link of a confirmation letter, built from `SITE_URL` and not from the request."""
        return settings.SITE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link for a new password, built from `SITE_URL` and not from the request."""
        uid, _, token = key.partition("-")
        return settings.SITE_URL + reverse(
            "account_reset_password_from_key", kwargs={"uidb36": uid, "key": token}
        )

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """The new address counts from now on: other sessions end, and it is written down."""
        is_confirmed: bool = super().confirm_email(request, email_address)
        if is_confirmed:
            sessions.end_all(email_address.user, but=request.session.session_key)
            journal.record(
                journal.Action.EMAIL_CHANGED,
                request=request,
                user=email_address.user,
                subject=email_address.email,
            )
        return is_confirmed

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Start the session and write it down.

        Raises:
            ImmediateHttpResponse: the slip's password opened another session a moment ago.
        """
        if isinstance(user, User) and user.has_one_time_password and not _use_up(user):
            self.authentication_failed(request, username=user.username)
            messages.error(request, self.error_messages["username_password_mismatch"])
            raise ImmediateHttpResponse(redirect(settings.LOGIN_URL))
        super().login(request, user)
        if isinstance(user, User):
            journal.record(journal.Action.LOGIN, request=request, user=user)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The office begins at its workplace, clients at their home page."""
        if user_of(request).is_staff:
            return reverse("admin:index")
        url: str = super().get_login_redirect_url(request)
        return url

    def logout(self, request: HttpRequest) -> None:
        """Write it down and end the session."""
        if request.user.is_authenticated:
            viewing.stop(request, words="вместе с выходом сотрудника")
            journal.record(journal.Action.LOGOUT, request=request)
        super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Keep a password that its owner chose: the one-time mark falls."""
        if isinstance(user, User):
            user.has_one_time_password = False
            user.one_time_password_until = None
            user.password_changed_at = timezone.now()
            journal.record(_how_set(self.request), request=self.request, user=user)
        super().set_password(user, password)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the letter into the outbox; it leaves after COMMIT."""
        letters.post(
            f"accounts/letters/{template_prefix.rpartition('/')[2]}", to=email, context=context
        )


def _use_up(user: User) -> bool:
    """End the term of the slip's password now; False when somebody else has just done so."""
    now = timezone.now()
    valid = User.objects.filter(pk=user.pk, one_time_password_until__gt=now)
    return valid.update(one_time_password_until=now) == 1


def _how_set(request: HttpRequest) -> journal.Action:
    """Whether a password is set by the link of a letter or by somebody who has logged in."""
    match = request.resolver_match
    is_reset = match is not None and match.url_name == "account_reset_password_from_key"
    return journal.Action.PASSWORD_RESET if is_reset else journal.Action.PASSWORD_CHANGED


def _has_expired_password(user: User) -> bool:
    until = user.one_time_password_until
    return user.has_one_time_password and until is not None and until <= timezone.now()
