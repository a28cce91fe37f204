"""The journal of the whole: who came in, was refused, saw, changed, took out; who lent his eyes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest

from accounts.models import Client, JournalEntry, User
from accounts.visitor import Viewing, viewing_of
from cabinet import logs

Action = JournalEntry.Action

# What the papers and pages made of the journal tell together; every action is in one of them.
COMING_IN = (
    Action.LOGIN, Action.LOGIN_REFUSED, Action.LOGOUT, Action.SESSION_ENDED, Action.REFUSED,
    Action.PASSWORD_CHANGED, Action.PASSWORD_RESET, Action.EMAIL_CHANGED,
    Action.SECOND_FACTOR_SET, Action.SECOND_FACTOR_REFUSED, Action.SECOND_FACTOR_REMOVED,
    Action.SECOND_FACTOR_RESET, Action.RECOVERY_CODES_MADE, Action.RECOVERY_CODE_USED,
)  # fmt: skip
OF_ACCESS = (
    Action.LOGIN_ISSUED, Action.ACCESS_GRANTED, Action.ACCESS_NARROWED, Action.ACCESS_REVOKED,
    Action.ACCESS_REQUESTED, Action.REQUEST_CLOSED, Action.PASSWORD_ISSUED,
    Action.ENROLMENT_STARTED, Action.AGREEMENT_PRINTED, Action.AGREEMENT_SIGNED,
    Action.ENROLMENT_ABANDONED, Action.SLIP_PRINTED, Action.LIST_UPLOADED,
)  # fmt: skip
OF_ROWS = (Action.ROW_ADDED, Action.ROW_CHANGED, Action.ROW_DELETED, Action.OFFICE_DID)
LOOKS = (
    Action.VIEWING_STARTED, Action.VIEWING_ENDED, Action.VIEWING_REFUSED, Action.PAGE_VIEWED,
    Action.OFFICE_VIEWED, Action.EXPORTED, Action.FILE_OPENED,
)  # fmt: skip

_RECORDED = "journalled"


def record(
    action: JournalEntry.Action,
    *,
    request: HttpRequest | None = None,
    user: User | None = None,
    login: str = "",
    person: User | None = None,
    client: Client | None = None,
    subject: str = "",
    details: Mapping[str, Any] | None = None,
) -> JournalEntry:
    """Write one entry. Who did it is `user`, else the one whose request it is.

    `login` is what was typed when nobody is known by it (a refused login); `person` is whom it
    concerns, if somebody else. Control characters are written as escapes. While the office looks
    with a client's eyes the entry names the office's person and is written after the view.
    """
    viewing = viewing_of(request) if request else None
    if viewing is not None:
        user, person = viewing.staff, viewing.person
        details = {**(details or {}), "viewing": viewing.key}
    if user is None and request is not None and isinstance(request.user, User):
        user = request.user
    entry = JournalEntry(
        action=action,
        user=user,
        login=logs.escaped(user.username if user else login)[:150],
        person=person,
        client=client,
        subject=logs.escaped(subject)[:500],
        request_id=logs.request_id.get(),
        ip=get_client_ip(request) if request else None,
        user_agent=logs.escaped(request.headers.get("User-Agent", ""))[:300] if request else "",
        details=_escaped(dict(details or {})),
    )
    _write(entry, viewing)
    if request is not None:
        setattr(request, _RECORDED, True)
    return entry


def has_entry(request: HttpRequest) -> bool:
    """Whether something of this request is in the journal already."""
    return bool(getattr(request, _RECORDED, False))


def _write(entry: JournalEntry, viewing: Viewing | None) -> None:
    if viewing is not None and not viewing.is_over:
        viewing.entries.append(entry)
    else:
        entry.save(force_insert=True)


def _escaped(value: Any) -> Any:
    """The value with every text in it escaped; PostgreSQL keeps no NUL in JSON."""
    match value:
        case str():
            return logs.escaped(value)
        case Mapping():
            return {logs.escaped(str(key)): _escaped(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_escaped(inner) for inner in value]
    return value
