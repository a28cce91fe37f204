"""Who has not handed in the readings of a month: by branch, and contract by contract.

One statement looks at all points in force at once, however many clients there are; it counts as
`progress.of_contracts` does. The specialist is the one who holds the topic of readings, for the
contract or for its branch.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from accounts.models import Membership, User
from accounts.roles import Right
from cabinet import formats
from contracts.access import people_allowed
from contracts.models import Branch, Contract, Specialist, Topic
from contracts.periods import Month
from meters import rules
from meters.models import ReadingReminder

# Contracts in force that have something to hand in for `period`, with how many of their points are
# wholly handed in; a value that billing has rejected is not. The readings of the month are read
# once, by an index of their own; what the list is cut to is cut before the points are looked at.
_PROGRESS = """
    WITH stated AS MATERIALIZED (
        SELECT DISTINCT contract_id, point_id, register_id FROM meters_reading
        WHERE period = %(period)s
    ), rejected AS MATERIALIZED (
        SELECT contract_id, point_id, register_id FROM meters_standing_rejection
        WHERE period = %(period)s
    ), points AS (
        SELECT point.contract_id,
               bool_and(stated.register_id IS NOT NULL AND rejected.register_id IS NULL) AS is_done,
               bool_or(stated.register_id IS NOT NULL) AS is_begun
        FROM contracts_contract contract
        JOIN meters_meteringpoint point ON point.contract_id = contract.id
             AND point.opened_on <= %(day)s
             AND (point.closed_on IS NULL OR point.closed_on > %(day)s)
        JOIN meters_installation installation ON installation.point_id = point.id
             AND installation.installed_on <= %(day)s
             AND (installation.removed_on IS NULL OR installation.removed_on > %(day)s)
        JOIN meters_meter meter ON meter.id = installation.meter_id AND NOT meter.is_automatic
        JOIN meters_register register ON register.meter_id = meter.id
        LEFT JOIN stated ON stated.contract_id = contract.id AND stated.point_id = point.id
             AND stated.register_id = register.id
        LEFT JOIN rejected ON rejected.contract_id = contract.id AND rejected.point_id = point.id
             AND rejected.register_id = register.id
        WHERE (contract.terminated_on IS NULL OR contract.terminated_on > %(today)s)
              AND (%(branch)s::bigint IS NULL OR contract.branch_id = %(branch)s)
              AND (%(contracts)s::bigint[] IS NULL OR contract.id = ANY(%(contracts)s::bigint[]))
        GROUP BY point.id
    ), progress AS (
        SELECT contract_id, count(*) FILTER (WHERE is_done) AS done, count(*) AS points,
               bool_or(is_begun) AS is_begun
        FROM points GROUP BY contract_id
    )
"""
_BY_BRANCH = f"""{_PROGRESS}
    SELECT contract.branch_id, count(*), count(*) FILTER (WHERE done = points),
           count(*) FILTER (WHERE NOT is_begun), sum(points), sum(done)
    FROM progress JOIN contracts_contract contract ON contract.id = progress.contract_id
    GROUP BY contract.branch_id
"""  # noqa: S608 - no value is written into the text
_SILENT = f"""{_PROGRESS}, silent AS (
        SELECT contract.id, contract.number, contract.branch_id, progress.done, progress.points,
               COALESCE(own.specialist_id, common.specialist_id) AS specialist_id
        FROM progress
        JOIN contracts_contract contract ON contract.id = progress.contract_id
        LEFT JOIN contracts_assignment own ON own.contract_id = contract.id
             AND own.topic_id = %(topic)s AND own.starts_on <= %(today)s
             AND (own.ends_on IS NULL OR own.ends_on >= %(today)s)
        LEFT JOIN contracts_assignment common ON common.branch_id = contract.branch_id
             AND common.topic_id = %(topic)s AND common.starts_on <= %(today)s
             AND (common.ends_on IS NULL OR common.ends_on >= %(today)s)
        WHERE done < points AND (NOT %(only_silent)s OR NOT is_begun)
    )
    SELECT id, done, points, specialist_id, count(*) OVER () FROM silent
    WHERE %(specialist)s::bigint IS NULL OR specialist_id = %(specialist)s
    ORDER BY branch_id, specialist_id, number, id
    LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 - no value is written into the text


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A branch: contracts that have something to hand in, those that have, those that are silent.

    `silent` have handed in nothing at all; points are counted beside contracts.
    """

    branch: Branch | None
    contracts: int = 0
    done: int = 0
    silent: int = 0
    points: int = 0
    points_done: int = 0

    @property
    def left(self) -> int:
        """Contracts that have not handed in everything."""
        return self.contracts - self.done

    @property
    def percent(self) -> int:
        """The share of contracts that have, rounded down: 100 is everybody."""
        return self.done * 100 // self.contracts if self.contracts else 100


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which of the silent are meant; None: all.

    `only_silent`: those who have handed in nothing, not those who began.
    """

    branch: Branch | None = None
    specialist: Specialist | None = None
    only_silent: bool = False
    contracts: tuple[int, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who may hand in: whom to call, or to write."""

    name: str
    position: str
    phone: str
    email: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A contract that is silent, as lists and tables show it."""

    contract: Contract
    done: int
    points: int
    specialist: Specialist | None
    people: tuple[Person, ...]
    reminded: str

    @property
    def progress(self) -> str:
        """«3 из 7»."""
        return f"{formats.quantity(self.done)} из {formats.quantity(self.points)}"


def months(now: datetime.datetime | None = None) -> tuple[Month, Month]:
    """The month whose readings are asked for now, and the one before it, by the rule for all."""
    common, _ = rules.of_all()
    return common.window.accepted_periods(now or timezone.now())


def due_words(period: Month) -> str:
    """By when the readings of `period` are due by the rule for all: «1 декабря 23:59 (МСК)»."""
    common, _ = rules.of_all()
    return common.window.due_words(period)


def by_branch(
    period: Month, *, contracts: Sequence[int] | None = None
) -> tuple[list[Share], Share]:
    """The branches by name, and all of them together; one statement over the points.

    `contracts`: those to which whoever asks is confined.
    """
    with connection.cursor() as cursor:
        within = None if contracts is None else tuple(contracts)
        cursor.execute(_BY_BRANCH, _parameters(period, Filters(contracts=within)))
        counted = {row[0]: [int(number) for number in row[1:]] for row in cursor.fetchall()}
    names = ("contracts", "done", "silent", "points", "points_done")
    shares = [
        Share(branch=branch, **dict(zip(names, counted[branch.pk], strict=True)))
        for branch in Branch.objects.filter(pk__in=counted)
    ]
    sums = [sum(numbers) for numbers in zip(*counted.values(), strict=True)]
    return shares, Share(branch=None, **dict(zip(names, sums, strict=False)))


def count_and_keys(
    period: Month, filters: Filters, *, limit: int | None = None, offset: int = 0
) -> tuple[int, list[tuple[int, int, int, int | None]]]:
    """How many are silent, and a page of them: contract, points done, points, specialist.

    By branch, specialist and number. The count is 0 when the page lies behind the last row.
    """
    with connection.cursor() as cursor:
        page = {"limit": limit, "offset": offset}
        cursor.execute(_SILENT, _parameters(period, filters) | page)
        found = cursor.fetchall()
    return (found[0][4] if found else 0), [row[:4] for row in found]


def rows(period: Month, found: Iterable[tuple[int, int, int, int | None]]) -> list[Row]:
    """What is shown of a page of `count_and_keys`; as many statements however long it is."""
    lines = list(found)
    keys = [line[0] for line in lines]
    contracts = Contract.objects.select_related("client", "branch").in_bulk(keys)
    specialists = Specialist.objects.in_bulk({line[3] for line in lines if line[3]})
    people, told = _people(keys), _reminded(keys, period)
    return [
        Row(
            contract=contracts[key],
            done=done,
            points=points,
            specialist=specialists.get(specialist) if specialist else None,
            people=tuple(people.get(key, ())),
            reminded=told.get(key, ""),
        )
        for key, done, points, specialist in lines
        if key in contracts
    ]


def holders() -> models.QuerySet[Specialist]:
    """Specialists who hold the topic of readings today, for the filter."""
    return Specialist.objects.filter(
        pk__in=Specialist.assignments.rel.related_model.objects.on(  # type: ignore[attr-defined]
            timezone.localdate()
        )
        .filter(topic__code=settings.READINGS_TOPIC)
        .values("specialist")
    )


def _parameters(period: Month, filters: Filters) -> dict[str, Any]:
    today = timezone.localdate()
    topic = Topic.objects.filter(code=settings.READINGS_TOPIC).only("pk").first()
    return {
        "period": period.first_day,
        "day": min(period.last_day, today),
        "today": today,
        "topic": topic.pk if topic else None,
        "branch": filters.branch.pk if filters.branch else None,
        "specialist": filters.specialist.pk if filters.specialist else None,
        "only_silent": filters.only_silent,
        "contracts": None if filters.contracts is None else list(filters.contracts),
    }


def _people(contracts: list[int]) -> Mapping[int, list[Person]]:
    """Who may hand in, by contract, those with a telephone first."""
    pairs = people_allowed(Right.SUBMIT_READINGS, contracts=contracts)
    users = User.objects.in_bulk({user for user, _ in pairs})
    clients = dict(Contract.objects.filter(pk__in=contracts).values_list("pk", "client_id"))
    held = Membership.objects.active().filter(user__in=users, client__in=set(clients.values()))
    positions = {(one.user_id, one.client_id): one.title for one in held}
    found: dict[int, list[Person]] = {}
    for user, contract in sorted(pairs, key=lambda pair: (not users[pair[0]].phone, pair)):
        person = users[user]
        found.setdefault(contract, []).append(
            Person(
                name=person.full_name or person.username,
                position=positions.get((user, clients[contract]), ""),
                phone=person.phone,
                email=person.email,
            )
        )
    return found


def _reminded(contracts: list[int], period: Month) -> dict[int, str]:
    """The latest reminder of each contract: «26.11.2026 14:05, Зимина Н. В.»."""
    latest = (
        ReadingReminder.objects.filter(contract__in=contracts, period=period.first_day)
        .order_by("contract_id", "-pk")
        .distinct("contract_id")
        .select_related("office_reminder__asked_by")
    )
    return {one.contract_id: _reminder_words(one) for one in latest}


def _reminder_words(reminder: ReadingReminder) -> str:
    asked = reminder.office_reminder
    who = asked.asked_by.short_name if asked else f"портал, {reminder.get_step_display()}"
    return f"{formats.moment(reminder.sent_at)}, {who}"
