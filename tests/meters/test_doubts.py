"""What is asked back about a value: each doubt on both sides of its threshold."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from contracts.periods import Month
from meters import doubts, rules
from meters.doubts import Claim
from meters.inventory import Place, Shown, _Row
from meters.models import Doubt
from meters.usage import Usual

NOVEMBER = Month(2026, 11)
THRESHOLDS = rules.combined().thresholds
MONTHLY = Decimal(3000)
USUAL = Usual(months=12, a_day=MONTHLY / 30, year_ago=Decimal(3600), before=Decimal(2900))


def place(key: int = 1, previous: str | None = "1000", **values: Any) -> Place:
    row = _Row(
        **{
            "point_id": 1, "point_code": "p", "number": 1, "point": "ТП-1", "where": "",
            "site": "Цех", "max_power_kw": None, "losses_percent": None, "losses_kwh": None,
            "opened_on": datetime.date(2020, 1, 1), "installation_id": 1, "ratio": 10,
            "installed_on": datetime.date(2020, 1, 1), "removed_on": None,
            "current_transformers_verified_until": None,
            "voltage_transformers_verified_until": None, "make": "Марка", "model": "",
            "serial": "1", "is_automatic": False, "verified_until": None, "register_id": key,
            "register_code": "r", "energy": "A+", "zone": "total", "integer_digits": 6,
            "fraction_digits": 1, **values,
        }
    )  # fmt: skip
    moment = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
    shown = Shown(Decimal(previous), "network", moment, False, False) if previous else None
    return Place(
        row=row, register_id=key, is_counted=row.zone != "total" or key == 1, period=NOVEMBER,
        today=datetime.date(2026, 11, 26), previous=shown,
    )  # fmt: skip


def asked(value: str, usual: Usual | None = USUAL, **values: Any) -> list[Doubt]:
    """What is asked about a value that stands after 1000 with the ratio 10."""
    claim = Claim(place=place(**values), value=Decimal(value))
    known = {} if usual is None else {claim.place.counter: usual}
    found = doubts.ask([claim], thresholds=THRESHOLDS, usual=known)
    return [question.doubt for question in found.get(1, [])]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1300", []),  # 3000 kWh: as usual
        ("1720", []),  # 7200: twice last year's month, which is the larger figure
        ("1720.1", [Doubt.MORE]),
        ("1150", []),  # 1500: half the mean, which is the smaller figure
        ("1149.9", [Doubt.LITTLE]),
        ("1000", [Doubt.ZERO]),
        ("999.9", [Doubt.LESS]),
    ],
)
def test_each_threshold_has_two_sides(value: str, expected: list[Doubt]) -> None:
    assert asked(value) == expected


def test_thresholds_are_the_offices() -> None:
    claim = Claim(place=place(), value=Decimal("1720.1"))
    known = {claim.place.counter: USUAL}
    lenient = replace(THRESHOLDS, times_more=Decimal(3))
    assert not doubts.ask([claim], thresholds=lenient, usual=known)
    idle = Claim(place=place(), value=Decimal(1000))
    silent = replace(THRESHOLDS, asks_about_zero=False)
    assert not doubts.ask([idle], thresholds=silent, usual=known)


def test_what_is_said_names_the_figures() -> None:
    claim = Claim(place=place(), value=Decimal("2060"))
    (question,) = doubts.ask([claim], thresholds=THRESHOLDS, usual={claim.place.counter: USUAL})[1]
    words = f"{question.title} {question.advice}".replace("\u00a0", " ")
    assert words == (
        "Расход в 2,9 раза больше обычного. Было в среднем за 12 месяцев 3 000 кВт·ч,"
        " за ноябрь 2025 — 3 600 кВт·ч. Если показание верное, подтвердите его."
    )


def test_without_a_past_nothing_is_unusual() -> None:
    assert asked("9000", usual=None) == []
    young = Usual(months=2, a_day=Decimal(1), year_ago=None, before=Decimal(30))
    assert asked("9000", usual=young) == [], "two months make no mean"
    assert asked("1000", usual=young) == [Doubt.ZERO]
    never = Usual(months=6, a_day=Decimal(0), year_ago=Decimal(0), before=Decimal(0))
    assert asked("1000", usual=never) == [], "zero after zero"


def test_without_a_previous_reading_there_is_nothing_to_compare() -> None:
    assert asked("0", previous=None) == []


def test_a_rollover_is_offered_when_it_would_be_usual() -> None:
    def may_turn(value: str, previous: str, usual: Usual | None) -> bool:
        claim = Claim(place=place(previous=previous), value=Decimal(value))
        return doubts.may_have_turned(claim, THRESHOLDS, usual)

    assert may_turn("200", "999900", USUAL), "300 × 10 kWh"
    assert not may_turn("1000", "999900", USUAL), "11 000 kWh is more than twice the usual"
    assert may_turn("50000", "999900", None), "less than a tenth of a turn"
    assert not may_turn("500000", "999900", None)
    assert not may_turn("999950", "999900", USUAL), "nothing turned"


def test_more_than_the_power_allows() -> None:
    # 5 kW through 720 hours of November are 3600 kWh.
    power: dict[str, Any] = {"max_power_kw": Decimal(5), "usual": None}
    assert asked("1360", **power) == []
    assert asked("1360.1", **power) == [Doubt.POWER]
    assert asked("1360.1", **power, energy="R+") == [], "reactive energy has no such limit"
    claim = Claim(place=place(max_power_kw=Decimal(5)), value=Decimal("1360.1"))
    silent = replace(THRESHOLDS, asks_about_power=False)
    assert not doubts.ask([claim], thresholds=silent, usual={})


def test_the_zones_of_a_point_are_measured_by_its_power_together() -> None:
    day = Claim(place=place(2, zone="day", max_power_kw=Decimal(5)), value=Decimal(1250))
    night = Claim(place=place(3, zone="night", max_power_kw=Decimal(5)), value=Decimal(1111))
    found = doubts.ask([day, night], thresholds=THRESHOLDS, usual={})
    assert {key: [one.doubt for one in asked] for key, asked in found.items()} == {
        2: [Doubt.POWER]
    }, "3610 kWh; asked once, at the larger one"


@pytest.mark.parametrize(("total", "expected"), [("1300.2", []), ("1300.3", [Doubt.ZONES])])
def test_zones_that_do_not_sum_up(total: str, expected: list[Doubt]) -> None:
    """The tolerance is two units of the display's last digit."""
    claims = [
        Claim(place=place(1), value=Decimal(total)),
        Claim(place=place(2, zone="day"), value=Decimal(1200)),
        Claim(place=place(3, zone="night"), value=Decimal(1100)),
    ]
    found = doubts.ask(claims, thresholds=THRESHOLDS, usual={})
    assert [one.doubt for one in found.get(1, [])] == expected


def test_every_doubt_has_reasons_and_they_fit_the_database() -> None:
    assert set(doubts.REASONS) == set(Doubt)
    codes = [code for reasons in doubts.REASONS.values() for code, _ in reasons]
    assert doubts.OTHER not in codes
    assert max(len(words) for words in doubts.REASON_WORDS.values()) + 2 + 240 <= 300


def test_what_stands_already_is_compared_with_and_not_asked_about() -> None:
    zones = [
        Claim(place=place(2, zone="day"), value=Decimal(1200)),
        Claim(place=place(3, zone="night"), value=Decimal(1100)),
    ]
    total = Claim(place=place(1), value=Decimal(1500))
    found = doubts.ask([total], beside=zones, thresholds=THRESHOLDS, usual={})
    assert {key: [one.doubt for one in asked] for key, asked in found.items()} == {1: [Doubt.ZONES]}
    found = doubts.ask(zones[:1], beside=[total, zones[1]], thresholds=THRESHOLDS, usual={})
    assert list(found) == [2], "the zone that is typed now is the one in question"
