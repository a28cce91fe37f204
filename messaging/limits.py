"""Limits of an account: one client who floods the portal is refused, the others notice nothing.

They are counted by login, not by address of the network: a whole company often has one. What is
counted are rows of the last hour and day, by indexes on the author and the time.
"""

from __future__ import annotations

import datetime

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Now

from accounts.models import User
from cabinet import formats
from messaging.models import Attachment, Entry, Message

HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


class TooMany(Exception):
    """The account has sent as much as it may; the text is a sentence for the client."""


def check_messages(author: User) -> None:
    """Refuse a message or an addition beyond the limits of an hour and a day.

    Call it while the author's forms take turns (`repeats.take_turns`), so that two of them cannot
    both be the last one allowed.

    Raises:
        TooMany: with a sentence that says when to come again.
    """
    for span, limit, words in (
        (HOUR, settings.MESSAGES_PER_HOUR, "за час"),
        (DAY, settings.MESSAGES_PER_DAY, "за сутки"),
    ):
        sent = Message.objects.filter(author=author, sent_at__gt=Now() - span)[:limit].count()
        added = Entry.objects.filter(author=author, at__gt=Now() - span)[:limit].count()
        if sent + added >= limit:
            count = formats.counted(limit, "сообщение", "сообщения", "сообщений")
            later = "через час" if span == HOUR else "завтра"
            raise TooMany(
                f"Вы уже отправили {count} {words}, больше портал не принимает."
                f" Черновик сохранён, отправьте его {later} или позвоните:"
                f" {settings.RETAILER.phone}."
            )


def room_for_files(author: User) -> int:
    """How many bytes of files this account may still attach today; never negative."""
    recent = Attachment.objects.filter(uploaded_by=author, added_at__gt=Now() - DAY)
    used: int = recent.aggregate(total=Sum("size"))["total"] or 0
    return max(0, settings.ATTACHMENTS_BYTES_PER_DAY - used)
