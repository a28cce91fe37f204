"""Finding a company by what a visitor at the counter says, and people who have a login already."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from accounts.models import Client, User
from cabinet import requisites

# More is no choice but a list: the office is asked to say more.
SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class FoundClients:
    """Companies for what was typed; `words` say why there are none, and what to do."""

    clients: list[Client] = field(default_factory=list)
    words: str = ""
    is_cut: bool = False


def find_clients(typed: str) -> FoundClients:
    """Companies by ИНН, ОГРН, name or the number of a contract, from what billing handed over.

    An ИНН with a wrong check digit is told before anything is looked up: a mistyped digit must not
    find nothing without a reason.
    """
    typed = " ".join(typed.split())
    digits = re.sub(r"[\s-]", "", typed)
    is_number = digits.isascii() and digits.isdigit()
    if is_number and len(digits) in (10, 12) and "-" not in typed:
        return _by_inn(digits)
    found = _cut(Client.objects.filter(_matching(typed, digits if is_number else "")).distinct())
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
    condition = Q()
    for word in words[:5]:
        condition &= (
            Q(email__icontains=word)
            | Q(username__icontains=word)
            | Q(last_name__icontains=word)
            | Q(first_name__icontains=word)
            | Q(patronymic__icontains=word)
        )
    found = User.objects.filter(condition, is_staff=False, is_active=True)
    return list(
        found.prefetch_related("memberships__client").order_by("last_name", "first_name", "pk")[
            :SHOWN
        ]
    )


def _by_inn(inn: str) -> FoundClients:
    try:
        requisites.validate_inn(inn)
    except ValidationError:
        return FoundClients(
            words=f"В ИНН {inn} ошибка: контрольная цифра не сходится. Проверьте цифры по"
            " документу."
        )
    clients = list(Client.objects.filter(inn=inn))
    if clients:
        return FoundClients(clients=clients)
    return FoundClients(
        words=f"Клиента с ИНН {inn} нет в данных биллинга. Если договор заключён недавно, он"
        " появится после ближайшей загрузки; если давно — сообщите тому, кто ведёт договоры в"
        " биллинге. Без договора в биллинге доступ не оформляется."
    )


def _matching(typed: str, digits: str) -> Q:
    condition = (
        Q(short_name__icontains=typed)
        | Q(full_name__icontains=typed)
        | Q(contracts__number__icontains=typed)
    )
    return condition | Q(ogrn=digits) | Q(inn__startswith=digits) if digits else condition


def _cut(rows: QuerySet[Client]) -> FoundClients:
    clients = list(rows.order_by("short_name", "pk")[: SHOWN + 1])
    return FoundClients(clients=clients[:SHOWN], is_cut=len(clients) > SHOWN)
