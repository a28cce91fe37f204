"""What is measured where: the registers of a contract in a month, with ratio and two readings.

Rows of plain values instead of models: a contract may have a thousand registers, and every page of
readings needs all of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from meters import consumption, usage
from meters.checks import Display
from meters.models import ActReading, BillingAnswer, Installation, MeteringPoint, Reading

# How long before its end a verification is mentioned.
VERIFICATION_NOTICE = datetime.timedelta(days=90)


class Shown(NamedTuple):
    """A reading that counts: what it says, who stated it and when, and what billing answered.

    `answer` is a `BillingAnswer.State`, empty while billing has said nothing of it.
    """

    value: Decimal
    source: str
    received_at: datetime.datetime
    is_rollover: bool
    is_late: bool
    answer: str = ""
    answer_reason: str = ""

    @property
    def is_rejected(self) -> bool:
        """Whether billing has refused the value."""
        return self.answer == BillingAnswer.State.REJECTED


class _Row(NamedTuple):
    """A line of the one statement behind the inventory, in the order of `_COLUMNS`."""

    point_id: int
    point_code: str
    number: int
    point: str
    where: str
    site: str
    max_power_kw: Decimal | None
    losses_percent: Decimal | None
    losses_kwh: Decimal | None
    opened_on: datetime.date
    installation_id: int
    ratio: int
    installed_on: datetime.date
    removed_on: datetime.date | None
    current_transformers_verified_until: datetime.date | None
    voltage_transformers_verified_until: datetime.date | None
    make: str
    model: str
    serial: str
    is_automatic: bool
    verified_until: datetime.date | None
    register_id: int | None
    register_code: str
    energy: str
    zone: str
    integer_digits: int
    fraction_digits: int


_COLUMNS = (
    "point_id", "point__external_id", "point__number", "point__name", "point__place",
    "point__site", "point__max_power_kw", "point__losses_percent", "point__losses_kwh",
    "point__opened_on", "pk", "ratio", "installed_on", "removed_on",
    "current_transformers_verified_until", "voltage_transformers_verified_until", "meter__make",
    "meter__model", "meter__serial", "meter__is_automatic", "meter__verified_until",
    "meter__registers__pk", "meter__registers__external_id", "meter__registers__energy",
    "meter__registers__zone", "meter__registers__integer_digits",
    "meter__registers__fraction_digits",
)  # fmt: skip


@dataclass(kw_only=True, slots=True, eq=False)
class Place:
    """A register at a metering point in one billing period.

    `previous` is what stands for the month before, `standing` for the period itself. `opening` and
    `closing` are what the acts of installation and of removal state, where they fall into the
    period. `is_counted`: its consumption adds to the contract's total (Σ beside zones does not).
    `year_ago` is what the point used in the same month of last year, in the same unit.
    """

    row: _Row
    register_id: int
    is_counted: bool
    period: Month
    today: datetime.date
    previous: Shown | None = None
    standing: Shown | None = None
    opening: Decimal | None = None
    closing: Decimal | None = None
    year_ago: Decimal | None = None

    @property
    def counter(self) -> usage.Counter:
        """The point, the energy and the zone: what stays the same when a meter is replaced."""
        return self.row.point_id, self.row.energy, self.row.zone

    @property
    def is_removed(self) -> bool:
        """Whether the meter was taken away within the period: its act is the reading."""
        removed_on = self.row.removed_on
        return removed_on is not None and removed_on <= min(self.period.last_day, self.today)

    @property
    def is_asked(self) -> bool:
        """Whether the client enters this one; automatic meters report by themselves."""
        return not self.row.is_automatic and not self.is_removed

    @property
    def is_done(self) -> bool:
        """Whether a reading is there, whoever stated it, and billing has not refused it."""
        return self.standing is not None and not self.standing.is_rejected

    def refused(self, value: Decimal | None) -> Shown | None:
        """What stands, if it is this very value and billing has refused it."""
        standing = self.standing
        if standing is None or not standing.is_rejected or standing.value != value:
            return None
        return standing

    @property
    def hangs_since(self) -> datetime.date:
        """The first day on which the point was in force with this meter."""
        return max(self.row.installed_on, self.row.opened_on)

    @property
    def meter(self) -> str:
        """Make and type: «Меркурий 234 ART-03»."""
        return f"{self.row.make} {self.row.model}".strip()

    @property
    def unit(self) -> str:
        """What the register counts in."""
        return consumption.unit(self.row.energy)

    @property
    def display(self) -> Display:
        """What the register can show."""
        return Display(self.row.integer_digits, self.row.fraction_digits)

    @property
    def previous_value(self) -> Decimal | None:
        """What the month began with: last month's value, or that of the act of installation."""
        if self.opening is not None:
            return self.opening
        return self.previous.value if self.previous else None

    @property
    def verified_until(self) -> datetime.date | None:
        """The first day on which the meter or one of its transformers is no longer verified."""
        row = self.row
        terms = (
            row.verified_until,
            row.current_transformers_verified_until,
            row.voltage_transformers_verified_until,
        )
        return min((day for day in terms if day is not None), default=None)

    def consumption(self, value: Decimal | None, *, is_rollover: bool) -> Decimal | None:
        """What `value` at the end of the period would mean, in the register's unit."""
        return consumption.measured(
            previous=self.previous_value,
            current=value,
            ratio=self.row.ratio,
            integer_digits=self.row.integer_digits,
            is_rollover=is_rollover,
        )

    @property
    def standing_consumption(self) -> Decimal | None:
        """What the reading that stands means; of a removed meter, what its act means."""
        if self.is_removed and self.closing is not None:
            return self.consumption(self.closing, is_rollover=False)
        if self.standing is None:
            return None
        return self.consumption(self.standing.value, is_rollover=self.standing.is_rollover)


@dataclass(frozen=True, kw_only=True)
class Bare:
    """A point in force without a meter."""

    number: int
    point: str
    where: str
    site: str


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """All registers of a contract in a period; `bare` are points without a meter."""

    period: Month
    places: list[Place]
    bare: list[Bare] = field(default_factory=list)

    @property
    def asked(self) -> list[Place]:
        """Those that the client enters."""
        return [place for place in self.places if place.is_asked]

    @property
    def progress(self) -> tuple[int, int]:
        """Points wholly handed in, and points to hand in; automatic ones are not among them."""
        points: dict[int, bool] = {}
        for place in self.places:
            if place.is_asked:
                point = place.row.point_id
                points[point] = points.get(point, True) and place.is_done
        return sum(points.values()), len(points)


def take(contract: Contract, period: Month) -> Inventory:
    """The contract's registers as they hang at the end of `period` (today, while it lasts).

    Meters that were removed within the period come before those that replaced them. Six
    statements, however many registers there are.
    """
    today = timezone.localdate()
    day = min(period.last_day, today)
    rows = _rows(contract, period, day)
    counted = _counted(rows)
    readings = _standing(contract, period)
    acts = _acts(rows, period)
    year_ago = usage.in_month(contract, period.shifted(-12))
    earlier, current = period.shifted(-1).first_day, period.first_day
    places = [
        Place(
            row=row,
            register_id=row.register_id,
            is_counted=counted[row.installation_id, row.register_id],
            period=period,
            today=today,
            previous=readings.get((earlier, row.point_id, row.register_id)),
            standing=readings.get((current, row.point_id, row.register_id)),
            opening=acts.get((row.installation_id, row.register_id, _INSTALLED)),
            closing=acts.get((row.installation_id, row.register_id, _REMOVED)),
            year_ago=year_ago.get((row.point_id, row.energy, row.zone)),
        )
        for row in rows
        if row.register_id is not None
    ]
    return Inventory(period=period, places=places, bare=_bare(contract, day))


_INSTALLED, _REMOVED = ActReading.Moment.INSTALLED, ActReading.Moment.REMOVED


def _rows(contract: Contract, period: Month, day: datetime.date) -> list[_Row]:
    """Registers that hang on `day` or were removed since the period began, in their order."""
    found = Installation.objects.filter(
        Q(removed_on__isnull=True) | Q(removed_on__gt=period.first_day),
        Q(point__closed_on__isnull=True) | Q(point__closed_on__gt=day),
        point__contract=contract,
        point__opened_on__lte=day,
        installed_on__lte=day,
    )
    ordered = found.order_by(
        "point__number", "point_id", "installed_on", "meter__registers__order",
        "meter__registers__pk",
    )  # fmt: skip
    return [_Row._make(row) for row in ordered.values_list(*_COLUMNS)]


def _counted(rows: Iterable[_Row]) -> dict[tuple[int, int], bool]:
    """Which registers add to their meter's total, by installation and register."""
    of_meter: dict[int, list[_Row]] = {}
    for row in rows:
        of_meter.setdefault(row.installation_id, []).append(row)
    return {
        (installation, row.register_id): consumption.is_in_total(
            row.energy, row.zone, [(other.energy, other.zone) for other in registers]
        )
        for installation, registers in of_meter.items()
        for row in registers
        if row.register_id is not None
    }


def _standing(contract: Contract, period: Month) -> dict[tuple[datetime.date, int, int], Shown]:
    """What stands for the period and the month before, by period, point and register."""
    first, last = period.shifted(-1).first_day, period.first_day
    answers = _answers(contract, first, last)
    rows = Reading.objects.standing(contract, first, last).values_list(
        "period", "point_id", "register_id", "value", "source", "received_at", "is_rollover",
        "submission__is_late", "submission_id",
    )  # fmt: skip
    return {
        (month, point, register): Shown(
            value,
            source,
            received_at,
            is_rollover,
            bool(is_late),
            *answers.get((submission, register), ()),
        )
        for (
            month, point, register, value, source, received_at, is_rollover, is_late, submission
        ) in rows
    }  # fmt: skip


def _answers(
    contract: Contract, first: datetime.date, last: datetime.date
) -> dict[tuple[int, int], tuple[str, str]]:
    """Billing's latest answers about the client's values, by submission and register."""
    answers = BillingAnswer.objects.filter(
        submission__contract=contract, submission__period__range=(first, last)
    )
    latest = answers.order_by("submission_id", "register_id", "-answered_at", "-pk").distinct(
        "submission_id", "register_id"
    )
    rows = latest.values_list("submission_id", "register_id", "state", "reason")
    return {(submission, register): (state, why) for submission, register, state, why in rows}


def _acts(rows: Iterable[_Row], period: Month) -> dict[tuple[int, int, str], Decimal]:
    """What acts of the period state, by installation, register and act."""
    first, last = period.first_day, period.last_day
    within = {
        row.installation_id
        for row in rows
        if first <= row.installed_on or (row.removed_on and row.removed_on <= last)
    }
    acts = ActReading.objects.filter(installation__in=within)
    found = {(act.installation_id, act.register_id, act.moment): act.value for act in acts}
    installed = {row.installation_id for row in rows if row.installed_on >= first}
    return {key: value for key, value in found.items() if key[2] == _REMOVED or key[0] in installed}


def _bare(contract: Contract, day: datetime.date) -> list[Bare]:
    """Points in force on `day` on which no meter hangs."""
    hung = Installation.objects.on(day).filter(point__contract=contract).values("point")
    points = MeteringPoint.objects.filter(contract=contract).on(day).exclude(pk__in=hung)
    rows = points.order_by("number", "pk").values_list("number", "name", "place", "site")
    return [Bare(number=row[0], point=row[1], where=row[2], site=row[3]) for row in rows]


def why_gone(contract: Contract, registers: Collection[int]) -> dict[int, str]:
    """Why registers of a contract are asked for no more, by their keys; foreign ones are left out.

    A page that stood open while a point was closed or a meter removed names them still.
    """
    hung = Installation.objects.filter(
        point__contract=contract, meter__registers__in=list(registers)
    )
    rows = hung.order_by("installed_on").values_list(
        "meter__registers", "point__name", "point__closed_on", "meter__serial", "removed_on"
    )
    reasons: dict[int, str] = {}
    for register, point, closed_on, serial, removed_on in rows:
        if closed_on is not None:
            reasons[register] = f"точка «{point}» закрыта {formats.day(closed_on)}"
        elif removed_on is not None:
            reasons[register] = f"счётчик №{formats.NBSP}{serial} снят {formats.day(removed_on)}"
    return reasons
