"""What points used month by month: the database's statement against the arithmetic."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contracts.models import Contract
from contracts.periods import Month
from meters import consumption, inventory, usage
from meters.consumption import Segment
from meters.models import ActReading, Installation, Reading
from tests import make

pytestmark = pytest.mark.django_db

OCTOBER = Month(2026, 10)


def act(hung: Installation, moment: str, value: str) -> None:
    register = hung.meter.registers.get()
    ActReading.objects.create(
        external_id=f"act-{hung.pk}-{moment}", installation=hung, register=register,
        moment=moment, value=Decimal(value),
    )  # fmt: skip


def shown(hung: Installation, month: Month, value: str, **fields: object) -> None:
    register = hung.meter.registers.get()
    Reading.objects.create(
        contract=hung.point.contract, point=hung.point, register=register,
        period=month.first_day, value=Decimal(value), source="network", **fields,
    )  # fmt: skip


@pytest.fixture
def contract(vega_contract: Contract) -> Contract:
    Installation.objects.all().delete()
    return vega_contract


def total(contract: Contract, month: Month) -> Decimal | None:
    found = usage.in_month(contract, month)
    return next(iter(found.values()), None)


def test_the_difference_of_two_months_by_the_ratio(contract: Contract) -> None:
    hung = make.installation(make.point(contract), current_ratio=80)
    shown(hung, OCTOBER.shifted(-1), "18412.5")
    shown(hung, OCTOBER, "18739.1")
    assert total(contract, OCTOBER) == Decimal(26128)
    assert total(contract, OCTOBER.shifted(-1)) is None, "the month before is not known"


def test_a_meter_replaced_within_the_month_loses_nothing(contract: Contract) -> None:
    """(1050 − 1000) × 60 by the old one, (120,5 − 100) × 40 by the new one."""
    day = datetime.date(2026, 10, 15)
    point = make.point(contract)
    old = make.installation(point, current_ratio=60, removed_on=day)
    new = make.installation(point, current_ratio=40, installed_on=day)
    shown(old, OCTOBER.shifted(-1), "1000")
    act(old, "removed", "1050")
    act(new, "installed", "100")
    shown(new, OCTOBER, "120.5")
    expected = consumption.over_segments(
        [
            Segment(start=Decimal(1000), end=Decimal(1050), ratio=60, integer_digits=6),
            Segment(start=Decimal(100), end=Decimal("120.5"), ratio=40, integer_digits=6),
        ]
    )
    assert total(contract, OCTOBER) == expected == Decimal(3820)
    places = inventory.take(contract, OCTOBER).places
    assert [place.is_removed for place in places] == [True, False]
    assert [place.is_asked for place in places] == [False, True]
    assert sum(place.standing_consumption or 0 for place in places) == expected


def test_two_replacements_in_one_month(contract: Contract) -> None:
    tenth, twentieth = datetime.date(2026, 10, 10), datetime.date(2026, 10, 20)
    point = make.point(contract)
    first = make.installation(point, removed_on=tenth)
    second = make.installation(point, installed_on=tenth, removed_on=twentieth, current_ratio=10)
    third = make.installation(point, installed_on=twentieth)
    shown(first, OCTOBER.shifted(-1), "10")
    act(first, "removed", "15")
    act(second, "installed", "0")
    act(second, "removed", "7")
    act(third, "installed", "0.5")
    shown(third, OCTOBER, "3")
    assert total(contract, OCTOBER) == Decimal("5") + 70 + Decimal("2.5")


def test_a_missing_act_makes_the_month_unknown_and_the_next_one_known(contract: Contract) -> None:
    day = datetime.date(2026, 9, 15)
    point = make.point(contract)
    old = make.installation(point, removed_on=day)
    new = make.installation(point, installed_on=day)
    shown(old, Month(2026, 8), "10")
    shown(new, Month(2026, 9), "5")
    shown(new, OCTOBER, "9")
    assert total(contract, Month(2026, 9)) is None
    assert total(contract, OCTOBER) == 4


def test_a_rollover_counts_only_when_it_was_said(contract: Contract) -> None:
    hung = make.installation(make.point(contract), current_ratio=40)
    shown(hung, OCTOBER.shifted(-1), "999990")
    shown(hung, OCTOBER, "10")
    assert total(contract, OCTOBER) is None
    shown(hung, OCTOBER, "10", is_rollover=True)
    assert total(contract, OCTOBER) == 800, "the later reading counts"


def test_a_correction_counts_and_the_first_value_does_not(contract: Contract) -> None:
    hung = make.installation(make.point(contract))
    shown(hung, OCTOBER.shifted(-1), "10")
    shown(hung, OCTOBER, "99")
    shown(hung, OCTOBER, "11")
    assert total(contract, OCTOBER) == 1


def test_the_sum_beside_zones_is_not_counted(contract: Contract) -> None:
    hung = make.installation(make.point(contract), zones=("total", "day", "night"))
    for register in hung.meter.registers.all():
        for month, value in ((OCTOBER.shifted(-1), "100"), (OCTOBER, "150")):
            make.reading(register, value, period=month.first_day)
    counted = {used.zone: used.is_counted for used in usage.by_month(contract, [OCTOBER])}
    assert counted == {"total": False, "day": True, "night": True}


def test_what_is_usual(contract: Contract) -> None:
    """Twelve months before, each by its days; last year's month; nothing of this one."""
    hung = make.installation(make.point(contract), current_ratio=10)
    value = Decimal(1000)
    shown(hung, OCTOBER.shifted(-13), str(value))
    for back in range(12, 0, -1):
        month = OCTOBER.shifted(-back)
        value += month.last_day.day
        shown(hung, month, str(value))
    (found,) = usage.usual(contract, OCTOBER).values()
    assert found.months == 12
    assert found.a_day == 10
    assert found.year_ago == 310
    assert found.before == 300
    (earlier,) = usage.usual(contract, OCTOBER.shifted(-10)).values()
    assert (earlier.months, earlier.year_ago) == (2, None)


def test_one_statement_however_many_registers_and_months(contract: Contract) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            usage.by_month(contract, [OCTOBER.shifted(-back) for back in range(24)])
            usage.usual(contract, OCTOBER)
        return len(captured)

    few = cost()
    for _ in range(20):
        make.installation(make.point(contract), zones=("day", "night"))
    assert cost() == few == 2


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.lists(st.integers(0, 9_999_999), min_size=4, max_size=4),
    ratios=st.tuples(st.integers(1, 999), st.integers(1, 999)),
)
def test_the_database_counts_as_the_arithmetic_does(
    contract: Contract, values: list[int], ratios: tuple[int, int]
) -> None:
    ActReading.objects.all().delete()
    day = datetime.date(2026, 10, 1 + values[0] % 30)
    before, removed, installed, now = (Decimal(value) / 10 for value in values)
    point = make.point(contract)
    old = make.installation(point, current_ratio=ratios[0], removed_on=day)
    new = make.installation(point, current_ratio=ratios[1], installed_on=day)
    shown(old, OCTOBER.shifted(-1), str(before))
    act(old, "removed", str(removed))
    act(new, "installed", str(installed))
    shown(new, OCTOBER, str(now))
    segments = [
        Segment(start=installed, end=now, ratio=ratios[1], integer_digits=6),
    ]
    if day > OCTOBER.first_day:  # on the first day the old one counts nothing of the month
        segments.append(Segment(start=before, end=removed, ratio=ratios[0], integer_digits=6))
    found = usage.in_month(contract, OCTOBER)
    assert found.get((point.pk, "A+", "total")) == consumption.over_segments(segments)
