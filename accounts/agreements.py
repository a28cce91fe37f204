"""The papers of access as PDF: the user agreement, blank and filled, and the slip with the login.

The agreement's text stands in templates/accounts/pdf/agreement.html.
"""

from __future__ import annotations

import functools
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Basis, Client, Membership, User
from cabinet import formats, pdf


@functools.cache
def blank_agreement() -> bytes:
    """The form of the agreement that anybody may print: lines instead of names.

    Made once in a process: the page is open to everybody and always the same.
    """
    return pdf.render("accounts/pdf/agreement.html", {"copies": [""], **_frame()})


def filled_agreement(membership: Membership) -> bytes:
    """The agreement of one membership in two copies, one for each side."""
    return pdf.render(
        "accounts/pdf/agreement.html",
        {
            "copies": ["Экземпляр Поставщика", "Экземпляр Клиента"],
            "membership": membership,
            "client": membership.client,
            "person": membership.user,
            "basis": basis_in_words(membership),
            "contracts": contracts_in_words(membership),
            "signed_on": formats.day(membership.signed_on),
            "ends_on": formats.day(membership.ends_on) if membership.ends_on else "",
            **_frame(),
        },
    )


def slip(*, user: User, one_time_password: str) -> bytes:
    """The slip with login and one-time password: made for one answer, kept nowhere."""
    clients = Client.objects.filter(
        memberships__in=Membership.objects.active().filter(user=user)
    ).distinct()
    return pdf.render(
        "accounts/pdf/slip.html",
        {
            "person": user,
            "clients": list(clients),
            "one_time_password": one_time_password,
            "valid_until": formats.moment(user.one_time_password_until),
            "issued_at": formats.moment(timezone.now()),
            **_frame(),
        },
    )


def basis_in_words(membership: Membership) -> str:
    """«доверенности № 12 (действует по 31.12.2026)» or «устава», after «на основании»."""
    if membership.basis == Basis.POWER_OF_ATTORNEY:
        until = formats.day(membership.ends_on)
        return f"доверенности №\u00a0{membership.basis_number} (действует по {until})"
    return "устава, паспорт предъявлен"


def contracts_in_words(membership: Membership) -> str:
    """«все договоры Клиента» with the numbers of those in force, or of the chosen ones.

    A role that counts at one contract alone stands behind its number.
    """
    limits = list(membership.limits.select_related("contract").order_by("contract__number"))
    if not membership.all_contracts:
        return ", ".join(_in_words(limit) for limit in limits)
    in_force = membership.client.contracts.active()
    listed = ", ".join(f"№\u00a0{number}" for number in in_force.values_list("number", flat=True))
    words = f"все договоры Клиента ({listed})" if listed else "все договоры Клиента"
    others = ", ".join(_in_words(limit) for limit in limits if limit.role)
    return f"{words}; по отдельным договорам: {others}" if others else words


def _in_words(limit: Any) -> str:
    role = f" ({limit.get_role_display()})" if limit.role else ""
    return f"№\u00a0{limit.contract.number}{role}"


def _frame() -> dict[str, Any]:
    return {
        "time_zone_label": formats.time_zone_label(),
        "one_time_password_days": settings.ONE_TIME_PASSWORD_DAYS,
    }
