"""Reminders: what happens when the promised day comes nearer, and when it has passed.

At half of the way whoever has the message is reminded; when the day has passed without an answer,
somebody else is told. Both on working days from eight in the morning by the retailer's clock: a
letter on a Sunday helps nobody.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from contracts import working_days
from contracts.supervision import Rule, Supervisor
from messaging import delivery, thread
from messaging.models import Delivery, Entry, Message

FIRST_HOUR = 8

Purpose = Delivery.Purpose
State = Delivery.State


def remind(*, at: datetime.datetime | None = None) -> int:
    """Remind whoever has a message of which half the time has passed; how many were reminded.

    Each message once, until it gets a new deadline. Who is away by now hands it to the deputy: the
    letter that gives it over is then the reminder.
    """
    today = _working_day(at)
    if today is None:
        return 0
    rows = Message.objects.awaiting_answer().filter(
        remind_on__lte=today, due_on__gte=today, reminded_at=None
    )
    return _each(rows, _remind)


def escalate(*, at: datetime.datetime | None = None) -> int:
    """Tell the topic's fallback address, or the duty one, of overdue messages; of how many.

    Each message once, until it gets a new deadline.
    """
    today = _working_day(at)
    if today is None:
        return 0
    return _each(Message.objects.overdue(today).filter(escalated_at=None), _escalate)


def _working_day(at: datetime.datetime | None) -> datetime.date | None:
    """The retailer's day, if its work has begun; None at night and on days off."""
    now = timezone.localtime(at)
    is_time = now.hour >= FIRST_HOUR and working_days.is_working(now.date())
    return now.date() if is_time else None


def _each(rows: QuerySet[Message], act: Callable[[Message], None]) -> int:
    """Do it to every message of `rows`, each in a transaction of its own.

    What another worker has in hand is passed over; what is done is no longer among the rows.
    """
    done, last = 0, 0
    while True:
        with transaction.atomic():
            message = (
                rows.filter(pk__gt=last)
                .select_for_update(of=("self",), skip_locked=True)
                .select_related("topic", "contract", "specialist__branch", "deputy_for")
                .order_by("pk")
                .first()
            )
            if message is None:
                return done
            act(message)
        done, last = done + 1, message.pk


def _remind(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(reminded_at=Now())
    if handed := thread.give_to_living(message):
        # The new holder gets the whole course, and reads the date in it.
        delivery.queue(message, purpose=Purpose.HANDOVER, entry=handed)
        return
    details = {"to": message.addressee}
    entry = Entry.objects.create(message=message, kind=Entry.Kind.REMINDED, details=details)
    delivery.queue(message, purpose=Purpose.REMINDER, entry=entry)


def _escalate(message: Message) -> None:
    found = _overseer(message)
    Message.objects.filter(pk=message.pk).update(escalated_at=Now())
    entry = Entry.objects.create(
        message=message, kind=Entry.Kind.ESCALATED, details={"to": found.to}
    )
    letter = Delivery(
        message=message, purpose=Purpose.ESCALATION, entry=entry, **Message.fields_of(found)
    )
    delivery.create(letter)


def _overseer(message: Message) -> Supervisor:
    """The topic's fallback address, unless it refused a letter about this very message."""
    topic = message.topic
    refused = message.deliveries.filter(
        state__in=(State.FAILED, State.BOUNCED), to__iexact=topic.fallback_email
    )
    if topic.fallback_email and not refused.exists():
        return Supervisor(topic=topic, rule=Rule.FALLBACK, to=topic.fallback_email)
    return Supervisor(topic=topic, rule=Rule.DUTY, to=settings.RETAILER.duty_email)
