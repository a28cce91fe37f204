"""Reminders: a letter 5, 2 and 1 days and 6 hours before the end of the term of readings.

To everybody who may hand in, wants it, and has not handed in everything; one letter for all of a
person's contracts. Only the latest step that has come is sent: one that was missed while nothing
ran is not made good after the next.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts import letters
from accounts.models import User
from accounts.roles import Right
from cabinet import formats
from contracts.access import people_allowed
from contracts.models import Contract
from contracts.periods import Month
from meters import progress, rules, table
from meters.models import ReadingReminder
from meters.progress import Progress
from meters.window import Window

Step = ReadingReminder.Step

# So long before the end of the term; the nearest to it first.
STEPS: tuple[tuple[datetime.timedelta, Step], ...] = (
    (datetime.timedelta(hours=6), Step.SIX_HOURS),
    (datetime.timedelta(days=1), Step.ONE_DAY),
    (datetime.timedelta(days=2), Step.TWO_DAYS),
    (datetime.timedelta(days=5), Step.FIVE_DAYS),
)
# Who was reminded by the office is left in peace for so long: less than the last step leaves.
_AFTER_THE_OFFICE = datetime.timedelta(hours=3)
# People looked at by one handful of statements.
BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Due:
    """That readings of `period` are to be reminded of: the same for all contracts of a window."""

    window: Window
    period: Month
    step: Step


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """What is due now: of contracts with rules of their own, and of all others."""

    common: Due | None
    own: dict[int, Due | None]

    @property
    def is_empty(self) -> bool:
        """Whether nobody is to be reminded of anything."""
        return self.common is None and not any(self.own.values())

    def of(self, contract: int) -> Due | None:
        """What is due for a contract."""
        return self.own.get(contract, self.common)


@dataclass(frozen=True, kw_only=True)
class Term:
    """The contracts of one letter that have the same term; one row is (number, words, address).

    `is_over`: the term has passed, what comes now is «после срока».
    """

    due: Due
    month: str
    until: str
    remaining: str
    is_over: bool
    rows: list[tuple[str, str, str]] = field(default_factory=list)


def remind() -> int:
    """Remind everybody for whom a step has come; the number of letters.

    A person at a time, each in a transaction of its own: a run that is broken off, or that another
    one overtakes, leaves nobody without a letter and nobody with two.
    """
    now = timezone.now()
    calendar = calendar_at(now)
    sent, last = 0, 0
    while not calendar.is_empty and (people := _people(after=last)):
        last = people[-1].pk
        waiting = _waiting(people, calendar, now)
        sent += sum(
            _write(person, step, found, now)
            for person in people
            for step, found in _by_step(waiting.get(person.pk, [])).items()
        )
    return sent


def calendar_at(now: datetime.datetime) -> Calendar:
    """Which step of which month has come for whom; by two statements at most for each window."""
    common, own = rules.of_all()
    known: dict[Window, Due | None] = {}
    for window in {common.window, *(one.window for one in own.values())}:
        known[window] = _due(window, now)
    return Calendar(
        common=known[common.window], own={key: known[one.window] for key, one in own.items()}
    )


def _due(window: Window, now: datetime.datetime) -> Due | None:
    period = window.reading_period(now)
    left = window.closes_at(period) - now
    if left <= datetime.timedelta(0):
        return None
    step = next((step for before, step in STEPS if left <= before), None)
    return Due(window=window, period=period, step=step) if step else None


def _people(*, after: int) -> list[User]:
    """The next people who want to be reminded and have an address."""
    wanting = User.objects.filter(is_active=True, wants_reading_reminders=True, pk__gt=after)
    return list(wanting.exclude(email="").order_by("pk")[:BATCH])


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A contract of which a person is to be reminded."""

    contract: Contract
    due: Due
    progress: Progress


def _waiting(
    people: Iterable[User], calendar: Calendar, now: datetime.datetime
) -> dict[int, list[Waiting]]:
    """By person: the contracts of which each is to be reminded now and was not yet."""
    keys = [person.pk for person in people]
    pairs = [
        (user, contract, due)
        for user, contract in people_allowed(Right.SUBMIT_READINGS, keys)
        if (due := calendar.of(contract))
    ]
    told = _told(keys, {due.period for _, _, due in pairs}, now)
    pairs = [
        (user, contract, due)
        for user, contract, due in pairs
        if not told
        & {(user, contract, due.period.first_day, step) for step in (due.step, Step.OFFICE)}
    ]
    due_of = {contract: due for _, contract, due in pairs}
    contracts = Contract.objects.active().in_bulk(due_of)
    asked = [(key, due_of[key].period) for key in contracts]
    done = progress.of_contracts(asked, timezone.localdate(now))
    found: dict[int, list[Waiting]] = {}
    for user, contract, due in pairs:
        state = done.get(contract, Progress())
        if contract in contracts and not state.is_whole:
            one = Waiting(contract=contracts[contract], due=due, progress=state)
            found.setdefault(user, []).append(one)
    return found


def _told(
    users: list[int], periods: set[Month], now: datetime.datetime
) -> set[tuple[int, int, datetime.date, str]]:
    """What each was told; of the office's own reminders those of the last hours."""
    rows = ReadingReminder.objects.filter(
        ~Q(step=Step.OFFICE) | Q(sent_at__gt=now - _AFTER_THE_OFFICE),
        user__in=users,
        period__in=[period.first_day for period in periods],
    )
    return set(rows.values_list("user_id", "contract_id", "period", "step"))


def _by_step(waiting: Iterable[Waiting]) -> dict[Step, list[Waiting]]:
    found: dict[Step, list[Waiting]] = {}
    for one in waiting:
        found.setdefault(one.due.step, []).append(one)
    return found


def _write(person: User, step: Step, waiting: list[Waiting], now: datetime.datetime) -> bool:
    """One letter about all of them; False when another run was quicker."""
    rows = [
        ReadingReminder(
            user=person, contract=one.contract, period=one.due.period.first_day, step=step
        )
        for one in waiting
    ]
    context = {"terms": terms(waiting, now)}
    try:
        with transaction.atomic():
            ReadingReminder.objects.bulk_create(rows)
            letters.post(
                "meters/letters/reminder",
                to=person.email,
                client=letters.only(one.contract.client for one in waiting),
                context=context,
            )
    except IntegrityError:  # another run has told of one of them: what is left, the next run tells
        return False
    return True


def terms(waiting: Iterable[Waiting], now: datetime.datetime) -> list[Term]:
    """The contracts by their terms, the soonest first; in each by number."""
    found: dict[Due, Term] = {}
    for one in sorted(waiting, key=lambda one: (one.contract.number, one.contract.pk)):
        term = found.setdefault(one.due, _term(one.due, now))
        path = reverse("meters:readings", args=[one.contract.pk])
        term.rows.append(
            (one.contract.number, _progress_words(one.progress), f"{settings.SITE_URL}{path}")
        )
    return sorted(found.values(), key=lambda term: term.due.window.closes_at(term.due.period))


def _progress_words(progress: Progress) -> str:
    """«передано 3 из 5 точек, по 2 точкам отклонено: передайте заново»."""
    words = table.progress_words(progress.done, progress.all_points)
    if not progress.rejected:
        return words
    points = formats.counted(progress.rejected, "точке", "точкам", "точкам")
    return f"{words}, по {points} отклонено: передайте заново"


def _term(due: Due, now: datetime.datetime) -> Term:
    return Term(
        due=due,
        month=formats.for_month(due.period.first_day),
        until=due.window.due_words(due.period),
        remaining=due.window.remaining_words(due.period, now),
        is_over=due.window.is_late(due.period, now),
    )
