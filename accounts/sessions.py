"""Open sessions: which of a person's browsers are logged in."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User


def open_sessions(user: User) -> QuerySet[UserSession]:
    """The person's sessions that would still be let in, latest activity first."""
    now = timezone.now()
    living = Session.objects.filter(expire_date__gt=now).values("session_key")
    found: QuerySet[UserSession] = UserSession.objects.filter(
        user=user, session_key__in=living, last_seen_at__gt=now - settings.SESSION_IDLE
    )
    return found.order_by("-last_seen_at", "-pk")


def end_all(user: User, *, but: str | None = None) -> None:
    """End the person's sessions at once, all `but` the one with this key."""
    for session in UserSession.objects.filter(user=user).exclude(session_key=but or ""):
        session.end()


@transaction.atomic
def sweep_ended() -> int:
    """Remove expired sessions and the notes about sessions that are gone; their number."""
    Session.objects.filter(expire_date__lte=timezone.now()).delete()
    gone = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    swept: tuple[int, object] = gone.delete()
    return swept[0]
