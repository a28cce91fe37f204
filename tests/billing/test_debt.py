"""«Задолженность»: the balance with the moment of the data, the month, the latest payments."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, User
from billing.models import Instalment
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


def test_what_was_booked_after_the_statement_is_told_beside_it(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    """Else the sums of the page would contradict each other."""
    words = "С операциями, которые учтены после этого: "
    browser, now = login(vega), timezone.now()
    make.balance(vega_contract, "1000.00", as_of=now)
    make.balance(vega_contract, "12.34", account="late_fee", as_of=now)
    assert words not in page(browser, vega_contract)
    today = timezone.localdate(now)
    make.payment(vega_contract, "400.00", booked_on=today)
    make.payment(vega_contract, "12.34", account="late_fee", booked_on=today)
    html = page(browser, vega_contract)
    assert f"{words}задолженность 600,00" in html
    assert "; с операциями после этого 0,00" in html
    make.payment(vega_contract, "600.00", booked_on=today)
    assert f"{words}задолженности нет." in page(browser, vega_contract)


def test_three_accounts_apart(vega: User, vega_contract: Contract, login: Login) -> None:
    later = timezone.now() + datetime.timedelta(hours=1)
    make.balance(vega_contract, "1000.00", as_of=later)
    make.balance(vega_contract, "-700.00", account="advance", as_of=later)
    make.balance(vega_contract, "12.34", account="late_fee", as_of=later)
    html = page(login(vega), vega_contract)
    assert "внесено вперёд 700,00" in html
    assert "12,34" in html
    assert '<p class="figure text-bad">1\u00a0000,00' in html
    assert "1\u00a0012,34" not in html
    assert "312,34" not in html


def test_the_balance_of_any_day(vega: User, vega_contract: Contract, login: Login) -> None:
    make.charge(vega_contract, "900.00", booked_on=datetime.date(2026, 3, 31))
    make.payment(vega_contract, "400.00", booked_on=datetime.date(2026, 4, 10))
    make.advance(vega_contract, "70.00", booked_on=datetime.date(2026, 4, 1))
    url = reverse("billing:debt", args=[vega_contract.pk])
    browser = login(vega)
    for day, amount in (("2026-04-09", "900,00"), ("10.04.2026", "500,00")):
        html = browser.get(url, {"on": day}).content.decode()
        assert f"<dd>{amount}" in html
        assert "внесено вперёд 70,00" in html
        assert "по записям, которые передал биллинг" in html


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("", "Укажите дату"),
        ("31.02.2026", "например 31.10.2026"),
        ("9999-12-31", "ещё не наступил"),
        ("0001-01-01", "укажите день не раньше"),
    ],
)
def test_a_day_that_is_none_is_refused_at_its_field(
    vega: User, vega_contract: Contract, login: Login, day: str, words: str
) -> None:
    response = login(vega).get(reverse("billing:debt", args=[vega_contract.pk]), {"on": day})
    html = response.content.decode()
    assert response.status_code == 422
    assert words in html
    assert "<title>Ошибка:" in html


def test_what_is_overdue_says_so(vega: User, vega_contract: Contract, login: Login) -> None:
    old = Month.current().shifted(-3)
    make.charge(vega_contract, "900.00", booked_on=old.last_day)
    make.balance(vega_contract, "900.00", as_of=timezone.now() + datetime.timedelta(hours=1))
    html = page(login(vega), vega_contract)
    assert "Просрочено:" in html
    assert "за более ранние месяцы 900,00" in html


def test_a_new_contract_says_when_there_will_be_something(
    vega: User, vega_client: Client, login: Login
) -> None:
    new = make.contract(vega_client, signed_on=timezone.localdate())
    html = page(login(vega), new)
    for words in (
        "Данных о задолженности ещё нет",
        "сумму назовёт плановый счёт",
        "Оплат пока нет",
    ):
        assert words in html


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    url = reverse("billing:debt", args=[vega_contract.pk])

    def fill(count: int) -> None:
        for n in range(count):
            month = Month.current().shifted(-n % 14)
            make.charge(vega_contract, booked_on=month.first_day, document=None)
            make.advance(vega_contract, booked_on=month.first_day)
            make.late_fee(vega_contract, booked_on=month.first_day)
            make.balance(vega_contract, account="advance")
            make.instalment(
                vega_contract,
                order=Instalment.objects.count(),
                document=make.document(vega_contract),
            )

    fill(2)
    few = statements(browser, url)
    fill(18)
    assert statements(browser, url) == few


def test_history_is_one_click_away(vega: User, vega_contract: Contract, login: Login) -> None:
    html = page(login(vega), vega_contract)
    assert "История начислений/оплат" in html
    assert reverse("billing:history", args=[vega_contract.pk]) in html
