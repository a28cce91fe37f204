"""Handing over everything that a specialist holds, when he leaves."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from cabinet import formats
from contracts.models import Assignment, Specialist

_ONE_DAY = datetime.timedelta(days=1)


class NotPossible(Exception):
    """Nothing was handed over; the text is a sentence for people."""


def held_from(leaver: Specialist, first_day: datetime.date) -> QuerySet[Assignment]:
    """What the specialist holds on a day or will hold after it."""
    rows: QuerySet[Assignment] = Assignment.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=first_day), specialist=leaver
    )
    return rows


@transaction.atomic
def reassign(*, leaver: Specialist, successor: Specialist, first_day: datetime.date) -> int:
    """Give the assignments of `leaver` to `successor` from a day on, all or none; their number.

    What is held already ends the day before, and goes on under the successor until its own last
    day. What was to begin later begins with the successor.

    Raises:
        NotPossible: the day has passed, there is nothing to hand over, or the successor cannot
            answer.
    """
    if first_day < timezone.localdate():
        raise NotPossible("Передать можно с сегодняшнего дня или позже: прошлое не меняется.")
    if successor == leaver or not successor.is_active:
        raise NotPossible("Выберите другого специалиста, который работает.")
    if not successor.has_mailbox:
        raise NotPossible(f"Ящик {successor.email} не принимает письма.")
    held = list(held_from(leaver, first_day).select_for_update())
    if not held:
        raise NotPossible(f"С {formats.day(first_day)} за специалистом ничего не закреплено.")
    running = [one for one in held if one.starts_on < first_day]
    later = [one.pk for one in held if one.starts_on >= first_day]
    Assignment.objects.filter(pk__in=later).update(specialist=successor)
    Assignment.objects.filter(pk__in=[one.pk for one in running]).update(
        ends_on=first_day - _ONE_DAY
    )
    Assignment.objects.bulk_create(
        Assignment(
            topic_id=one.topic_id,
            specialist=successor,
            contract_id=one.contract_id,
            branch_id=one.branch_id,
            starts_on=first_day,
            ends_on=one.ends_on,
        )
        for one in running
    )
    return len(held)
