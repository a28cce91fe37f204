"""What is measured where: the registers of a contract with their ratio and two readings."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch
from django.utils import timezone

from contracts.models import Contract
from contracts.periods import Month
from meters import consumption
from meters.checks import Display
from meters.models import Installation, Meter, MeteringPoint, Reading, Register


@dataclass(frozen=True, kw_only=True)
class Place:
    """A register at a metering point in one billing period.

    `previous` is what stands for the month before, `standing` for the period itself. `is_counted`:
    its consumption adds to the contract's total (Σ beside zones does not). `hangs_since`: the first
    day on which the point was in force with this meter.
    """

    point: MeteringPoint
    meter: Meter
    register: Register
    ratio: int
    hangs_since: datetime.date
    previous: Reading | None
    standing: Reading | None
    is_counted: bool

    @property
    def is_asked(self) -> bool:
        """Whether the client enters this one; automatic meters report by themselves."""
        return not self.meter.is_automatic

    @property
    def is_done(self) -> bool:
        """Whether a reading of the period is there, whoever stated it."""
        return self.standing is not None

    @property
    def display(self) -> Display:
        """What the register can show."""
        return Display(self.register.integer_digits, self.register.fraction_digits)

    @property
    def previous_value(self) -> Decimal | None:
        """Last month's value."""
        return self.previous.value if self.previous else None

    def consumption(self, value: Decimal | None, *, is_rollover: bool) -> Decimal | None:
        """What `value` would mean, in the register's unit."""
        return consumption.consumption(
            previous=self.previous_value,
            current=value,
            ratio=self.ratio,
            capacity=self.register.capacity,
            is_rollover=is_rollover,
        )

    @property
    def standing_consumption(self) -> Decimal | None:
        """What the reading that stands means."""
        if self.standing is None:
            return None
        return self.consumption(self.standing.value, is_rollover=self.standing.is_confirmed)


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """All registers of a contract in a period; `bare` are points without a meter."""

    period: Month
    places: list[Place]
    bare: list[MeteringPoint]

    @property
    def asked(self) -> list[Place]:
        """Those that the client enters."""
        return [place for place in self.places if place.is_asked]

    @property
    def progress(self) -> tuple[int, int]:
        """Points wholly handed in, and points to hand in; automatic ones are not among them."""
        points: dict[int, bool] = {}
        for place in self.asked:
            points[place.point.pk] = points.get(place.point.pk, True) and place.is_done
        return sum(points.values()), len(points)


def take(contract: Contract, period: Month) -> Inventory:
    """The contract's registers as they hang at the end of `period` (today, while it lasts).

    Four statements, however many registers there are.
    """
    readings = _standing(contract, period)
    places: list[Place] = []
    bare: list[MeteringPoint] = []
    for point in _points(contract, min(period.last_day, timezone.localdate())):
        installed: list[Installation] = point.installed  # type: ignore[attr-defined]
        if not installed:
            bare.append(point)
        for installation in installed:
            places += _places(point, installation, period, readings)
    return Inventory(period=period, places=places, bare=bare)


Readings = dict[tuple[datetime.date, int, int], Reading]


def _standing(contract: Contract, period: Month) -> Readings:
    """What stands for the period and the month before, by period, point and register."""
    found = Reading.objects.standing(contract, period.shifted(-1).first_day, period.first_day)
    found = found.select_related("submission")
    return {(row.period, row.point_id, row.register_id): row for row in found}


def _points(contract: Contract, day: datetime.date) -> list[MeteringPoint]:
    """Points in force on `day`, each with the meters `installed` on it then (one at most)."""
    registers = Prefetch("meter__registers", Register.objects.order_by("order", "pk"))
    installed = Prefetch(
        "installations",
        Installation.objects.on(day).select_related("meter").prefetch_related(registers),
        to_attr="installed",
    )
    points = MeteringPoint.objects.filter(contract=contract).on(day)
    return list(points.prefetch_related(installed).order_by("number", "pk"))


def _places(
    point: MeteringPoint, installation: Installation, period: Month, readings: Readings
) -> list[Place]:
    registers = list(installation.meter.registers.all())
    earlier = period.shifted(-1).first_day
    return [
        Place(
            point=point,
            meter=installation.meter,
            register=register,
            ratio=installation.ratio,
            hangs_since=max(installation.installed_on, point.opened_on),
            previous=readings.get((earlier, point.pk, register.pk)),
            standing=readings.get((period.first_day, point.pk, register.pk)),
            is_counted=consumption.is_in_total(register, registers),
        )
        for register in registers
    ]
