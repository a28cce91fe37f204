"""The journal of access: who came in, who was refused, what was issued, revoked and handed out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest

from accounts.models import Client, JournalEntry, User

Action = JournalEntry.Action


def record(
    action: JournalEntry.Action,
    *,
    request: HttpRequest | None = None,
    user: User | None = None,
    login: str = "",
    client: Client | None = None,
    subject: str = "",
    details: Mapping[str, Any] | None = None,
) -> JournalEntry:
    """Write one entry. The person is `user`, else the one whose request it is.

    `login` is what was typed when nobody is known by it (a refused login).
    """
    if user is None and request is not None and request.user.is_authenticated:
        user = request.user
    return JournalEntry.objects.create(
        action=action,
        user=user,
        login=(user.username if user else login)[:150],
        client=client,
        subject=subject[:500],
        ip=get_client_ip(request) if request else None,
        user_agent=request.headers.get("User-Agent", "")[:300] if request else "",
        details=dict(details or {}),
    )
