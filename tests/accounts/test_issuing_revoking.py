"""Revoking: access ends at once, and is ended once."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.urls import reverse

from accounts import issuing, journal
from accounts.models import Client, JournalEntry, User
from contracts.models import Contract
from tests import make
from tests.accounts.paper import enter


def test_revoking_ends_a_live_session_at_the_next_request(
    vega: User, vega_contract: Contract, office: User
) -> None:
    browser, _ = enter("vega", make.PASSWORD)
    page = reverse("contracts:home")
    assert browser.get(page).status_code == 200
    assert UserSession.objects.filter(user=vega).count() == 1
    issuing.revoke_membership(
        membership=vega.memberships.get(), by=office, reason="сменился сотрудник"
    )
    assert not UserSession.objects.filter(user=vega).exists()

    answer = browser.get(page)
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    membership = vega.memberships.get()
    assert (membership.revoked_by, membership.revoked_reason) == (office, "сменился сотрудник")
    entry = JournalEntry.objects.get(action=journal.Action.ACCESS_REVOKED)
    assert (entry.user, entry.details["reason"]) == (office, "сменился сотрудник")


def test_whoever_has_another_company_stays_logged_in(
    vega: User,
    vega_contract: Contract,
    orion_client: Client,
    orion_contract: Contract,
    office: User,
) -> None:
    make.membership(vega, orion_client)
    browser, _ = enter("vega", make.PASSWORD)
    issuing.revoke_membership(
        membership=vega.memberships.get(client__inn=vega_contract.client.inn), by=office, reason="р"
    )
    assert browser.get(reverse("contracts:home")).status_code == 200
    assert list(Contract.objects.visible_to(vega)) == [orion_contract]


def test_an_access_is_revoked_once(vega: User, office: User, superuser: User) -> None:
    issuing.revoke_membership(membership=vega.memberships.get(), by=office, reason="первая")
    with pytest.raises(issuing.RevokingRefused):
        issuing.revoke_membership(membership=vega.memberships.get(), by=superuser, reason="вторая")
    assert vega.memberships.get().revoked_reason == "первая"
