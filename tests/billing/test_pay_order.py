"""The payment order's file from the page: account, number, date; what is refused, and who."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import JournalEntry, User
from contracts.models import Contract
from tests import make
from tests.billing import client_bank

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def ask(browser: Browser, contract: Contract, **fields: Any) -> Any:
    asked: dict[str, Any] = {
        "subject": "advance",
        "amount": "1220,5",
        "number": "17",
        "date": timezone.localdate().isoformat(),
        **fields,
    }
    return browser.get(reverse("billing:pay-order", args=[contract.pk]), asked)


def test_the_file_is_loaded_by_a_bank(
    vega: User, vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    account = make.payer_account(vega_contract.client, vega)
    response = ask(login(vega_reader), vega_contract, account=account.pk)
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    (order,) = client_bank.read(response.content).orders
    assert order["Номер"] == "17"
    assert order["Сумма"] == "1220.50"
    assert client_bank.day(order["Дата"]) == timezone.localdate()
    assert order["ПлательщикРасчСчет"] == account.account
    assert order["ПлательщикИНН"] == vega_contract.client.inn
    assert order["ПолучательРасчСчет"] == "40702810300000000100"
    assert "№ 35-01-004217" in order["НазначениеПлатежа"]
    entry = JournalEntry.objects.get(action=JournalEntry.Action.FILE_OPENED)
    assert entry.subject.startswith("Платёжное поручение № 17 от ")
    assert entry.details["account"] == account.account


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": ""}, "введите номер поручения"),
        ({"number": "А-17"}, "от 1 до 6 цифр"),
        ({"number": "1234567"}, "от 1 до 6 цифр"),
        ({"number": "12000"}, "кончается на 000"),
        ({"number": "0"}, "кончается на 000"),
        ({"date": "завтра"}, "введите дату так"),
        ({"date": "2020-01-01"}, "банк принимает поручение в течение 10 дней"),
        ({"account": "0"}, "этого счёта больше нет"),
        ({"account": ""}, "выберите счёт"),
    ],
)
def test_what_is_wrong_is_said_on_the_page_and_nothing_is_lost(
    wrong: dict[str, str], words: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    account = make.payer_account(vega_contract.client, vega)
    browser = login(vega)
    response = ask(browser, vega_contract, **{"account": account.pk, **wrong})
    assert response.status_code == 302
    response = browser.get(response["Location"])
    assert response.status_code == 422
    html = BeautifulSoup(response.content, "html.parser")
    assert words in html.select_one(".error-summary").text
    assert html.title.text.startswith("Ошибка: ")
    assert html.select_one("input[type=hidden][name=amount]")["value"] == "1220,5"
    assert html.select_one("[name=number]").get("value", "") == wrong.get("number", "17")


def test_russian_dates_are_read_too(vega: User, vega_contract: Contract, login: Login) -> None:
    account = make.payer_account(vega_contract.client, vega)
    day = timezone.localdate() + datetime.timedelta(days=1)
    response = ask(login(vega), vega_contract, account=account.pk, date=f"{day:%d.%m.%Y}")
    (order,) = client_bank.read(response.content).orders
    assert client_bank.day(order["Дата"]) == day


def test_the_account_of_another_company_is_none(
    vega: User, orion: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    foreign = make.payer_account(orion_contract.client, orion)
    response = ask(login(vega), vega_contract, account=foreign.pk)
    assert response.status_code == 302
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()
