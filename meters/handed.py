"""Submissions of a contract as a list: what was handed in at once, and what came of it."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from cabinet import formats
from cabinet.sheets import Cell, Column
from contracts.models import Contract
from meters import answers, exporting
from meters.models import BillingAnswer, Reading, Submission

COLUMNS = (
    Column(title="Квитанция", width=24),
    Column(title="Принято", width=18),
    Column(title="Период", width=18),
    Column(title="Передал(а)", width=30),
    Column(title="Показаний", width=12),
    Column(title="Точек", width=10),
    Column(title="Срок", width=14),
    Column(title="Причина исправления", width=40),
    Column(title="Ответ биллинга", width=40),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A submission as the list shows it."""

    number: str
    moment: str
    period: str
    who: str
    values: int
    points: int
    is_late: bool
    correction_reason: str
    answer: str
    has_rejected: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    """How many values a submission holds, at how many points, and what billing says of them."""

    values: int = 0
    points: int = 0
    said: Sequence[BillingAnswer] = ()


def between(
    contract: Contract, first_day: datetime.date, last_day: datetime.date
) -> QuerySet[Submission]:
    """Submissions for the billing periods between two days, the newest first."""
    found = Submission.objects.filter(contract=contract, period__range=(first_day, last_day))
    return found.select_related("submitted_by").order_by("-received_at", "-pk")


def rows(submissions: Iterable[Submission]) -> list[Row]:
    """The rows of a page, by as many statements however long it is."""
    shown = list(submissions)
    held = _held([submission.pk for submission in shown])
    return [_row(submission, held[submission.pk]) for submission in shown]


def cells(submissions: QuerySet[Submission]) -> Iterator[Sequence[Cell]]:
    """The rows of the table to save."""
    held = _held(submissions.order_by())
    for submission in submissions.iterator():
        row = _row(submission, held[submission.pk])
        yield (
            row.number,
            submission.received_at,
            exporting.plain(row.period),
            exporting.plain(submission.submitted_by.full_name or row.who),
            row.values,
            row.points,
            "после срока" if row.is_late else "в срок",
            row.correction_reason,
            exporting.plain(row.answer),
        )


def _row(submission: Submission, held: _Held) -> Row:
    return Row(
        number=submission.number,
        moment=formats.moment(submission.received_at),
        period=formats.month(submission.period),
        who=submission.submitted_by.short_name,
        values=held.values,
        points=held.points,
        is_late=submission.is_late,
        correction_reason=submission.correction_reason,
        answer=answers.summary(held.said, held.values),
        has_rejected=any(one.state == BillingAnswer.State.REJECTED for one in held.said),
    )


def _held(submissions: list[int] | QuerySet[Submission]) -> dict[int, _Held]:
    """What each submission holds, by two statements."""
    counted: Any = Reading.objects.filter(submission__in=submissions).order_by()
    counted = counted.values_list("submission").annotate(Count("pk"), Count("point", distinct=True))
    said: dict[int, list[BillingAnswer]] = defaultdict(list)
    for (submission, _), answer in answers.latest(submissions).items():
        said[submission].append(answer)
    held = {
        submission: _Held(values=values, points=points, said=said[submission])
        for submission, values, points in counted
    }
    return defaultdict(_Held, held)
