"""«Обороты по месяцам»: a chart, its table, a file."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from billing import books, turnovers
from contracts.models import Contract
from contracts.periods import Month
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def page(browser: Browser, contract: Contract, **query: str):
    return browser.get(reverse("billing:turnovers", args=[contract.pk]), query)


@pytest.fixture
def year(vega_contract: Contract) -> None:
    """Two years of charges, paid a month later."""
    for months in range(24):
        month = Month.current().shifted(-months - 1)
        make.charge(vega_contract, f"{1000 + months}.00", booked_on=month.last_day)
        paid_on = month.shifted(1).first_day
        make.payment(vega_contract, f"{1000 + months}.00", booked_on=paid_on)


def test_a_year_of_the_main_debt_at_first(
    vega: User, vega_contract: Contract, year: None, login: Login
) -> None:
    response = page(login(vega), vega_contract)
    html = response.content.decode()
    assert response.status_code == 200
    assert len(response.context["rows"]) == 12
    assert html.count('scope="row"') == 13
    assert '<svg class="chart"' in html
    assert "по данным биллинга на" in html


def test_two_years(vega: User, vega_contract: Contract, year: None, login: Login) -> None:
    response = page(login(vega), vega_contract, months="24", account="main")
    assert len(response.context["rows"]) == 24


def test_accounts_are_apart(vega: User, vega_contract: Contract, login: Login) -> None:
    month = Month.current()
    make.late_fee(vega_contract, "77.77", booked_on=month.first_day)
    make.charge(vega_contract, "1000.00", booked_on=month.first_day)
    fees = page(login(vega), vega_contract, account="late_fee").content.decode()
    assert "77,77" in fees
    assert "1\u00a0000,00" not in fees


def test_advances_are_used_up_and_not_charged(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.advance(vega_contract, "700.00", booked_on=Month.current().first_day)
    html = page(login(vega), vega_contract, account="advance").content.decode()
    assert "Зачтено, ₽" in html
    assert "Внесено, ₽" in html
    assert "Начислено" not in html


def of_a_year(contract: Contract) -> list[turnovers.MonthRow]:
    return turnovers.by_month(
        contract,
        "main",
        last=Month.current(),
        months=12,
        first_day=books.first_day(contract),
    )


def test_months_before_the_contract_and_its_entries_are_left_out(vega_contract: Contract) -> None:
    current = Month.current()
    Contract.objects.filter(pk=vega_contract.pk).update(signed_on=current.shifted(-2).first_day)
    vega_contract.refresh_from_db()
    rows = of_a_year(vega_contract)
    assert [row.month for row in rows] == [current.shifted(-2), current.shifted(-1), current]
    make.charge(vega_contract, "5.00", booked_on=current.shifted(-20).first_day)
    rows = of_a_year(vega_contract)
    assert (len(rows), rows[0].opening) == (12, Decimal("5.00"))


@pytest.mark.parametrize("query", [{"months": "13"}, {"account": "wallet"}, {"months": "много"}])
def test_nonsense_is_refused_at_its_field(
    vega: User, vega_contract: Contract, login: Login, query: dict[str, str]
) -> None:
    response = page(login(vega), vega_contract, **query)
    assert response.status_code == 422
    assert "из списка" in response.content.decode()
    refused = login(vega).get(reverse("billing:turnovers-file", args=[vega_contract.pk]), query)
    assert refused.status_code == 404


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    url = reverse("billing:turnovers", args=[vega_contract.pk])
    make.charge(vega_contract)
    few = statements(browser, url)
    for n in range(20):
        make.charge(vega_contract, booked_on=Month.current().shifted(-n).first_day)
    assert statements(browser, url) == few
