"""«Показания не приняты»: letters about what billing has rejected, nobody written to twice.

To whoever handed the values in, and to everybody who may hand in right ones; of each contract one
letter to a person about all that came together. Not a matter of choice: a term runs, and what it
costs to miss it is money.

A rejection waits for its letter as a row (`Rejection`) from the moment of its own COMMIT.
What billing has taken back meanwhile, and what the client has replaced, is told to nobody.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts import letters
from accounts.models import User
from accounts.roles import Right
from contracts.access import people_allowed, people_seeing
from contracts.models import Contract
from meters import rejection_words, rules
from meters.models import BillingAnswer, Rejection, RejectionLetter, StandingRejection
from meters.rejection_words import COLUMNS, ORDER, Value

# What came together is told together; so long a wrong file can be set right or undone unnoticed.
GATHERED_FOR = datetime.timedelta(minutes=10)
# A package of years is no news; New Year's holidays lie between an answer and its letter at most.
NEWS = datetime.timedelta(days=14)
# What one transaction takes: contracts, and beyond the first of them values.
CONTRACTS = 100
VALUES = 5_000
# Two at once would share a contract's answers between them, and tell of it twice.
_LOCK = 0x72656A63


def tell(*, at: datetime.datetime | None = None) -> int:
    """Write the letters that are due at this moment; how many.

    A block of contracts at a time, each in a transaction of its own: a run that is broken off
    leaves what it has not told to the next one.
    """
    now = at or timezone.now()
    sent, last = 0, 0
    while contracts := _due(now, after=last):
        last = contracts[-1]
        sent += _tell(contracts, now)
    return sent


def _due(now: datetime.datetime, *, after: int) -> list[int]:
    """The next contracts with rejections that were gathered long enough."""
    rows = Rejection.objects.waiting().filter(contract__gt=after).order_by("contract_id")
    waiting: Any = rows.values("contract").annotate(since=Min("noted_at"), values=Count("pk"))
    waiting = waiting.filter(since__lte=now - GATHERED_FOR).values_list("contract", "values")
    found: list[int] = []
    taken = 0
    for contract, values in waiting[:CONTRACTS]:
        taken += values
        if found and taken > VALUES:
            break
        found.append(contract)
    return found


@transaction.atomic
def _tell(contracts: Sequence[int], now: datetime.datetime) -> int:
    """Write about these contracts and settle their rejections; how many letters.

    What an import that is being undone takes away at this moment is left to it.
    """
    if not _is_alone():
        return 0
    waiting = Rejection.objects.waiting().filter(contract__in=contracts)
    locked = waiting.select_for_update(skip_locked=True).order_by("pk")
    answers = list(locked.values_list("pk", flat=True))
    values = _news(answers, now)
    sent = _write(values, now)
    Rejection.objects.filter(pk__in=answers).update(settled_at=Now())
    return sent


def _is_alone() -> bool:
    """Whether nobody else writes these letters until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _news(answers: Iterable[int], now: datetime.datetime) -> dict[int, list[Value]]:
    """What of it still holds and was told to nobody in the same words, by contract."""
    differs = BillingAnswer.objects.filter(
        Q(answered_at__gt=OuterRef("answered_at"))
        | Q(answered_at=OuterRef("answered_at"), pk__gt=OuterRef("pk")),
        submission=OuterRef("submission"),
        register=OuterRef("register"),
    ).exclude(state=BillingAnswer.State.REJECTED, reason=OuterRef("reason"))
    told = BillingAnswer.objects.filter(
        Exists(RejectionLetter.objects.filter(answer=OuterRef("pk"))),
        ~Exists(differs),
        submission=OuterRef("reading__submission"),
        register=OuterRef("reading__register"),
        reason=OuterRef("answer__reason"),
    )
    # Named one by one, as the view is asked about a few: PostgreSQL cannot guess how few they are.
    held = list(StandingRejection.objects.filter(answer__in=answers).values_list("pk", flat=True))
    rows = Rejection.objects.filter(~Exists(told), pk__in=held, answer__answered_at__gte=now - NEWS)
    found: dict[int, list[Value]] = defaultdict(list)
    for row in rows.order_by(*ORDER).values_list(*COLUMNS):
        value = Value._make(row)
        found[value.contract].append(value)
    return found


def _write(values: dict[int, list[Value]], now: datetime.datetime) -> int:
    """One letter to each person about each contract, and who was told what; how many letters."""
    contracts = Contract.objects.select_related("client").in_bulk(list(values))
    known = rules.of_contracts(list(values))
    told = _whom(values)
    keys = {user for people in told.values() for user in people}
    authors = {value.author for rows in values.values() for value in rows}
    people = User.objects.in_bulk(keys | authors)
    notes: list[RejectionLetter] = []
    sent = 0
    for key, rows in values.items():
        context = rejection_words.context(contracts[key], rows, known[key], people, now)
        for user in sorted(told.get(key, ())):
            if not people[user].email:
                continue
            letter = letters.post(
                "meters/letters/rejected",
                to=people[user].email,
                client=contracts[key].client,
                context=context,
            )
            sent += 1
            notes += [
                RejectionLetter(answer_id=row.answer, user_id=user, letter=letter) for row in rows
            ]
    RejectionLetter.objects.bulk_create(notes, batch_size=VALUES)
    return sent


def _whom(values: dict[int, list[Value]]) -> dict[int, set[int]]:
    """By contract: who may hand in, and who handed it in while they have the contract in view."""
    found: dict[int, set[int]] = defaultdict(set)
    for user, contract in people_allowed(Right.SUBMIT_READINGS, contracts=values):
        found[contract].add(user)
    handed_in = {(value.author, key) for key, rows in values.items() for value in rows}
    for user, contract in handed_in & people_seeing(values):
        found[contract].add(user)
    return found
