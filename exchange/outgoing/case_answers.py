"""What billing did with a case, in the case's own course: the client reads it and gets a letter."""

from __future__ import annotations

import datetime
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.db.models import F

from cabinet import formats
from documents.models import Document
from exchange import telling
from exchange.models import AnswerFile, CaseAnswer, OutgoingBatch, OutgoingCase
from exchange.outgoing.answer_rows import Problem
from exchange.telling import Say
from messaging import thread
from messaging.thread import Person

State = CaseAnswer.State

# Verdicts that are in memory at a time.
_BLOCK = 500
# For the office; the client reads the name of the topic's group.
_SENDER = "Биллинг"
_BEGINNINGS = {
    State.COUNTED: "Ваше обращение учтено.",
    State.DONE: "Ваше обращение исполнено и закрыто.",
    State.REJECTED: "По вашему обращению отказано.",
}
_OF_REQUESTS = {
    State.COUNTED: "Ваш запрос учтён.",
    State.DONE: "Ваш запрос исполнен и закрыт.",
    State.REJECTED: "По вашему запросу отказано.",
}

_STAGED = """
    SELECT staged.row, staged.number, outgoing.id, staged.state, staged.reason, staged.document,
           staged.answered_at
    FROM staging_answers staged
    JOIN exchange_outgoingcase outgoing
        ON outgoing.batch_id = %(batch)s AND outgoing.row = staged.row
    WHERE staged.row > %(after)s
    ORDER BY staged.row LIMIT %(limit)s
"""


@dataclass(frozen=True, kw_only=True)
class _Verdict:
    """A verdict of the file on one row of the batch; `document` is one that the client sees.

    `number`: the file's own row; `code`: how it names the document, if it does.
    """

    number: int
    outgoing: OutgoingCase
    state: str
    reason: str
    code: str
    document: Document | None
    answered_at: datetime.datetime


def problems(cursor: CursorWrapper, batch: OutgoingBatch, *, limit: int) -> list[Problem]:
    """The first staged verdicts that name a document which the client does not see."""
    wrong = (found for block in _blocks(cursor, batch.pk) for found in _problems(block))
    return heapq.nsmallest(limit, wrong, key=lambda problem: problem.number)


def answer(cursor: CursorWrapper, file: AnswerFile, say: Say = telling.nobody) -> int:
    """Write the staged verdicts into the cases' courses; how many were new. None has `problems`.

    «Исполнено» ends the case, and a case that was ended stays so; «отклонено» leaves it answered,
    so that the client may go on; «учтено» says only that it has come: its term runs on. A verdict
    that stands already is not written again, nor one that was given before it. However many there
    are, no more than a block of them is in memory.
    """
    seen = new = first = 0
    for block in _blocks(cursor, file.batch_id):
        latest = _latest(block)
        for verdict in block:
            seen += 1
            say(min(99, seen * 100 // file.rows), "записываем ответы")
            before = latest.get(verdict.outgoing.pk)
            if before and not _counts(verdict, before):
                continue
            _write(file, verdict)
            new += 1
            first += before is None
    OutgoingBatch.objects.filter(pk=file.batch_id).update(answered=F("answered") + first)
    return new


def _write(file: AnswerFile, verdict: _Verdict) -> None:
    entry = thread.answer(
        verdict.outgoing.message,
        who=Person(sender=_SENDER),
        text=_words(file.batch.kind, verdict),
        closes=verdict.state == State.DONE,
        keeps_ended=True,
        settles=verdict.state != State.COUNTED,
    )
    CaseAnswer.objects.create(
        outgoing=verdict.outgoing,
        file=file,
        state=verdict.state,
        reason=verdict.reason,
        document=verdict.document,
        entry=entry,
        answered_at=verdict.answered_at,
    )


def _words(kind: str, verdict: _Verdict) -> str:
    """What the client reads: the verdict, billing's words, where the document is."""
    state = State(verdict.state)
    beginnings = _OF_REQUESTS if kind == OutgoingBatch.Kind.REQUESTS else _BEGINNINGS
    said = [beginnings[state]]
    if verdict.reason:
        is_why = state == State.REJECTED
        said.append(f"Причина: {verdict.reason}" if is_why else verdict.reason)
    if verdict.document:
        name = str(verdict.document).replace(formats.NBSP, " ")
        said.append(f"Документ «{name}» — в разделе «Документы» этого договора.")
    return "\n\n".join(said)


def _blocks(cursor: CursorWrapper, batch_id: int) -> Iterator[list[_Verdict]]:
    """The staged rows with what they are about, block by block."""
    after = 0
    while True:
        cursor.execute(_STAGED, {"batch": batch_id, "after": after, "limit": _BLOCK})
        staged = cursor.fetchall()
        if not staged:
            return
        after = staged[-1][0]
        yield _verdicts(staged)


def _verdicts(staged: Sequence[tuple[Any, ...]]) -> list[_Verdict]:
    """By as many statements however many there are."""
    cases = OutgoingCase.objects.select_related("message").in_bulk([row[2] for row in staged])
    codes = {row[5] for row in staged if row[5]}
    published = Document.objects.published().defer("content").filter(external_id__in=codes)
    documents = {(one.contract_id, one.external_id): one for one in published}
    return [
        _Verdict(
            number=number,
            outgoing=cases[pk],
            state=state,
            reason=reason,
            code=code,
            document=documents.get((cases[pk].message.contract_id, code)),
            answered_at=answered_at,
        )
        for _, number, pk, state, reason, code, answered_at in staged
    ]


def _problems(verdicts: Sequence[_Verdict]) -> Iterator[Problem]:
    for verdict in verdicts:
        if verdict.code and verdict.document is None:
            words = f"у договора нет опубликованного документа с кодом «{verdict.code}»"
            yield Problem(words=words, number=verdict.number)


def _latest(verdicts: Sequence[_Verdict]) -> dict[int, CaseAnswer]:
    """The verdict that stands on each of these rows."""
    rows = [verdict.outgoing.pk for verdict in verdicts]
    answers = CaseAnswer.objects.filter(outgoing__in=rows).order_by("outgoing_id", "-pk")
    return {one.outgoing_id: one for one in answers.distinct("outgoing_id")}


def _counts(verdict: _Verdict, before: CaseAnswer) -> bool:
    """Whether it says something else than the one that stands, and was not given earlier."""
    document = verdict.document.pk if verdict.document else None
    is_same = (before.state, before.reason, before.document_id) == (
        verdict.state, verdict.reason, document,
    )  # fmt: skip
    return not is_same and verdict.answered_at >= before.answered_at
