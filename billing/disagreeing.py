"""«Не согласен»: from an act of reconciliation to the form of a message about it."""

from __future__ import annotations

import datetime

from django.urls import reverse
from django.utils.http import urlencode

from cabinet import formats
from contracts.models import Contract, Topic

# The topic that answers for acts of reconciliation, by its code; the office names and routes it.
TOPICS = ("reconciliation", "billing")


def address(contract: Contract, starts_on: datetime.date, ends_on: datetime.date) -> str:
    """The form of a new message with the topic chosen and the beginning of the text written.

    Where neither topic is shown to clients, the person chooses one.
    """
    shown = set(
        Topic.objects.filter(code__in=TOPICS, is_active=True).values_list("code", flat=True)
    )
    topic = next((code for code in TOPICS if code in shown), "")
    text = (
        f"Не согласны с актом сверки с {formats.day(starts_on)} по {formats.day(ends_on)}"
        f" по договору № {contract.number}. Прикладываем акт по нашим данным.\n\nРасхождение: "
    )
    query = {"topic": topic, "text": text} if topic else {"text": text}
    return f"{reverse('messaging:message-new', args=[contract.pk])}?{urlencode(query)}"
