"""Letters about a company's own desk: to the office, to who decided, to whom it concerns.

Each is put into the outbox in the transaction of what it tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import company, letters
from accounts.models import AccessRequest, Membership, User

_FOLDER = "accounts/letters"


def tell_of_end(membership: Membership, *, by: User, reason: str) -> None:
    """That a director has ended an access."""
    _to_all(
        "access_ended",
        membership,
        by,
        {"reason": reason, "ended_at": membership.revoked_at},
    )


def tell_of_narrowing(
    membership: Membership, *, by: User, changes: Sequence[tuple[str, str]]
) -> None:
    """That a director has narrowed an access, and in what."""
    _to_all("access_narrowed", membership, by, {"changes": changes, "narrowed_at": timezone.now()})


def tell_office_of_request(asked: AccessRequest) -> None:
    """That a company asks for an access."""
    page = reverse("admin:accounts_accessrequest_change", args=[asked.pk])
    letters.post(
        f"{_FOLDER}/access_requested",
        to=settings.RETAILER.email,
        client=asked.client,
        context={**_of_request(asked), "address": f"{settings.SITE_URL}{page}"},
    )


def tell_of_answer(asked: AccessRequest) -> None:
    """What has become of a request, to who asked; nothing about what they withdrew themselves."""
    if asked.asked_by.email:
        page = reverse("accounts:access-request", args=[asked.client_id, asked.number])
        letters.post(
            f"{_FOLDER}/access_request_{asked.state}",
            to=asked.asked_by.email,
            client=asked.client,
            context={**_of_request(asked), "address": f"{settings.SITE_URL}{page}"},
        )


def tell_office_of_withdrawal(asked: AccessRequest) -> None:
    """That a company does not want the access any more."""
    page = reverse("admin:accounts_accessrequest_change", args=[asked.pk])
    letters.post(
        f"{_FOLDER}/access_request_withdrawn",
        to=settings.RETAILER.email,
        client=asked.client,
        context={**_of_request(asked), "address": f"{settings.SITE_URL}{page}"},
    )


def _of_request(asked: AccessRequest) -> dict[str, Any]:
    return {
        "asked": asked,
        "client": asked.client,
        "person": asked.full_name,
        "role": asked.get_role_display(),
        "basis": company.basis_in_words(asked),
    }


def _to_all(letter: str, membership: Membership, by: User, values: Mapping[str, Any]) -> None:
    """The office, who decided and whom it concerns; somebody who is both gets one letter."""
    office = settings.RETAILER.email
    desk = reverse("accounts:company-access", args=[membership.client_id])
    for address in dict.fromkeys([membership.user.email, by.email, office]):
        if address:
            letters.post(
                f"{_FOLDER}/{letter}",
                to=address,
                client=membership.client,
                context={
                    "client": membership.client,
                    "person": membership.user,
                    "position": membership.title,
                    "by": by,
                    "is_own": address == membership.user.email,
                    "address": f"{settings.SITE_URL}{desk}" if address == by.email else "",
                    **values,
                },
            )
