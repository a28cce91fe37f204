"""Instalments: what is due when, and how money is allotted to it, the oldest first."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Client
from billing import balance, instalments
from billing.instalments import Plan
from billing.models import Account, PaymentTerm
from contracts.models import Contract
from contracts.periods import Month
from tests import make

pytestmark = pytest.mark.django_db

D = Decimal
TODAY = datetime.date(2026, 11, 23)
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
SUMS = st.lists(st.decimals(min_value=0, max_value=10**9, places=2), max_size=8)
MONEY = st.decimals(min_value=0, max_value=10**10, places=2)


@pytest.fixture(autouse=True)
def _terms_of_the_law() -> None:
    for order, share, day, later in ((1, 30, 10, 0), (2, 40, 25, 0), (3, None, 18, 1)):
        PaymentTerm.objects.get_or_create(
            contract=None,
            order=order,
            defaults={"share_percent": share, "due_day": day, "months_later": later},
        )


@pytest.fixture
def contract(vega_client: Client) -> Contract:
    """Vega's contract without any money."""
    return make.contract(vega_client)


def plan(contract: Contract, today: datetime.date = TODAY) -> Plan:
    return instalments.plan(contract, balance.positions(contract, today), today)


def shown(found: Plan) -> list[tuple[Any, ...]]:
    """Month, day, sum, paid of each."""
    return [(due.month.number, f"{due.due_on:%d.%m}", due.amount, due.paid) for due in found.dues]


def day(month: int, number: int) -> datetime.date:
    return datetime.date(2026, month, number)


@given(money=MONEY, sums=SUMS)
def test_money_is_allotted_to_the_oldest_first(money: Decimal, sums: list[Decimal]) -> None:
    paid, left = instalments.allot(money, sums)
    assert sum(paid) + left == money
    assert all(0 <= part <= wanted for part, wanted in zip(paid, sums, strict=True))
    for place, (part, wanted) in enumerate(zip(paid, sums, strict=True)):
        if part < wanted:
            assert left == 0
            assert not any(paid[place + 1 :]), "nothing reaches a later one before this is paid"


def test_by_law_thirty_forty_and_the_rest(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    make.payment(contract, "1000.00", booked_on=day(11, 2))
    found = plan(contract)
    assert (found.base, found.base_month) == (D(1000), OCTOBER)
    assert shown(found) == [
        (11, "10.11", 300, 0),
        (11, "25.11", 400, 0),
        (11, "18.12", 300, 0),
        (10, "18.11", 1000, 1000),
    ]
    overdue, coming, rest, paid = found.dues
    assert (overdue.is_overdue, coming.is_next, rest.is_estimate, paid.is_paid) == (True,) * 4
    assert found.next_due == coming
    assert found.overdue == 300


def test_a_month_is_paid_oldest_first_and_the_rest_by_the_bill(contract: Contract) -> None:
    make.charge(contract, "900.00", booked_on=day(9, 30))
    make.payment(contract, "900.00", booked_on=day(10, 2))
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    make.payment(contract, "600.00", booked_on=day(10, 24))
    make.advance(contract, "350.00", booked_on=day(11, 9))
    found = plan(contract)
    # October: 270 + 360 by the plan of September's 900, the rest of 1000 by the bill.
    assert shown(found) == [
        (10, "18.11", 370, 20),
        (11, "25.11", 400, 0),
        (11, "18.12", 300, 0),
        (11, "10.11", 300, 300),
        (10, "25.10", 360, 360),
        (10, "10.10", 270, 270),
    ]
    assert found.overdue == 350
    assert found.older == found.surplus == 0


def test_a_bill_below_the_plan_asks_no_more_than_itself(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=day(9, 30))
    make.payment(contract, "1000.00", booked_on=day(10, 2))
    make.charge(contract, "500.00", booked_on=OCTOBER.last_day)
    found = plan(contract)
    october = [due for due in found.dues if due.month == OCTOBER]
    assert [due.amount for due in october] == [300, 200]


def test_advances_that_billing_has_not_set_off_yet_pay_their_own_month(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=day(9, 30))
    make.payment(contract, "1000.00", booked_on=day(10, 2))
    make.advance(contract, "700.00", booked_on=day(10, 9))
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    found = plan(contract, day(11, 6))
    assert found.overdue == 0
    assert shown(found) == [
        (11, "10.11", 300, 0),
        (10, "18.11", 300, 0),
        (11, "25.11", 400, 0),
        (11, "18.12", 300, 0),
        (10, "25.10", 400, 400),
        (10, "10.10", 300, 300),
    ]


def test_what_was_paid_ahead_goes_to_an_older_debt_first(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=day(6, 30))
    make.advance(contract, "6000.00", booked_on=day(11, 2))
    found = plan(contract)
    assert (found.older, found.surplus) == (D(0), D(5000))


def test_an_older_debt_stands_by_itself(contract: Contract) -> None:
    make.charge(contract, "800.00", booked_on=day(6, 30))
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    found = plan(contract)
    assert found.older == 800
    assert found.overdue == 800 + 1000 + 300, "October's bill, November's first part"


def test_what_is_overpaid_goes_to_the_next_month(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    make.payment(contract, "2500.00", booked_on=day(11, 2))
    found = plan(contract)
    assert found.overdue == 0
    assert found.surplus == 500
    assert sum(due.paid for due in found.dues if due.month == NOVEMBER) == 1000


def test_two_months_without_a_bill_share_what_was_paid_ahead(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=day(9, 30))
    make.payment(contract, "1000.00", booked_on=day(10, 2))
    make.advance(contract, "1100.00", booked_on=day(11, 1))
    found = plan(contract, day(11, 3))
    paid = {(due.month.number, due.due_on.day): due.paid for due in found.dues}
    assert paid == {
        (10, 10): 300, (10, 25): 400, (10, 18): 100, (11, 10): 300, (11, 25): 0, (11, 18): 0,
    }  # fmt: skip


def test_an_advance_that_is_not_set_off_yet_counts(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    make.payment(contract, "1000.00", booked_on=day(11, 2))
    make.advance(contract, "700.00", booked_on=day(11, 9))
    make.charge(contract, "1000.00", booked_on=NOVEMBER.last_day)
    found = plan(contract, NOVEMBER.last_day)
    november = [due for due in found.dues if due.month == NOVEMBER]
    assert sum(due.paid for due in november) == 700
    assert found.overdue == 0


def test_late_fees_pay_no_instalment(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    make.payment(contract, "5000.00", account="late_fee", booked_on=day(11, 2))
    assert plan(contract).overdue == 1000 + 300


def test_the_contract_s_own_terms_go_before_those_for_all(contract: Contract) -> None:
    make.payment_term(contract, share_percent=D("50"), due_day=31)
    make.payment_term(contract, order=2, share_percent=None, due_day=31, months_later=3)
    make.charge(contract, "1000.01", booked_on=OCTOBER.last_day)
    make.payment(contract, "1000.01", booked_on=day(11, 2))
    november = [due for due in plan(contract).dues if due.month == NOVEMBER]
    assert [(due.due_on, due.amount) for due in november] == [
        (day(11, 30), D("500.01")),
        (datetime.date(2027, 2, 28), D("500.00")),
    ]


def test_billing_s_own_instalments_go_before_all_terms(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    make.payment(contract, "1000.00", booked_on=day(11, 2))
    bill = make.document(contract, "planned_bill")
    make.instalment(
        contract, "333.33", period=NOVEMBER.first_day, due_on=day(11, 12), document=bill,
        base_amount=D("1111.10"),
    )  # fmt: skip
    found = plan(contract)
    assert (found.base, found.base_month) == (D("1111.10"), None)
    first, rest, *_ = found.dues
    assert (first.due_on, first.amount, first.document_id) == (day(11, 12), D("333.33"), bill.pk)
    assert (rest.share_percent, rest.due_on, rest.amount) == (None, day(12, 18), D("777.77"))


def test_the_day_itself_is_in_time(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    make.payment(contract, "1000.00", booked_on=day(11, 2))
    assert plan(contract, day(11, 10)).overdue == 0
    assert plan(contract, day(11, 10)).next_due.due_on == day(11, 10)
    assert plan(contract, day(11, 11)).overdue == 300


def test_a_new_contract_has_days_without_sums(contract: Contract) -> None:
    Contract.objects.filter(pk=contract.pk).update(signed_on=day(11, 3))
    contract.refresh_from_db()
    found = plan(contract)
    assert [(due.month, due.amount) for due in found.dues] == [(NOVEMBER, None)] * 3
    assert (found.base, found.overdue) == (None, D(0))


def test_an_estimate_whose_day_has_passed_is_not_the_next_payment(contract: Contract) -> None:
    """No bill of October has come by the 26th of November, and November's plan is September's."""
    make.charge(contract, "1000.00", booked_on=day(9, 30))
    make.payment(contract, "2400.00", booked_on=day(11, 2))
    found = plan(contract, day(11, 26))
    (late,) = (due for due in found.dues if due.month == OCTOBER and due.is_estimate)
    assert (late.due_on, late.is_overdue, late.is_next) == (day(11, 18), False, False)
    assert found.next_due is None or found.next_due.due_on >= day(11, 26)


def test_a_charge_of_a_month_without_terms_is_owed(contract: Contract) -> None:
    PaymentTerm.objects.all().delete()
    make.charge(contract, "400.00", booked_on=day(9, 30))
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    make.payment(contract, "150.00", booked_on=day(11, 2))
    found = plan(contract)
    assert found.dues == []
    assert found.older == found.overdue == 1250


def test_a_contract_that_is_over_asks_for_nothing_new(contract: Contract) -> None:
    make.charge(contract, "100.00", booked_on=day(7, 31))
    Contract.objects.filter(pk=contract.pk).update(terminated_on=day(8, 1))
    contract.refresh_from_db()
    found = plan(contract)
    assert not found.dues
    assert found.older == 100


def test_billing_s_word_counts_with_what_was_booked_since(contract: Contract) -> None:
    make.charge(contract, "1000.00", booked_on=OCTOBER.last_day)
    moment = datetime.datetime(2026, 11, 20, 6, tzinfo=datetime.UTC)
    make.balance(contract, "900.00", as_of=moment)
    make.payment(contract, "400.00", booked_on=day(11, 20))
    main = balance.positions(contract, TODAY)[Account.MAIN]
    assert (main.amount, main.current) == (D(900), D(500))


def test_what_is_booked_ahead_is_not_owed_yet(contract: Contract) -> None:
    moment = datetime.datetime(2026, 11, 20, 6, tzinfo=datetime.UTC)
    make.balance(contract, "900.00", as_of=moment)
    make.charge(contract, "400.00", booked_on=TODAY + datetime.timedelta(days=5))
    assert balance.positions(contract, TODAY)[Account.MAIN].current == D(900)
    later = TODAY + datetime.timedelta(days=5)
    assert balance.positions(contract, later)[Account.MAIN].current == D(1300)


def test_the_cost_is_the_same_with_many_rows(contract: Contract) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            plan(contract)
        return len(captured)

    make.balance(contract, "10.00")
    few = cost()
    for n in range(20):
        make.charge(contract, "10.00", booked_on=day(10, 1 + n))
        make.advance(contract, "10.00", booked_on=day(11, 1 + n))
        make.balance(contract, "10.00")
    assert cost() == few <= 8


@pytest.mark.parametrize(
    "values",
    [
        {"share_percent": D(0)},
        {"share_percent": D("100.01")},
        {"due_day": 32},
        {"due_day": 0},
        {"months_later": 13},
    ],
)
def test_terms_that_cannot_be_are_refused(contract: Contract, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make.payment_term(contract, **values)


def test_shares_stay_within_the_whole(contract: Contract) -> None:
    make.payment_term(contract, share_percent=D(60))
    make.payment_term(contract, order=2, share_percent=D(41))
    with (
        pytest.raises(IntegrityError, match="more than 100"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    PaymentTerm.objects.filter(contract=contract).delete()


def test_one_rest_and_one_of_each_place(contract: Contract) -> None:
    make.payment_term(contract, order=2, share_percent=None)
    for values in ({"order": 3, "share_percent": None}, {"order": 2, "share_percent": D(1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make.payment_term(contract, **values)
        with pytest.raises(IntegrityError), transaction.atomic():
            PaymentTerm.objects.create(contract=None, due_day=1, **values)


def test_an_instalment_with_a_share_has_a_sum(contract: Contract) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make.instalment(contract, amount="1", order=9).__class__.objects.update(amount=None)
