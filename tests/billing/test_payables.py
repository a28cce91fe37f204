"""What the pay page offers and says beside it: overdue as one payment, warnings, a contract that is
over."""

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
from billing import owed_months, payables, purposes
from billing.models import PaymentTerm, VatRate
from billing.owed_months import Part
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
D = Decimal


@pytest.fixture(autouse=True)
def rules() -> None:
    """Rates and terms of the law, whatever a test that flushes the database has taken away."""
    for year, percent in ((2019, 20), (2026, 22)):
        VatRate.objects.update_or_create(
            starts_on=datetime.date(year, 1, 1), defaults={"percent": percent}
        )
    for order, share, last, later in ((1, 30, 10, 0), (2, 40, 25, 0), (3, None, 18, 1)):
        PaymentTerm.objects.get_or_create(
            contract=None,
            order=order,
            defaults={"share_percent": share, "due_day": last, "months_later": later},
        )


@pytest.fixture
def contract(vega_contract: Contract) -> Contract:
    """A contract of Vega's without any money."""
    return make.contract(vega_contract.client, number="35-01-004218")


def owe(contract: Contract, amount: str, months_ago: int) -> Month:
    """A charge of the month so long ago, unpaid."""
    month = Month.current().shifted(-months_ago)
    make.charge(contract, amount, booked_on=month.last_day)
    return month


def page(browser: Browser, contract: Contract, query: str = "") -> Tag:
    response = browser.get(reverse("billing:pay", args=[contract.pk]) + query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def text_of(html: Tag, css: str) -> str:
    return " ".join(html.select_one(css).text.replace("\u00a0", " ").split())


def payment(html: Tag) -> tuple[str, str]:
    """The sum and the purpose."""
    read = {str(tag["data-copy-name"]): str(tag["data-copy"]) for tag in html.select("[data-copy]")}
    return read["Сумма"], read["Назначение платежа"]


def offered(html: Tag) -> dict[str, str]:
    """Key and words of each choice."""
    return {
        str(tag["value"]): " ".join(tag.parent.text.replace("\u00a0", " ").split())
        for tag in html.select("[name=subject]")
    }


# Overdue as one payment --------------------------------------------------------------------------


def test_all_that_is_overdue_is_one_payment(vega: User, contract: Contract, login: Login) -> None:
    first, second = owe(contract, "800.00", 6), owe(contract, "400.00", 5)
    planned = make.instalment(
        contract, "122.00", due_on=timezone.localdate() - datetime.timedelta(days=1)
    )
    browser = login(vega)
    choices = offered(page(browser, contract))
    today = formats.day(timezone.localdate())
    assert list(choices)[:3] == ["debt", "overdue", "older"]
    assert choices["overdue"] == f"Всё просроченное на {today}: 1 322,00 ₽"
    assert choices["older"].startswith("Долг за более ранние месяцы (")
    assert choices["older"].endswith("): 1 200,00 ₽")
    amount, purpose = payment(page(browser, contract, "?subject=overdue"))
    assert amount == "1322.00"
    current = Month.of(planned.period)
    begin = str(first) if first.year != current.year else str(first).split()[0]
    assert f"за электроэнергию, {begin} - {current}, просроченные платежи на {today}" in purpose
    amount, purpose = payment(page(browser, contract, "?subject=older"))
    assert amount == "1200.00"
    assert f" - {second}, задолженность прошлых месяцев" in purpose


def test_the_whole_is_not_offered_beside_its_only_part(
    vega: User, contract: Contract, login: Login
) -> None:
    owe(contract, "800.00", 4)
    choices = offered(page(login(vega), contract))
    assert "overdue" not in choices
    assert "older" in choices


def test_what_is_overdue_is_taxed_by_its_months(contract: Contract) -> None:
    """A payment goes to the oldest month first, so a part of it may be of one rate alone."""
    december, january = Month(2025, 12), Month(2026, 1)
    for month, amount in ((december, "120.00"), (january, "122.00")):
        make.charge(contract, amount, booked_on=month.last_day, period=month.first_day)
    (older,) = [one for one in payables.of_contract(contract) if one.key == "older"]
    ends = {
        "242.00": "в т.ч. НДС - 42,00 руб.",
        "120.00": "в т.ч. НДС 20% - 20,00 руб.",
        "60.00": "в т.ч. НДС 20% - 10,00 руб.",
        "181.00": "в т.ч. НДС - 31,00 руб.",
    }
    for amount, end in ends.items():
        assert payables.purpose(contract, older, D(amount)).endswith(end), amount


def test_a_correction_before_the_bill_is_of_its_month(contract: Contract) -> None:
    """Both payments are for the same money: nobody calls one of them older, or taxes it apart."""
    today, current = timezone.localdate(), Month.current()
    make.correction(contract, "500.00", booked_on=today)
    by_key = {one.key: one for one in payables.of_contract(contract)}
    debt, other = by_key["debt"], by_key["older"]
    assert debt.parts == other.parts == (Part(month=current, amount=D(500)),)
    assert other.title == f"Прочий долг ({current})"
    said = [payables.purpose(contract, one, D(500)) for one in (debt, other)]
    assert f"за электроэнергию, {current}, прочая задолженность" in said[1]
    (tax,) = {words.partition(", в т.ч. ")[2] for words in said}
    assert tax == "НДС 22% - 90,16 руб."


def test_a_debt_of_unknown_months_names_no_tax(contract: Contract) -> None:
    make.balance(contract, "500.00")
    (debt,) = [one for one in payables.of_contract(contract) if one.key == "debt"]
    assert debt.parts == (Part(month=None, amount=D("500.00")),)
    assert payables.purpose(contract, debt, D(500)).endswith("в т.ч. НДС")


def test_months_of_a_debt_are_the_latest_ones(contract: Contract) -> None:
    months = [owe(contract, "100.00", ago) for ago in (5, 4, 3)]
    parts = owed_months.of_debt(contract, D("150.00"))
    assert [(part.month, part.amount) for part in parts] == [
        (months[1], D(50)), (months[2], D(100)),
    ]  # fmt: skip
    without = owed_months.of_debt(contract, D("150.00"), but=[months[2]])
    assert [part.month for part in without] == months[:2]
    more = owed_months.of_debt(contract, D("301.00"))
    assert (more[0].month, more[0].amount) == (None, D(1))
    assert owed_months.words(more, dash="–") == ""


def test_tax_of_several_rates() -> None:
    assert purposes.vat_of_rates({22: D(122)}) == purposes.Vat(amount=D("22.00"), rate=22)
    assert purposes.vat_of_rates({None: D(1), 22: D(2)}).amount is None
    assert purposes.vat_of_rates({}).amount is None


# Late fees ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("paid", "left"), [("100.00", None), ("30.00", D(70))])
def test_late_fees_are_owed_less_what_was_paid_since(
    contract: Contract, paid: str, left: Decimal | None
) -> None:
    stated_at = timezone.now() - datetime.timedelta(days=10)
    make.balance(contract, "100.00", account="late_fee", as_of=stated_at)
    today = timezone.localdate()
    make.payment(contract, paid, account="late_fee", booked_on=today - datetime.timedelta(days=2))
    fees = payables.of_contract(contract)[-1]
    title = "Пени" if left is None else f"Пени на {formats.day(today)}"
    assert (fees.key, fees.title, fees.amount) == ("late-fee", title, left)


# Words beside the payment ------------------------------------------------------------------------


def test_a_part_is_not_called_the_debt(vega: User, contract: Contract, login: Login) -> None:
    owe(contract, "105623.46", 1)
    today = formats.day(timezone.localdate())
    browser = login(vega)
    html = page(browser, contract, "?subject=debt&amount=1000")
    assert text_of(html, "#requisites") == "К оплате: 1 000,00 ₽"
    section = text_of(html, "section[aria-labelledby=requisites]")
    assert f"Задолженность на {today} — 105 623,46 ₽, вы платите часть." in section
    assert "Проверьте сумму" not in section
    html = page(browser, contract, "?subject=debt")
    assert text_of(html, "#requisites") == f"Задолженность на {today}: 105 623,46 ₽"
    assert "вы платите часть" not in html.text


def test_more_than_is_owed_is_asked_about_and_made(
    vega: User, contract: Contract, login: Login
) -> None:
    owe(contract, "105623.46", 1)
    html = page(login(vega), contract, "?subject=debt&amount=1056234,60")
    assert "больше, чем осталось заплатить, на 950 611,14 ₽" in text_of(html, "section .notice")
    assert payment(html)[0] == "1056234.60"
    assert "вы платите часть" not in html.text


def test_an_unusual_sum_ahead_is_asked_about(vega: User, contract: Contract, login: Login) -> None:
    """More than all that is owed and planned and another month: 1 000 + 1 000 + 1 000."""
    owe(contract, "1000.00", 1)
    browser = login(vega)
    assert not page(browser, contract, "?subject=advance&amount=3000").select("section .notice")
    html = page(browser, contract, "?subject=advance&amount=3000,01")
    assert "больше всего, что начислено и запланировано" in text_of(html, "section .notice")


def test_without_data_no_sum_is_unusual(vega: User, contract: Contract, login: Login) -> None:
    html = page(login(vega), contract, "?subject=advance&amount=9999999")
    assert not html.select("section .notice")
    assert "более ранний долг" not in html.text


def test_an_earlier_debt_is_settled_first(vega: User, contract: Contract, login: Login) -> None:
    owe(contract, "800.00", 4)
    today = timezone.localdate()
    first = make.instalment(contract, "300.00", due_on=today - datetime.timedelta(days=1))
    second = make.instalment(contract, "400.00", due_on=today, order=2)
    browser = login(vega)
    for due, earlier in ((first, "800,00"), (second, "1 100,00")):
        key = f"due-{due.period:%Y%m}-{due.due_on:%Y%m%d}"
        section = text_of(
            page(browser, contract, f"?subject={key}"), "section[aria-labelledby=requisites]"
        )
        assert f"более ранний долг, {earlier} ₽: в сроках оплаты деньги сначала зачтутся" in section
    for key in ("debt", "overdue", "older"):
        assert "более ранний долг" not in page(browser, contract, f"?subject={key}").text
    # And so it is: the money of the second one closes what is older.
    make.payment(contract, "400.00", booked_on=today)
    assert offered(page(browser, contract))["older"].endswith("): 400,00 ₽")


def test_two_instalments_of_one_day_are_two_choices(
    vega: User, contract: Contract, login: Login
) -> None:
    for order in (1, 2):
        make.instalment(contract, f"{order}00.00", order=order)
    choices = [key for key in offered(page(login(vega), contract)) if key.startswith("due-")]
    assert len(set(choices)) == 2


# A bill of an instalment -------------------------------------------------------------------------


def test_an_instalment_is_paid_as_its_bill_says(
    vega: User, contract: Contract, login: Login
) -> None:
    document = make.planned_bill(contract, "122.00")
    key = f"due-{document.period:%Y%m}-{document.period.replace(day=10):%Y%m%d}"
    html = page(login(vega), contract, f"?subject={key}")
    assert f", счёт № {document.number}, 30 %, срок 10." in payment(html)[1]
    address = reverse("documents:document-file", args=[contract.pk, document.pk])
    assert html.select_one(f"a[href='{address}']")


# A contract that is over -------------------------------------------------------------------------


def test_a_contract_that_is_over_offers_no_month_after_its_end(
    vega: User, contract: Contract, login: Login
) -> None:
    last = Month.current().shifted(-4)
    Contract.objects.filter(pk=contract.pk).update(terminated_on=last.shifted(1).first_day)
    browser = login(vega)
    assert offered(page(browser, contract))["advance"] == "Любая сумма по расторгнутому договору"
    purpose = payment(page(browser, contract, "?subject=advance&amount=122"))[1]
    assert f"за электроэнергию, {last}, окончательный расчёт, в т.ч. НДС" in purpose
    assert str(Month.current()) not in purpose


def test_a_contract_that_is_to_end_is_paid_as_ever(
    vega: User, contract: Contract, login: Login
) -> None:
    ends_on = timezone.localdate() + datetime.timedelta(days=40)
    Contract.objects.filter(pk=contract.pk).update(terminated_on=ends_on)
    browser = login(vega)
    assert "будущих начислений" in offered(page(browser, contract))["advance"]
    assert str(Month.current()) in payment(page(browser, contract, "?subject=advance&amount=1"))[1]


def test_the_page_costs_the_same_with_many_debts(
    vega: User, contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser, address = login(vega), reverse("billing:pay", args=[contract.pk])
    owe(contract, "10.00", 3)
    make.planned_bill(contract, "5.00")
    few = statements(browser, address)
    for ago in range(4, 20):
        owe(contract, "10.00", ago)
        make.planned_bill(contract, "5.00", due_on=Month.current().first_day, share_percent=ago)
    assert statements(browser, address) == few
