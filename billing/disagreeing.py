"""«Не согласен»: from an act of reconciliation to the form of a message about it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.urls import reverse
from django.utils.http import urlencode

from cabinet import formats
from contracts.models import Contract, Topic

# The topic that answers for acts of reconciliation, by its code; the office names and routes it.
TOPICS = ("reconciliation", "billing")
# More numbers than this would not leave room for the person's own words.
_NAMED = 20


def address(
    contract: Contract,
    starts_on: datetime.date,
    ends_on: datetime.date,
    *,
    contracts: Sequence[Contract],
) -> str:
    """The form of a new message with the topic chosen and the beginning of the text written.

    The message is one of `contract`; `contracts` are those of the act. Where neither topic is shown
    to clients, the person chooses one.
    """
    shown = set(
        Topic.objects.filter(code__in=TOPICS, is_active=True).values_list("code", flat=True)
    )
    topic = next((code for code in TOPICS if code in shown), "")
    text = (
        f"Не согласны с актом сверки с {formats.day(starts_on)} по {formats.day(ends_on)}"
        f" {_about(contracts)}. Прикладываем акт по нашим данным.\n\nРасхождение: "
    )
    query = {"topic": topic, "text": text} if topic else {"text": text}
    return f"{reverse('messaging:message-new', args=[contract.pk])}?{urlencode(query)}"


def _about(contracts: Sequence[Contract]) -> str:
    """«по договору № 35-01-004217», «по договорам № …, № … и ещё 3»."""
    if len(contracts) == 1:
        return f"по договору № {contracts[0].number}"
    named = ", ".join(f"№ {contract.number}" for contract in contracts[:_NAMED])
    more = len(contracts) - _NAMED
    return f"по договорам {named}" + (f" и ещё {more}" if more > 0 else "")
