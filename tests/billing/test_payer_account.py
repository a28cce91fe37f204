"""Accounts from which a company pays: added, corrected, removed; checked; by whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from billing.models import PayerAccount
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]

GOOD = {
    "account": "4070 2810 2000 0000 0001",
    "bic": "044 525 225",
    "bank": "ПАО «Пример-банк», г. Новоборск",
    "correspondent_account": "30101810400000000225",
}
TREASURY = {
    "account": "03221643190000001100",
    "bic": "014030106",
    "bank": "УФК по Северному краю",
    "correspondent_account": "40102810045370000098",
}


def new(contract: Contract) -> str:
    return reverse("billing:payer-account-new", args=[contract.pk])


def one(contract: Contract, account: PayerAccount) -> str:
    return reverse("billing:payer-account", args=[contract.pk, account.pk])


@pytest.mark.parametrize("who", ["vega", "vega_accountant"])
def test_an_account_is_added_and_paying_goes_on(
    who: str, vega_contract: Contract, login: Login, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    response = login(user).post(f"{new(vega_contract)}?subject=advance&amount=5", GOOD)
    assert response.status_code == 302
    pay = reverse("billing:pay", args=[vega_contract.pk])
    assert response["Location"] == f"{pay}?subject=advance&amount=5#order"
    account = PayerAccount.objects.get()
    assert account.client == vega_contract.client
    assert account.added_by == user
    assert (account.account, account.bic) == ("40702810200000000001", "044525225")


@pytest.mark.parametrize("who", ["vega_engineer", "vega_reader"])
def test_others_may_not(
    who: str, vega: User, vega_contract: Contract, login: Login, request: pytest.FixtureRequest
) -> None:
    account = make.payer_account(vega_contract.client, vega)
    browser = login(request.getfixturevalue(who))
    for address in (new(vega_contract), one(vega_contract, account)):
        assert browser.get(address).status_code == 403
        assert browser.post(address, GOOD | {"action": "remove"}).status_code == 403
    assert PayerAccount.objects.get() == account


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"account": ""}, "account", "Введите расчётный счёт"),
        ({"account": "4070281020000000000"}, "account", "20 цифр, сейчас знаков: 19"),
        ({"account": "40702810300000000001"}, "account", "контрольная цифра не сходится"),
        ({"account": "40702840200000000001"}, "account", "Счёт не в рублях"),
        ({"bic": "44525225"}, "bic", "Нужны 9 цифр"),
        ({"bank": ""}, "bank", "Введите наименование банка"),
        ({"correspondent_account": ""}, "correspondent_account", "Введите корреспондентский"),
        ({"correspondent_account": "30101810500000000225"}, "correspondent_account", "не подходят"),
    ],
)
def test_a_wrong_requisite_is_explained_and_what_was_typed_stays(
    wrong: dict[str, str], field: str, words: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    typed = {**GOOD, **wrong}
    response = login(vega).post(new(vega_contract), typed)
    assert response.status_code == 422
    html = BeautifulSoup(response.content, "html.parser")
    assert words in html.select_one(f"#div_id_{field} .invalid-feedback").text
    assert html.select_one(f".error-summary a[href='#id_{field}']")
    for name, value in typed.items():
        assert html.select_one(f"[name={name}]").get("value", "") == value
    assert not PayerAccount.objects.exists()


@pytest.mark.parametrize("bic", ["", "44525225", "0445252250"])
def test_accounts_are_counted_whatever_the_bank(
    bic: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    """Nobody reads what the database calls its rules, nor a field's name twice."""
    typed = {**GOOD, "account": "4070", "bic": bic, "correspondent_account": "30101"}
    response = login(vega).post(new(vega_contract), typed)
    assert response.status_code == 422
    html = BeautifulSoup(response.content, "html.parser")
    lines = [line.text for line in html.select(".error-summary li")]
    assert lines == [
        "Расчётный счёт: нужны 20 цифр, сейчас знаков: 4.",
        "БИК банка: нужны 9 цифр." if bic else "БИК банка: введите БИК банка.",
        "Корреспондентский счёт банка: нужны 20 цифр, сейчас знаков: 5.",
    ]


def test_a_treasury_account_in_doubt_is_asked_about(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    response = browser.post(new(vega_contract), TREASURY)
    assert response.status_code == 422
    html = BeautifulSoup(response.content, "html.parser")
    assert "Сверьте реквизиты и подтвердите" in html.select_one(".error-summary").text
    assert html.select_one("input[type=checkbox][name=is_confirmed]")
    assert browser.post(new(vega_contract), {**TREASURY, "is_confirmed": "on"}).status_code == 302
    assert PayerAccount.objects.get().account == TREASURY["account"]


def test_a_department_of_the_central_bank_has_no_correspondent_account(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    own = {**GOOD, "account": "40501810900000000001", "bic": "044525000"}
    browser = login(vega)
    assert browser.post(new(vega_contract), own).status_code == 422
    own["correspondent_account"] = ""
    assert browser.post(new(vega_contract), own).status_code == 302


def test_the_same_account_twice_is_said_so(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.payer_account(vega_contract.client, vega)
    response = login(vega).post(new(vega_contract), GOOD)
    assert response.status_code == 422
    assert "Такой счёт уже есть в списке" in response.content.decode()


def test_an_account_is_corrected_and_removed(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    account = make.payer_account(vega_contract.client, vega)
    browser = login(vega)
    assert "Удалить счёт" in browser.get(one(vega_contract, account)).content.decode()
    assert browser.post(one(vega_contract, account), {**GOOD, "bank": "Другой"}).status_code == 302
    assert PayerAccount.objects.get().bank == "Другой"
    response = browser.post(one(vega_contract, account), {"action": "remove"}, follow=True)
    assert f"Счёт {account.account} удалён." in response.content.decode()
    assert not PayerAccount.objects.exists()


def test_another_companys_account_is_not_found(
    vega: User, orion: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    foreign = make.payer_account(orion_contract.client, orion)
    browser = login(vega)
    assert browser.get(one(vega_contract, foreign)).status_code == 404
    response = browser.post(one(vega_contract, foreign), {"action": "remove"})
    assert response.status_code == 404
    assert PayerAccount.objects.get() == foreign


def test_a_posted_client_is_ignored(
    vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    foreign = {"client": orion_contract.client_id, "added_by": 1}
    login(vega).post(new(vega_contract), {**GOOD, **foreign})
    account = PayerAccount.objects.get()
    assert (account.client, account.added_by) == (vega_contract.client, vega)


@pytest.mark.parametrize(
    "wrong", [{"account": "1"}, {"bic": "04452522А"}, {"correspondent_account": "3010181040000000"}]
)
def test_the_database_takes_digits_alone(
    wrong: dict[str, str], vega: User, vega_contract: Contract
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make.payer_account(vega_contract.client, vega, **wrong)
