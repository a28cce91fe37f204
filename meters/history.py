"""«История передачи показаний»: every version of a value, and which one counts.

The rows stand month by month, the newest first; within a month by point and register, the versions
of one value together, the counting one above those that it replaced.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet

from cabinet import formats
from contracts.models import Contract
from meters import answers, consumption, receipts, table, versions
from meters.answers import Answer
from meters.checks import Display
from meters.models import BillingAnswer, MeteringPoint, Reading, Register

ORDER = (
    "-period", "point__number", "point_id", "register__meter_id", "register__order", "register_id",
    "-received_at", "-pk",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A version as the history shows it; `number` is that of its receipt, empty for billing's.

    `replaced` and `correction` say what came after and before it; `answer` is None where nobody
    asked billing for one.
    """

    moment: str
    number: str
    who: str
    is_late: bool
    point_id: int
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
    correction: str
    asked: str
    explanation: str
    answer: Answer | None

    @property
    def unit_words(self) -> str:
        """The unit, of active energy too: `unit` is empty for it."""
        return self.unit or "кВт·ч"


@dataclass(frozen=True, kw_only=True)
class Group:
    """The rows of one billing period."""

    period: str
    rows: list[Row]


def readings_between(
    contract: Contract,
    first_day: datetime.date,
    last_day: datetime.date,
    *,
    point: MeteringPoint | None = None,
) -> QuerySet[Reading]:
    """Readings of the billing periods between two days, of one point if it is given."""
    found = Reading.objects.filter(contract=contract, period__range=(first_day, last_day))
    return found if point is None else found.filter(point=point)


def with_versions(readings: QuerySet[Reading]) -> QuerySet[Reading]:
    """Adds to each what stood before it, what replaced it and its ratio; in the order of rows."""
    readings = readings.select_related("point", "register__meter", "submission__submitted_by")
    readings = versions.with_previous(readings, as_then=False)
    readings = versions.with_former(versions.with_ratio(readings))
    return versions.with_replacement(readings).order_by(*ORDER)


class HistoryPaginator(Paginator):
    """Pages of `readings_between`: counted by months, so that no page walks past its own month.

    The database skips the rows of earlier pages within one month at most, whatever the span; what
    belongs to a row is asked for those of the page alone.
    """

    @cached_property
    def _months(self) -> list[tuple[datetime.date, int]]:
        """Each month with the number of its rows."""
        readings: Any = self.object_list
        return list(readings.order_by("-period").values_list("period").annotate(Count("pk")))

    @cached_property
    def count(self) -> int:
        """Rows of the whole span."""
        return sum(rows for _, rows in self._months)

    def page(self, number: int | str) -> Page[Any]:
        """The rows of page `number`, complete."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        passed, offset = 0, 0
        months: list[datetime.date] = []
        for month, rows in self._months:
            if passed < first + self.per_page and first < passed + rows:
                offset = offset if months else first - passed
                months.append(month)
            passed += rows
        readings: Any = self.object_list
        found = readings.filter(period__in=months).order_by(*ORDER).values_list("pk", flat=True)
        keys = list(found[offset : offset + self.per_page])
        complete = with_versions(Reading.objects.filter(pk__in=keys))
        return Page(complete, number, self)


def groups(readings: Iterable[Any]) -> list[Group]:
    """The rows of a page, period by period."""
    rows = list(readings)
    said = answers.latest({row.submission_id for row in rows if row.submission_id})
    found: dict[datetime.date, Group] = {}
    for reading in rows:
        period = formats.month(reading.period)
        group = found.setdefault(reading.period, Group(period=period, rows=[]))
        group.rows.append(_row(reading, said))
    return list(found.values())


def _row(reading: Any, said: Mapping[answers.Key, BillingAnswer]) -> Row:
    register: Register = reading.register
    submission = reading.submission
    zone, energy = table.zone_words(register.energy, register.zone)
    return Row(
        moment=formats.moment(reading.received_at),
        number=submission.number if submission else "",
        who=submission.submitted_by.short_name if submission else reading.get_source_display(),
        is_late=bool(submission and submission.is_late),
        point_id=reading.point_id,
        point=reading.point.name,
        where=reading.point.place,
        meter=register.meter.title,
        serial=register.meter.serial,
        zone=zone,
        energy=energy,
        value=display(register).show(reading.value),
        consumption=formats.exact(receipts.consumed(reading)),
        unit="" if consumption.is_active(register.energy) else consumption.unit(register.energy),
        is_counted=reading.next_received_at is None,
        replaced=replaced_words(reading),
        correction=correction_words(reading),
        asked=asked_words(reading),
        explanation=reading.explanation,
        answer=(
            answers.shown(said.get((reading.submission_id, register.pk))) if submission else None
        ),
    )


def display(register: Register) -> Display:
    """What the register can show."""
    return Display(register.integer_digits, register.fraction_digits)


def replaced_words(reading: Any) -> str:
    """«заменено 29.11.2026 19:52, введено офисом»; empty while the row counts."""
    if reading.next_received_at is None:
        return ""
    words = f"заменено {formats.moment(reading.next_received_at)}"
    if reading.next_source != Reading.Source.CLIENT:
        words += f", {table.SOURCE_MARKS[reading.next_source]}"
    return words


def correction_words(reading: Any) -> str:
    """«вместо 001 000,1: ошибка при вводе», where the client replaced a value; else empty.

    Who states what stands already (of the network company, say) replaces nothing.
    """
    if reading.former_value in (None, reading.value) or reading.submission is None:
        return ""
    words = f"вместо {display(reading.register).show(reading.former_value)}"
    reason = reading.submission.correction_reason
    return f"{words}: {reason}" if reason else words


def asked_words(reading: Any) -> str:
    """What the client was asked about: «больше обычного, нулевой расход»; mostly empty."""
    rollover = "счётчик перешёл через ноль" if reading.is_rollover else ""
    return ", ".join(filter(None, (receipts.asked_words(reading.doubts), rollover)))
