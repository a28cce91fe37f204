"""The nightly letter to the office: what nobody living would answer.

By the rule of contracts/supervision.py, worked out for all contracts at once. A topic that was
never given to a specialist and has a group's address is the group's by the office's own choice:
nothing is said about it.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.utils import timezone

from accounts import letters
from accounts.models import Letter
from cabinet import formats
from contracts import supervision, working_days
from contracts.models import Assignment, Branch, Leave, Specialist, Topic

# How many contracts are named where many have the same trouble.
EXAMPLES = 5
# How long before its end an assignment without a successor is told of.
NOTICE = datetime.timedelta(days=14)

_ONE_DAY = datetime.timedelta(days=1)
_NOBODY = "тема ни за кем не закреплена"

_GAPS = """
WITH held AS (
    SELECT topic_id, branch_id, contract_id FROM contracts_assignment
    WHERE starts_on <= %(day)s AND (ends_on IS NULL OR ends_on >= %(day)s)
        AND specialist_id <> ALL (%(unreachable)s::bigint[])
), gap AS (
    SELECT topic.id AS topic_id, branch.id AS branch_id
    FROM contracts_topic topic CROSS JOIN contracts_branch branch
    WHERE topic.id = ANY (%(topics)s::bigint[]) AND NOT EXISTS (
        SELECT FROM held WHERE held.branch_id = branch.id AND held.topic_id = topic.id
    )
)
SELECT gap.branch_id, gap.topic_id, count(*),
    (array_agg(contract.number ORDER BY contract.number))[1:%(examples)s]
FROM gap
JOIN contracts_contract contract ON contract.branch_id = gap.branch_id
    AND (contract.terminated_on IS NULL OR contract.terminated_on > %(day)s)
WHERE NOT EXISTS (
    SELECT FROM held WHERE held.contract_id = contract.id AND held.topic_id = gap.topic_id
)
GROUP BY gap.branch_id, gap.topic_id
"""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A topic of a branch that no specialist answers: for how many contracts, and why."""

    branch: Branch
    topic: Topic
    count: int
    is_whole_branch: bool
    examples: list[str]
    reasons: list[str]

    @property
    def scope(self) -> str:
        """«все договоры (1 240)», or how many and which."""
        if self.is_whole_branch:
            return f"все договоры ({formats.quantity(self.count)})"
        named = ", ".join(f"№{formats.NBSP}{number}" for number in self.examples)
        more = " и другие" if self.count > len(self.examples) else ""
        words = formats.counted(self.count, "договор", "договора", "договоров")
        return f"{words}: {named}{more}"

    @property
    def goes_to(self) -> str:
        """Where letters go meanwhile."""
        if self.topic.email:
            return f"{self.topic.group_label}, {self.topic.email}"
        return f"{supervision.DUTY}, {settings.RETAILER.duty_email}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the letter tells; each list is empty when there is nothing to tell."""

    day: datetime.date
    gaps: list[Gap]
    refused: list[Specialist]
    leaves: list[str]
    ending: list[str]
    calendar: list[str]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.gaps or self.refused or self.leaves or self.ending or self.calendar)


def report() -> Letter | None:
    """Send today's letter, once a day; None when there is nothing to tell, or it was sent."""
    found = look(on=timezone.localdate())
    if found.is_empty:
        return None
    office = settings.RETAILER.email
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    subject = f"Кому не придёт: {formats.day(found.day)}"
    if Letter.objects.filter(to=office, subject=subject, created_at__gte=today).exists():
        return None
    return letters.post(
        "messaging/letters/unaddressed", to=office, context={"report": found, "subject": subject}
    )


def look(*, on: datetime.date) -> Report:
    """What there is to tell on a day, in a number of statements that does not grow."""
    return Report(
        day=on,
        gaps=list(_gaps(on)),
        refused=list(
            Specialist.objects.filter(is_active=True, refused_email=F("email"))
            .exclude(refused_email="")
            .select_related("branch")
        ),
        leaves=list(_leaves(on)),
        ending=list(_ending(on)),
        calendar=working_days.warnings(on=on),
    )


# Topics and contracts ----------------------------------------------------------------------------


def _gaps(day: datetime.date) -> Iterator[Gap]:
    """By branch, then in the office's order of topics."""
    topics = {topic.pk: topic for topic in _personal_topics()}
    unreachable = supervision.unreachable(on=day)
    counts = _uncovered(day, topics=list(topics), unreachable=list(unreachable))
    if not counts:
        return
    reasons = _reasons(day, unreachable)
    branches = Branch.objects.annotate(
        total=Count("contracts", filter=_in_force("contracts__", day))
    )
    for branch in branches:
        for topic in topics.values():
            if found := counts.get((branch.pk, topic.pk)):
                count, examples = found
                yield Gap(
                    branch=branch,
                    topic=topic,
                    count=count,
                    is_whole_branch=count == branch.total,
                    examples=examples,
                    reasons=reasons.get((branch.pk, topic.pk), [_NOBODY]),
                )


def _personal_topics() -> list[Topic]:
    """Topics that some specialist was ever to answer, and those that have no group to do it."""
    given = Assignment.objects.filter(topic=OuterRef("pk"))
    return list(Topic.objects.filter(Exists(given) | Q(email=""), is_active=True))


def _uncovered(
    day: datetime.date, *, topics: list[int], unreachable: list[int]
) -> dict[tuple[int, int], tuple[int, list[str]]]:
    """How many contracts, and the first of them, by branch and topic."""
    values: dict[str, Any] = {
        "day": day, "topics": topics, "unreachable": unreachable, "examples": EXAMPLES,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, values)
        return {
            (branch, topic): (count, numbers) for branch, topic, count, numbers in cursor.fetchall()
        }


def _reasons(day: datetime.date, unreachable: dict[int, str]) -> dict[tuple[int, int], list[str]]:
    """Why those who should answer do not, by branch and topic; the branch's own first."""
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    dead = Assignment.objects.on(day).filter(specialist__in=unreachable)
    of_branches = dead.filter(branch__isnull=False)
    for branch, topic, holder in of_branches.values_list("branch", "topic", "specialist"):
        found[branch, topic].append(unreachable[holder])
    of_contracts = (
        dead.filter(_in_force("contract__", day), contract__isnull=False)
        .values("contract__branch", "topic", "specialist")
        .annotate(count=Count("contract"))
        .order_by("contract__branch", "topic", "-count", "specialist")
    )
    for row in of_contracts:
        reasons = found[row["contract__branch"], row["topic"]] or [_NOBODY]
        words = formats.counted(row["count"], "договор", "договора", "договоров")
        reasons.append(f"{words} с отдельным закреплением: {unreachable[row['specialist']]}")
        found[row["contract__branch"], row["topic"]] = reasons
    return found


def _in_force(prefix: str, day: datetime.date) -> Q:
    """Contracts in force on a day, seen through a relation."""
    return Q(**{f"{prefix}terminated_on__isnull": True}) | Q(**{f"{prefix}terminated_on__gt": day})


# What will become so -----------------------------------------------------------------------------


def _leaves(day: datetime.date) -> Iterator[str]:
    """Leaves, of now and of the next days, whose deputy will not be there."""
    away = Leave.objects.filter(
        specialist=OuterRef("deputy"),
        starts_on__lte=OuterRef("ends_on"),
        ends_on__gte=OuterRef("starts_on"),
    )
    rows = (
        Leave.objects.filter(ends_on__gte=day, starts_on__lte=day + NOTICE)
        .filter(specialist__is_active=True)
        .annotate(is_deputy_away=Exists(away.filter(ends_on__gte=day)))
        .select_related("specialist", "deputy")
        .order_by("starts_on", "pk")
    )
    for leave in rows:
        deputy = leave.deputy
        if reason := (
            "больше не работает" if not deputy.is_active
            else f"ящик {deputy.email} отказался от письма" if not deputy.has_mailbox
            else "тоже отсутствует" if leave.is_deputy_away
            else ""
        ):  # fmt: skip
            yield (
                f"{leave.specialist.short_name} отсутствует {formats.day(leave.starts_on)}–"
                f"{formats.day(leave.ends_on)}, замещает {deputy.short_name}: {reason}"
            )


def _ending(day: datetime.date) -> Iterator[str]:
    """Assignments that end soon, and nobody follows the day after."""
    after = OuterRef("ends_on") + _ONE_DAY
    next_day = Assignment.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=OuterRef("ends_on")),
        topic=OuterRef("topic"),
        starts_on__lte=after,
    )
    followers = (
        next_day.filter(contract=OuterRef("contract"))
        | next_day.filter(branch=OuterRef("branch"))
        | next_day.filter(branch=OuterRef("contract__branch"))
    )
    rows = (
        Assignment.objects.filter(ends_on__range=(day, day + NOTICE), topic__is_active=True)
        .filter(Q(contract__isnull=True) | _in_force("contract__", day))
        .filter(~Exists(followers))
        .values("ends_on", "topic__name", "specialist", "branch__name")
        .annotate(count=Count("contract"), first=Min("contract__number"))
        .order_by("ends_on", "topic__name", "branch__name", "specialist")
    )
    people = Specialist.objects.in_bulk({row["specialist"] for row in rows})
    for row in rows:
        yield (
            f"до {formats.day(row['ends_on'])}: {people[row['specialist']].short_name}, "
            f"тема «{row['topic__name']}», {_where(dict(row))}"
        )


def _where(row: dict[str, Any]) -> str:
    """«Новоборское отделение», «договор № …» or how many contracts."""
    if row["branch__name"]:
        return str(row["branch__name"])
    if row["count"] == 1:
        return f"договор №{formats.NBSP}{row['first']}"
    return formats.counted(row["count"], "договор", "договора", "договоров")
