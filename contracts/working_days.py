"""Working days by the production calendar (производственный календарь).

The days that are unlike their weekday stand in `CalendarDay`, loaded from a file by
`manage.py load_calendar`. A year that was not loaded has its weekends and the official holidays of
ТК РФ, ст. 112; which days off the government moves is known only from the file.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from contracts.models import CalendarDay

# (month, day) of the official holidays, ТК РФ, ст. 112.
HOLIDAYS = frozenset(
    {*((1, day) for day in range(1, 9)), (2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)}
)
_FRIDAY = 4
# The longest run of days off, with room: the January holidays are ten days.
_LONGEST_BREAK = 20
_ONE_DAY = datetime.timedelta(days=1)


def is_working(day: datetime.date) -> bool:
    """Whether the office works that day."""
    return _is_working(day, _unlike(day, day))


def add(start: datetime.date, count: int) -> datetime.date:
    """The last of `count` working days after `start`, which itself does not count.

    A term of five working days from a Monday ends on the next Monday (ГК РФ, ст. 191).
    """
    return next(day for number, day in enumerate(_after(start, count), 1) if number == count)


def _after(start: datetime.date, count: int) -> Iterator[datetime.date]:
    """The first `count` working days after `start`, with one look at the calendar."""
    unlike = _unlike(start, start + _ONE_DAY * (2 * count + _LONGEST_BREAK))
    day = start
    while True:
        day += _ONE_DAY
        if _is_working(day, unlike):
            yield day


def _unlike(first: datetime.date, last: datetime.date) -> dict[datetime.date, bool]:
    """The days of the calendar between two days, and whether each is a working day."""
    rows = CalendarDay.objects.filter(date__range=(first, last))
    return dict(rows.values_list("date", "is_working"))


def _is_working(day: datetime.date, unlike: dict[datetime.date, bool]) -> bool:
    by_weekday = day.weekday() <= _FRIDAY and (day.month, day.day) not in HOLIDAYS
    return unlike.get(day, by_weekday)
