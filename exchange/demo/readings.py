"""What the registers showed at the end of each month, and the energy that it means."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass
from decimal import Decimal

from contracts.periods import Month
from exchange.demo import plans, points
from meters.models import Reading

_SEASON = (118, 114, 108, 99, 91, 86, 84, 87, 93, 102, 110, 117)
# Of a month's energy, which part falls into the zone.
SHARES = {
    "total": Decimal(1),
    "day": Decimal("0.68"),
    "peak": Decimal("0.27"),
    "half_peak": Decimal("0.44"),
    "night": Decimal("0.29"),
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One reading: what `zone` of `meter` at `point` showed at the end of `period`."""

    point: points.Point
    meter: points.Meter
    zone: str
    period: Month
    value: Decimal
    source: str
    received_at: datetime.datetime
    is_rollover: bool = False


@dataclass(frozen=True, kw_only=True)
class Used:
    """One register's month: energy with 3 places, losses included in `total_kwh`."""

    point: points.Point
    meter: points.Meter
    zone: str
    ratio: int
    previous: Decimal
    current: Decimal
    difference: Decimal
    metered_kwh: Decimal
    losses_kwh: Decimal

    @property
    def total_kwh(self) -> Decimal:
        """What is paid for."""
        return self.metered_kwh + self.losses_kwh


class Registers:
    """The registers of a contract's points, going forward month by month.

    `shown` gathers the readings; `advance` gives what the month used.
    """

    def __init__(
        self,
        placed: list[points.Point],
        first: Month,
        today: datetime.date,
        zone_info: datetime.tzinfo,
        chance: random.Random,
    ) -> None:
        self.shown: list[Shown] = []
        self._points = placed
        self._first = first
        self._today = today
        self._zone_info = zone_info
        self._chance = chance
        self._values: dict[tuple[str, str], Decimal] = {}

    def advance(self, month: Month) -> list[Used]:
        """Let `month` pass: every register that hangs in it moves on and is read."""
        used: list[Used] = []
        for point in self._points:
            season = Decimal(_SEASON[month.number - 1] * self._chance.randint(93, 107)) / 10_000
            for installed in point.installed:
                if installed.hangs_in(month):
                    used += [
                        self._read(point, installed, zone, month, point.monthly_kwh * season)
                        for zone in installed.meter.zones
                    ]
        return used

    def _read(
        self,
        point: points.Point,
        installed: points.Installed,
        zone: str,
        month: Month,
        energy_kwh: Decimal,
    ) -> Used:
        meter = installed.meter
        unit = Decimal(1).scaleb(-meter.fraction_digits)
        moved = (energy_kwh * SHARES[zone] / installed.ratio).quantize(unit)
        previous = self._values.get((meter.key, zone))
        if previous is None:
            previous = self._opening(point, meter, zone, month, moved)
        capacity = Decimal(10) ** meter.integer_digits
        current = (previous + moved) % capacity
        self._values[meter.key, zone] = current
        self._note(point, meter, zone, month, current, is_rollover=current < previous)
        metered = moved * installed.ratio
        return Used(
            point=point,
            meter=meter,
            zone=zone,
            ratio=installed.ratio,
            previous=previous,
            current=current,
            difference=moved,
            metered_kwh=metered,
            losses_kwh=(metered * point.losses_percent / 100).quantize(Decimal(1)),
        )

    def _opening(
        self,
        point: points.Point,
        meter: points.Meter,
        zone: str,
        month: Month,
        moved: Decimal,
    ) -> Decimal:
        """What stood when the history, or the meter at its place, began."""
        unit = Decimal(1).scaleb(-meter.fraction_digits)
        if month != self._first:
            value = Decimal(self._chance.randint(1, 30)) * unit
        elif point.is_rolling_over:
            passed = plans.HISTORY_MONTHS - points.ROLLED_OVER_MONTHS_AGO
            value = Decimal(10) ** meter.integer_digits - moved * passed
        else:
            # Room for the history: nothing else passes zero.
            room = 10**meter.integer_digits - int(moved * (plans.HISTORY_MONTHS + 12))
            value = Decimal(self._chance.randint(room // 20, room // 2)) + unit * 3
        self._note(point, meter, zone, month.shifted(-1), value)
        return value

    def _note(
        self,
        point: points.Point,
        meter: points.Meter,
        zone: str,
        period: Month,
        value: Decimal,
        *,
        is_rollover: bool = False,
    ) -> None:
        source, hour = self._source(meter)
        midnight = datetime.datetime.combine(
            period.shifted(1).first_day, datetime.time(), tzinfo=self._zone_info
        )
        latest = datetime.datetime.combine(self._today, datetime.time(), tzinfo=self._zone_info)
        self.shown.append(
            Shown(
                point=point,
                meter=meter,
                zone=zone,
                period=period,
                value=value,
                source=source,
                received_at=min(midnight + datetime.timedelta(hours=hour), latest),
                is_rollover=is_rollover,
            )
        )

    def _source(self, meter: points.Meter) -> tuple[str, int]:
        """Who stated a reading, and how many hours after the month's end."""
        if meter.is_automatic:
            return Reading.Source.AUTOMATIC, 1
        lot = self._chance.random()
        if lot < 0.03:
            return Reading.Source.CALCULATED, 34
        return (Reading.Source.OFFICE, 15) if lot < 0.25 else (Reading.Source.NETWORK, 11)
