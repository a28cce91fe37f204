"""The home page: the company's card and its contracts."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, Membership, User
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def home(browser: Browser) -> str:
    response = browser.get(reverse("contracts:home"))
    assert response.status_code == 200
    return response.content.decode()


def test_the_card_and_the_contracts(
    vega: User, vega_client: Client, vega_contract: Contract, login: Login
) -> None:
    html = home(login(vega))
    for text in (
        vega_client.short_name,
        vega_client.full_name,
        vega_client.inn,
        vega_client.kpp,
        vega_client.ogrn,
        vega_client.legal_address,
        vega_contract.number,
        "14.03.2019",
        vega_contract.branch.name,
        "12\u00a0345,67",
    ):
        assert text in html, text
    assert reverse("contracts:contract", args=[vega_contract.pk]) in html
    assert reverse("account_email") in html
    assert reverse("account_change_password") in html


def test_an_overpayment_is_named(vega: User, vega_contract: Contract, login: Login) -> None:
    make.balance(vega_contract, "-4180.20")
    html = home(login(vega))
    assert "переплата" in html
    assert "4\u00a0180,20" in html


def test_terminated_contracts_are_folded_away(
    vega: User, vega_client: Client, vega_contract: Contract, login: Login
) -> None:
    make.contract(vega_client, number="35-01-000001", terminated_on=datetime.date(2026, 3, 31))
    html = home(login(vega))
    folded = html[html.index("<details") : html.index("</details>")]
    assert "35-01-000001" in folded
    assert "расторгнут 31.03.2026" in folded
    assert vega_contract.number not in folded


def test_without_contracts_the_page_says_so(vega: User, login: Login) -> None:
    assert "Действующих договоров нет" in home(login(vega))


def test_two_companies_have_two_cards(
    vega: User,
    orion_client: Client,
    vega_contract: Contract,
    orion_contract: Contract,
    login: Login,
) -> None:
    make.membership(vega, orion_client)
    html = home(login(vega))
    assert html.count("<h1>") == 2
    assert orion_contract.number in html


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_client: Client, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser, url, branch = login(vega), reverse("contracts:home"), make.branch()
    for _ in range(2):
        make.balance(make.contract(vega_client, branch))
    few = statements(browser, url)
    for _ in range(18):
        make.balance(make.contract(vega_client, branch))
    assert statements(browser, url) == few


def test_the_last_day_of_an_access_is_included(
    vega: User, vega_accountant: User, vega_contract: Contract, login: Login
) -> None:
    last_day = timezone.localdate() + datetime.timedelta(days=30)
    Membership.objects.update(ends_on=last_day)
    words = f"по {last_day:%d.%m.%Y}"
    assert f"<dt>Доступ</dt><dd>{words}" in home(login(vega))
    for user in (vega, vega_accountant):
        assert words in login(user).get(reverse("accounts:access")).content.decode()
