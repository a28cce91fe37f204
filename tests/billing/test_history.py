"""«История начислений/оплат»: by month and year, or the year alone."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from billing import history
from cabinet import formats
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def day(month: int, number: int = 10, year: int = 2026) -> datetime.date:
    return datetime.date(year, month, number)


@pytest.fixture
def ledger(vega_contract: Contract) -> None:
    make.charge(vega_contract, "1000.00", number="СФ-1", booked_on=day(9, 30))
    make.payment(vega_contract, "400.00", number="ПП-1", booked_on=day(10, 1))
    make.charge(vega_contract, "2000.00", number="СФ-2", booked_on=day(10, 31))
    make.payment(vega_contract, "2600.00", number="ПП-2", booked_on=day(11, 1))


def search(browser: Browser, contract: Contract, **query: str):
    return browser.get(reverse("billing:history", args=[contract.pk]), query)


def test_a_month_has_its_documents_and_balances(
    vega: User, vega_contract: Contract, ledger: None, login: Login
) -> None:
    html = search(login(vega), vega_contract, month="10", year="2026").content.decode()
    assert "Счёт-фактура № СФ-2" in html
    assert "Платёжное поручение № ПП-1" in html
    assert "№ СФ-1" not in html
    assert "№ ПП-2" not in html
    positions = [html.index(text) for text in ("1\u00a0000,00", "600,00", "2\u00a0600,00")]
    assert positions == sorted(positions), "opening 1000, after payment 600, after charge 2600"
    assert "31.10.2026" in html


def test_the_year_alone_has_them_all(
    vega: User, vega_contract: Contract, ledger: None, login: Login
) -> None:
    html = search(login(vega), vega_contract, month="", year="2026").content.decode()
    for number in ("СФ-1", "ПП-1", "СФ-2", "ПП-2"):
        assert f"№ {number}" in html
    assert "2026 год: 4" in html.replace("\u00a0", " ").replace("2026 Год", "2026 год")


def test_a_charge_opens_its_vat_invoice(vega: User, vega_contract: Contract, login: Login) -> None:
    document = make.document(vega_contract)
    make.charge(vega_contract, booked_on=day(10, 31), document=document)
    html = search(login(vega), vega_contract, month="10", year="2026").content.decode()
    assert reverse("documents:document-file", args=[vega_contract.pk, document.pk]) in html


def test_an_empty_month_says_what_the_balance_was(
    vega: User, vega_contract: Contract, ledger: None, login: Login
) -> None:
    html = search(login(vega), vega_contract, month="12", year="2025").content.decode()
    assert "За декабрь 2025 начислений и оплат нет" in html


def test_before_the_books_the_reason_is_given(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    html = search(login(vega), vega_contract, month="8", year="2024").content.decode()
    assert "ведутся в кабинете с 02.09.2024: более ранних данных в кабинете нет" in html


def test_a_month_needs_its_year(vega: User, vega_contract: Contract, login: Login) -> None:
    response = search(login(vega), vega_contract, month="10")
    assert response.status_code == 422
    assert "Выберите год." in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"month": "13", "year": "2026"},
        {"month": "x", "year": "2026"},
        {"month": "1", "year": "1812"},
        {"year": ""},
        {"year": "2026", "account": "кошелёк"},
    ],
)
def test_nonsense_is_refused_at_its_field(
    vega: User, vega_contract: Contract, login: Login, query: dict[str, str]
) -> None:
    response = search(login(vega), vega_contract, **query)
    html = response.content.decode()
    assert response.status_code == 422
    assert "<title>Ошибка:" in html
    assert "из списка" in html or "Выберите год" in html


def test_pages_of_a_long_year(vega: User, vega_contract: Contract, login: Login) -> None:
    for n in range(105):
        make.payment(vega_contract, "1.00", number=f"П{n:03d}", booked_on=day(5))
    browser = login(vega)
    second = search(browser, vega_contract, month="", year="2026", page="2").content.decode()
    assert "№ П104" in second
    assert "№ П000" not in second
    assert "\u2212105,00" in second, "the running balance goes on across pages"


@pytest.mark.parametrize("account", ["", "main", "advance"])
def test_pages_join_without_a_gap(
    vega: User, vega_contract: Contract, login: Login, account: str
) -> None:
    """Rows of several months and accounts, page by page, are what the whole period is."""
    for n in range(130):
        make.charge(vega_contract, "3.00", number=f"С{n}", booked_on=day(1 + n % 9, 1 + n % 28))
        make.advance(vega_contract, "2.00", number=f"А{n}", booked_on=day(1 + n % 7, 1 + n % 28))
    browser = login(vega)
    seen, number = [], 1
    while True:
        response = search(
            browser, vega_contract, month="", year="2026", page=str(number), account=account
        )
        seen += [(row.account, row.title, row.balance) for row in response.context["page_obj"]]
        if not response.context["page_obj"].has_next():
            break
        number += 1
    assert len(seen) == (260 if not account else 130)
    entries = history.Entries(vega_contract, day(1, 1), day(12, 31), account)
    whole = [
        (entry.get_account_display(), f"{entry.title} № {entry.number}", formats.amount(balance))
        for entry, balance in entries.all()
    ]
    assert seen == whole
    assert {title for _, title, _ in seen} >= {"Счёт-фактура № С129"} or account == "advance"
    assert entries[len(entries) :] == []


def test_each_account_has_its_own_balance(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.charge(vega_contract, "1000.00", booked_on=day(10, 5))
    make.late_fee(vega_contract, "11.00", booked_on=day(10, 6))
    make.correction(vega_contract, "-100.00", booked_on=day(10, 7))
    html = search(login(vega), vega_contract, month="10", year="2026").content.decode()
    assert "900,00" in html
    assert "11,00" in html
    assert "1\u00a0011,00" not in html, "fees are never added to the debt"
    assert "911,00" not in html
    assert "\u2212100,00" in html
    fees = search(
        login(vega), vega_contract, month="10", year="2026", account="late_fee"
    ).content.decode()
    assert "1\u00a0000,00" not in fees
    assert "Счёт на пени" in fees


def test_another_contracts_entries_do_not_show(
    vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    make.charge(orion_contract, number="ЧУЖОЙ", booked_on=day(10))
    html = search(login(vega), vega_contract, month="10", year="2026").content.decode()
    assert "ЧУЖОЙ" not in html


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    url = reverse("billing:history", args=[vega_contract.pk]) + "?month=&year=2026"
    for n in range(2):
        make.charge(vega_contract, booked_on=day(1 + n), document=make.document(vega_contract))
    few = statements(browser, url)
    for n in range(18):
        make.charge(vega_contract, booked_on=day(1 + n % 9), document=make.document(vega_contract))
    assert statements(browser, url) == few
