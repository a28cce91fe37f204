"""A receipt: what one submission handed in, as it stood at that moment, and what came of it.

What the papers state (`contents`) never changes with what comes later; the page (`open_receipt`)
adds what replaced a value and what billing answered. Only replacements
that become known late are named late: the totals leave such meters out in any case.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from meters import answers, consumption, notices, rules, table, totals, versions
from meters.checks import Display
from meters.models import BillingAnswer, Doubt, Installation, Reading, Register, Submission


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A value as it is shown.

    `asked` and `explanation`: what the client was asked about it and answered; `former`: what it
    replaced. `replaced` and the answer came later, papers have neither.
    """

    number: int
    point: str
    where: str
    meter: str
    serial: str
    zone: str
    energy: str
    previous: str
    previous_note: str
    value: str
    difference: str
    ratio: str
    consumption: str
    unit: str
    asked: str
    explanation: str
    former: str
    replaced: str = ""
    answer: str = ""
    answer_colour: str = ""
    answer_note: str = ""
    is_rejected: bool = False

    @property
    def unit_words(self) -> str:
        """The unit, of active energy too: `unit` is empty for it."""
        return self.unit or "кВт·ч"

    @property
    def energy_words(self) -> str:
        """«26 128 кВт·ч», «—»."""
        if self.consumption == formats.ABSENT:
            return self.consumption
        return f"{self.consumption}{formats.NBSP}{self.unit_words}"

    @property
    def zone_words(self) -> str:
        """«день», «сутки, реактивная, приём»."""
        return f"{self.zone}, {self.energy}" if self.energy else self.zone

    @property
    def mark(self) -> str:
        """What there is to say beside the figures."""
        said = [
            f"подтверждено ({self.asked}): {self.explanation}" if self.asked else "",
            f"вместо {self.former}" if self.former else "",
            f"заменено {self.replaced}" if self.replaced else "",
        ]
        return "; ".join(words for words in said if words)


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a submission states, for ever."""

    submission: Submission
    facts: list[tuple[str, str]]
    rows: list[Row]
    caption: str
    totals: list[totals.Line]
    left_out: str
    period: Month

    @property
    def marked(self) -> list[Row]:
        """Values that were asked about, or replaced others."""
        return [row for row in self.rows if row.mark]


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the page of a receipt shows; `correction_term` is empty when it is too late."""

    contents: Contents
    answers: str
    correction_term: str

    @property
    def rejected(self) -> int:
        """How many values billing has rejected and nothing has replaced."""
        return sum(row.is_rejected and not row.replaced for row in self.contents.rows)

    @property
    def rejected_words(self) -> str:
        """«Биллинг отклонил 2 показания из 12.»; of all of them, that."""
        handed = len(self.contents.rows)
        if self.rejected == handed:
            return "Биллинг отклонил показания этой квитанции."
        words = formats.counted(self.rejected, "показание", "показания", "показаний")
        return f"Биллинг отклонил {words} из {formats.quantity(handed)}."

    @property
    def has_marks(self) -> bool:
        """Whether the column of remarks says anything."""
        return bool(self.contents.marked)


def of_contract(contract: Contract) -> QuerySet[Submission]:
    """The submissions of a contract, with who made them."""
    return Submission.objects.filter(contract=contract).select_related("submitted_by")


def open_receipt(submission: Submission) -> Receipt:
    """The receipt of `submission`, in as many statements however long it is."""
    latest = answers.latest([submission.pk])
    said = {register: answer for (_, register), answer in latest.items()}
    readings = list(versions.with_replacement(_readings(submission)))
    contents = _contents(submission, readings, said)
    return Receipt(
        contents=contents,
        answers=answers.summary(said.values(), len(readings)) if said else "",
        correction_term=notices.until_words(
            rules.of_contract(submission.contract), contents.period, timezone.now()
        ),
    )


def contents(submission: Submission) -> Contents:
    """What the papers of `submission` state.

    Previous values, ratios and what was replaced are those known when it came: later corrections of
    the month before do not change a paper that somebody may have printed.
    """
    return _contents(submission, list(_readings(submission)), {})


def _readings(submission: Submission) -> QuerySet[Reading]:
    found = submission.readings.select_related("point", "register__meter")
    found = found.prefetch_related("register__meter__registers")
    with_previous = versions.with_previous(found, as_then=True)
    return versions.with_former(versions.with_ratio(with_previous)).order_by(
        "point__number", "point_id", "register__meter_id", "register__order", "register_id"
    )


def _contents(
    submission: Submission, readings: Sequence[Any], said: Mapping[int, BillingAnswer]
) -> Contents:
    points = {reading.point_id for reading in readings}
    counted = [_counted(reading) for reading in readings]
    return Contents(
        submission=submission,
        facts=facts(submission),
        rows=[_row(reading, said.get(reading.register_id)) for reading in readings],
        caption=f"Передано {handed_words(len(readings), len(points))}",
        totals=totals.lines(counted),
        left_out=totals.left_out_words(counted, removed(submission, points)),
        period=Month.of(submission.period),
    )


def removed(submission: Submission, points: Collection[int]) -> list[str]:
    """Serial numbers of the meters taken away from `points` within the month of `submission`."""
    month = Month.of(submission.period)
    by_then = min(month.last_day, timezone.localdate(submission.received_at))
    taken = Installation.objects.filter(
        point_id__in=points, removed_on__range=(month.first_day, by_then)
    )
    return list(taken.order_by("removed_on", "pk").values_list("meter__serial", flat=True))


def handed_words(readings: int, points: int) -> str:
    """«12 показаний по 7 точкам учёта»."""
    handed = formats.counted(readings, "показание", "показания", "показаний")
    return f"{handed} по {formats.counted(points, 'точке', 'точкам', 'точкам')} учёта"


def facts(submission: Submission) -> list[tuple[str, str]]:
    """When, for which month and contract, by whom, and why anything was replaced."""
    contract, person = submission.contract, submission.submitted_by
    came = "после срока" if submission.is_late else "в срок"
    found = [
        ("Принято", f"{formats.moment_seconds(submission.received_at)}, {came}"),
        ("Период", formats.month(submission.period)),
        ("Договор", f"№{formats.NBSP}{contract.number} от {formats.day(contract.signed_on)}"),
        ("Потребитель", f"{contract.client.short_name}, ИНН{formats.NBSP}{contract.client.inn}"),
        ("Передал(а)", f"{person.full_name or person.username}, логин {person.username}"),
    ]
    if submission.correction_reason:
        found.append(("Причина исправления", submission.correction_reason))
    return found


def consumed(reading: Any) -> Decimal | None:
    """What a reading with `ratio` and `previous_value` means, in the register's unit."""
    return _passed(reading, reading.ratio)


def _passed(reading: Any, ratio: int | None) -> Decimal | None:
    if ratio is None:
        return None
    return consumption.measured(
        previous=reading.previous_value,
        current=reading.value,
        ratio=ratio,
        integer_digits=reading.register.integer_digits,
        is_rollover=reading.is_rollover,
    )


def _row(reading: Any, answer: BillingAnswer | None) -> Row:
    point, register = reading.point, reading.register
    show = Display(register.integer_digits, register.fraction_digits).show
    zone, energy = table.zone_words(register.energy, register.zone)
    previous, installed_on = reading.previous_value, reading.installed_on
    return Row(
        number=point.number,
        point=point.name,
        where=point.place,
        meter=register.meter.title,
        serial=register.meter.serial,
        zone=zone,
        energy=energy,
        previous=formats.ABSENT if previous is None else show(previous),
        previous_note=f"при установке {formats.day(installed_on)}" if installed_on else "",
        value=show(reading.value),
        difference=formats.exact(_passed(reading, 1)),
        ratio=formats.quantity(reading.ratio),
        consumption=formats.exact(consumed(reading)),
        unit="" if consumption.is_active(register.energy) else consumption.unit(register.energy),
        asked=asked_words(reading.doubts),
        explanation=reading.explanation,
        former=_former(reading, show),
        replaced=_replaced(reading, show),
        **_answer(answer),
    )


def asked_words(doubts: Sequence[str]) -> str:
    """What the client was asked about: «больше обычного, нулевой расход»; mostly empty."""
    return ", ".join(str(Doubt(doubt).label) for doubt in doubts)


def _former(reading: Any, show: Any) -> str:
    """«001 100,0», «001 100,0 (введено офисом)»; empty where nothing was replaced."""
    if reading.former_value in (None, reading.value):
        return ""
    shown = show(reading.former_value)
    if reading.former_source == Reading.Source.CLIENT:
        return str(shown)
    return f"{shown} ({table.SOURCE_MARKS[reading.former_source]})"


def _replaced(reading: Any, show: Any) -> str:
    """«29.11.2026: 001 200,0»; empty while the value counts, and always on paper."""
    moment = getattr(reading, "next_received_at", None)
    return "" if moment is None else f"{formats.day(moment)}: {show(reading.next_value)}"


def _answer(answer: BillingAnswer | None) -> dict[str, Any]:
    if answer is None:
        return {}
    shown = answers.shown(answer)
    return {
        "answer": shown.words,
        "answer_colour": answers.COLOURS[answer.state],
        "answer_note": shown.note,
        "is_rejected": answer.state == BillingAnswer.State.REJECTED,
    }


def _counted(reading: Any) -> totals.Counted:
    register: Register = reading.register
    of_meter = [(other.energy, other.zone) for other in register.meter.registers.all()]
    return totals.Counted(
        point_id=reading.point_id,
        energy=register.energy,
        zone=register.zone,
        is_counted=consumption.is_in_total(register.energy, register.zone, of_meter),
        quantity=consumed(reading),
        losses_percent=reading.point.losses_percent,
        losses_kwh=reading.point.losses_kwh,
    )
