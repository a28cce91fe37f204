"""A person may be engineer at one contract and reader at another: the door asks the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client, Membership, User
from accounts.roles import RIGHTS, Right, Role, within
from contracts.access import contracts_allowing, people_allowed
from contracts.models import Contract, ContractLimit
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def second(vega_client: Client) -> Contract:
    """Vega's other contract."""
    contract = make.contract(vega_client, number="35-01-005000")
    make.installation(make.point(contract))
    return contract


@pytest.fixture
def both(vega_client: Client, vega_contract: Contract, second: Contract) -> User:
    """Engineer at the one, reader at the other."""
    person = make.user("vega-both")
    membership = make.membership(person, vega_client, Role.ENGINEER)
    make.limit(membership, vega_contract)
    make.limit(membership, second, role=Role.READER)
    return person


def test_the_door_asks_the_role_of_the_contract(
    both: User, vega_contract: Contract, second: Contract, login: Login
) -> None:
    browser = login(both)
    answers = {}
    for contract in (vega_contract, second):
        assert browser.get(reverse("contracts:contract", args=[contract.pk])).status_code == 200
        answers[contract] = browser.post(reverse("meters:readings", args=[contract.pk])).status_code
    assert answers[vega_contract] != 403
    assert answers[second] == 403


def test_the_refusal_names_the_role_of_the_contract(
    both: User, second: Contract, login: Login
) -> None:
    answer = login(both).post(reverse("meters:readings", args=[second.pk]))
    assert answer.status_code == 403
    assert "только просмотр" in answer.content.decode()


def test_the_pages_offer_what_the_role_of_the_contract_allows(
    both: User, vega_contract: Contract, second: Contract, login: Login
) -> None:
    browser = login(both)
    rights = {
        contract: browser.get(reverse("contracts:contract", args=[contract.pk])).context["rights"]
        for contract in (vega_contract, second)
    }
    assert rights[vega_contract]["submit_readings"]
    assert not any(rights[second].values())


def test_lists_and_letters_follow_the_same_rule(
    both: User, vega_contract: Contract, second: Contract
) -> None:
    for right in (Right.SUBMIT_READINGS, Right.SEND_MESSAGES):
        assert list(contracts_allowing(both, right)) == [vega_contract]
        assert people_allowed(right, [both.pk]) == [(both.pk, vega_contract.pk)]


def test_a_role_may_be_wider_at_one_contract(
    vega_client: Client, vega_contract: Contract, second: Contract
) -> None:
    person = make.user("wider")
    membership = make.membership(person, vega_client, Role.READER)
    ContractLimit.objects.create(membership=membership, contract=second, role=Role.ENGINEER)
    assert list(contracts_allowing(person, Right.SUBMIT_READINGS)) == [second]
    assert people_allowed(Right.SUBMIT_READINGS, [person.pk]) == [(person.pk, second.pk)]
    assert set(Contract.objects.visible_to(person)) == {vega_contract, second}


def test_a_role_of_a_contract_that_is_not_the_clients_counts_for_nothing(
    vega: User, orion_client: Client, orion_contract: Contract, vega_contract: Contract
) -> None:
    membership = make.membership(vega, orion_client, Role.READER)
    ContractLimit.objects.create(membership=membership, contract=vega_contract, role=Role.READER)
    assert list(contracts_allowing(vega, Right.SEND_MESSAGES)) == [vega_contract]
    assert people_allowed(Right.SEND_MESSAGES, [vega.pk]) == [(vega.pk, vega_contract.pk)]


def test_a_director_with_a_lesser_role_somewhere_does_not_lead_the_company(
    vega: User, vega_engineer: User, vega_contract: Contract
) -> None:
    led = Membership.objects.leading(Right.SEE_COLLEAGUES)
    assert led.get().user == vega
    ContractLimit.objects.create(
        membership=vega.memberships.get(), contract=vega_contract, role=Role.READER
    )
    assert not led.all().exists()


def test_an_unknown_role_is_refused_by_the_database(vega: User, vega_contract: Contract) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ContractLimit.objects.create(
            membership=vega.memberships.get(), contract=vega_contract, role="boss"
        )


def test_roles_within_a_role_allow_nothing_beyond_it() -> None:
    for role in Role:
        assert role in within(role)
        assert all(RIGHTS[other] <= RIGHTS[role] for other in within(role))
    assert within(Role.READER) == [Role.READER]
    assert within(Role.DIRECTOR) == list(Role)


def test_the_door_costs_as_many_statements_as_before(
    both: User,
    vega_engineer: User,
    second: Contract,
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    page = reverse("contracts:contract", args=[second.pk])
    assert statements(login(both), page) == statements(login(vega_engineer), page)
