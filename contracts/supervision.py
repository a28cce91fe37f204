"""Who answers for a contract: the one rule behind the contacts page and the routing of messages.

A topic is held by the specialist assigned to the contract, else by the one assigned to its branch,
else by the topic's group, else by whoever is on duty. During a leave the deputy answers. Somebody
who no longer works here, or whose mailbox refuses letters, holds nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cabinet import formats
from contracts.models import Assignment, Contract, Leave, Specialist, Topic

DUTY = "дежурный специалист"


class Rule(models.TextChoices):
    """Which step of the rule found the addressee; the last three are not steps of it."""

    CONTRACT = "contract", "специалист договора"
    BRANCH = "branch_topic", "специалист отделения"
    GROUP = "topic", "группа темы"
    DUTY = "duty", "дежурный адрес"
    MANUAL = "manual", "передано офисом"
    FALLBACK = "fallback", "запасной адрес"
    CLIENT = "client", "клиент"


@dataclass(frozen=True, kw_only=True)
class Supervisor:
    """Who answers for one topic of a contract on a day: a person, or a group with an address.

    `to` is where letters go. `deputy_for` and `until` are set when this is a deputy.
    """

    topic: Topic
    rule: Rule
    to: str
    specialist: Specialist | None = None
    deputy_for: Specialist | None = None
    until: datetime.date | None = None

    @property
    def name(self) -> str:
        """«Мельник И. П.», «отдел расчётов»."""
        if self.specialist:
            return self.specialist.short_name
        return DUTY if self.rule == Rule.DUTY else self.topic.group_label

    @property
    def label(self) -> str:
        """«Приборы учёта — Мельник И. П.», for a list of topics."""
        return f"{self.topic.name} — {self.name}"

    @property
    def substitute_note(self) -> str:
        """For whom the deputy answers and until when; empty for the holder of the topic."""
        if self.deputy_for is None:
            return ""
        return f"замещает: {self.deputy_for.short_name}, до {formats.day(self.until)} включительно"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the rule: whom it finds, or in `reason` why it finds nobody."""

    rule: Rule
    found: Supervisor | None = None
    reason: str = ""


def supervisors(contract: Contract, *, on: datetime.date | None = None) -> list[Supervisor]:
    """Who answers for `contract` on a day (today), topic by topic in the office's order."""
    day = on or timezone.localdate()
    topics = list(Topic.objects.filter(is_active=True))
    held = _assignments(contract, topics, day)
    leaves = _leaves(day)
    return [_first_found(_steps(topic, held.get(topic.pk, ()), leaves)) for topic in topics]


def supervisor(contract: Contract, topic: Topic, *, on: datetime.date | None = None) -> Supervisor:
    """Who answers for one topic of `contract`, which clients need not see any more."""
    return _first_found(steps(contract, topic, on=on))


def steps(contract: Contract, topic: Topic, *, on: datetime.date | None = None) -> list[Step]:
    """The whole rule for one topic, step by step: the first one that found somebody decides."""
    day = on or timezone.localdate()
    held = _assignments(contract, [topic], day)
    return list(_steps(topic, held.get(topic.pk, ()), _leaves(day)))


def of_person(
    topic: Topic, rule: Rule, holder: Specialist, *, on: datetime.date | None = None
) -> Step:
    """Who answers for a specialist to whom the topic's message was given: the deputy, if away."""
    return _of_person(topic, rule, holder, _leaves(on or timezone.localdate()))


def unreachable(*, on: datetime.date | None = None) -> dict[int, str]:
    """Specialists who hold something on a day, though neither they nor a deputy answers, and why.

    By the specialist's key.
    """
    day = on or timezone.localdate()
    leaves = _leaves(day)
    holders = Specialist.objects.filter(pk__in=Assignment.objects.on(day).values("specialist"))
    reasons = {holder.pk: _whoever_is_there(holder, leaves)[2] for holder in holders}
    return {pk: reason for pk, reason in reasons.items() if reason}


def _assignments(
    contract: Contract, topics: Iterable[Topic], day: datetime.date
) -> dict[int, list[Assignment]]:
    """Assignments in force by topic."""
    held: dict[int, list[Assignment]] = {}
    in_force = (
        Assignment.objects.on(day)
        .filter(Q(contract=contract) | Q(branch=contract.branch_id))
        .filter(topic__in=[topic.pk for topic in topics])
        .select_related("specialist__branch")
    )
    for assignment in in_force:
        held.setdefault(assignment.topic_id, []).append(assignment)
    return held


def _leaves(day: datetime.date) -> dict[int, Leave]:
    """Who is away that day, by the specialist's key."""
    away = Leave.objects.on(day).select_related("specialist", "deputy__branch")
    return {leave.specialist_id: leave for leave in away}


def _first_found(chain: Iterable[Step]) -> Supervisor:
    return next(step.found for step in chain if step.found)


def _steps(topic: Topic, held: Iterable[Assignment], leaves: Mapping[int, Leave]) -> Iterator[Step]:
    by_rule = {Rule.CONTRACT if one.contract_id else Rule.BRANCH: one for one in held}
    for rule in (Rule.CONTRACT, Rule.BRANCH):
        if rule in by_rule:
            yield _of_person(topic, rule, by_rule[rule].specialist, leaves)
        else:
            yield Step(rule=rule, reason="тема ни за кем не закреплена")
    if topic.email:
        group = Supervisor(topic=topic, rule=Rule.GROUP, to=topic.email)
        yield Step(rule=Rule.GROUP, found=group)
    else:
        yield Step(rule=Rule.GROUP, reason="у темы нет адреса группы")
    duty = Supervisor(topic=topic, rule=Rule.DUTY, to=settings.RETAILER.duty_email)
    yield Step(rule=Rule.DUTY, found=duty)


def _of_person(topic: Topic, rule: Rule, holder: Specialist, leaves: Mapping[int, Leave]) -> Step:
    """The holder, or the deputy of the deputy… who is there."""
    person, until, reason = _whoever_is_there(holder, leaves)
    if reason:
        return Step(rule=rule, reason=reason)
    found = Supervisor(
        topic=topic,
        rule=rule,
        to=person.email,
        specialist=person,
        deputy_for=holder if person != holder else None,
        until=until,
    )
    return Step(rule=rule, found=found)


def _whoever_is_there(
    holder: Specialist, leaves: Mapping[int, Leave]
) -> tuple[Specialist, datetime.date | None, str]:
    """The one who answers and until when, or why nobody does; a circle of deputies is nobody."""
    person, until, seen = holder, None, {holder.pk}
    while leave := leaves.get(person.pk):
        person, until = leave.deputy, min(until or leave.ends_on, leave.ends_on)
        if person.pk in seen:
            return person, until, f"{holder.short_name} и замещающие отсутствуют"
        seen.add(person.pk)
    if not person.is_active:
        return person, until, f"{person.short_name} больше не работает"
    if not person.has_mailbox:
        return person, until, f"ящик {person.email} отказался от письма"
    return person, until, ""
