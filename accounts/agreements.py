"""What the office prints: the user agreement, blank or filled, and the slip with a login."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Basis, Client, Enrolment, Membership, User
from accounts.roles import Role
from cabinet import days, formats, pdf

_COPIES = ("Экземпляр Поставщика", "Экземпляр Клиента")


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What stands on one agreement, in words; `signed_on` is empty until somebody has signed."""

    number: str
    client: Client
    full_name: str
    email: str
    phone: str
    position: str
    role: str
    basis: str
    contracts: str
    ends_on: str
    signed_on: str = ""


def of_membership(membership: Membership) -> Agreement:
    """The agreement on which an access stands, with the day it was signed."""
    user = membership.user
    limits = dict(membership.limits.values_list("contract_id", "role"))
    chosen = None if membership.all_contracts else limits
    return Agreement(
        number=membership.agreement_number,
        client=membership.client,
        full_name=user.full_name,
        email=user.email,
        phone=user.phone,
        position=membership.position,
        role=membership.get_role_display(),
        basis=basis_in_words(membership),
        contracts=contracts_in_words(membership.client, chosen, limits),
        ends_on=formats.day(membership.ends_on) if membership.ends_on else "",
        signed_on=formats.day(membership.signed_on),
    )


def of_enrolment(enrolment: Enrolment) -> Agreement:
    """The agreement that is to be signed: the day is left to be written by hand."""
    person = enrolment.user or enrolment
    return Agreement(
        number=enrolment.agreement_number,
        client=enrolment.client,
        full_name=enrolment.person_name,
        email=person.email,
        phone=person.phone,
        position=enrolment.position,
        role=enrolment.get_role_display(),
        basis=basis_in_words(enrolment),
        contracts=contracts_in_words(
            enrolment.client, enrolment.chosen_ids, enrolment.roles_of_contracts
        ),
        ends_on=formats.day(enrolment.ends_on) if enrolment.ends_on else "",
    )


@functools.cache
def blank_agreement() -> bytes:
    """The form of the agreement that anybody may print: lines instead of names.

    Made once in a process: the page is open to everybody and always the same.
    """
    return pdf.render("accounts/pdf/agreement.html", {"papers": [(None, "")], **_frame()})


def filled_agreements(agreements: Iterable[Agreement]) -> bytes:
    """Agreements in two copies each, one for each side, in one PDF."""
    papers = [(agreement, copy) for agreement in agreements for copy in _COPIES]
    return pdf.render("accounts/pdf/agreement.html", {"papers": papers, **_frame()})


@dataclass(frozen=True, kw_only=True)
class Slip:
    """What stands on one slip. Not to be stored or logged.

    `access_ends_on`: the last day of the access, of several the latest; None: it has no end.
    """

    person: User
    clients: Sequence[Client]
    one_time_password: str
    access_ends_on: datetime.date | None = None

    def __repr__(self) -> str:
        return f"Slip(login={self.person.username!r})"

    @property
    def valid_until(self) -> str:
        """When the password dies: with the access, if that ends first."""
        dies_at = self.person.one_time_password_until
        if self.access_ends_on and dies_at:
            after = self.access_ends_on + datetime.timedelta(days=1)
            dies_at = min(dies_at, days.begins_at(after))
        return formats.moment(dies_at)


def slip_of(user: User, one_time_password: str) -> Slip:
    """The slip of a person with every company they act for today."""
    active = Membership.objects.active().filter(user=user)
    clients = Client.objects.filter(memberships__in=active).distinct()
    terms = list(active.values_list("ends_on", flat=True))
    ends = [day for day in terms if day is not None]
    return Slip(
        person=user,
        clients=list(clients),
        one_time_password=one_time_password,
        access_ends_on=max(ends) if ends and len(ends) == len(terms) else None,
    )


def slips(chosen: Sequence[Slip]) -> bytes:
    """Slips with logins and one-time passwords: made for one answer, kept nowhere."""
    issued_at = formats.moment(timezone.now())
    return pdf.render(
        "accounts/pdf/slip.html", {"slips": chosen, "issued_at": issued_at, **_frame()}
    )


def basis_in_words(paper: Membership | Enrolment) -> str:
    """«доверенности № 12 (действует по 31.12.2026)», «приказа № 5 от …», «устава, …».

    It stands after «на основании».
    """
    number = f"№\u00a0{paper.basis_number}"
    if paper.basis_on:
        number += f" от\u00a0{formats.day(paper.basis_on)}"
    if paper.basis == Basis.POWER_OF_ATTORNEY:
        return f"доверенности {number} (действует по {formats.day(paper.ends_on)})"
    if paper.basis == Basis.ORDER:
        return f"приказа {number}"
    return "устава, паспорт предъявлен"


def contracts_in_words(
    client: Client, chosen: Collection[int] | None, roles: Mapping[int, str]
) -> str:
    """«все договоры Клиента» with the numbers of those in force, or of the chosen ones.

    A role that counts at one contract alone stands behind its number.
    """
    # The room above is reached by the name of its relation, never by import.
    own = client.contracts.order_by("number")
    if chosen is not None:
        return _listed(own.filter(pk__in=chosen), roles)
    in_force = _listed(own.active(), {})
    words = f"все договоры Клиента ({in_force})" if in_force else "все договоры Клиента"
    others = _listed(own.filter(pk__in=[pk for pk, role in roles.items() if role]), roles)
    return f"{words}; по отдельным договорам: {others}" if others else words


def _listed(contracts: Any, roles: Mapping[int, str]) -> str:
    rows = contracts.values_list("pk", "number")
    return ", ".join(
        f"№\u00a0{number}" + (f" ({Role(role).label})" if (role := roles.get(pk)) else "")
        for pk, number in rows
    )


def _frame() -> dict[str, Any]:
    return {
        "time_zone_label": formats.time_zone_label(),
        "one_time_password_days": settings.ONE_TIME_PASSWORD_DAYS,
    }
