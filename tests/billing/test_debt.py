"""«Задолженность»: the balance with the moment of the data, the month, the latest payments."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def page(browser: Browser, contract: Contract) -> str:
    response = browser.get(reverse("billing:debt", args=[contract.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_a_debt_with_the_moment_of_the_data(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    as_of = timezone.make_aware(datetime.datetime(2030, 11, 30, 6, 0))
    make.balance(vega_contract, "412600.05", as_of=as_of)
    html = page(login(vega), vega_contract)
    assert "Задолженность на 30.11.2030\u00a006:00 (МСК)" in html
    assert "412\u00a0600,05" in html


def test_an_overpayment_is_a_positive_sum_under_its_own_name(
    vega: User, orion: User, vega_contract: Contract, login: Login
) -> None:
    make.balance(vega_contract, "-4180.20", as_of=timezone.now() + datetime.timedelta(hours=1))
    html = page(login(vega), vega_contract)
    assert "Переплата на" in html
    assert '<p class="figure text-ok">4\u00a0180,20' in html


def test_without_data_the_page_says_so(orion: User, orion_contract: Contract, login: Login) -> None:
    html = page(login(orion), orion_contract)
    assert "Данных о задолженности ещё нет" in html
    assert "Оплат пока нет" in html


def test_the_latest_payments_and_the_month(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    month = Month.current()
    old = [make.payment(vega_contract, "100.00", number=f"ПП-{n}") for n in range(7)]
    make.charge(vega_contract, "5000.00", booked_on=month.first_day)
    new = make.payment(vega_contract, "1234.56", booked_on=month.first_day, number="ПП-9")
    html = page(login(vega), vega_contract)
    assert f"№ {new.number}" in html
    assert f"№ {old[-1].number}" in html
    assert f"№ {old[0].number}<" not in html
    assert "\u2212700,00" in html, "opening: seven payments"
    assert "3\u00a0065,44" in html, "closing: −700 + 5000 − 1234,56"


def test_history_is_one_click_away(vega: User, vega_contract: Contract, login: Login) -> None:
    html = page(login(vega), vega_contract)
    assert "История начислений/оплат" in html
    assert reverse("billing:history", args=[vega_contract.pk]) in html
