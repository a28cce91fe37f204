"""Which month is asked for, until when, and what is late: at the edges, by the contract's clock."""

from __future__ import annotations

import datetime

import pytest

from accounts.models import Client
from contracts.models import CalendarDay, Contract
from contracts.periods import Month
from meters import rules
from meters.models import ReadingRule
from meters.window import Window
from tests import make

UTC = datetime.UTC
USUAL = Window()
# Meters fed through the common property of an apartment block (ПП РФ № 442, section X).
HOUSE = Window(opens_day=23, closes_day=26, closes_next_month=False)
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
    assert USUAL.reading_period(now) == Month(*period)


def test_the_term_ends_with_the_first_day_of_the_next_month() -> None:
    november = Month(2026, 11)
    assert USUAL.closes_at(november) == moscow(2026, 12, 2)
    assert not USUAL.is_late(november, moscow(2026, 12, 1, 23, 59, 59))
    assert USUAL.is_late(november, moscow(2026, 12, 2))
    assert USUAL.due_words(november).replace("\u00a0", " ") == "1 декабря 23:59 (МСК)"


def test_the_due_day_is_a_rule_of_the_contract() -> None:
    third = Window(closes_day=3)
    assert third.reading_period(moscow(2026, 12, 3, 23, 59)) == Month(2026, 11)
    assert third.reading_period(moscow(2026, 12, 4)) == Month(2026, 12)
    assert third.closes_at(Month(2026, 11)) == moscow(2026, 12, 4)


@pytest.mark.parametrize(
    ("now", "period", "is_late"),
    [
        (moscow(2026, 11, 22, 23, 59), (2026, 10), True),
        (moscow(2026, 11, 23), (2026, 11), False),
        (moscow(2026, 11, 26, 23, 59, 59), (2026, 11), False),
        (moscow(2026, 11, 27), (2026, 11), True),
        (moscow(2026, 12, 22), (2026, 11), True),
        (moscow(2026, 12, 23), (2026, 12), False),
    ],
)
def test_a_term_within_the_month_itself(
    now: datetime.datetime, period: tuple[int, int], is_late: bool
) -> None:
    assert HOUSE.reading_period(now) == Month(*period)
    assert HOUSE.is_late(Month(*period), now) is is_late


def test_a_day_that_the_month_does_not_have_is_its_last_one() -> None:
    last = Window(opens_day=31, closes_day=31, closes_next_month=False)
    assert last.due_on(Month(2026, 2)) == datetime.date(2026, 2, 28)
    assert last.due_on(Month(2028, 2)) == datetime.date(2028, 2, 29)
    assert last.opens_at(Month(2026, 2)) == moscow(2026, 2, 28)


@pytest.mark.django_db
def test_a_day_off_moves_the_end_only_where_the_contract_says_so() -> None:
    CalendarDay.objects.create(date=datetime.date(2026, 12, 31), is_working=False)
    moved = Window(is_moved_by_holidays=True)
    assert moved.due_on(Month(2026, 10)) == datetime.date(2026, 11, 2), "1.11 is a Sunday"
    assert moved.due_on(Month(2026, 11)) == datetime.date(2026, 12, 1), "a Tuesday"
    assert moved.due_on(Month(2026, 12)) > datetime.date(2027, 1, 8), "holidays of January"
    assert USUAL.due_on(Month(2026, 10)) == datetime.date(2026, 11, 1)


def test_another_clock() -> None:
    ural = Window(time_zone="Asia/Yekaterinburg")
    november = Month(2026, 11)
    assert ural.closes_at(november) == moscow(2026, 12, 1, 22)
    assert ural.due_words(november).replace("\u00a0", " ") == "1 декабря 23:59 (МСК+2)"
    assert Window(time_zone="Europe/Kaliningrad").zone_label(november) == "МСК−1"
    assert ural.reading_period(moscow(2026, 12, 1, 21, 59, 59)) == november
    assert ural.reading_period(moscow(2026, 12, 1, 22)) == Month(2026, 12)


@pytest.mark.usefixtures("rule_for_all")
def test_a_contract_without_a_rule_follows_the_one_for_all(vega_contract: Contract) -> None:
    ReadingRule.objects.filter(contract=None).update(closes_day=4, late_text="По договору.")
    assert rules.of_contract(vega_contract).window == Window(closes_day=4)
    ReadingRule.objects.create(contract=vega_contract, opens_day=20, times_more=5)
    own = rules.of_contract(vega_contract)
    assert own.window == Window(opens_day=20, closes_day=4)
    assert own.thresholds.times_more == 5
    assert own.thresholds.times_less == 2
    assert own.late_text == "По договору."


@pytest.mark.django_db
def test_rules_of_many_contracts_are_one_statement(
    vega_client: Client, vega_contract: Contract, django_assert_num_queries
) -> None:
    other = make.contract(vega_client)
    ReadingRule.objects.create(contract=other, closes_day=26, closes_next_month=False)
    with django_assert_num_queries(1):
        found = rules.of_contracts([vega_contract.pk, other.pk])
    assert found[vega_contract.pk].window == USUAL
    assert found[other.pk].window == Window(closes_day=26, closes_next_month=False)


def test_the_month_asked_for_is_never_late() -> None:
    now = moscow(2026, 1, 1)
    while now.year == 2026:
        assert not USUAL.is_late(USUAL.reading_period(now), now)
        assert USUAL.is_late(USUAL.accepted_periods(now)[1], now)
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
    assert USUAL.remaining_words(Month(2026, 11), now).replace("\u00a0", " ") == words


def test_only_accepted_months_are_chosen_by_name() -> None:
    now = moscow(2026, 12, 10)
    assert USUAL.choose("2026-12", now) == Month(2026, 12)
    assert USUAL.choose("2026-11", now) == Month(2026, 11)
    for text in ("2026-10", "2027-01", "", "2026-1", "х"):
        assert USUAL.choose(text, now) is None


def test_a_term_that_ends_before_it_begins_is_impossible() -> None:
    assert USUAL.is_possible
    assert HOUSE.is_possible
    assert not Window(closes_next_month=False, opens_day=25, closes_day=20).is_possible
    assert Window(closes_next_month=False, opens_day=20, closes_day=20).is_possible


@pytest.mark.django_db
def test_a_term_that_runs_through_the_whole_next_month_is_still_asked_for() -> None:
    CalendarDay.objects.create(date=datetime.date(2026, 12, 31), is_working=False)
    long = Window(closes_day=31, is_moved_by_holidays=True)
    assert long.due_on(Month(2026, 11)) > datetime.date(2027, 1, 8), "31.12 is moved by holidays"
    assert long.reading_period(moscow(2027, 1, 3)) == Month(2026, 11)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "window",
    [
        USUAL, HOUSE, Window(closes_day=10), Window(opens_day=25, closes_day=31),
        Window(closes_day=31, is_moved_by_holidays=True), Window(time_zone="Asia/Yekaterinburg"),
    ],
)  # fmt: skip
def test_a_month_is_taken_to_the_last_moment_that_is_named(window: Window) -> None:
    """Late readings too: `taken_until` is where `accepted_periods` lets the month go."""
    CalendarDay.objects.create(date=datetime.date(2026, 12, 31), is_working=False)
    second = datetime.timedelta(seconds=1)
    for month in (Month(2026, 1).shifted(number) for number in range(14)):
        end = window.taken_until(month)
        assert month in window.accepted_periods(end - second), month
        assert month not in window.accepted_periods(end), month


def test_until_when_a_month_is_taken_in_words() -> None:
    october = Month(2026, 10)
    assert USUAL.taken_words(october).replace("\u00a0", " ") == "1 декабря 23:59 (МСК)"
    assert HOUSE.taken_words(october).replace("\u00a0", " ") == "22 декабря 23:59 (МСК)"
