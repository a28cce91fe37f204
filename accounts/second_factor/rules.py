"""Who needs the second factor, when it counts as passed, and what becomes of it."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import journal, letters, sessions
from accounts.models import User
from accounts.second_factor import codes, sealing, suspended
from accounts.visitor import user_of

_PENDING = "second_factor_pending"
_METHOD = "mfa"
# The limit of wrong codes in `ACCOUNT_RATE_LIMITS`.
_LIMIT = "second_factor"


class TooManyTries(Exception):
    """So many wrong codes that no further one is looked at for a while."""


class WrongCode(Exception):
    """The code is wrong, too old, or has been used."""


class AlreadySet(Exception):
    """The person has a second factor."""


class OwnFactor(Exception):
    """Nobody resets their own factor: whoever found an open browser could."""


# Who and when ----------------------------------------------------------------------------------


def is_required(user: User) -> bool:
    """Whether this person works in the office: no page opens to them without a second factor."""
    return bool(user.is_staff)


def is_set(user: User) -> bool:
    """Whether the person has a second factor."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def has_passed(request: HttpRequest) -> bool:
    """Whether a code was given in this session; read from the session alone."""
    return bool(_records(request))


def is_recent(request: HttpRequest) -> bool:
    """Whether a code was given within `ACCOUNT_REAUTHENTICATION_TIMEOUT` (15 minutes)."""
    latest: float = max((record["at"] for record in _records(request)), default=0)
    return bool(time.time() - latest <= account_settings.REAUTHENTICATION_TIMEOUT)


def require_recent(request: HttpRequest, words: str) -> None:
    """For what must not be done from a browser that somebody left open; `words` name the deed.

    Raises:
        ImmediateHttpResponse: no recent code; the page that asks for one follows, and what was
            posted waits for it (accounts/second_factor/suspended.py).
    """
    if not is_recent(request):
        raise ImmediateHttpResponse(suspended.suspend(request, words))
    suspended.forget(request)


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    records = get_authentication_records(request, user_of(request))
    return [record for record in records if record["method"] == _METHOD]


# A code ----------------------------------------------------------------------------------------


def check(request: HttpRequest, *, user: User, code: str) -> Authenticator:
    """Use `code` up; the row of the factor that it belongs to. Wrong ones are counted and noted.

    The count is the person's, wherever the tries come from: only somebody who knows the password
    gets this far.

    Raises:
        TooManyTries: the limit `second_factor` of `ACCOUNT_RATE_LIMITS` is reached.
        WrongCode: wrong or used.
    """
    if not ratelimit.consume(request, action=_LIMIT, key=_limit_key(user)):
        raise TooManyTries
    found = codes.accept(user, code)
    if found is None:
        journal.record(journal.Action.SECOND_FACTOR_REFUSED, request=request, user=user)
        raise WrongCode
    _forget_wrong_codes(request, user)
    if found.type == Authenticator.Type.RECOVERY_CODES:
        left = codes.recovery_codes_left(user)
        journal.record(
            journal.Action.RECOVERY_CODE_USED,
            request=request,
            user=user,
            subject=f"осталось: {left}",
        )
        _tell(request, user, "used", left=left)
    return found


def _forget_wrong_codes(request: HttpRequest, user: User) -> None:
    ratelimit.clear(request, action=_LIMIT, key=_limit_key(user))


def _limit_key(user: User) -> str:
    return f"second-factor-{user.pk}"


def note_passed(request: HttpRequest, found: Authenticator) -> None:
    """From now on the session counts as one with a second factor."""
    found.record_usage()
    record_authentication(request, found.user, _METHOD, id=found.pk, type=found.type)


# Setting, removing, resetting ------------------------------------------------------------------


def pending_secret(request: HttpRequest) -> str:
    """The key that the set-up page offers: the same one until it is used, also after a reload."""
    kept = request.session.get(_PENDING)
    if kept:
        try:
            return sealing.unseal(kept)
        except sealing.Unreadable:
            pass
    secret: str = generate_totp_secret()
    request.session[_PENDING] = sealing.seal(secret)
    return secret


@transaction.atomic
def set_up(request: HttpRequest, *, step: int) -> list[str]:
    """Keep the offered key as the person's factor; the recovery codes. Other sessions end.

    Raises:
        AlreadySet: the person has one; two windows may have been open.
    """
    user = _locked(user_of(request))
    if is_set(user):
        raise AlreadySet
    spare = codes.store(user, secret=pending_secret(request), step=step)
    del request.session[_PENDING]
    note_passed(request, Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP))
    sessions.end_all(user, but=request.session.session_key)
    journal.record(journal.Action.SECOND_FACTOR_SET, request=request)
    _tell(request, user, "set")
    return spare


@transaction.atomic
def renew_recovery_codes(request: HttpRequest) -> list[str]:
    """Ten new recovery codes instead of the former ones."""
    user = _locked(user_of(request))
    spare = codes.renew_recovery_codes(user)
    journal.record(journal.Action.RECOVERY_CODES_MADE, request=request)
    _tell(request, user, "codes")
    return spare


@transaction.atomic
def remove(request: HttpRequest) -> None:
    """The person goes on with the password alone; not for those who must have a factor."""
    user = _locked(user_of(request))
    Authenticator.objects.filter(user=user).delete()
    journal.record(journal.Action.SECOND_FACTOR_REMOVED, request=request)
    _tell(request, user, "removed")


@transaction.atomic
def reset(request: HttpRequest, *, user: User, reason: str) -> None:
    """The device is lost: the person sets a new factor up at the next login. Sessions end.

    Wrong codes of the lost factor count no longer: the new one has all its tries.

    Raises:
        OwnFactor: it is the own one.
    """
    if user == request.user:
        raise OwnFactor
    user = _locked(user)
    Authenticator.objects.filter(user=user).delete()
    _forget_wrong_codes(request, user)
    sessions.end_all(user)
    journal.record(
        journal.Action.SECOND_FACTOR_RESET,
        request=request,
        person=user,
        subject=str(user),
        details={"login": user.username, "reason": reason},
    )
    _tell(request, user, "reset")


def _locked(user: User) -> User:
    """The person's row, held until COMMIT: changes of one factor stand in line."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _tell(request: HttpRequest, user: User, event: str, **context: Any) -> None:
    """A letter to the person, so that somebody else's deed is noticed."""
    if user.email:
        values = {
            "event": event,
            "login": user.username,
            "is_staff": user.is_staff,
            "at": timezone.now(),
            "ip": get_client_ip(request),
            **context,
        }
        letters.post("accounts/letters/second_factor", to=user.email, context=values)
