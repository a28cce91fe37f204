"""To whom a message goes: the rule of contracts/supervision.py, and another way when it fails."""

from __future__ import annotations

from django.conf import settings

from contracts import supervision
from contracts.models import Topic
from contracts.supervision import Rule, Supervisor
from messaging.models import Message


def route(message: Message) -> Supervisor:
    """Who gets the message by the rule at this moment."""
    return supervision.supervisor(message.contract, message.topic)


def living(message: Message) -> Supervisor | None:
    """Who should have the message now: its specialist, the deputy, or whoever the rule finds.

    None for a group or an address: nothing but the office takes a message from them.
    """
    if message.specialist is None:
        return None
    step = supervision.of_person(message.topic, Rule(message.rule), message.specialist)
    return step.found or route(message)


def fallback(topic: Topic, *, refused: set[str]) -> Supervisor | None:
    """The first address behind the rule that did not refuse: the topic's own, then the duty one.

    None when all of them refused: then only the office can help.
    """
    addresses = (
        (topic.fallback_email, Rule.FALLBACK),
        (topic.email, Rule.GROUP),
        (settings.RETAILER.duty_email, Rule.DUTY),
    )
    refused = {address.lower() for address in refused}
    for address, rule in addresses:
        if address and address.lower() not in refused:
            return Supervisor(topic=topic, rule=rule, to=address)
    return None
