"""The history of readings as a table to save: every version with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from cabinet import formats
from cabinet.sheets import Cell, Column
from meters import answers, consumption, history, receipts, table
from meters.models import BillingAnswer, Reading, Submission

# Rows that are held at once while a file is written.
_CHUNK = 2_000

COLUMNS = (
    Column(title="Период", width=16),
    Column(title="№ точки", width=9),
    Column(title="Точка учёта", width=28),
    Column(title="Где стоит", width=24),
    Column(title="Объект", width=36),
    Column(title="Прибор", width=24),
    Column(title="Заводской №", width=14),
    Column(title="Энергия", width=20),
    Column(title="Зона", width=10),
    Column(title="Коэффициент", width=13),
    Column(title="Предыдущее", width=15, places=3),
    Column(title="Показание", width=15, places=3),
    Column(title="Расход", width=15, places=3),
    Column(title="Единица", width=10),
    Column(title="Учитывается", width=12),
    Column(title="Принято", width=18),
    Column(title="Кто передал", width=28),
    Column(title="Квитанция", width=24),
    Column(title="После срока", width=12),
    Column(title="Исправление", width=36),
    Column(title="О чём переспросили", width=28),
    Column(title="Объяснение", width=36),
    Column(title="Ответ биллинга", width=18),
    Column(title="Пояснение биллинга", width=36),
)


def cells(readings: QuerySet[Reading]) -> Iterator[Sequence[Cell]]:
    """The rows of `history.readings_between`, by as many statements however many there are."""
    handed_in = Submission.objects.filter(readings__in=readings.order_by()).distinct()
    said = answers.latest(handed_in)
    for reading in history.with_versions(readings).iterator(chunk_size=_CHUNK):
        yield _row(reading, said)


def _row(reading: Any, said: Mapping[answers.Key, BillingAnswer]) -> Sequence[Cell]:
    register, submission, point = reading.register, reading.submission, reading.point
    answer = said.get((submission.pk, register.pk)) if submission else None
    shown = answers.shown(answer) if submission else answers.Answer(words="")
    return (
        plain(formats.month(reading.period)),
        point.number,
        point.name,
        point.place,
        point.site,
        register.meter.title,
        register.meter.serial,
        table.ENERGIES[register.energy],
        table.ZONES[register.zone],
        reading.ratio,
        reading.previous_value,
        reading.value,
        receipts.consumed(reading),
        consumption.unit(register.energy),
        reading.next_received_at is None,
        reading.received_at,
        submission.submitted_by.full_name if submission else reading.get_source_display(),
        submission.number if submission else "",
        submission.is_late if submission else None,
        plain(history.correction_words(reading)),
        history.asked_words(reading),
        reading.explanation,
        shown.words,
        plain(shown.note),
    )


def plain(text: str) -> str:
    """Words for a table that somebody will search: without no-break spaces."""
    return text.replace(formats.NBSP, " ")
