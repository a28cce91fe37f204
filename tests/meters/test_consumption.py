"""(current − previous) × ratio, zones, rollover, replacement, losses: the arithmetic alone."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters import consumption
from meters.consumption import Segment

DIGITS = 6
CAPACITY = 10**DIGITS

# Values that a display of six digits before and three after the comma can show.
values = st.integers(0, CAPACITY * 1000 - 1).map(lambda n: Decimal(n) / 1000)
ratios = st.integers(1, 12_000)


def used(previous: str | None, current: str | None, *, ratio: int = 1, is_rollover: bool = False):
    return consumption.measured(
        previous=None if previous is None else Decimal(previous),
        current=None if current is None else Decimal(current),
        ratio=ratio,
        integer_digits=DIGITS,
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


@given(values, values, ratios)
def test_consumption_is_never_negative_and_less_than_a_turn(
    previous: Decimal, current: Decimal, ratio: int
) -> None:
    found = used(str(previous), str(current), ratio=ratio, is_rollover=True)
    assert found is not None
    assert 0 <= found < CAPACITY * ratio


@given(st.integers(0, CAPACITY * 10 - 1), st.integers(0, CAPACITY * 10 - 1), ratios)
def test_a_rollover_equals_the_unrolled_count(start: int, moved: int, ratio: int) -> None:
    """A display that had a digit more would have counted the same."""
    first, step = Decimal(start) / 10, Decimal(moved) / 10
    rolled = used(str(first), str((first + step) % CAPACITY), ratio=ratio, is_rollover=True)
    unrolled = consumption.measured(
        previous=first, current=first + step, ratio=ratio, integer_digits=DIGITS + 1
    )
    assert rolled == unrolled == step * ratio


@given(st.lists(values, min_size=2, max_size=8).map(sorted), ratios)
def test_segments_add_up_to_the_whole(shown: list[Decimal], ratio: int) -> None:
    """Readings in between change nothing: the parts are the whole."""
    parts = [
        Segment(start=start, end=end, ratio=ratio, integer_digits=DIGITS)
        for start, end in itertools.pairwise(shown)
    ]
    whole = Segment(start=shown[0], end=shown[-1], ratio=ratio, integer_digits=DIGITS)
    assert consumption.over_segments(parts) == whole.quantity


@given(
    st.lists(st.tuples(values, values, ratios).map(lambda t: (*sorted(t[:2]), t[2])), max_size=5)
)
def test_nothing_is_lost_when_meters_are_replaced(hung: list[tuple[Decimal, Decimal, int]]) -> None:
    """Each meter counts from its own first reading to its last one, by its own ratio."""
    segments = [
        Segment(start=start, end=end, ratio=ratio, integer_digits=DIGITS)
        for start, end, ratio in hung
    ]
    expected = sum(((end - start) * ratio for start, end, ratio in hung), Decimal(0))
    assert consumption.over_segments(segments) == expected


def test_an_unknown_segment_makes_the_month_unknown() -> None:
    known = Segment(start=Decimal(1), end=Decimal(5), ratio=40, integer_digits=DIGITS)
    unknown = Segment(start=Decimal(1), end=None, ratio=40, integer_digits=DIGITS)
    turned = Segment(start=Decimal(5), end=Decimal(1), ratio=40, integer_digits=DIGITS)
    assert consumption.over_segments([known, unknown]) is None
    assert consumption.over_segments([known, turned]) is None
    assert consumption.over_segments([]) == 0


@given(st.lists(values, min_size=1, max_size=3), st.lists(values, min_size=3, max_size=3), ratios)
def test_zones_sum_to_the_total(before: list[Decimal], moved: list[Decimal], ratio: int) -> None:
    """A meter whose Σ counts what its zones count shows no difference, whatever the ratio."""
    zones = [
        consumption.measured(
            previous=start, current=start + step, ratio=ratio, integer_digits=DIGITS + 1
        )
        for start, step in zip(before, moved, strict=False)
    ]
    start, step = sum(before, Decimal(0)), sum(moved[: len(before)], Decimal(0))
    total = consumption.measured(
        previous=start, current=start + step, ratio=ratio, integer_digits=DIGITS + 3
    )
    assert consumption.zones_difference(total, zones) == 0


def test_a_zone_that_is_not_known_says_nothing_about_the_total() -> None:
    assert consumption.zones_difference(Decimal(5), [Decimal(5), None]) is None
    assert consumption.zones_difference(None, [Decimal(5)]) is None
    assert consumption.zones_difference(Decimal(5), []) is None
    assert consumption.zones_difference(Decimal(5), [Decimal(3), Decimal("1.5")]) == Decimal("0.5")


def test_the_sum_of_zones_is_not_counted_twice() -> None:
    meter = [("A+", "total"), ("A+", "day"), ("A+", "night"), ("R+", "total")]
    assert [consumption.is_in_total(*one, meter) for one in meter] == [False, True, True, True]
    assert consumption.is_in_total("A+", "total", [("A+", "total")])


def test_energies_are_summed_apart() -> None:
    sums = consumption.sum_by(
        [("A+", Decimal(1)), ("R+", Decimal(5)), ("A+", Decimal("2.5")), ("A-", None)]
    )
    assert sums == {"A+": Decimal("3.5"), "R+": Decimal(5)}
    assert [consumption.unit(energy) for energy in ("A+", "A-", "R+", "R-")] == [
        "кВт·ч", "кВт·ч", "кВАр·ч", "кВАр·ч",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "percent", "kwh", "expected"),
    [
        ("10000", "1.5", None, "150"),
        ("10000", "-1.5", None, "-150"),
        ("333.333", "0.1", None, "0.333"),
        ("1", "0.05", None, "0.001"),  # 0,0005 rounded half up
        ("10000", None, "42.5", "42.5"),
        ("10000", None, None, "0"),
    ],
)
def test_losses(quantity: str, percent: str | None, kwh: str | None, expected: str) -> None:
    found = consumption.losses(
        Decimal(quantity),
        percent=None if percent is None else Decimal(percent),
        kwh=None if kwh is None else Decimal(kwh),
    )
    assert found == Decimal(expected)


def test_a_point_cannot_exceed_its_power() -> None:
    assert consumption.most_possible(Decimal("150.5"), 720) == Decimal("108360")
