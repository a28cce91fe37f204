"""To whom a message goes: the rule of contracts/supervision.py, and two addresses behind it.

The specialist who holds the topic for the contract, else the one who holds it for the branch (a
deputy during leave); where nobody living does, the branch's common address, and without one the
topic's.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from contracts import supervision
from contracts.models import Contract, Specialist, Topic
from contracts.supervision import Supervisor
from messaging.models import Delivery

Rule = Delivery.Rule


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where a message of this topic goes, and which step of the rule said so.

    `deputy_for` and `until` are set when a deputy answers.
    """

    topic: Topic
    rule: Rule
    to: str
    specialist: Specialist | None = None
    deputy_for: Specialist | None = None
    until: datetime.date | None = None

    @property
    def label(self) -> str:
        """«Приборы учёта — Мельник И. П.», for a list of topics."""
        who = self.specialist.short_name if self.specialist else self.rule.label
        return f"{self.topic.name} — {who}"


def routes(contract: Contract) -> list[Route]:
    """The routes of every topic that clients see, in the office's order."""
    answering = supervision.supervisors(contract)
    return [_choose(contract, topic, answering) for topic in Topic.objects.filter(is_active=True)]


def route(contract: Contract, topic: Topic) -> Route:
    """The route of one topic at this moment."""
    return _choose(contract, topic, supervision.supervisors(contract))


def _choose(contract: Contract, topic: Topic, answering: Sequence[Supervisor]) -> Route:
    found = next((one for one in answering if one.topic == topic and one.specialist.email), None)
    if found:
        return Route(
            topic=topic,
            rule=Rule.CONTRACT if found.is_own else Rule.BRANCH_TOPIC,
            to=found.specialist.email,
            specialist=found.specialist,
            deputy_for=found.deputy_for,
            until=found.until,
        )
    if contract.branch.email:
        return Route(topic=topic, rule=Rule.BRANCH, to=contract.branch.email)
    return Route(topic=topic, rule=Rule.TOPIC, to=topic.email)
