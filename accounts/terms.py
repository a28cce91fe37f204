"""On what terms somebody acts for a client, and which are refused."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.models import Basis, Client, Membership, User
from cabinet import formats

# No law limits a power of attorney, some write 2099 for «без срока»; 2126 for 2026 must not pass.
_YEARS_AT_MOST = 90


@dataclass(frozen=True, kw_only=True)
class Terms:
    """As whom, on what paper, since when and until when.

    Access begins on the day of signature. `contract_ids` None: all contracts of the client, those
    to come included. `contract_roles`: contracts at which another role counts than `role`.
    """

    role: str
    basis: str
    basis_number: str = ""
    basis_on: datetime.date | None = None
    signed_on: datetime.date
    ends_on: datetime.date | None = None
    contract_ids: Collection[int] | None = None
    contract_roles: Mapping[int, str] = field(default_factory=dict)


def refusals(
    *,
    client: Client,
    terms: Terms,
    email: str | None = None,
    user: User | None = None,
    ending: Membership | None = None,
) -> dict[str, str]:
    """Why the access may not be given; empty when it may. Field → sentence.

    `email` is a new person's address, `user` somebody who has a login already, `ending` an access
    that ends when this one is given.
    """
    found: dict[str, str] = {}
    today = timezone.localdate()
    if terms.signed_on > today:
        found["signed_on"] = (
            "Дата подписания ещё не наступила: доступ открывается после подписания."
        )
    found |= _paper_refusals(terms, today)
    if terms.ends_on is not None and terms.ends_on < today:
        found["ends_on"] = "Этот день уже прошёл: доступ не открылся бы. Проверьте срок."
    if words := _contracts_refusal(client, terms):
        found["contracts"] = words
    if email is not None and (owner := owner_of(email)) is not None:
        found["email"] = taken(owner)
    if user is not None and (words := _user_refusal(client, terms, user, ending)):
        found["login"] = words
    return found


def _paper_refusals(terms: Terms, today: datetime.date) -> dict[str, str]:
    """A power of attorney has a number and a term, an order a number and a date."""
    found: dict[str, str] = {}
    has_number = bool(terms.basis_number.strip())
    if terms.basis == Basis.POWER_OF_ATTORNEY:
        if not has_number:
            found["basis_number"] = "Укажите номер доверенности."
        if terms.ends_on is None:
            found["ends_on"] = "Укажите последний день срока доверенности."
    elif terms.basis == Basis.ORDER:
        if not has_number:
            found["basis_number"] = "Укажите номер приказа."
        if terms.basis_on is None:
            found["basis_on"] = "Укажите дату приказа."
    if terms.basis_on is not None and terms.basis_on > today:
        found["basis_on"] = "Дата документа ещё не наступила. Проверьте её."
    elif terms.basis_on and terms.ends_on and terms.ends_on < terms.basis_on:
        found["ends_on"] = "Срок заканчивается раньше, чем выдан документ. Проверьте даты."
    if terms.ends_on and terms.ends_on.year > today.year + _YEARS_AT_MOST:
        years = formats.counted(_YEARS_AT_MOST, "года", "лет", "лет")
        found["ends_on"] = f"Срок дольше {years}. Проверьте год."
    return found


def _contracts_refusal(client: Client, terms: Terms) -> str | None:
    chosen = terms.contract_ids
    if chosen is not None and not chosen:
        return "Отметьте хотя бы один договор или выберите «все договоры»."
    if chosen is not None and not set(terms.contract_roles) <= set(chosen):
        return "Роль указана для договора, к которому доступ не открывается."
    named = {*(chosen or ()), *terms.contract_roles}
    if client.contracts.filter(pk__in=named).count() != len(named):
        return "Среди отмеченных есть договор другого клиента."
    return None


def owner_of(email: str) -> User | None:
    """Whose confirmed address it is."""
    address = (
        EmailAddress.objects.filter(email=email.lower(), verified=True)
        .select_related("user")
        .first()
    )
    return address.user if address else None


def taken(owner: User) -> str:
    """What to say when a new person's address belongs to somebody."""
    return (
        f"Этот адрес уже принадлежит логину {owner.username} ({owner.short_name}). "
        "Если это тот же человек, выберите его логин; если другой — укажите его собственный адрес."
    )


def _user_refusal(
    client: Client, terms: Terms, user: User, ending: Membership | None
) -> str | None:
    if user.is_staff or not user.is_active:
        return "Этому логину нельзя дать доступ к клиенту: он служебный или отключён."
    starts_on = terms.signed_on
    clash = (
        Membership.objects.overlapping(starts_on, terms.ends_on)
        .filter(user=user, client=client)
        .exclude(pk__in=[ending.pk] if ending else [])
        .first()
    )
    if clash is None:
        return None
    until = f"до {formats.day(clash.ends_on)}" if clash.ends_on else "без срока"
    return (
        f"У этого человека уже есть доступ к клиенту ({until}). "
        "Новый откроется вместо него, если начать с «Сменился сотрудник» на странице клиента."
    )
