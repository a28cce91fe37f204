"""Which companies and people a search of the office means (cabinet/finding.py)."""

from __future__ import annotations

from accounts.models import Client, Membership, User
from cabinet import finding

CLIENT_COLUMNS = ("^inn", "short_name", "full_name", "ogrn")
USER_COLUMNS = ("username", "last_name", "first_name", "patronymic", "email", "phone")


def clients(term: str) -> list[int]:
    """Companies by ИНН, ОГРН or name."""
    return finding.keys(Client.objects.filter(finding.condition(CLIENT_COLUMNS, term)))


def people(term: str) -> list[int]:
    """People by login, name, e-mail or telephone."""
    return finding.keys(User.objects.filter(finding.condition(USER_COLUMNS, term)))


def people_of_clients(term: str) -> list[int]:
    """Those who act or acted for companies that the term means."""
    found = Membership.objects.filter(client__in=clients(term))
    return finding.keys(found.distinct(), "user")
