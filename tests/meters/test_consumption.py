"""(current − previous) × ratio, zones, rollover."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters import consumption
from meters.models import Register

Energy, Zone = Register.Energy, Register.Zone
SIX_DIGITS = Decimal(10) ** 6


def used(previous: str | None, current: str | None, *, ratio: int = 1, is_rollover: bool = False):
    return consumption.consumption(
        previous=None if previous is None else Decimal(previous),
        current=None if current is None else Decimal(current),
        ratio=ratio,
        capacity=SIX_DIGITS,
        is_rollover=is_rollover,
    )


@pytest.mark.parametrize(
    ("previous", "current", "ratio", "expected"),
    [
        ("18412.5", "18739.1", 80, "26128"),
        ("9204.0", "9371.8", 80, "13424"),
        ("0.1", "0.4", 1, "0.3"),
        ("100", "100", 40, "0"),
    ],
)
def test_difference_times_ratio_exactly(
    previous: str, current: str, ratio: int, expected: str
) -> None:
    assert used(previous, current, ratio=ratio) == Decimal(expected)


def test_unknown_without_both_values() -> None:
    assert used(None, "5") is None
    assert used("5", None) is None


def test_less_than_previous_is_unknown_until_somebody_says_rollover() -> None:
    assert used("999990", "10", ratio=40) is None
    assert used("999990", "10", ratio=40, is_rollover=True) == 20 * 40
    assert used("10", "30", is_rollover=True) == 20


@given(st.integers(0, 9_999_999), st.integers(0, 9_999_999), st.integers(1, 10_000))
def test_consumption_is_never_negative_and_less_than_a_turn(
    previous: int, current: int, ratio: int
) -> None:
    found = used(
        str(Decimal(previous) / 10), str(Decimal(current) / 10), ratio=ratio, is_rollover=True
    )
    assert found is not None
    assert 0 <= found < SIX_DIGITS * ratio


def register(zone: str, energy: str = Energy.ACTIVE_IN) -> Register:
    return Register(zone=zone, energy=energy)


def test_the_sum_of_zones_is_not_counted_twice() -> None:
    total, day, night = register(Zone.TOTAL), register(Zone.DAY), register(Zone.NIGHT)
    reactive = register(Zone.TOTAL, Energy.REACTIVE_IN)
    meter = [total, day, night, reactive]
    assert [consumption.is_in_total(one, meter) for one in meter] == [False, True, True, True]
    assert consumption.is_in_total(total, [total])


def test_energies_are_summed_apart() -> None:
    sums = consumption.totals(
        [("A+", Decimal(1)), ("R+", Decimal(5)), ("A+", Decimal("2.5")), ("A+", None)]
    )
    assert sums == {"A+": Decimal("3.5"), "R+": Decimal(5)}


@pytest.mark.parametrize(
    ("quantity", "words"),
    [("26128.000", "26 128"), ("345.600", "345,6"), ("0", "0"), ("2000000", "2 000 000")],
)
def test_words_show_only_the_decimals_that_are_needed(quantity: str, words: str) -> None:
    assert consumption.words(Decimal(quantity)).replace("\u00a0", " ") == words
    assert consumption.words(None) == "—"
