"""«Сменился сотрудник»: one access ends, another begins, in one go."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts import journal
from accounts.models import Basis, Client, Enrolment, JournalEntry, Membership, User
from accounts.roles import Role
from contracts.models import Contract
from tests import make
from tests.accounts.paper import NEW_PERSON, TERMS, finish, step

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def form_of(leaving: Membership, **values: Any) -> dict[str, Any]:
    return {
        "membership": leaving.pk,
        "reason": "сменился сотрудник, письмо № 12",
        "moment": "later",
        "form_key": str(uuid.uuid4()),
        **values,
    }


def address_of(client: Client) -> str:
    return reverse("admin:accounts_enrolment_transfer", args=[client.pk])


def test_the_old_access_ends_when_the_new_one_is_given(
    desk: Browser, vega_accountant: User, vega_contract: Contract, login: Login
) -> None:
    leaving = make.limit(vega_accountant.memberships.get(), vega_contract)
    page = desk.get(address_of(vega_contract.client), {"membership": leaving.pk})
    assert vega_accountant.full_name in page.content.decode()
    answer = desk.post(address_of(vega_contract.client), form_of(leaving))
    enrolment = Enrolment.objects.get()
    assert answer.url == reverse("admin:accounts_enrolment_person", args=[enrolment.pk])
    assert (enrolment.role, enrolment.position) == (Role.ACCOUNTANT, "главный бухгалтер")
    assert enrolment.contract_ids == [vega_contract.pk]
    leaving.refresh_from_db()
    assert leaving.is_active

    step(desk, enrolment, "person", **NEW_PERSON)
    step(desk, enrolment, "terms", **TERMS)
    old_browser = login(vega_accountant)
    assert old_browser.get(reverse("contracts:home")).status_code == 200
    answer = finish(desk, enrolment)
    assert answer.status_code == 200
    leaving.refresh_from_db()
    assert leaving.revoked_reason == "сменился сотрудник, письмо № 12"
    assert old_browser.get(reverse("contracts:home")).status_code == 302
    new = Membership.objects.get(enrolment=enrolment)
    assert list(Contract.objects.visible_to(new.user)) == [vega_contract]
    actions = JournalEntry.objects.values_list("action", flat=True)
    assert {journal.Action.ACCESS_REVOKED, journal.Action.LOGIN_ISSUED} <= set(actions)


def test_the_old_access_may_end_at_once_and_only_once(
    desk: Browser, vega: User, vega_client: Client, vega_contract: Contract
) -> None:
    form = form_of(vega.memberships.get(), moment="now")
    first, second = (desk.post(address_of(vega_client), form) for _ in range(2))
    assert first.url == second.url
    membership = vega.memberships.get()
    assert membership.revoked_at is not None
    assert Enrolment.objects.count() == 1
    page = desk.get(first.url).content.decode()
    assert "доступ уже закрыт" in page


def test_a_refused_issue_leaves_the_old_access(
    desk: Browser, vega: User, vega_client: Client, vega_contract: Contract
) -> None:
    desk.post(address_of(vega_client), form_of(vega.memberships.get()))
    enrolment = Enrolment.objects.get()
    step(desk, enrolment, "person", **NEW_PERSON)
    step(desk, enrolment, "terms", **TERMS)
    answer = finish(desk, enrolment, signed_on="2999-01-01")
    assert answer.status_code == 422
    assert vega.memberships.get().is_active


def test_a_new_paper_for_the_same_person(
    desk: Browser, vega_client: Client, vega_contract: Contract
) -> None:
    """A power of attorney is renewed: the old access gives way to the new one."""
    user = make.user("ending")
    old = make.membership(
        user, vega_client, basis=Basis.POWER_OF_ATTORNEY, basis_number="1", ends_on="2099-01-01"
    )
    desk.post(address_of(vega_client), form_of(old))
    enrolment = Enrolment.objects.get()
    step(desk, enrolment, "person", user=user.pk)
    renewed = {
        **TERMS, "basis": Basis.POWER_OF_ATTORNEY, "basis_number": "2", "ends_on": "2099-12-31",
    }  # fmt: skip
    assert step(desk, enrolment, "terms", **renewed).status_code == 302
    finish(desk, enrolment)
    numbers = Membership.objects.active().filter(user=user).values_list("basis_number", flat=True)
    assert list(numbers) == ["2"]


@pytest.mark.parametrize("who", ["orion", "vega_former"])
def test_only_an_access_of_this_client_in_force_ends(
    who: str, desk: Browser, vega: User, vega_client: Client, request: pytest.FixtureRequest
) -> None:
    foreign = request.getfixturevalue(who).memberships.get()
    answer = desk.post(address_of(vega_client), form_of(foreign, moment="now"))
    assert answer.status_code == 422
    assert "Этот доступ уже закончился" in answer.content.decode()
    foreign.refresh_from_db()
    assert foreign.revoked_at is None
    assert not Enrolment.objects.exists()


def test_without_anybody_the_page_leads_to_issuing(desk: Browser, vega_client: Client) -> None:
    page = desk.get(address_of(vega_client)).content.decode()
    assert reverse("admin:accounts_enrolment_new") in page


def test_strangers_end_nothing(vega: User, vega_client: Client, login: Login) -> None:
    form = form_of(vega.memberships.get(), moment="now")
    for who in (vega, make.user("auditor", is_staff=True)):
        assert login(who).post(address_of(vega_client), form).status_code == 403
    assert vega.memberships.get().is_active
