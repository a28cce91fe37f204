"""Deadlines: the working day that a client is promised, and the half of the way to it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.utils import timezone

from contracts import working_days
from contracts.models import Topic


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
