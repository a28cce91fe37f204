"""The office: where statements and entries differ, and the terms of payment."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.models import BalanceDifference, PaymentTerm
from contracts.models import Contract
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
        "contract": vega_contract.pk, "order": 1, "share_percent": "50", "due_day": 5,
        "months_later": 0,
    }  # fmt: skip
    url = reverse("admin:billing_paymentterm_add")
    assert browser.post(url, form).status_code == 302
    assert PaymentTerm.objects.filter(contract=vega_contract, share_percent=50).exists()
    twice = browser.post(url, form)
    assert "Срок с таким порядком уже есть" in twice.content.decode()
    too_much = browser.post(url, {**form, "order": 2, "share_percent": "51"})
    assert too_much.status_code == 200
    assert "больше 100" in too_much.content.decode()
    wrong_day = browser.post(url, {**form, "order": 2, "share_percent": "10", "due_day": 32})
    assert wrong_day.status_code == 200
    listed = browser.get(reverse("admin:billing_paymentterm_changelist")).content.decode()
    assert vega_contract.number in listed
