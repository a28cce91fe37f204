"""Which cases a search of the office means (cabinet/finding.py)."""

from __future__ import annotations

from cabinet import finding
from contracts import finding as contracts_finding
from messaging.models import Message

MESSAGE_COLUMNS = ("number", "email")


def messages(term: str) -> list[int]:
    """Cases by number or e-mail."""
    return finding.keys(Message.objects.filter(finding.condition(MESSAGE_COLUMNS, term)))


def messages_of_contracts(term: str) -> list[int]:
    """Cases of contracts that the term means."""
    found = Message.objects.filter(contract__in=contracts_finding.contracts(term))
    return finding.keys(found.order_by("-pk"))
