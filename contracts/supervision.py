"""Who answers for a contract: the one rule behind the contacts page and the routing of messages.

A topic is held by the specialist assigned to the contract, else by the one assigned to its branch.
During a leave the deputy answers. Somebody who no longer works here holds nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F, Q
from django.utils import timezone

from cabinet import formats
from contracts.models import Assignment, Contract, Leave, Specialist, Topic


@dataclass(frozen=True, kw_only=True)
class Supervisor:
    """The person who answers for one topic of a contract today.

    `deputy_for` and `until` are set when this is a deputy; `is_own` when the assignment names the
    contract rather than its branch.
    """

    topic: Topic
    specialist: Specialist
    is_own: bool
    deputy_for: Specialist | None = None
    until: datetime.date | None = None

    @property
    def substitute_note(self) -> str:
        """For whom the deputy answers and until when; empty for the holder of the topic."""
        if self.deputy_for is None:
            return ""
        return f"замещает: {self.deputy_for.short_name}, до {formats.day(self.until)} включительно"


def supervisors(contract: Contract, *, on: datetime.date | None = None) -> list[Supervisor]:
    """Everybody who answers for `contract` on a day (today), in the order of the topics."""
    day = on or timezone.localdate()
    assignments = (
        Assignment.objects.on(day)
        .filter(Q(contract=contract) | Q(branch=contract.branch_id), topic__is_active=True)
        .select_related("topic", "specialist__branch")
        .order_by("topic__order", "topic__name", "topic_id", F("contract_id").asc(nulls_last=True))
    )
    leaves = {
        leave.specialist_id: leave
        for leave in Leave.objects.on(day).select_related("deputy__branch")
    }
    return list(_first_living_of_each_topic(assignments, leaves))


def supervisor(
    contract: Contract, topic: Topic, *, on: datetime.date | None = None
) -> Supervisor | None:
    """Who answers for one topic of `contract`, or None when nobody living holds it."""
    return next((found for found in supervisors(contract, on=on) if found.topic == topic), None)


def _first_living_of_each_topic(
    assignments: Iterable[Assignment], leaves: Mapping[int, Leave]
) -> Iterable[Supervisor]:
    """`assignments` come topic by topic, the contract's own before the branch's."""
    answered: set[int] = set()
    for assignment in assignments:
        if assignment.topic_id in answered:
            continue
        leave = leaves.get(assignment.specialist_id)
        person = leave.deputy if leave else assignment.specialist
        if not person.is_active:
            continue
        answered.add(assignment.topic_id)
        yield Supervisor(
            topic=assignment.topic,
            specialist=person,
            is_own=assignment.contract_id is not None,
            deputy_for=assignment.specialist if leave else None,
            until=leave.ends_on if leave else None,
        )
