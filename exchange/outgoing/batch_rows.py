"""A batch as the office reads it: its rows in words, and what billing answered to each."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.urls import reverse
from django.utils.text import Truncator

from cabinet import formats
from exchange.models import CaseAnswer, OutgoingBatch
from exchange.outgoing import batch_content as content
from meters import answers
from meters.models import BillingAnswer

PAGE_ROWS = 50
# What is shown of a batch: its code in the address and its words.
SHOWN = {"": "все", "unanswered": "без ответа", "rejected": "отклонённые"}

HEADS: Mapping[str, Sequence[str]] = {
    OutgoingBatch.Kind.READINGS: (
        "Строка", "Квитанция", "Договор", "Точка учёта", "Прибор, зона", "Период", "Показание",
        "Пометки", "Ответ биллинга",
    ),
    OutgoingBatch.Kind.CASES: (
        "Строка", "Обращение", "Договор", "Тема", "Что написано", "Кто", "Файлы", "Ответ биллинга",
    ),
}  # fmt: skip

# The colours of billing's verdicts (look.md, `status--…`).
_ON_CASES: dict[str, str] = {
    CaseAnswer.State.COUNTED: "info",
    CaseAnswer.State.DONE: "ok",
    CaseAnswer.State.REJECTED: "bad",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row of the table: its number, a link to where it is from, the other cells, the answer."""

    number: int
    address: str
    name: str
    cells: Sequence[str]
    answer: str
    modifier: str
    note: str


def heads(batch: OutgoingBatch) -> Sequence[str]:
    """The heads of the table's columns."""
    kind = OutgoingBatch.Kind
    return HEADS[kind.READINGS if batch.kind == kind.READINGS else kind.CASES]


def page(batch: OutgoingBatch, number: str, shown: str) -> Page[Any]:
    """A page of the rows that are `shown`; beyond the last page, the last."""
    rows = _readings(batch) if batch.kind == OutgoingBatch.Kind.READINGS else _cases(batch)
    if shown == "unanswered":
        rows = rows.filter(verdict__isnull=True)
    if shown == "rejected":
        rows = rows.filter(verdict="rejected")
    return Paginator(rows, PAGE_ROWS).get_page(number)


def _readings(batch: OutgoingBatch) -> QuerySet[Any]:
    said = BillingAnswer.objects.filter(
        submission=OuterRef("reading__submission"), register=OuterRef("reading__register")
    )
    verdict = Subquery(said.order_by("-answered_at", "-pk").values("state")[:1])
    return batch.readings.annotate(verdict=verdict).select_related("reading").order_by("row")


def _cases(batch: OutgoingBatch) -> QuerySet[Any]:
    said = CaseAnswer.objects.filter(outgoing=OuterRef("pk")).order_by("-pk")
    latest = Prefetch("answers", CaseAnswer.objects.order_by("-pk"))
    return (
        batch.cases.annotate(verdict=Subquery(said.values("state")[:1]))
        .prefetch_related(latest)
        .order_by("row")
    )


def rows(batch: OutgoingBatch, found: Iterable[Any]) -> list[Row]:
    """The rows of a page, in words."""
    listed = list(found)
    if batch.kind != OutgoingBatch.Kind.READINGS:
        return [_case(batch, one) for one in listed]
    said = answers.latest({one.reading.submission_id for one in listed})
    return [_reading(batch, one, said) for one in listed]


def _reading(batch: OutgoingBatch, one: Any, said: Mapping[answers.Key, BillingAnswer]) -> Row:
    left = _left(batch, one)
    words = _words(batch, left)
    reading = one.reading
    answer = said.get((reading.submission_id, reading.register_id))
    shown = answers.shown(answer)
    day = datetime.date.fromisoformat(left["period"] or "")
    return Row(
        number=one.row,
        address=reverse("admin:meters_submission_change", args=[reading.submission_id]),
        name=left["receipt"] or "",
        cells=(
            left["contract_number"] or "",
            left["point_name"] or "",
            f"{left['serial']}, {words['zone']}",
            formats.month(day),
            formats.exact(Decimal(left["value"] or 0)),
            "; ".join(_marks(left, words)) or formats.ABSENT,
        ),
        answer=shown.words,
        modifier=answers.COLOURS[answer.state] if answer else "plain",
        note=shown.note,
    )


def _marks(left: Mapping[str, str | None], words: Mapping[str, str]) -> list[str]:
    """What is unusual about a value, in the order in which somebody asks."""
    found = []
    if left["is_late"] == "true":
        found.append("после срока")
    if left["asked"]:
        found.append(f"подтверждено клиентом ({words['asked']}): {left['explanation']}")
    if left["is_rollover"] == "true":
        found.append("счётчик перешёл через ноль")
    if left["replaces_value"] not in (None, left["value"]):
        value = formats.exact(Decimal(left["replaces_value"] or 0))
        source = left["replaces_receipt"] or words["replaces_source"]
        found.append(f"вместо {value} ({source})")
    if left["correction_reason"]:
        found.append(f"причина исправления: {left['correction_reason']}")
    if left["is_meter_replaced"] == "true":
        found.append("в этом месяце снят прибор")
    if left["installed_on"]:
        day = formats.day(datetime.date.fromisoformat(left["installed_on"]))
        found.append(f"прибор установлен {day}")
    return found


def _case(batch: OutgoingBatch, one: Any) -> Row:
    left = _left(batch, one)
    words = _words(batch, left)
    answer = next(iter(one.answers.all()), None)
    note = ""
    if answer:
        note = ", ".join(filter(None, (answer.reason, formats.day(answer.answered_at))))
    return Row(
        number=one.row,
        address=reverse("admin:messaging_message_change", args=[one.message_id]),
        name=left["case"] or "",
        cells=(
            left["contract_number"] or "",
            left["topic_name"] or "",
            f"{words['part']}: {Truncator(' '.join((left['text'] or '').split())).chars(120)}",
            left["author"] or "",
            left["files"] or formats.ABSENT,
        ),
        answer=str(answer.get_state_display()) if answer else answers.NO_ANSWER,
        modifier=_ON_CASES[answer.state] if answer else "plain",
        note=note,
    )


def _left(batch: OutgoingBatch, one: Any) -> dict[str, str | None]:
    """What the row says, by column; a column that the batch did not have yet is empty."""
    said: dict[str, str | None] = dict.fromkeys(
        column.name for column in content.COLUMNS[batch.kind]
    )
    return said | dict(zip(batch.columns, one.content, strict=True))


def _words(batch: OutgoingBatch, left: Mapping[str, str | None]) -> dict[str, str]:
    """The coded columns, in words."""
    return {
        column.name: content.in_words(column, left[column.name] or "")
        for column in content.COLUMNS[batch.kind]
        if column.codes
    }
