"""«Передать»: one transaction stores a numbered submission and its readings."""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from cabinet import numbers
from contracts.models import Contract
from contracts.periods import Month
from meters import drafts, entering, letters, papers, rules
from meters.entering import Entry
from meters.inventory import Place
from meters.models import Reading, StandingRejection, Submission

# Why a client replaces a value that he handed in before; the words are stored.
CORRECTION_REASONS: dict[str, str] = {
    "typo": "ошибка при вводе",
    "misread": "ошибка при снятии показаний",
    "reread": "показания сняты заново",
}


@dataclass(frozen=True, kw_only=True)
class Stated:
    """One value as the client states it.

    `doubts`: what was asked about it (codes of `Doubt`) and answered with `explanation`;
    `is_rollover`: the answer was that the display went through zero.
    """

    place: Place
    value: Decimal
    is_rollover: bool = False
    doubts: Sequence[str] = ()
    explanation: str = ""

    @property
    def key(self) -> tuple[int, int, Decimal]:
        """Point, register and value."""
        return self.place.row.point_id, self.place.register_id, self.value


def statements(entry: Entry) -> list[Stated]:
    """What a table of readings states, row by row; call it when none of its rows is open."""
    return [
        Stated(
            place=line.place,
            value=line.value,
            is_rollover=line.is_rollover,
            doubts=entering.doubts_of(line),
            explanation=line.explanation,
        )
        for line in entry.lines
        if line.value is not None
    ]


class NotTaken(Exception):
    """The readings were not stored."""


class NothingNew(NotTaken):
    """There is no value, or every one of them stands already."""


class ContractTerminated(NotTaken):
    """Readings of a terminated contract are not taken."""


class PeriodClosed(NotTaken):
    """Readings of this month are not taken at this moment, by the database's clock."""


class ReasonMissing(NotTaken):
    """A value that the client handed in before is replaced, and nothing says why."""


class Unanswered(NotTaken):
    """Something is doubtful about a value, and the client has not said why it is right."""


class FormUsed(NotTaken):
    """The form's key carried other values before: they stand, these are not stored."""

    def __init__(self, submission: Submission) -> None:
        """`submission`: the one that took the key."""
        super().__init__(submission.number)
        self.submission = submission


@transaction.atomic
def submit_readings(
    *,
    contract: Contract,
    author: User,
    period: Month,
    form_key: uuid.UUID,
    stated: Sequence[Stated],
    correction_reason: str = "",
) -> Submission:
    """Store `stated` as what the registers showed at the end of `period`; return the submission.

    Nothing is overwritten: earlier readings of the period stay, the latest ones count; values that
    the client's latest readings say already are not stored again, unless billing has rejected them.
    The moment is the database's, and
    decides whether they are late. The same form again (`form_key`) gets the same submission,
    however often and fast it comes. What is stated leaves the draft of the month. The caller has
    checked the values and that the registers are the contract's.

    Raises:
        ContractTerminated: the contract is not in force.
        FormUsed: this form has handed in other values before.
        NothingNew: nothing is stated that does not stand already.
        PeriodClosed: the month is not taken now.
        ReasonMissing: a value replaces the client's own one without `correction_reason`.
        Unanswered: a value is doubtful and not explained.
    """
    if not contract.is_active:
        raise ContractTerminated
    if any(one.doubts and not one.explanation for one in stated):
        raise Unanswered
    _take_turns(contract, author)
    registers = {one.place.register_id for one in stated}
    own, rejected = _own_values(contract, period), _rejected(contract, period)
    new = [one for one in stated if one.key not in own or one.key[:2] in rejected]
    earlier = Submission.objects.filter(submitted_by=author, form_key=form_key).first()
    if earlier:
        if _is_repeat(earlier, contract=contract, period=period, stated=stated, new=new):
            drafts.take_out(author=author, contract=contract, period=period, keys=registers)
            return earlier
        raise FormUsed(earlier)
    if not new:
        raise NothingNew
    corrected = {(point, register) for point, register, _ in own}
    is_correction = any(one.key[:2] in corrected and one.key not in own for one in new)
    if is_correction and not correction_reason:
        raise ReasonMissing
    count, received_at = _next_number()
    window = rules.of_contract(contract).window
    if period not in window.accepted_periods(received_at):
        raise PeriodClosed
    submission = Submission(
        contract=contract,
        period=period.first_day,
        number=numbers.with_check_digit(f"ПП-{period.year:04}-{period.number:02}-{count:06d}"),
        submitted_by=author,
        received_at=received_at,
        form_key=form_key,
        is_late=window.is_late(period, received_at),
        correction_reason=correction_reason if is_correction else "",
    )
    submission.sha256 = _checksum(submission, [_content_of(one) for one in new])
    submission.save(force_insert=True)
    _store(submission, new)
    drafts.take_out(author=author, contract=contract, period=period, keys=registers)
    papers.queue(submission)
    letters.tell(submission, new)
    return submission


def checksum(submission: Submission, readings: Iterable[Reading]) -> str:
    """SHA-256 of the content, in hexadecimal: what was handed in, of which contract, by whom, when.

    The readings are named by billing's identifiers, so that it can be computed again from the rows.
    """
    return _checksum(
        submission,
        [
            _content(
                row.point.external_id,
                row.register.external_id,
                row.value,
                is_rollover=row.is_rollover,
                doubts=row.doubts,
                explanation=row.explanation,
            )
            for row in readings
        ],
    )


def _checksum(submission: Submission, contents: Iterable[list[Any]]) -> str:
    content: dict[str, Any] = {
        "number": submission.number,
        "contract": submission.contract.number,
        "period": f"{submission.period:%Y-%m}",
        "received_at": submission.received_at.astimezone(datetime.UTC).isoformat(),
        "submitted_by": submission.submitted_by.username,
        "readings": sorted(contents, key=lambda row: row[:2]),
    }
    if submission.correction_reason:
        content["correction_reason"] = submission.correction_reason
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _content_of(one: Stated) -> list[Any]:
    row = one.place.row
    return _content(
        row.point_code,
        row.register_code,
        one.value,
        is_rollover=one.is_rollover,
        doubts=one.doubts,
        explanation=one.explanation,
    )


def _content(
    point: str,
    register: str,
    value: Decimal,
    *,
    is_rollover: bool,
    doubts: Sequence[str],
    explanation: str,
) -> list[Any]:
    """A value as the checksum covers it; an answer only where something was asked."""
    answer = [list(doubts), explanation] if doubts else []
    return [point, register, f"{value:.3f}", is_rollover, *answer]


def _take_turns(contract: Contract, author: User) -> None:
    """One form of a person, and one submission of a contract, at a time until COMMIT.

    So a repeat sees what the first one stored, and a later commit never has an earlier moment.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=author.pk)
    Contract.objects.select_for_update(no_key=True).only("pk").get(pk=contract.pk)


def _own_values(contract: Contract, period: Month) -> set[tuple[int, int, Decimal]]:
    """Point, register and value of the client's readings that count in the period."""
    standing = Reading.objects.standing(contract, period.first_day, period.first_day)
    rows = standing.values_list("point_id", "register_id", "value", "source")
    return {
        (point, register, value)
        for point, register, value, source in rows
        if source == Reading.Source.CLIENT
    }


def _rejected(contract: Contract, period: Month) -> set[tuple[int, int]]:
    """Point and register of the values that billing has rejected."""
    found = StandingRejection.objects.filter(contract=contract, period=period.first_day)
    return set(found.values_list("point_id", "register_id"))


def _is_repeat(
    submission: Submission,
    *,
    contract: Contract,
    period: Month,
    stated: Sequence[Stated],
    new: Iterable[Stated],
) -> bool:
    """Whether the form that made `submission` says now what it said then.

    A value of the form that `submission` does not hold stood already then, and must stand still.
    """
    if (submission.contract_id, submission.period) != (contract.pk, period.first_day):
        return False
    stored = set(submission.readings.values_list("register_id", "value"))
    typed = {one.key[1:] for one in stated}
    return stored <= typed and {one.key[1:] for one in new} <= stored


def _next_number() -> tuple[int, datetime.datetime]:
    """A number that never repeats, and the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('meters_submission_number'), clock_timestamp()")
        count, now = cursor.fetchone()
    return count, now


def _store(submission: Submission, stated: Sequence[Stated]) -> None:
    """All readings by one statement: a thousand rows cost little more than a COPY of them.

    PostgreSQL's arrays of arrays are rectangular, so the doubts travel as one text a row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO meters_reading
                (contract_id, point_id, register_id, period, value, source, submission_id,
                 is_rollover, doubts, explanation, received_at)
            SELECT %s, point, register, %s, value, %s, %s, is_rollover,
                   string_to_array(doubts, ','), explanation, %s
            FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::bool[], %s::text[],
                        %s::text[]) AS stated (point, register, value, is_rollover, doubts,
                                               explanation)
            """,
            [
                submission.contract_id,
                submission.period,
                Reading.Source.CLIENT,
                submission.pk,
                submission.received_at,
                [one.place.row.point_id for one in stated],
                [one.place.register_id for one in stated],
                [one.value for one in stated],
                [one.is_rollover for one in stated],
                [",".join(one.doubts) for one in stated],
                [one.explanation for one in stated],
            ],
        )
