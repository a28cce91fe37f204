"""Working days: weekends, official holidays, and the days that the calendar moves."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts import calendar_file, working_days
from contracts.models import CalendarDay
from tests.contracts.calendars import published

pytestmark = pytest.mark.django_db

Day = datetime.date


@pytest.fixture
def calendar() -> None:
    """2025 and 2026 as published."""
    calendar_file.load([published(2025), published(2026)])


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        (Day(2026, 1, 12), True),
        (Day(2026, 1, 10), False),  # a Saturday
        (Day(2027, 2, 23), False),  # an official holiday
        (Day(2027, 12, 31), True),  # nobody has moved a day off to it yet
    ],
)
def test_a_year_that_nobody_loaded_has_weekends_and_holidays(day: Day, is_working: bool) -> None:
    assert working_days.is_working(day) is is_working


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        (Day(2026, 1, 9), False),  # from Saturday the 3rd
        (Day(2026, 3, 9), False),  # 8 March is a Sunday
        (Day(2026, 5, 11), False),  # 9 May is a Saturday
        (Day(2026, 12, 31), False),
        (Day(2026, 12, 30), True),
        (Day(2026, 4, 30), True),  # shortened, and still working
        (Day(2025, 11, 1), True),  # a working Saturday
        (Day(2025, 11, 3), False),
        (Day(2025, 5, 2), False),
    ],
)
def test_moved_days(calendar: None, day: Day, is_working: bool) -> None:
    assert working_days.is_working(day) is is_working


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (Day(2026, 11, 23), 5, Day(2026, 11, 30)),  # Monday to Monday
        (Day(2026, 11, 21), 1, Day(2026, 11, 23)),  # from a Saturday
        (Day(2025, 12, 30), 1, Day(2026, 1, 12)),  # over the longest break
        (Day(2026, 12, 30), 1, Day(2027, 1, 11)),  # into a year that is not loaded
        (Day(2025, 10, 31), 1, Day(2025, 11, 1)),
        (Day(2026, 12, 29), 250, Day(2027, 12, 28)),
    ],
)
def test_a_term_in_working_days(calendar: None, start: Day, count: int, end: Day) -> None:
    assert working_days.add(start, count) == end


def test_how_many_are_left(calendar: None) -> None:
    on = Day(2026, 11, 23)
    dates = [Day(2026, 11, 30), on, Day(2026, 11, 28), Day(2026, 11, 20), Day(2026, 11, 3)]
    assert working_days.until(dates, on=on) == dict(zip(dates, [5, 0, 4, -1, -13], strict=True))


def test_a_term_and_what_is_left_of_it_agree(calendar: None) -> None:
    starts = [Day(2026, 1, 1) + datetime.timedelta(days=number) for number in range(0, 365, 7)]
    for start in starts:
        for count in (1, 2, 3, 5, 10):
            end = working_days.add(start, count)
            assert working_days.is_working(end)
            assert working_days.until([end], on=start) == {end: count}


def test_one_look_at_the_calendar(calendar: None) -> None:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        working_days.until([Day(2026, 11, number) for number in range(1, 31)], on=Day(2026, 11, 5))
    assert len(captured) == 1


@pytest.mark.parametrize(
    ("on", "missing"),
    [
        (Day(2026, 9, 30), []),
        (Day(2026, 10, 1), [2027]),
        (Day(2026, 12, 31), [2027]),
        (Day(2027, 1, 1), [2027]),
        (Day(2024, 11, 1), [2024]),
    ],
)
def test_the_office_hears_of_a_missing_year(calendar: None, on: Day, missing: list[int]) -> None:
    assert working_days.missing_years(on=on) == missing
    words = [f"Календарь на {year} год не загружен" for year in missing]
    assert working_days.warnings(on=on) == words


def test_a_day_entered_by_hand_is_not_a_loaded_year(calendar: None) -> None:
    CalendarDay.objects.create(date=Day(2027, 5, 3), is_working=False)
    assert working_days.missing_years(on=Day(2026, 11, 23)) == [2027]
