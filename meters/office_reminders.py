"""«Напомнить» of the office: letters to those who may hand in, for contracts that have not.

What was asked for is a row (`OfficeReminder`) before a letter is written. A few contracts are
written to at once; a whole branch is a worker's, and one that dies leaves the rest to the next run:
a person is reminded of a contract by the office once a day. Who wants no reminders gets none.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.db.models.functions import Now
from django.utils import timezone

from accounts import letters
from accounts.models import User
from accounts.roles import Right
from contracts.access import people_allowed
from contracts.models import Contract
from contracts.periods import Month
from meters import progress, reminders, rules
from meters.models import OfficeReminder, ReadingReminder
from meters.reminders import Due, Waiting

# So many contracts are written to while the person waits.
AT_ONCE = 50
# Contracts looked at by one handful of statements.
BATCH = 500
# What another reminder of the same moment has overtaken is looked at once more.
_PASSES = 2
_OFFICE = ReadingReminder.Step.OFFICE


def ask(
    *, contracts: Sequence[int], period: Month, title: str, by: User, form_key: uuid.UUID
) -> OfficeReminder:
    """Note what was asked for, and write the letters, or wake a worker for many.

    A form that comes twice gets the first row.
    """
    asked, is_new = OfficeReminder.objects.get_or_create(
        form_key=form_key,
        defaults={
            "asked_by": by,
            "period": period.first_day,
            "title": title,
            "contracts": list(contracts),
        },
    )
    if is_new and len(asked.contracts) <= AT_ONCE:
        carry_out(asked.pk)
        asked.refresh_from_db()
    elif is_new:
        transaction.on_commit(lambda: _wake(asked.pk), robust=True)
    return asked


def carry_out(pk: int) -> None:
    """Write the letters of one row; what was written already is not written again."""
    asked = OfficeReminder.objects.filter(pk=pk, done_at__isnull=True).first()
    if asked is None:
        return
    now = timezone.now()
    for _ in range(_PASSES):
        written = [_write(asked, one, waiting, now) for one, waiting in _waiting(asked, now)]
        if all(written):
            break
    counted = asked.reminders.aggregate(
        letters=Count("user", distinct=True), told=Count("contract", distinct=True)
    )
    OfficeReminder.objects.filter(pk=pk).update(done_at=Now(), **counted)


def carry_out_undone() -> None:
    """The rows that no worker has finished; for beat."""
    undone = OfficeReminder.objects.filter(done_at__isnull=True).order_by("pk")
    for pk in undone.values_list("pk", flat=True):
        carry_out(pk)


def _waiting(asked: OfficeReminder, now: datetime.datetime) -> Iterable[tuple[User, list[Waiting]]]:
    """Whom to write, and about which contracts: one letter for all of a person's contracts."""
    states = _still_silent(asked, now)
    pairs = people_allowed(Right.SUBMIT_READINGS, contracts=states)
    told = set(
        ReadingReminder.objects.filter(
            step=_OFFICE, period=asked.period, day=timezone.localdate(now)
        ).values_list("user_id", "contract_id")
    )
    by_user: dict[int, list[Waiting]] = {}
    for user, contract in pairs:
        if (user, contract) not in told:
            by_user.setdefault(user, []).append(states[contract])
    keys = sorted(by_user)
    for first in range(0, len(keys), BATCH):
        wanting = User.objects.filter(pk__in=keys[first : first + BATCH], is_active=True)
        for person in wanting.filter(wants_reading_reminders=True).exclude(email="").order_by("pk"):
            yield person, by_user[person.pk]


def _still_silent(asked: OfficeReminder, now: datetime.datetime) -> dict[int, Waiting]:
    """The contracts that are in force, take readings of the month now and have not all of them."""
    period, today = Month.of(asked.period), timezone.localdate(now)
    common, own = rules.of_all()
    found: dict[int, Waiting] = {}
    for first in range(0, len(asked.contracts), BATCH):
        keys = asked.contracts[first : first + BATCH]
        contracts = Contract.objects.active().in_bulk(keys)
        done = progress.of_contracts([(key, period) for key in contracts], today)
        for key, state in done.items():
            window = own.get(key, common).window
            if not state.is_whole and period in window.accepted_periods(now):
                due = Due(window=window, period=period, step=_OFFICE)
                found[key] = Waiting(contract=contracts[key], due=due, progress=state)
    return found


def _write(
    asked: OfficeReminder, person: User, waiting: list[Waiting], now: datetime.datetime
) -> bool:
    """One letter and its rows; False when another run has told of one of them meanwhile."""
    rows = [
        ReadingReminder(
            user=person,
            contract=one.contract,
            period=asked.period,
            step=_OFFICE,
            office_reminder=asked,
            day=timezone.localdate(now),
        )
        for one in waiting
    ]
    context = {"terms": reminders.terms(waiting, now)}
    try:
        with transaction.atomic():
            ReadingReminder.objects.bulk_create(rows)
            letters.post(
                "meters/letters/office_reminder",
                to=person.email,
                client=letters.only(one.contract.client for one in waiting),
                context=context,
            )
    except IntegrityError:
        return False
    return True


def _wake(pk: int) -> None:
    from cabinet.celery import wake
    from meters.tasks import carry_out_office_reminder

    wake(carry_out_office_reminder, pk)
