"""Who is asking, and with whose eyes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from cabinet import formats

if TYPE_CHECKING:
    from accounts.models import JournalEntry

_ATTRIBUTE = "viewing"


@dataclass(kw_only=True)
class Viewing:
    """That somebody of the office looks at the portal with a client's eyes, for this request.

    `entries` are lines of the journal that the request asked for: they are written after the view
    has run, because the view itself may write nothing (accounts/viewing.py). `wanted_to_write`:
    the view tried to, and PostgreSQL refused.
    """

    key: str
    staff: User
    person: User
    client_id: int
    client_name: str
    reason: str
    until: datetime.datetime
    is_over: bool = False
    wanted_to_write: bool = False
    entries: list[JournalEntry] = field(default_factory=list)

    @property
    def seconds_left(self) -> int:
        """Until the term, never below zero."""
        return max(0, int((self.until - timezone.now()).total_seconds()))

    @property
    def time_left(self) -> str:
        """«осталось 12 минут, до 14:35 (МСК)»."""
        minutes = max(1, round(self.seconds_left / 60))
        left = formats.counted(minutes, "минута", "минуты", "минут")
        verb = formats.plural(minutes, "осталась", "осталось", "осталось")
        until = timezone.localtime(self.until)
        return f"{verb} {left}, до {until:%H:%M} ({formats.time_zone_label()})"


def user_of(request: HttpRequest) -> User:
    """The person who is logged in; for pages that nobody else reaches.

    While the office looks with a client's eyes this is the client's person.

    Raises:
        TypeError: nobody is logged in.
    """
    if not isinstance(request.user, User):
        raise TypeError("nobody is logged in")
    return request.user


def viewing_of(request: HttpRequest) -> Viewing | None:
    """The office's look with the client's eyes, while this request is one."""
    viewing: Viewing | None = getattr(request, _ATTRIBUTE, None)
    return viewing


def look_with(request: HttpRequest, viewing: Viewing) -> None:
    """Let the request be `viewing.person`'s; templates find `viewing` by cabinet.context."""
    setattr(request, _ATTRIBUTE, viewing)
    request.user = viewing.person
