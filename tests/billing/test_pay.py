"""«Оплата»: what can be paid, the requisites to copy, the QR code; who sees what."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing import payables
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from documents.models import Document, Kind
from tests import make
from tests.contents import TOTAL, content_of

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def bare_contract(vega_contract: Contract) -> Contract:
    """A contract of Vega's without any money."""
    return make.contract(vega_contract.client, number="35-01-004218")


def bill(contract: Contract, kind: str = Kind.PLANNED_BILL, **values: object) -> Document:
    """A bill of this month with content of its kind."""
    content = {**content_of(kind, contract), **values.pop("said", {})}  # type: ignore[dict-item]
    values = {"period": Month.current().first_day, **values}
    return make.document(contract, kind, content=content, **values)


def page(browser: Browser, contract: Contract, query: str = "", status: int = 200) -> Tag:
    response = browser.get(reverse("billing:pay", args=[contract.pk]) + query)
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def requisites(html: Tag) -> dict[str, str]:
    """What the copy buttons copy."""
    return {str(tag["data-copy-name"]): str(tag["data-copy"]) for tag in html.select("[data-copy]")}


def test_a_debt_is_offered_first_and_whole(
    vega: User, bare_contract: Contract, login: Login
) -> None:
    make.charge(bare_contract, "122000.00", booked_on=datetime.date(2026, 10, 31))
    html = page(login(vega), bare_contract)
    assert html.select_one("[name=subject]:checked")["value"] == "debt"
    assert requisites(html) == {
        "Сумма": "122000.00",
        "Назначение платежа": (
            "Оплата задолженности по договору № 35-01-004218 от 14.03.2019 за электроэнергию"
            f" по состоянию на {formats.day(timezone.localdate())}, в т.ч. НДС 22% - 22000,00 руб."
        ),
        "Получатель": "АО «Северэнергосбыт»",
        "ИНН получателя": "9601000139",
        "КПП получателя": "960101001",
        "Расчётный счёт": "40702810300000000100",
        "Банк получателя": "ПАО «Новоборский банк»",
        "БИК": "045909901",
        "Корреспондентский счёт": "30101810300000000901",
    }
    assert html.select_one("svg.payment-qr[role=img] title")


def test_a_debt_that_was_paid_since_is_not_asked_again(
    vega: User, bare_contract: Contract, login: Login
) -> None:
    stated_at = timezone.now() - datetime.timedelta(days=2)
    make.balance(bare_contract, "1000.00", as_of=stated_at)
    html = page(login(vega), bare_contract)
    assert html.select_one("[name=subject]:checked")["value"] == "debt"
    make.payment(bare_contract, "1000.00", booked_on=timezone.localdate())
    html = page(login(vega), bare_contract)
    assert not html.select("[name=subject][value=debt]")


@pytest.mark.parametrize(
    ("charged_for", "tax"),
    [
        (["2025-12-31"], "в т.ч. НДС 20% - 20000,00 руб."),
        (["2026-01-31"], "в т.ч. НДС 22% - 21639,34 руб."),
        (["2025-12-31", "2026-01-31"], "в т.ч. НДС - 20819,67 руб."),
    ],
    ids=["before the change", "after it", "both"],
)
def test_the_tax_of_a_debt_is_by_the_months_it_is_for(
    charged_for: list[str], tax: str, vega: User, bare_contract: Contract, login: Login
) -> None:
    for day in map(datetime.date.fromisoformat, charged_for):
        amount = str(120000 // len(charged_for))
        make.charge(bare_contract, amount, booked_on=day, period=day.replace(day=1))
    read = requisites(page(login(vega), bare_contract, "?subject=debt"))
    assert read["Сумма"] == "120000.00"
    assert read["Назначение платежа"].endswith(tax)


def test_only_bills_that_clients_see_are_offered(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    wrong = bill(vega_contract)
    right = bill(vega_contract, corrects=wrong)
    coming = bill(vega_contract, published_at=timezone.now() + datetime.timedelta(days=3))
    html = page(login(vega), vega_contract)
    (due,) = [tag for tag in html.select("[name=subject]") if str(tag["value"])[:4] == "due-"]
    paid = requisites(page(login(vega), vega_contract, f"?subject={due['value']}"))
    assert f"счёт № {right.number}," in paid["Назначение платежа"]
    assert wrong.number not in str(html)
    assert coming.number not in str(html)
    html = page(login(vega), vega_contract, f"?subject=bill-{coming.pk}", status=422)
    assert not requisites(html)


def test_an_overpayment_leaves_the_choice_open(
    orion: User, orion_contract: Contract, login: Login
) -> None:
    make.balance(orion_contract, "-10.00")
    html = page(login(orion), orion_contract)
    assert [tag["value"] for tag in html.select("[name=subject]")] == ["advance", "late-fee"]
    assert not requisites(html)


def test_a_bill_pays_what_it_states_to_whom_it_states(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    document = bill(vega_contract)
    read = requisites(page(login(vega), vega_contract, f"?subject=bill-{document.pk}&amount="))
    assert read["Сумма"] == str(TOTAL)
    assert read["Расчётный счёт"] == "40702810200000000001"
    assert f"счёт № {document.number} от" in read["Назначение платежа"]
    assert read["Назначение платежа"].endswith("в т.ч. НДС 22% - 71809,15 руб.")


def test_a_part_of_a_bill_holds_its_part_of_the_tax(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    document = bill(vega_contract)
    query = f"?subject=bill-{document.pk}&amount=1%C2%A0220,00"
    read = requisites(page(login(vega), vega_contract, query))
    assert read["Сумма"] == "1220.00"
    assert read["Назначение платежа"].endswith("в т.ч. НДС 22% - 220,00 руб.")


def test_a_final_bill_asks_for_what_is_left_of_it(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    document = bill(vega_contract, Kind.FINAL_BILL)
    read = requisites(page(login(vega), vega_contract, f"?subject=bill-{document.pk}"))
    assert read["Сумма"] == "119394.36"
    assert read["Назначение платежа"].endswith("в т.ч. НДС 22% - 21530,13 руб.")


def test_a_bill_without_its_schema_is_paid_by_its_sum(vega_contract: Contract) -> None:
    """A bill may come as a ready file: then its content says nothing."""
    document = make.document(
        vega_contract, Kind.PLANNED_BILL, period=Month.current().first_day, amount=Decimal("61.00")
    )
    contract = Contract.objects.with_head().get(pk=vega_contract.pk)
    key = f"bill-{document.pk}"
    (found,) = [one for one in payables.of_contract(contract, key=key) if one.key == key]
    assert found.amount == Decimal("61.00")
    assert payables.purpose(contract, found, Decimal("61.00")).endswith("НДС 22% - 11,00 руб.")


def test_an_old_bill_is_found_by_its_address_alone(
    vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    old = bill(vega_contract, period=datetime.date(2025, 3, 1))
    foreign = bill(orion_contract)
    browser = login(vega)
    assert f"bill-{old.pk}" not in str(page(browser, vega_contract))
    assert requisites(page(browser, vega_contract, f"?subject=bill-{old.pk}"))
    for key in (f"bill-{foreign.pk}", "bill-0", "bill-²", f"bill-{10**30}", "bill-", "x"):
        html = page(browser, vega_contract, f"?subject={key}", status=422)
        assert "Этот платёж больше не предлагается" in html.text


def test_an_instalment_asks_for_what_is_not_paid_of_it(
    vega: User, bare_contract: Contract, login: Login
) -> None:
    due = make.instalment(bare_contract, "1220.00")
    make.instalment(bare_contract, "500.00", order=2, due_on=due.due_on.replace(day=25))
    make.advance(bare_contract, "610.00", booked_on=Month.current().first_day)
    bill(bare_contract)
    browser = login(vega)
    html = page(browser, bare_contract)
    offered = [str(tag["value"]) for tag in html.select("[name=subject]")]
    key = f"due-{due.period:%Y%m}-{due.due_on:%Y%m%d}"
    assert key in offered
    assert not [one for one in offered if one.startswith("bill-")]  # the same money, asked once
    read = requisites(page(browser, bare_contract, f"?subject={key}"))
    assert read["Сумма"] == "610.00"
    assert f"30 %, срок {due.due_on:%d.%m.%Y}" in read["Назначение платежа"]
    assert read["Назначение платежа"].endswith("НДС 22% - 110,00 руб.")


def test_late_fees_that_are_owed_have_a_sum(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.late_fee(vega_contract, "12.34")
    read = requisites(page(login(vega), vega_contract, "?subject=late-fee"))
    assert read["Сумма"] == "12.34"


def test_late_fees_need_a_sum_and_are_not_taxed(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    html = page(browser, vega_contract, "?subject=late-fee&amount=", status=422)
    assert html.select_one(".error-summary a[href='#id_amount']")
    assert html.select_one("[name=subject]:checked")["value"] == "late-fee"
    read = requisites(page(browser, vega_contract, "?subject=late-fee&amount=512,3"))
    assert read["Сумма"] == "512.30"
    assert read["Назначение платежа"].endswith("НДС не облагается")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        *((typed, "введите сумму") for typed in ("0", "0,00", "-5", "сто", "1,234", "1e5", "٥")),
        ("1.000,00", "введите сумму"),
        ("1" * 13, "сумма слишком большая"),
        ("9" * 200, "сумма слишком большая"),
    ],
)
def test_a_sum_that_cannot_be_paid_is_kept_and_explained(
    typed: str, words: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    html = page(login(vega), vega_contract, f"?subject=advance&amount={typed}", status=422)
    assert html.select_one("#id_amount")["value"] == typed
    assert words in html.select_one(".error-summary").text


@pytest.mark.parametrize("typed", ["12%20345,67", "12345.67", "12%C2%A0345,67%20₽", "12345,67руб."])
def test_a_sum_is_read_as_people_write_it(
    typed: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    read = requisites(page(login(vega), vega_contract, f"?subject=advance&amount={typed}"))
    assert read["Сумма"] == "12345.67"


def test_without_an_account_the_page_says_who_adds_it(
    vega: User, vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    new = reverse("billing:payer-account-new", args=[vega_contract.pk])
    html = page(login(vega), vega_contract)
    assert html.select_one(f"a[href^='{new}']")
    html = page(login(vega_reader), vega_contract)
    assert not html.select_one(f"a[href^='{new}']")
    assert "может добавить руководитель или бухгалтер" in html.text


def test_everybody_sees_the_accounts_of_the_company_and_no_others(
    vega: User, vega_reader: User, orion: User, vega_contract: Contract, orion_contract: Contract,
    login: Login,
) -> None:  # fmt: skip
    own = make.payer_account(vega_contract.client, vega)
    foreign = make.payer_account(orion_contract.client, orion, account="40702810500000000002")
    html = page(login(vega_reader), vega_contract)
    assert [tag["value"] for tag in html.select("[name=account] option")] == [str(own.pk)]
    assert foreign.account not in str(html)
    assert "Добавить счёт" not in html.text


def test_the_page_costs_the_same_with_many_bills_and_accounts(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    address = reverse("billing:pay", args=[vega_contract.pk])
    browser = login(vega)
    costs = []
    for rows in (2, 18):
        for number in range(rows):
            bill(vega_contract)
            make.payer_account(vega_contract.client, vega, account=f"407028102{rows:02}{number:09}")
        costs.append(statements(browser, address))
    assert costs[0] == costs[1]
