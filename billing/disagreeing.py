"""«Не согласен»: from an act of reconciliation to the form of a message about it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.urls import reverse
from django.utils.http import urlencode

from cabinet import formats
from contracts.models import Contract, Topic

# The topic that answers for acts of reconciliation, by its code; the office names and routes it.
TOPICS = ("reconciliation", "billing")


def addresses(
    contracts: Iterable[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> dict[str, str]:
    """By a contract's number the form of a new message, begun: each has a specialist of its own.

    With the topic chosen; where neither topic is shown to clients, the person chooses one.
    """
    shown = set(
        Topic.objects.filter(code__in=TOPICS, is_active=True).values_list("code", flat=True)
    )
    topic = next((code for code in TOPICS if code in shown), "")
    period = f"с {formats.day(starts_on)} по {formats.day(ends_on)}"
    found = {}
    for contract in contracts:
        text = (
            f"Не согласны с актом сверки {period} по договору № {contract.number}."
            " Прикладываем акт по нашим данным.\n\nРасхождение: "
        )
        query = {"topic": topic, "text": text} if topic else {"text": text}
        form = reverse("messaging:message-new", args=[contract.pk])
        found[contract.number] = f"{form}?{urlencode(query)}"
    return found
