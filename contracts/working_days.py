"""Working days by the production calendar (производственный календарь).

The days that are unlike their weekday stand in `CalendarDay`, loaded from a file
(contracts/calendar_file.py). A year that was not loaded has its weekends and the official holidays
of ТК РФ, ст. 112; which days off the government moves is known only from the file.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from contracts.models import CalendarDay

# (month, day) of the official holidays, ТК РФ, ст. 112.
HOLIDAYS = frozenset(
    {*((1, day) for day in range(1, 9)), (2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)}
)
# The government moves the next year's days off in September: from October on its file exists.
NEXT_YEAR_KNOWN_FROM_MONTH = 10
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


def until(dates: Iterable[datetime.date], *, on: datetime.date) -> dict[datetime.date, int]:
    """How many working days are left after `on` until each of the dates, that date included.

    Zero for `on` itself; negative for an earlier date: the working days since, `on` included.
    """
    wanted = set(dates)
    first, last = min(wanted | {on}), max(wanted | {on})
    unlike = _unlike(first, last)
    passed, counts = 0, {first: 0}
    for number in range(1, (last - first).days + 1):
        day = first + _ONE_DAY * number
        passed += _is_working(day, unlike)
        counts[day] = passed
    return {day: counts[day] - counts[on] for day in wanted}


def missing_years(*, on: datetime.date) -> list[int]:
    """Years whose calendar should have been loaded by `on`: this one, from October the next too."""
    years = [on.year, on.year + 1][: 2 if on.month >= NEXT_YEAR_KNOWN_FROM_MONTH else 1]
    new_year_days = [datetime.date(year, 1, 1) for year in years]
    loaded = CalendarDay.objects.filter(date__in=new_year_days).values_list("date__year", flat=True)
    return sorted(set(years) - set(loaded))


def warnings(*, on: datetime.date) -> list[str]:
    """What the office is told: «Календарь на 2027 год не загружен»."""
    return [f"Календарь на {year} год не загружен" for year in missing_years(on=on)]


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
