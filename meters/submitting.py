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
from meters import window
from meters.models import MeteringPoint, Reading, Register, Submission


@dataclass(frozen=True, kw_only=True)
class Stated:
    """One value as the client states it; `is_confirmed`: doubted and said to be right."""

    point: MeteringPoint
    register: Register
    value: Decimal
    is_confirmed: bool = False


class NotTaken(Exception):
    """The readings were not stored."""


class NothingNew(NotTaken):
    """There is no value, or every one of them stands already."""


class ContractTerminated(NotTaken):
    """Readings of a terminated contract are not taken."""


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
) -> Submission:
    """Store `stated` as what the registers showed at the end of `period`; return the submission.

    Nothing is overwritten: earlier readings of the period stay, the latest ones count; values that
    the client's latest readings say already are not stored again. The moment is the database's. The
    same form again (`form_key`) gets the same submission, however often and fast it comes. The
    caller has checked the values and that the registers are the contract's.

    Raises:
        ContractTerminated: the contract is not in force.
        FormUsed: this form has handed in other values before.
        NothingNew: nothing is stated that does not stand already.
    """
    if not contract.is_active:
        raise ContractTerminated
    _take_turns(contract, author)
    new = _without_those_that_stand(contract, period, stated)
    earlier = Submission.objects.filter(submitted_by=author, form_key=form_key).first()
    if earlier:
        if _is_repeat(earlier, contract=contract, period=period, stated=stated, new=new):
            return earlier
        raise FormUsed(earlier)
    if not new:
        raise NothingNew
    count, received_at = _next_number()
    submission = Submission(
        contract=contract,
        period=period.first_day,
        number=numbers.with_check_digit(f"ПП-{period.year:04}-{period.number:02}-{count:06d}"),
        submitted_by=author,
        received_at=received_at,
        form_key=form_key,
        is_late=window.is_late(period, received_at),
    )
    rows = [_reading(submission, one) for one in new]
    submission.sha256 = checksum(submission, rows)
    submission.save(force_insert=True)
    Reading.objects.bulk_create(rows)
    return submission


def checksum(submission: Submission, readings: Iterable[Reading]) -> str:
    """SHA-256 of the content, in hexadecimal: what was handed in, of which contract, by whom, when.

    The readings are named by billing's identifiers, so that it can be computed again from the rows.
    """
    content: dict[str, Any] = {
        "number": submission.number,
        "contract": submission.contract.number,
        "period": f"{submission.period:%Y-%m}",
        "received_at": submission.received_at.astimezone(datetime.UTC).isoformat(),
        "submitted_by": submission.submitted_by.username,
        "readings": sorted(
            [
                row.point.external_id,
                row.register.external_id,
                f"{row.value:.3f}",
                row.is_confirmed,
            ]
            for row in readings
        ),
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _take_turns(contract: Contract, author: User) -> None:
    """One form of a person, and one submission of a contract, at a time until COMMIT.

    So a repeat sees what the first one stored, and a later commit never has an earlier moment.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=author.pk)
    Contract.objects.select_for_update(no_key=True).only("pk").get(pk=contract.pk)


def _without_those_that_stand(
    contract: Contract, period: Month, stated: Iterable[Stated]
) -> list[Stated]:
    standing = Reading.objects.standing(contract, period.first_day, period.first_day)
    said = {
        (row.point_id, row.register_id, row.value)
        for row in standing
        if row.source == Reading.Source.CLIENT
    }
    return [one for one in stated if (one.point.pk, one.register.pk, one.value) not in said]


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
    typed = {(one.register.pk, one.value) for one in stated}
    return stored <= typed and {(one.register.pk, one.value) for one in new} <= stored


def _next_number() -> tuple[int, datetime.datetime]:
    """A number that never repeats, and the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('meters_submission_number'), clock_timestamp()")
        count, now = cursor.fetchone()
    return count, now


def _reading(submission: Submission, stated: Stated) -> Reading:
    return Reading(
        contract=submission.contract,
        point=stated.point,
        register=stated.register,
        period=submission.period,
        value=stated.value,
        source=Reading.Source.CLIENT,
        submission=submission,
        is_confirmed=stated.is_confirmed,
        received_at=submission.received_at,
    )
