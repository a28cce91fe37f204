"""Deadlines: the working day that a client is promised, and what happens on the way to it.

At half of the way whoever has the message is reminded; when the day has passed without an answer,
somebody else is told. Both on working days from eight in the morning by the retailer's clock: a
letter on a Sunday helps nobody.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from contracts import working_days
from contracts.models import Topic
from contracts.supervision import Rule, Supervisor
from messaging import delivery, routing
from messaging.models import Delivery, Entry, Message

FIRST_HOUR = 8

Purpose = Delivery.Purpose
State = Delivery.State


@dataclass(frozen=True, kw_only=True)
class Promise:
    """`due_on`: the last day for an answer; `remind_on`: when the specialist is reminded."""

    due_on: datetime.date
    remind_on: datetime.date


def promise(topic: Topic, *, on: datetime.date | None = None) -> Promise:
    """What is promised for a message of `topic` that came on a day (today).

    The day itself does not count; half of an odd number of days is rounded up.
    """
    day = on or timezone.localdate()
    half = (topic.answer_days + 1) // 2
    return Promise(
        due_on=working_days.add(day, topic.answer_days), remind_on=working_days.add(day, half)
    )


# Reminders and escalation -------------------------------------------------------------------------


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
    found = routing.living(message)
    if found and found.to != message.to:
        _hand_over(message, found)
        return
    details = {"to": message.addressee}
    entry = Entry.objects.create(message=message, kind=Entry.Kind.REMINDED, details=details)
    delivery.queue(message, purpose=Purpose.REMINDER, entry=entry)


def _hand_over(message: Message, found: Supervisor) -> None:
    """Give it to who answers now; he gets the whole course, and reads the date in it."""
    details = {"from": message.addressee, "to": found.name}
    fields = Message.fields_of(found)
    Message.objects.filter(pk=message.pk).update(**fields)
    for name, value in fields.items():
        setattr(message, name, value)
    entry = Entry.objects.create(message=message, kind=Entry.Kind.HANDED_OVER, details=details)
    delivery.queue(message, purpose=Purpose.HANDOVER, entry=entry)


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
