"""Which companies and people a search of the office means (cabinet/finding.py).

Also what the counter is told: a company by what a visitor says, people who have a login already.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts.models import Client, Membership, User
from cabinet import finding, requisites

CLIENT_COLUMNS = ("^inn", "short_name", "full_name", "ogrn", "+phone")
USER_COLUMNS = ("username", "last_name", "first_name", "patronymic", "email", "phone", "+phone")


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


def clients_of_contracts(term: str) -> list[int]:
    """Companies by the number of a contract, which the room above knows by its relation."""
    contracts = Client.contracts.rel.related_model.objects  # type: ignore[attr-defined]
    having = contracts.filter(finding.condition(("number",), term))
    return finding.keys(having.distinct(), "client")


# More is no choice but a list: the office is asked to say more.
SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class FoundClients:
    """Companies for what was typed; `words` say why there are none, and what to do."""

    clients: list[Client] = field(default_factory=list)
    words: str = ""
    is_cut: bool = False


def find_clients(typed: str, *, among: QuerySet[Client]) -> FoundClients:
    """Companies by ИНН, ОГРН, name or the number of a contract, from what billing handed over.

    `among`: those that whoever asks may look at. An ИНН with a wrong check digit is told before
    anything is looked up: a mistyped digit must not find nothing without a reason.
    """
    typed = " ".join(typed.split())
    digits = re.sub(r"[\s-]", "", typed)
    is_number = digits.isascii() and digits.isdigit()
    if is_number and len(digits) in (10, 12) and "-" not in typed:
        return _by_inn(digits, among)
    term = digits if is_number and "-" not in typed else typed
    found = _cut(among.filter(pk__in={*clients(term), *clients_of_contracts(typed)}))
    if found.clients:
        return found
    if is_number and "-" not in typed and len(digits) in (9, 11):
        return FoundClients(
            words=f"В ИНН 10 цифр у организации и 12 у предпринимателя, а введено {len(digits)}."
            " Проверьте цифры по документу."
        )
    return FoundClients(
        words=f"По запросу «{typed}» никого нет. Проверьте, как пишется название, или найдите"
        " компанию по ИНН либо номеру договора."
    )


def find_people(typed: str) -> list[User]:
    """Clients' people by e-mail, login, name or telephone, with the companies they act for."""
    words = typed.split()
    if not words:
        return []
    found = User.objects.filter(is_staff=False, is_active=True)
    for word in words[:5]:
        found = found.filter(finding.condition(USER_COLUMNS, word))
    return list(
        found.prefetch_related("memberships__client").order_by("last_name", "first_name", "pk")[
            :SHOWN
        ]
    )


def _by_inn(inn: str, among: QuerySet[Client]) -> FoundClients:
    try:
        requisites.validate_inn(inn)
    except ValidationError:
        return FoundClients(
            words=f"В ИНН {inn} ошибка: контрольная цифра не сходится. Проверьте цифры по"
            " документу."
        )
    clients = list(among.filter(inn=inn))
    if clients:
        return FoundClients(clients=clients)
    return FoundClients(
        words=f"Клиента с ИНН {inn} нет в данных биллинга. Если договор заключён недавно, он"
        " появится после ближайшей загрузки; если давно — сообщите тому, кто ведёт договоры в"
        " биллинге. Без договора в биллинге доступ не оформляется."
    )


def _cut(rows: QuerySet[Client]) -> FoundClients:
    clients = list(rows.order_by("short_name", "pk")[: SHOWN + 1])
    return FoundClients(clients=clients[:SHOWN], is_cut=len(clients) > SHOWN)
