"""A company's own desk: who leads it, and who has access to what of it.

The rooms above are reached by the names of their relations, never by import.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import AccessRequest, Client, Membership, MembershipQuerySet, User
from accounts.roles import Right, Role
from cabinet import formats

# How long before its last day an access is marked as ending.
SOON = datetime.timedelta(days=30)
# How long the desk shows accesses that have ended.
LATELY = datetime.timedelta(days=365)
# So many contracts stand in a row; more of them are folded away.
SHOWN_CONTRACTS = 4


class NotLeading(PermissionDenied):
    """Whoever asks does not (any longer) decide about the company's accesses."""


# Who leads ----------------------------------------------------------------------------------------


def led_by(user: User) -> QuerySet[Client]:
    """The companies about whose accesses this person decides: a director of all contracts."""
    led = Membership.objects.leading(Right.MANAGE_ACCESS).filter(user=user)
    return Client.objects.filter(pk__in=led.values("client"))


def leaders(client: Client) -> MembershipQuerySet:
    """The memberships of those who decide about the company's accesses."""
    found: MembershipQuerySet = Membership.objects.leading(Right.MANAGE_ACCESS).filter(
        client=client
    )
    return found.select_related("user")


def lock(client: Client, by: User) -> Client:
    """The client's row, held until COMMIT: what is decided about its accesses stands in line.

    Raises:
        NotLeading: `by` does not lead the company any more.
    """
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    if not leaders(client).filter(user=by).exists():
        raise NotLeading("Решать о доступе может руководитель, которому открыты все договоры.")
    return client


@dataclass(frozen=True, kw_only=True)
class Card:
    """A company that the person leads, in one line of «Доступ»."""

    client: Client
    people: str
    notes: list[str]


def cards(user: User) -> list[Card]:
    """The companies that the person leads; three statements, however many there are."""
    clients = list(led_by(user).order_by("short_name", "pk"))
    if not clients:
        return []
    today = timezone.localdate()
    rows = Membership.objects.active().filter(client__in=clients).order_by().values("client")
    counted = rows.annotate(
        people=Count("pk"), ending=Count("pk", filter=Q(ends_on__lte=today + SOON))
    )
    counts = {
        pk: (people, ending)
        for pk, people, ending in counted.values_list("client", "people", "ending")
    }
    asked = AccessRequest.objects.open().filter(client__in=clients).order_by().values("client")
    waiting = dict(asked.annotate(count=Count("pk")).values_list("client", "count"))
    return [_card(one, *counts.get(one.pk, (0, 0)), waiting.get(one.pk, 0)) for one in clients]


def _card(client: Client, people: int, ending: int, waiting: int) -> Card:
    notes = []
    if ending:
        verb = formats.plural(ending, "заканчивается", "заканчиваются", "заканчиваются")
        words = formats.counted(ending, "доступ", "доступа", "доступов")
        notes.append(
            f"{words} {verb} в ближайшие {formats.counted(SOON.days, 'день', 'дня', 'дней')}"
        )
    if waiting:
        words = formats.counted(waiting, "запрос", "запроса", "запросов")
        notes.append(f"{words} доступа у поставщика")
    words = formats.counted(people, "человек", "человека", "человек")
    return Card(client=client, people=words, notes=notes)


# Who has access to what ---------------------------------------------------------------------------


def roles_by_contract(membership: Membership) -> dict[int, str]:
    """Contract → the role that counts there, for every contract that the membership opens."""
    contracts = membership.client.contracts.order_by("number", "pk")
    own = dict(membership.limits.values_list("contract", "role"))
    return {
        pk: own.get(pk) or membership.role
        for pk in contracts.values_list("pk", flat=True)
        if membership.all_contracts or pk in own
    }


# A contract's number as it is written, and its own role if there is one; «все» first.
Named = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One access as the desk shows it: words, written once a row."""

    pk: int
    name: str
    login: str
    position: str
    role: str
    contracts: list[Named]
    more_contracts: list[Named]
    basis: str
    until: str
    term: str
    term_modifier: str
    last_login: str
    password: str
    ended: str
    is_own: bool


def with_words(memberships: Iterable[Membership], *, viewer: User) -> list[Row]:
    """The rows of a page; the memberships were loaded by `for_desk`."""
    today = timezone.localdate()
    return [_row(membership, viewer, today) for membership in memberships]


def for_desk(memberships: MembershipQuerySet) -> MembershipQuerySet:
    """With everything that `with_words` reads: three statements, however many rows."""
    return memberships.select_related("user", "revoked_by").prefetch_related("limits__contract")


def _row(membership: Membership, viewer: User, today: datetime.date) -> Row:
    person = membership.user
    listed = named_contracts(membership)
    term, modifier = term_in_words(membership, today)
    return Row(
        pk=membership.pk,
        name=person.full_name or person.username,
        login=person.username,
        position=membership.position,
        role=membership.get_role_display(),
        contracts=listed[:SHOWN_CONTRACTS],
        more_contracts=listed[SHOWN_CONTRACTS:],
        basis=basis_in_words(membership),
        until=formats.day(membership.ends_on) if membership.ends_on else "без срока",
        term=term,
        term_modifier=modifier,
        last_login=formats.moment(person.last_login) if person.last_login else "",
        password=_password_in_words(person),
        ended=_ended_in_words(membership, today),
        is_own=person.pk == viewer.pk,
    )


def named_contracts(membership: Membership) -> list[Named]:
    """«все», or the contracts one by one; with all of them, those that have a role of their own."""
    limits = sorted(membership.limits.all(), key=lambda limit: limit.contract.number)
    named = [
        (f"№{formats.NBSP}{limit.contract.number}", limit.get_role_display() if limit.role else "")
        for limit in limits
        if limit.role or not membership.all_contracts
    ]
    return [("все", ""), *named] if membership.all_contracts else named


def contracts_in_words(membership: Membership) -> str:
    """«№ 35-01-004217, № 35-01-005000 (только просмотр)»."""
    named = named_contracts(membership)
    return ", ".join(f"{words} ({role})" if role else words for words, role in named)


def own_in_words(memberships: Iterable[Membership]) -> list[tuple[str, str]]:
    """A person's own accesses, loaded by `for_desk`: company → role, contracts, paper, term."""
    today = timezone.localdate()
    found = []
    for membership in memberships:
        until = f"по {formats.day(membership.ends_on)}" if membership.ends_on else "без срока"
        left, _ = term_in_words(membership, today)
        parts = [
            membership.get_role_display(),
            f"договоры: {contracts_in_words(membership)}",
            f"{basis_in_words(membership)}, {until}" + (f" ({left})" if left else ""),
        ]
        found.append((membership.client.short_name, "; ".join(parts)))
    return found


def basis_in_words(row: Membership | AccessRequest) -> str:
    """«доверенность № 12», «приказ № 5», or the name of another paper."""
    if row.basis_number:
        return f"{row.get_basis_display()} №{formats.NBSP}{row.basis_number}"
    return str(row.get_basis_display()).partition(",")[0]


def term_in_words(membership: Membership, today: datetime.date) -> tuple[str, str]:
    """«осталось 12 дней» and its colour, where the access ends soon; else nothing."""
    ends_on = membership.ends_on
    if ends_on is None or not membership.is_active or ends_on - today > SOON:
        return "", ""
    return left_in_words((ends_on - today).days), "warn"


def left_in_words(days: int) -> str:
    """«осталось 12 дней», «остался 1 день», «сегодня последний день»."""
    if days <= 0:
        return "сегодня последний день"
    verb = "остался" if formats.plural(days, "1", "2", "5") == "1" else "осталось"
    return f"{verb} {formats.counted(days, 'день', 'дня', 'дней')}"


def _password_in_words(person: User) -> str:
    """What has become of the slip; empty once its owner has a password of their own."""
    until = person.one_time_password_until
    if not person.has_one_time_password or until is None:
        return ""
    if person.last_login is not None and until <= timezone.now():
        return "свой пароль ещё не задан"
    if until <= timezone.now():
        return f"одноразовый пароль не использован, истёк {formats.day(until)}"
    return f"одноразовый пароль не использован, действует до {formats.moment(until)}"


def _ended_in_words(membership: Membership, today: datetime.date) -> str:
    """«закрыт 12.11.2026, Громов А. И.: уволился», «срок истёк 31.10.2026»; empty in force."""
    if membership.revoked_at is not None:
        by = membership.revoked_by
        who = "поставщик" if by is None or by.is_staff else by.short_name
        return f"закрыт {formats.day(membership.revoked_at)}, {who}: {membership.revoked_reason}"
    if membership.ends_on is not None and membership.ends_on < today:
        return f"срок истёк {formats.day(membership.ends_on)}"
    return "" if membership.is_active else "логин отключён"


def role_label(role: str) -> str:
    """«бухгалтер»."""
    return str(Role(role).label)
