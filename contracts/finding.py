"""Which contracts a search of the office means (cabinet/finding.py)."""

from __future__ import annotations

from django.db.models import Q

from accounts import finding as accounts_finding
from cabinet import finding
from contracts.models import Contract

CONTRACT_COLUMNS = ("number", "place")


def contracts(term: str) -> list[int]:
    """Contracts by number or object, and those of companies that the term means."""
    wanted = finding.condition(CONTRACT_COLUMNS, term)
    wanted |= Q(client__in=accounts_finding.clients(term))
    return finding.keys(Contract.objects.filter(wanted))


def clients_of_contracts(term: str) -> list[int]:
    """Companies by the number of a contract."""
    found = Contract.objects.filter(finding.condition(("number",), term))
    return finding.keys(found.distinct(), "client")
