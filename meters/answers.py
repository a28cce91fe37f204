"""What billing answered about the values that a client handed in: the latest answer counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from cabinet import formats
from meters.models import BillingAnswer, Submission

State = BillingAnswer.State

# The colours of the words (`text-…`): what is only accepted is still on its way.
_MODIFIERS: dict[str, str] = {State.REJECTED: "bad", State.COUNTED: "ok"}
# The colours of a state beside a value (look.md, `status--…`).
COLOURS: dict[str, str] = {State.ACCEPTED: "info", State.REJECTED: "bad", State.COUNTED: "ok"}
NO_ANSWER = "ответа ещё нет"

# (submission, register)
Key = tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer as it is shown: «отклонено», its colour, «нет фото табло, 02.12.2026»."""

    words: str
    modifier: str = ""
    note: str = ""


def latest(submissions: Iterable[int] | QuerySet[Submission]) -> dict[Key, BillingAnswer]:
    """The answers that count about the values of some submissions, by one statement."""
    answers = BillingAnswer.objects.filter(submission__in=submissions)
    rows = answers.order_by("submission_id", "register_id", "-answered_at", "-pk")
    return {
        (answer.submission_id, answer.register_id): answer
        for answer in rows.distinct("submission_id", "register_id")
    }


def shown(answer: BillingAnswer | None) -> Answer:
    """In words; of a value about which billing has said nothing yet, that."""
    if answer is None:
        return Answer(words=NO_ANSWER)
    day = formats.day(answer.answered_at)
    return Answer(
        words=str(answer.get_state_display()),
        modifier=_MODIFIERS.get(answer.state, ""),
        note=f"{answer.reason}, {day}" if answer.reason else day,
    )


def summary(answers: Iterable[BillingAnswer], handed: int) -> str:
    """«принято 10, отклонено 1, ответа ещё нет 1» about the `handed` values of a submission."""
    count = Counter(answer.state for answer in answers)
    parts = [
        f"{state.label}{formats.NBSP}{formats.quantity(count[state])}"
        for state in State
        if count[state]
    ]
    unanswered = handed - count.total()
    if unanswered > 0:
        unanswered_words = f"{NO_ANSWER}{formats.NBSP}{formats.quantity(unanswered)}"
        parts.append(unanswered_words if parts else NO_ANSWER)
    return ", ".join(parts)
