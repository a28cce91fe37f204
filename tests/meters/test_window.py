"""Which month is asked for, until when, and what is late: at the edges, by the retailer's clock."""

from __future__ import annotations

import datetime

import pytest
from pytest_django import Settings

from contracts.periods import Month
from meters import window

UTC = datetime.UTC
MOSCOW = datetime.timezone(datetime.timedelta(hours=3))


def moscow(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=MOSCOW)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("now", "period"),
    [
        (moscow(2026, 11, 2, 0, 0), (2026, 11)),
        (moscow(2026, 11, 28, 12, 0), (2026, 11)),
        (moscow(2026, 11, 30, 23, 59, 59), (2026, 11)),
        (moscow(2026, 12, 1, 0, 0), (2026, 11)),
        (moscow(2026, 12, 1, 23, 59, 59), (2026, 11)),
        (moscow(2026, 12, 2, 0, 0), (2026, 12)),
        (moscow(2027, 1, 1, 12, 0), (2026, 12)),
        (datetime.datetime(2026, 12, 1, 20, 59, 59, tzinfo=UTC), (2026, 11)),
        (datetime.datetime(2026, 12, 1, 21, 0, tzinfo=UTC), (2026, 12)),
    ],
)
def test_the_month_asked_for(now: datetime.datetime, period: tuple[int, int]) -> None:
    assert window.reading_period(now) == Month(*period)


def test_the_term_ends_with_the_first_day_of_the_next_month() -> None:
    november = Month(2026, 11)
    assert window.closes_at(november) == moscow(2026, 12, 2)
    assert not window.is_late(november, moscow(2026, 12, 1, 23, 59, 59))
    assert window.is_late(november, moscow(2026, 12, 2))
    assert window.due_words(november).replace("\u00a0", " ") == "1 декабря 23:59 (МСК)"


def test_the_due_day_is_a_setting(settings: Settings) -> None:
    settings.READINGS_DUE_DAY = 3
    assert window.reading_period(moscow(2026, 12, 3, 23, 59)) == Month(2026, 11)
    assert window.reading_period(moscow(2026, 12, 4)) == Month(2026, 12)
    assert window.closes_at(Month(2026, 11)) == moscow(2026, 12, 4)


def test_the_month_asked_for_is_never_late() -> None:
    now = moscow(2026, 1, 1)
    while now.year == 2026:
        assert not window.is_late(window.reading_period(now), now)
        assert window.is_late(window.accepted_periods(now)[1], now)
        now += datetime.timedelta(hours=6)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (moscow(2026, 11, 30, 20, 0), "осталось 1 день 4 часа"),
        (moscow(2026, 11, 23, 22, 0), "осталось 8 дней 2 часа"),
        (moscow(2026, 11, 30, 0, 0), "осталось 2 дня"),
        (moscow(2026, 12, 1, 2, 30), "осталось 21 час 30 минут"),
        (moscow(2026, 12, 1, 23, 0), "осталось 1 час"),
        (moscow(2026, 12, 1, 23, 59, 30), "осталось меньше минуты"),
        (moscow(2026, 12, 5), "осталось меньше минуты"),
    ],
)
def test_what_remains_in_words(now: datetime.datetime, words: str) -> None:
    assert window.remaining_words(Month(2026, 11), now).replace("\u00a0", " ") == words


def test_only_accepted_months_are_chosen_by_name() -> None:
    now = moscow(2026, 12, 10)
    assert window.choose("2026-12", now) == Month(2026, 12)
    assert window.choose("2026-11", now) == Month(2026, 11)
    for text in ("2026-10", "2027-01", "", "2026-1", "х"):
        assert window.choose(text, now) is None
