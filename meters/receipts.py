"""A receipt: what one submission handed in, as it stood at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from meters import consumption, notices, rules, table, versions
from meters.checks import Display
from meters.models import Doubt, Reading, Register, Submission


@dataclass(frozen=True, kw_only=True)
class Row:
    """A value of the receipt as it is shown."""

    point: str
    meter: str
    serial: str
    zone: str
    energy: str
    previous: str
    value: str
    consumption: str
    unit: str
    mark: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the page of a receipt shows; `correction_term` is empty when it is too late."""

    submission: Submission
    facts: list[tuple[str, str]]
    rows: list[Row]
    caption: str
    totals: list[table.Total]
    correction_term: str
    period: Month

    @property
    def has_marks(self) -> bool:
        """Whether the last column says anything."""
        return any(row.mark for row in self.rows)


def of_contract(contract: Contract) -> QuerySet[Submission]:
    """The submissions of a contract, with who made them."""
    return Submission.objects.filter(contract=contract).select_related("submitted_by")


def open_receipt(submission: Submission) -> Receipt:
    """The receipt of `submission`, in as many statements however long it is.

    Previous values and consumption are those known when it came: later corrections of the month
    before do not change a paper that somebody may have printed.
    """
    readings = list(_readings(submission))
    period = Month.of(submission.period)
    points = {reading.point_id for reading in readings}
    handed = formats.counted(len(readings), "показание", "показания", "показаний")
    at = formats.counted(len(points), "точке", "точкам", "точкам")
    return Receipt(
        submission=submission,
        facts=_facts(submission),
        rows=[_row(reading) for reading in readings],
        caption=f"Передано {handed} по {at} учёта",
        totals=_totals(readings),
        correction_term=notices.correction_term(
            rules.of_contract(submission.contract), period, timezone.now()
        ),
        period=period,
    )


def _readings(submission: Submission) -> QuerySet[Reading]:
    found = submission.readings.select_related("point", "register__meter")
    found = found.prefetch_related("register__meter__registers")
    with_previous = versions.with_previous(found, as_then=True)
    return versions.with_replacement(versions.with_ratio(with_previous)).order_by(
        "point__number", "point_id", "register__order", "register_id"
    )


def _facts(submission: Submission) -> list[tuple[str, str]]:
    contract, person = submission.contract, submission.submitted_by
    came = "после срока" if submission.is_late else "в срок"
    return [
        ("Принято", f"{formats.moment_seconds(submission.received_at)}, {came}"),
        ("Период", formats.month(submission.period)),
        ("Договор", f"№{formats.NBSP}{contract.number} от {formats.day(contract.signed_on)}"),
        ("Потребитель", f"{contract.client.short_name}, ИНН{formats.NBSP}{contract.client.inn}"),
        ("Передал(а)", f"{person.full_name or person.username}, логин {person.username}"),
    ]


def consumed(reading: Any) -> Decimal | None:
    """What a reading with `ratio` and `previous_value` means, in the register's unit."""
    if reading.ratio is None:
        return None
    return consumption.measured(
        previous=reading.previous_value,
        current=reading.value,
        ratio=reading.ratio,
        integer_digits=reading.register.integer_digits,
        is_rollover=reading.is_rollover,
    )


def _row(reading: Any) -> Row:
    register: Register = reading.register
    display = Display(register.integer_digits, register.fraction_digits)
    zone, energy = table.zone_words(register.energy, register.zone)
    previous = reading.previous_value
    return Row(
        point=reading.point.name,
        meter=register.meter.title,
        serial=register.meter.serial,
        zone=zone,
        energy=energy,
        previous=formats.ABSENT if previous is None else display.show(previous),
        value=display.show(reading.value),
        consumption=formats.exact(consumed(reading)),
        unit="" if consumption.is_active(register.energy) else consumption.unit(register.energy),
        mark=_mark(reading, display),
    )


def _mark(reading: Any, display: Display) -> str:
    """What the client confirmed, and what counts now instead."""
    marks = []
    if reading.doubts:
        asked = ", ".join(str(Doubt(doubt).label) for doubt in reading.doubts)
        marks.append(f"подтверждено ({asked}): {reading.explanation}")
    if reading.next_received_at is not None:
        day = formats.day(reading.next_received_at)
        marks.append(f"заменено {day}: {display.show(reading.next_value)}")
    return "; ".join(marks)


def _totals(readings: list[Any]) -> list[table.Total]:
    """Sums by energy; Σ of a meter that has zones is not added, handed in with them or alone."""
    sums = consumption.sum_by(
        (reading.register.energy, consumed(reading)) for reading in readings if _is_counted(reading)
    )
    return [
        table.Total(
            energy=energy,
            label=table.ENERGIES[energy] if len(sums) > 1 else "",
            quantity=formats.exact(quantity),
            unit=consumption.unit(energy),
        )
        for energy, quantity in sorted(sums.items())
    ]


def _is_counted(reading: Any) -> bool:
    register = reading.register
    of_meter = [(other.energy, other.zone) for other in register.meter.registers.all()]
    return consumption.is_in_total(register.energy, register.zone, of_meter)
