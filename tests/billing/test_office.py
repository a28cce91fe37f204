"""The office: where statements and entries differ, and the terms of payment."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.admin import LedgerEntryAdmin
from billing.models import BalanceDifference, LedgerEntry, PaymentTerm
from contracts.models import Contract
from contracts.periods import Month
from tests import make

pytestmark = pytest.mark.django_db

DAY = datetime.date(2026, 10, 31)


def midnight_after(day: datetime.date) -> datetime.datetime:
    after = day + datetime.timedelta(days=1)
    return timezone.make_aware(datetime.datetime.combine(after, datetime.time()))


@pytest.fixture
def contract(orion_contract: Contract) -> Contract:
    """A contract whose entries come to 600 at the end of October."""
    make.charge(orion_contract, "1000.00", booked_on=datetime.date(2026, 9, 30))
    make.payment(orion_contract, "400.00", booked_on=DAY)
    make.late_fee(orion_contract, "50.00", booked_on=DAY)
    make.charge(orion_contract, "999.00", booked_on=datetime.date(2026, 11, 1))
    return orion_contract


def differences() -> list[tuple[str, Decimal, Decimal, Decimal]]:
    return [
        (row.account, row.amount, row.computed, row.difference)
        for row in BalanceDifference.objects.order_by("account")
    ]


def test_what_agrees_is_not_listed(contract: Contract) -> None:
    make.balance(contract, "600.00", as_of=midnight_after(DAY))
    make.balance(contract, "50.00", account="late_fee", as_of=midnight_after(DAY))
    assert differences() == []


def test_a_statement_holds_the_days_that_were_over(contract: Contract) -> None:
    """At six in the evening of the 31st its payment does not count yet, by the retailer's clock."""
    evening = midnight_after(DAY) - datetime.timedelta(hours=6)
    make.balance(contract, "1000.00", as_of=evening)
    assert differences() == []
    make.balance(contract, "600.00", as_of=midnight_after(DAY) - datetime.timedelta(minutes=1))
    assert differences() == [("main", Decimal(600), Decimal(1000), Decimal(-400))]


def test_only_the_newest_statement_of_each_account_counts(contract: Contract) -> None:
    make.balance(contract, "1.00", as_of=midnight_after(DAY) - datetime.timedelta(days=3))
    make.balance(contract, "600.00", as_of=midnight_after(DAY))
    make.balance(contract, "49.00", account="late_fee", as_of=midnight_after(DAY))
    make.balance(contract, "5.00", account="advance", as_of=midnight_after(DAY))
    assert differences() == [
        ("advance", Decimal(5), Decimal(0), Decimal(5)),
        ("late_fee", Decimal(49), Decimal(50), Decimal(-1)),
    ]


def test_the_office_sees_it(
    contract: Contract, office: User, login: Callable[[User], Browser]
) -> None:
    make.balance(contract, "601.50", as_of=midnight_after(DAY))
    url = reverse("admin:billing_balancedifference_changelist")
    html = login(office).get(url).content.decode()
    for words in ("Расхождения сальдо", contract.number, "601,50", "600,00", "1,50"):
        assert words in html
    found = login(office).get(url, {"q": contract.number, "account__exact": "main"})
    assert "601,50" in found.content.decode()
    assert "601,50" not in login(office).get(url, {"q": "нет такого"}).content.decode()


def test_one_statement_for_all_contracts(contract: Contract) -> None:
    for n in range(5):
        other = make.contract(contract.client, contract.branch)
        make.balance(other, f"{n + 1}.00")
    with CaptureQueriesContext(connection) as captured:
        assert len(differences()) == 5
    assert len(captured) == 1


def test_terms_of_payment_are_kept_by_the_office(
    vega_contract: Contract, office: User, login: Callable[[User], Browser]
) -> None:
    browser = login(office)
    form = {
        "contract": vega_contract.pk, "first_month": "", "order": 1, "share_percent": "50",
        "due_day": 5, "months_later": 0,
    }  # fmt: skip
    url = reverse("admin:billing_paymentterm_add")
    assert browser.post(url, form).status_code == 302
    assert PaymentTerm.objects.filter(contract=vega_contract, share_percent=50).exists()
    twice = browser.post(url, form)
    assert "Срок с таким порядком уже есть" in twice.content.decode()
    too_much = browser.post(url, {**form, "order": 2, "share_percent": "51"})
    assert too_much.status_code == 200
    assert "больше 100" in too_much.content.decode()
    for column, value in (("due_day", 32), ("due_day", 0), ("months_later", 99)):
        wrong = browser.post(url, {**form, "order": 2, "share_percent": "10", column: value})
        html = BeautifulSoup(wrong.content, "html.parser")
        assert html.select_one(f".field-{column} .errorlist"), "said where it is"
        assert "payment_term" not in html.text
    listed = browser.get(reverse("admin:billing_paymentterm_changelist")).content.decode()
    assert vega_contract.number in listed


def test_new_terms_begin_with_the_next_month(
    vega_contract: Contract, office: User, login: Callable[[User], Browser]
) -> None:
    """What the form proposes must not move days that have passed or are billed."""
    browser, url = login(office), reverse("admin:billing_paymentterm_add")
    html = BeautifulSoup(browser.get(url).content, "html.parser")
    chosen = html.select_one("#id_first_month option[selected]")
    following = Month.current().shifted(1)
    assert (chosen["value"], chosen.text) == (following.first_day.isoformat(), str(following))
    form = {
        "contract": vega_contract.pk, "first_month": chosen["value"], "order": 1,
        "share_percent": "60", "due_day": 5, "months_later": 0,
    }  # fmt: skip
    assert browser.post(url, form).status_code == 302
    assert PaymentTerm.objects.get(contract=vega_contract).first_month == following.first_day
    earlier = {**form, "first_month": "", "share_percent": "50"}
    assert browser.post(url, earlier).status_code == 302, "another set is a whole of its own"
    too_much = browser.post(url, {**form, "order": 2, "share_percent": "41"})
    assert "Вместе доли больше 100" in too_much.content.decode()
    twice = browser.post(url, form)
    assert "Срок с таким порядком уже есть" in twice.content.decode()
    nonsense = browser.post(url, {**form, "first_month": "2026-12-02"})
    assert "Выберите месяц из списка" in nonsense.content.decode()
    listed = browser.get(reverse("admin:billing_paymentterm_changelist")).content.decode()
    assert str(following) in listed
    assert "с самого начала" in listed


def test_terms_that_hold_say_how_they_are_changed_for_the_future(
    vega_contract: Contract, office: User, login: Callable[[User], Browser]
) -> None:
    browser, words = login(office), "Эти сроки уже действуют"
    old = datetime.date(2019, 1, 1)
    for first_month, is_told in (
        (None, True),
        (old, True),
        (Month.current().first_day, True),
        (Month.current().shifted(1).first_day, False),
    ):
        term = make.payment_term(vega_contract, first_month=first_month)
        url = reverse("admin:billing_paymentterm_change", args=[term.pk])
        html = browser.get(url).content.decode()
        assert (words in html) is is_told
        assert "selected>" in html
    chosen = BeautifulSoup(
        browser.get(
            reverse(
                "admin:billing_paymentterm_change",
                args=[PaymentTerm.objects.get(first_month=old).pk],
            )
        ).content,
        "html.parser",
    ).select_one("#id_first_month option[selected]")
    assert chosen["value"] == "2019-01-01", "a month of long ago stays chosen"


def test_the_ledger_opens_with_the_newest_day(
    contract: Contract, office: User, login: Callable[[User], Browser]
) -> None:
    """Not with what came last: a correction of long ago comes late."""
    make.charge(contract, "2675000.00", booked_on=datetime.date(2026, 8, 31), number="давно")
    url = reverse("admin:billing_ledgerentry_changelist")
    browser = login(office)
    for address in (url, f"{url}?contract__id__exact={contract.pk}", f"{url}?kind__exact=charge"):
        html = BeautifulSoup(browser.get(address).content, "html.parser")
        days = [cell.text for cell in html.select("#result_list .field-booked_on")]
        assert days == sorted(days, key=lambda day: day.split(".")[::-1], reverse=True)
        assert len(days) > 2
    sums = [cell.text for cell in html.select("#result_list td.field-money_amount")]
    assert sums[-1] == "2\u00a0675\u00a0000,00"


def test_the_newest_day_is_found_by_a_walk_along_an_index(contract: Contract) -> None:
    """Not by sorting all entries: there are millions."""
    asked = LedgerEntryAdmin(LedgerEntry, admin.site)
    newest = LedgerEntry.objects.order_by(*asked.ordering)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = newest[:50].explain()
    assert "using ledger_newest" in plan, plan
    assert "Sort" not in plan, plan


def test_money_in_lists_is_written_in_one_way(
    contract: Contract, office: User, login: Callable[[User], Browser]
) -> None:
    make.balance(contract, "2675000.50")
    make.instalment(contract, "1234567.80")
    make.document(contract, amount=Decimal("7654321.00"))
    make.document(contract, amount=None)
    browser = login(office)
    for page, shown in (
        ("billing_balance", ["2\u00a0675\u00a0000,50"]),
        ("billing_instalment", ["1\u00a0234\u00a0567,80"]),
        ("documents_document", ["—", "7\u00a0654\u00a0321,00"]),
    ):
        html = BeautifulSoup(
            browser.get(reverse(f"admin:{page}_changelist")).content, "html.parser"
        )
        assert [cell.text for cell in html.select("td.field-money_amount")] == shown, page
    html = BeautifulSoup(
        browser.get(reverse("admin:billing_balancedifference_changelist")).content, "html.parser"
    )
    assert [cell.text for cell in html.select("td[class*=field-money_]")][:1] == [
        "2\u00a0675\u00a0000,50"
    ]
