"""When readings of a month are asked for, taken in time, and taken late.

Readings stand for 00:00 of the 1st day after the month and are reported by the end of that day
(ПП РФ № 442, section X); the day is the setting `READINGS_DUE_DAY`. All by the retailer's clock.
"""

from __future__ import annotations

import datetime

from django.conf import settings
from django.utils import timezone

from cabinet import formats
from contracts.periods import Month


def reading_period(now: datetime.datetime) -> Month:
    """The month that is asked for at `now`: the one just ended until its term is over."""
    today = timezone.localdate(now)
    month = Month.of(today)
    return month.shifted(-1) if today.day <= settings.READINGS_DUE_DAY else month


def accepted_periods(now: datetime.datetime) -> tuple[Month, Month]:
    """The months that are taken at `now`: the one asked for, and the one before it as late."""
    period = reading_period(now)
    return period, period.shifted(-1)


def due_on(period: Month) -> datetime.date:
    """The last day on which readings of `period` are in time."""
    first_day = period.shifted(1).first_day
    return first_day + datetime.timedelta(days=settings.READINGS_DUE_DAY - 1)


def closes_at(period: Month) -> datetime.datetime:
    """The first moment that is late: midnight after the due day."""
    midnight = datetime.datetime.combine(
        due_on(period) + datetime.timedelta(days=1), datetime.time()
    )
    return timezone.make_aware(midnight)


def is_late(period: Month, moment: datetime.datetime) -> bool:
    """Whether readings of `period` that came at `moment` are «после срока»."""
    return moment >= closes_at(period)


def due_words(period: Month) -> str:
    """«1 декабря 23:59 (МСК)»."""
    return f"{formats.day_words(due_on(period))} 23:59 ({formats.time_zone_label()})"


def remaining_words(period: Month, now: datetime.datetime) -> str:
    """«осталось 1 день 4 часа»: the two largest units, an unfinished minute not counted."""
    return f"осталось {formats.duration(closes_at(period) - now)}"


def choose(text: str, now: datetime.datetime) -> Month | None:
    """The accepted month that `text` («2026-11») names; None when it names no such month."""
    return next((month for month in accepted_periods(now) if code(month) == text), None)


def code(period: Month) -> str:
    """«2026-11», as addresses and forms carry it."""
    return f"{period.year:04}-{period.number:02}"
