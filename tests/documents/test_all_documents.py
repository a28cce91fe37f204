"""«Документы» of all contracts at once."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client, User
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]

ADDRESS = "/documents/"


@pytest.fixture
def contracts(vega_contract: Contract, orion_contract: Contract) -> list[Contract]:
    """Vega's two contracts with documents of two months, and Orion's with one."""
    own = [vega_contract, make.contract(vega_contract.client)]
    for place, contract in enumerate(own):
        for month in (9, 10):
            period = datetime.date(2026, month, 1)
            make.document(contract, number=f"{place}-{month}", period=period)
    make.document(orion_contract, number="ЧУЖОЙ", period=datetime.date(2026, 10, 1))
    return own


def numbers(response) -> list[str]:
    return [row.number for row in response.context["rows"]]


def test_the_contracts_are_merged_in_one_order(
    vega: User, contracts: list[Contract], login: Login
) -> None:
    response = login(vega).get(ADDRESS, {"year": "2026"})
    assert numbers(response) == ["1-10", "0-10", "1-9", "0-9"]
    html = response.content.decode()
    assert f'data-label="Договор">{contracts[0].number}<' in html


def test_one_of_them_may_be_chosen(vega: User, contracts: list[Contract], login: Login) -> None:
    query = {"year": "2026", "contract": str(contracts[1].pk)}
    assert numbers(login(vega).get(ADDRESS, query)) == ["1-10", "1-9"]


def test_somebody_elses_contract_is_no_choice(
    vega: User, contracts: list[Contract], orion_contract: Contract, login: Login
) -> None:
    response = login(vega).get(ADDRESS, {"year": "2026", "contract": str(orion_contract.pk)})
    assert response.status_code == 422
    assert "Выберите договор из списка" in response.content.decode()


def test_a_limited_membership_sees_its_contracts_only(
    vega_client: Client, contracts: list[Contract], login: Login
) -> None:
    person = make.user("limited")
    make.limit(make.membership(person, vega_client), contracts[1])
    assert numbers(login(person).get(ADDRESS, {"year": "2026"})) == ["1-10", "1-9"]


def test_nobodys_contracts_are_an_empty_page(superuser: User, login: Login) -> None:
    response = login(superuser).get(ADDRESS)
    assert response.status_code == 200
    assert response.context["rows"] == []


@pytest.mark.parametrize("sort", ["", "oldest", "largest", "smallest"])
def test_pages_of_several_contracts_have_no_gap_and_no_repeat(
    sort: str, vega: User, contracts: list[Contract], login: Login
) -> None:
    for number in range(130):
        make.document(
            contracts[number % 2], number=f"д-{number}", amount=number % 9,
            period=datetime.date(2026, 1 + number % 8, 1),
        )  # fmt: skip
    browser, query, seen = login(vega), {"year": "2026", "sort": sort}, []
    while True:
        response = browser.get(ADDRESS, query)
        page = response.context["page"]
        seen += numbers(response)
        if not page.has_next:
            break
        query["after"] = page.last.pk
    assert len(seen) == len(set(seen)) == 134
    back = browser.get(ADDRESS, {**query, "after": "", "before": page.first.pk})
    assert numbers(back) == seen[50:100]


def test_the_number_of_statements_does_not_grow(
    vega: User, contracts: list[Contract], login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser, url = login(vega), f"{ADDRESS}?year=2026"
    few = statements(browser, url)
    for number in range(20):
        contract = make.contract(contracts[0].client)
        make.document(contract, number=f"н-{number}", period=datetime.date(2026, 3, 1))
    assert statements(browser, url) == few


def test_the_home_page_counts_what_is_new(
    vega: User, contracts: list[Contract], login: Login
) -> None:
    html = login(vega).get(reverse("contracts:home")).content.decode()
    assert html.count("2\u00a0новых документа") == 2
