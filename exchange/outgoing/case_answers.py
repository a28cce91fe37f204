"""What billing did with a case, in the case's own course: the client reads it and gets a letter."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper
from django.db.models import F

from cabinet import formats
from documents.models import Document
from exchange.models import AnswerFile, CaseAnswer, OutgoingBatch, OutgoingCase
from exchange.outgoing.answer_rows import PROBLEMS_SHOWN, AnswerRefused, Problem
from messaging import thread
from messaging.thread import Person

State = CaseAnswer.State

# Each answer is an entry and a letter, written while a page waits, which has a minute: 300 of one
# client took 8 seconds, and more of them cost more each.
ROWS_AT_MOST = 500
# For the office; the client reads the name of the topic's group.
_SENDER = "Биллинг"
_BEGINNINGS = {
    State.COUNTED: "Ваше обращение учтено.",
    State.DONE: "Ваше обращение исполнено.",
    State.REJECTED: "По вашему обращению отказано.",
}
_OF_REQUESTS = {
    State.COUNTED: "Ваш запрос учтён.",
    State.DONE: "Ваш запрос исполнен.",
    State.REJECTED: "По вашему запросу отказано.",
}

_STAGED = """
    SELECT staged.number, outgoing.id, staged.state, staged.reason, staged.document,
           staged.answered_at
    FROM staging_answers staged
    JOIN exchange_outgoingcase outgoing
        ON outgoing.batch_id = %s AND outgoing.row = staged.row
    ORDER BY staged.row
"""


@dataclass(frozen=True, kw_only=True)
class _Verdict:
    """A verdict of the file on one row of the batch."""

    outgoing: OutgoingCase
    state: str
    reason: str
    document: Document | None
    answered_at: datetime.datetime


def answer(cursor: CursorWrapper, file: AnswerFile) -> int:
    """Write the staged verdicts into the cases' courses; how many were new.

    «Исполнено» ends the case, and a case that was ended stays so; the others leave it answered, so
    that the client may go on. A verdict that stands already is not written again.

    Raises:
        AnswerRefused: there are too many, or a document is not one that the client sees.
    """
    verdicts = _verdicts(cursor, file)
    latest = _latest(file.batch)
    new, first = 0, 0
    for verdict in verdicts:
        before = latest.get(verdict.outgoing.pk)
        if before and _is_same(before, verdict):
            continue
        _write(file, verdict)
        new += 1
        first += before is None
    OutgoingBatch.objects.filter(pk=file.batch_id).update(answered=F("answered") + first)
    return new


def _write(file: AnswerFile, verdict: _Verdict) -> None:
    message = verdict.outgoing.message
    entry = thread.answer(
        message,
        who=Person(sender=_SENDER),
        text=_words(file.batch.kind, verdict),
        closes=verdict.state == State.DONE or message.is_closed,
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


def _verdicts(cursor: CursorWrapper, file: AnswerFile) -> list[_Verdict]:
    """The staged rows with what they are about, by as many statements however many there are."""
    cursor.execute(_STAGED, [file.batch_id])
    staged = cursor.fetchall()
    if len(staged) > ROWS_AT_MOST:
        limit = formats.quantity(ROWS_AT_MOST)
        raise AnswerRefused([Problem(words=f"в файле больше {limit} ответов, разделите его")])
    cases = OutgoingCase.objects.select_related("message").in_bulk([row[1] for row in staged])
    codes = {row[4] for row in staged if row[4]}
    published = Document.objects.published().defer("content").filter(external_id__in=codes)
    documents = {document.external_id: document for document in published}
    problems: list[Problem] = []
    found = []
    for number, pk, state, reason, code, answered_at in staged:
        outgoing, document = cases[pk], documents.get(code)
        if code and (document is None or document.contract_id != outgoing.message.contract_id):
            contract = "у договора нет опубликованного документа с кодом"
            problems.append(Problem(words=f"{contract} «{code}»", number=number))
        found.append(
            _Verdict(outgoing=outgoing, state=state, reason=reason, document=document,
                     answered_at=answered_at)
        )  # fmt: skip
    if problems:
        raise AnswerRefused(problems[:PROBLEMS_SHOWN])
    return found


def _latest(batch: OutgoingBatch) -> dict[int, CaseAnswer]:
    """The verdict that stands on each row of the batch."""
    answers = CaseAnswer.objects.filter(outgoing__batch=batch).order_by("outgoing_id", "-pk")
    return {one.outgoing_id: one for one in answers.distinct("outgoing_id")}


def _is_same(before: CaseAnswer, verdict: _Verdict) -> bool:
    document = verdict.document.pk if verdict.document else None
    return (before.state, before.reason, before.document_id) == (
        verdict.state, verdict.reason, document,
    )  # fmt: skip
