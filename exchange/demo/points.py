"""Metering points of a contract, and the meters on them."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass, field
from decimal import Decimal

from contracts.periods import Month
from exchange.demo import plans

# The verification of one meter ends so soon, that of one point's transformers has just ended.
VERIFIED_FOR = datetime.timedelta(days=40)
EXPIRED_FOR = datetime.timedelta(days=12)
# Months before today's at whose first moment a meter was replaced.
REPLACED_MONTHS_AGO = 9
ROLLED_OVER_MONTHS_AGO = 6

_MODELS = {
    plans.ONE_RATE: (("Меркурий", "230 ART-01"), ("ЦЭ6803В", "Р31"), ("Энергомера", "CE301")),
    plans.TWO_ZONES: (("Меркурий", "234 ART-03"), ("Энергомера", "CE303")),
    plans.THREE_ZONES: (("СЭТ-4ТМ", "03М"), ("Меркурий", "234 ART-00")),
}


@dataclass(frozen=True, kw_only=True)
class Meter:
    """A meter to be."""

    key: str
    make: str
    model: str
    serial: str
    year: int
    verified_until: datetime.date
    is_automatic: bool
    zones: tuple[str, ...]
    integer_digits: int
    fraction_digits: int = 1

    @property
    def title(self) -> str:
        """«Меркурий 234 ART-03 № 31000017»."""
        return f"{self.make} {self.model} № {self.serial}"


@dataclass(frozen=True, kw_only=True)
class Installed:
    """A meter at a point, in whole months: from the first moment of one to that of another."""

    key: str
    meter: Meter
    ratio: int
    installed_on: datetime.date
    removed_on: datetime.date | None = None
    transformers_verified_until: datetime.date | None = None

    def hangs_in(self, month: Month) -> bool:
        """Whether it counted in `month`."""
        is_there = self.installed_on <= month.last_day
        return is_there and (self.removed_on is None or self.removed_on > month.first_day)


@dataclass(frozen=True, kw_only=True)
class Point:
    """A metering point to be."""

    key: str
    number: int
    name: str
    site: plans.Site
    monthly_kwh: Decimal
    losses_percent: Decimal = Decimal(0)
    is_rolling_over: bool = False
    installed: list[Installed] = field(default_factory=list)


def of_contract(
    plan: plans.ContractPlan, today: datetime.date, chance: random.Random
) -> list[Point]:
    """The contract's points with their meters.

    `plan.events`: «rollover» lets the second point's meter pass zero, «losses» puts one point
    behind a transformer, «automatic» lets the first two meters report by themselves,
    «replacement» replaces the second point's meter in the middle of the history, «fresh» the fourth
    point's in the middle of today's month; «verification» brings terms that end.
    """
    points: list[Point] = []
    for site in plan.sites:
        for index in range(site.points):
            number = len(points) + 1
            repeats = index // len(site.places)
            place = site.places[index % len(site.places)]
            ratio = site.ratios[index % len(site.ratios)]
            point = Point(
                key=f"{plan.key}-{number}",
                number=number,
                name=f"{place} {repeats + 1}" if site.points > len(site.places) else place,
                site=site,
                monthly_kwh=site.monthly_kwh * Decimal(chance.randint(70, 130)) / 100,
                losses_percent=Decimal("1.5") if _has(plan, "losses", number, 3) else Decimal(0),
                is_rolling_over=_has(plan, "rollover", number, 2),
            )
            point.installed.extend(_installed(plan, point, ratio, today, chance))
            points.append(point)
    return points


def _has(plan: plans.ContractPlan, event: str, number: int, chosen: int) -> bool:
    return event in plan.events and number == chosen


def _installed(
    plan: plans.ContractPlan,
    point: Point,
    ratio: int,
    today: datetime.date,
    chance: random.Random,
) -> list[Installed]:
    """One meter, or two where it was replaced; the ratio is that of the place."""
    is_automatic = "automatic" in plan.events and point.number <= 2
    first = _meter(f"{point.key}-a", plan, plan.signed_on.year, point, is_automatic, today, chance)
    if _has(plan, "replacement", point.number, 2):
        moment = Month.of(today).shifted(-REPLACED_MONTHS_AGO).first_day
    elif _has(plan, "fresh", point.number, 4) and today.day > 2:
        moment = today.replace(day=today.day // 2 + 1)
    else:
        return [
            Installed(
                key=first.key,
                meter=first,
                ratio=ratio,
                installed_on=plan.signed_on,
                removed_on=plan.terminated_on(today),
                transformers_verified_until=_transformers(plan, point, ratio, today),
            )
        ]
    second = _meter(f"{point.key}-b", plan, moment.year, point, is_automatic, today, chance)
    return [
        Installed(
            key=first.key, meter=first, ratio=ratio, installed_on=plan.signed_on, removed_on=moment
        ),
        Installed(key=second.key, meter=second, ratio=ratio, installed_on=moment),
    ]


def _transformers(
    plan: plans.ContractPlan, point: Point, ratio: int, today: datetime.date
) -> datetime.date | None:
    """Until when the current transformers are verified; None where there are none."""
    if ratio == 1:
        return None
    if _has(plan, "verification", point.number, 1):
        return today - EXPIRED_FOR
    return datetime.date(today.year + 1 + point.number % 3, 6, 30)


def _meter(
    key: str,
    plan: plans.ContractPlan,
    year: int,
    point: Point,
    is_automatic: bool,
    today: datetime.date,
    chance: random.Random,
) -> Meter:
    zones = point.site.zones
    make, model = chance.choice(_MODELS[zones])
    return Meter(
        key=key,
        make=make,
        model=model,
        serial=str(chance.randint(10_000_000, 49_999_999)),
        year=year,
        verified_until=(
            today + VERIFIED_FOR
            if key.endswith("-3-a") and "verification" in plan.events
            else datetime.date(
                max(year + 10, today.year + 1), chance.randint(1, 12), chance.randint(1, 28)
            )
        ),
        is_automatic=is_automatic,
        zones=zones,
        integer_digits=6 if zones == plans.ONE_RATE else 7,
    )
