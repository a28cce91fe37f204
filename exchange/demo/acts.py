"""What the demo's acts of installation and of removal state."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from exchange.demo import points, readings
from meters.models import ActReading

Row = dict[str, Any]

Moment = ActReading.Moment
# Of a usual month's energy, what a meter has counted until it is taken away in the middle of it.
_UNTIL_REMOVAL = Decimal("0.4")
# What a new display shows after its trial.
_AFTER_TRIAL = Decimal("0.7")


def tables(placed: list[points.Point], shown: list[readings.Shown]) -> Iterator[tuple[str, Row]]:
    """Each row with the name of its table: of every meter that was replaced, and of the new one."""
    known: dict[tuple[str, str], list[readings.Shown]] = {}
    for one in shown:
        known.setdefault((one.meter.key, one.zone), []).append(one)
    for point in placed:
        if len(point.installed) < 2:
            continue
        old, new = point.installed
        for zone in old.meter.zones:
            last = max(known[old.meter.key, zone], key=lambda one: one.period)
            yield _row(
                old, zone, Moment.REMOVED, _removed(point, old, new, zone, last.value, known)
            )
        for zone in new.meter.zones:
            first = known.get((new.meter.key, zone))
            value = min(first, key=lambda one: one.period).value if first else _AFTER_TRIAL
            yield _row(new, zone, Moment.INSTALLED, value)


def _moved(point: points.Point, old: points.Installed, zone: str) -> Decimal:
    """What a meter that is taken away in the middle of a month has counted in it."""
    unit = Decimal(1).scaleb(-old.meter.fraction_digits)
    energy = point.monthly_kwh * readings.SHARES[zone] * _UNTIL_REMOVAL
    return (energy / old.ratio).quantize(unit)


def _row(installed: points.Installed, zone: str, moment: Moment, value: Decimal) -> tuple[str, Row]:
    return (
        "act_readings",
        {
            "external_id": f"{installed.key}-{zone}-{moment}",
            "installation": installed.key,
            "register": f"{installed.meter.key}-{zone}",
            "moment": str(moment),
            "value": value,
        },
    )
