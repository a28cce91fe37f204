"""«История передачи показаний»: all readings of a span of periods, and which one counts."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from cabinet import formats
from contracts.models import Contract
from meters import consumption, receipts, table, versions
from meters.checks import Display
from meters.models import Reading, Register


@dataclass(frozen=True, kw_only=True)
class Row:
    """A reading as the history shows it; `number` is that of its receipt, empty for billing's."""

    moment: str
    number: str
    who: str
    is_late: bool
    point: str
    where: str
    meter: str
    serial: str
    zone: str
    energy: str
    value: str
    consumption: str
    unit: str
    is_counted: bool
    replaced: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """The rows of one billing period."""

    period: str
    rows: list[Row]


def readings_between(
    contract: Contract, first_day: datetime.date, last_day: datetime.date
) -> QuerySet[Reading]:
    """Readings of the billing periods between two days, the newest period and moment first."""
    found = Reading.objects.filter(contract=contract, period__range=(first_day, last_day))
    found = found.select_related("point", "register__meter", "submission__submitted_by")
    with_previous = versions.with_previous(found, as_then=False)
    return versions.with_replacement(versions.with_ratio(with_previous)).order_by(
        "-period", "-received_at", "-submission_id", "point__number", "register__order", "-pk"
    )


def groups(readings: Iterable[Any]) -> list[Group]:
    """The rows of a page, period by period."""
    found: dict[datetime.date, Group] = {}
    for reading in readings:
        period = formats.month(reading.period)
        found.setdefault(reading.period, Group(period=period, rows=[])).rows.append(_row(reading))
    return list(found.values())


def _row(reading: Any) -> Row:
    register: Register = reading.register
    submission = reading.submission
    zone, energy = table.zone_words(register.energy, register.zone)
    display = Display(register.integer_digits, register.fraction_digits)
    return Row(
        moment=formats.moment(reading.received_at),
        number=submission.number if submission else "",
        who=submission.submitted_by.short_name if submission else reading.get_source_display(),
        is_late=bool(submission and submission.is_late),
        point=reading.point.name,
        where=reading.point.place,
        meter=register.meter.title,
        serial=register.meter.serial,
        zone=zone,
        energy=energy,
        value=display.show(reading.value),
        consumption=formats.exact(receipts.consumed(reading)),
        unit="" if consumption.is_active(register.energy) else consumption.unit(register.energy),
        is_counted=reading.next_received_at is None,
        replaced=_replaced(reading),
    )


def _replaced(reading: Any) -> str:
    """«заменено 29.11.2026 19:52, введено офисом»; empty while the row counts."""
    if reading.next_received_at is None:
        return ""
    words = f"заменено {formats.moment(reading.next_received_at)}"
    if reading.next_source != Reading.Source.CLIENT:
        words += f", {table.SOURCE_MARKS[reading.next_source]}"
    return words
