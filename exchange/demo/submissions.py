"""What the demo's clients have handed in: receipts of past months, and what billing answered."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from cabinet import formats, numbers
from contracts.models import Contract
from contracts.periods import Month
from meters import rules, submitting
from meters.checks import Display
from meters.models import BillingAnswer, Doubt, Reading, Submission

# Whose contract, and how many finished months back its readings were handed in here.
HANDED_IN = (
    ("vega-engineer", "vega-1", 12),
    ("vega-engineer", "vega-3", 6),
    ("orion", "orion-1", 4),
)
# In the afternoon of the 1st, after the network company's own round.
HANDED_IN_AT = datetime.time(16, 42, 7)
ANSWERED_AFTER = datetime.timedelta(days=2, hours=17)
# Months ago in which the client mistyped a value and corrected it the same evening.
MISTYPED_MONTHS_AGO = 2
# Months ago in which a value was unusual, was explained, and billing did not believe it at first.
UNUSUAL_MONTHS_AGO = 4
# Whose readings of the current month came early, the day before yesterday, one of them mistyped,
# and billing rejected that one. In the first days of a month nobody hands them in yet.
EARLY_CONTRACT, EARLY_AUTHOR = "vega-3", "vega-engineer"
_EARLY_FROM = 5
_READ_TOO_MUCH = 38
_REJECTED_AT = datetime.time(10, 5)
_EVENING = datetime.timedelta(hours=3, minutes=11)


@transaction.atomic
def create(*, today: datetime.date) -> None:
    """Write the submissions as if they had come in time; nothing the second time."""
    if Submission.objects.exists():
        return
    for username, contract_key, months in HANDED_IN:
        author = User.objects.get(username=username)
        contract = Contract.objects.select_related("client").get(external_id=contract_key)
        for back in range(months, 0, -1):
            period = Month.of(today).shifted(-back)
            if _in_the_afternoon(period) <= timezone.now():
                _hand_in(contract, author, period, back)
    if today.day >= _EARLY_FROM:
        _hand_in_early(today)


def _hand_in_early(today: datetime.date) -> None:
    """The current month until now, one value of it more than the display shows."""
    author = User.objects.get(username=EARLY_AUTHOR)
    contract = Contract.objects.select_related("client").get(external_id=EARLY_CONTRACT)
    period, days = Month.of(today), today.day - 2
    before = {row.register_id: row.value for row in _standing(contract, period.shifted(-2))}
    stated = []
    for row in _standing(contract, period.shifted(-1)):
        moved = row.value - before.get(row.register_id, row.value)
        unit = Decimal(1).scaleb(-row.register.fraction_digits)
        reading = _stated(row, value=(row.value + moved * days / 31).quantize(unit))
        reading.period, reading.is_rollover = period.first_day, False
        stated.append(reading)
    wrong, *others = stated
    right = wrong.value
    wrong.value += _READ_TOO_MUCH
    day = today - datetime.timedelta(days=2)
    at = timezone.make_aware(datetime.datetime.combine(day, HANDED_IN_AT))
    submission = _submit(contract, author, period, at, stated)
    yesterday = today - datetime.timedelta(days=1)
    answered_at = timezone.make_aware(datetime.datetime.combine(yesterday, _REJECTED_AT))
    _answer(submission, answered_at, BillingAnswer.State.ACCEPTED, others)
    register = wrong.register
    display = Display(register.integer_digits, register.fraction_digits)
    _answer(
        submission, answered_at, BillingAnswer.State.REJECTED, [wrong],
        f"при проверке сетевой компании {formats.day(day)} на табло было {display.show(right)}",
    )  # fmt: skip


def _standing(contract: Contract, period: Month) -> list[Reading]:
    """What stands for the month, of meters that somebody reads."""
    rows = Reading.objects.standing(contract, period.first_day, period.first_day)
    return [
        row
        for row in rows.select_related("point", "register__meter")
        if not row.register.meter.is_automatic
    ]


def _in_the_afternoon(period: Month) -> datetime.datetime:
    first_day = period.shifted(1).first_day
    return timezone.make_aware(datetime.datetime.combine(first_day, HANDED_IN_AT))


def _hand_in(contract: Contract, author: User, period: Month, back: int) -> None:
    """What stood for the month, stated by the client; with a mistake or a question at times."""
    rows = _standing(contract, period)
    if not rows:
        return
    at = _in_the_afternoon(period)
    if back == MISTYPED_MONTHS_AGO:
        wrong = _stated(rows[0], value=rows[0].value + 1000)
        _submit(contract, author, period, at, [wrong, *map(_stated, rows[1:])])
        later = _submit(
            contract, author, period, at + _EVENING, [_stated(rows[0])],
            reason=submitting.CORRECTION_REASONS["typo"],
        )  # fmt: skip
        _answer(later, at + ANSWERED_AFTER, BillingAnswer.State.COUNTED)
        return
    stated = [_stated(row) for row in rows]
    is_unusual = back == UNUSUAL_MONTHS_AGO
    if is_unusual:
        stated[0].doubts = [Doubt.MORE]
        stated[0].explanation = "новое оборудование: запущена вторая линия"
    submission = _submit(contract, author, period, at, stated)
    if is_unusual:
        _answer(
            submission, at + _EVENING * 5, BillingAnswer.State.REJECTED, stated[:1],
            "нужна фотография табло",
        )  # fmt: skip
    _answer(submission, at + ANSWERED_AFTER, BillingAnswer.State.COUNTED)


def _stated(row: Reading, *, value: Decimal | None = None) -> Reading:
    """The same value as the client's own."""
    return Reading(
        contract_id=row.contract_id,
        point=row.point,
        register=row.register,
        period=row.period,
        value=row.value if value is None else value,
        source=Reading.Source.CLIENT,
        is_rollover=row.is_rollover,
    )


def _submit(
    contract: Contract,
    author: User,
    period: Month,
    at: datetime.datetime,
    readings: Sequence[Reading],
    *,
    reason: str = "",
) -> Submission:
    submission = Submission(
        contract=contract,
        period=period.first_day,
        number=numbers.with_check_digit(
            f"ПП-{period.year:04}-{period.number:02}-{_next_number():06d}"
        ),
        submitted_by=author,
        received_at=at,
        form_key=uuid.uuid4(),
        is_late=rules.of_contract(contract).window.is_late(period, at),
        correction_reason=reason,
    )
    submission.sha256 = submitting.checksum(submission, readings)
    submission.save(force_insert=True)
    for reading in readings:
        reading.submission, reading.received_at = submission, at
    Reading.objects.bulk_create(readings)
    return submission


def _answer(
    submission: Submission,
    at: datetime.datetime,
    state: str,
    readings: Sequence[Reading] = (),
    reason: str = "",
) -> None:
    """Billing's answer about some values, or about all of them."""
    if at > timezone.now():
        return
    for reading in readings or submission.readings.all():
        BillingAnswer.objects.create(
            external_id=f"{submission.number}-{reading.register_id}-{state}",
            submission=submission,
            register_id=reading.register_id,
            state=state,
            reason=reason,
            answered_at=at,
        )


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('meters_submission_number')")
        (number,) = cursor.fetchone()
    return int(number)
