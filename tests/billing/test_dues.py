"""Whose word counts for an instalment: billing's rows, its bills, the terms of the month."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Client, User
from billing import balance, instalments
from billing.dues import Due
from billing.instalments import Plan
from billing.models import PaymentTerm
from contracts.models import Contract
from contracts.periods import Month
from documents.models import Document, Kind
from tests import make

pytestmark = pytest.mark.django_db

D = Decimal
TODAY = datetime.date(2026, 11, 23)
SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)


def day(month: int, number: int) -> datetime.date:
    return datetime.date(2026, month, number)


@pytest.fixture(autouse=True)
def _terms_of_the_law() -> None:
    PaymentTerm.objects.all().delete()
    for order, share, last, later in ((1, 30, 10, 0), (2, 40, 25, 0), (3, None, 18, 1)):
        PaymentTerm.objects.create(
            order=order, share_percent=share, due_day=last, months_later=later
        )


@pytest.fixture
def contract(vega_client: Client) -> Contract:
    """Vega's contract; October cost 1 000,01 and is paid."""
    contract = make.contract(vega_client)
    make.charge(contract, "1000.01", booked_on=OCTOBER.last_day)
    make.payment(contract, "1000.01", booked_on=day(11, 2))
    return contract


def plan(contract: Contract, today: datetime.date = TODAY) -> Plan:
    return instalments.plan(contract, balance.positions(contract, today), today)


def of_month(found: Plan, month: Month) -> list[Due]:
    return sorted((due for due in found.dues if due.month == month), key=lambda due: due.due_on)


def bill(contract: Contract, amount: str, **values: object) -> Document:
    return make.planned_bill(contract, amount, **{"period": NOVEMBER.first_day, **values})


# Bills -------------------------------------------------------------------------------------------


def test_a_published_bill_wins_over_the_terms(contract: Contract) -> None:
    """Who has paid it to the kopeck owes nothing: the terms would say 300,00 and 300,45."""
    document = bill(contract, "299.55", due_on=day(11, 12))
    make.advance(contract, "299.55", booked_on=day(11, 9))
    found = plan(contract)
    first, second, rest = of_month(found, NOVEMBER)
    assert (first.amount, first.paid, first.due_on) == (D("299.55"), D("299.55"), day(11, 12))
    assert first.document_id == document.pk
    assert found.overdue == 0
    assert (second.share_percent, second.amount, second.due_on) == (D(40), D("400.00"), day(11, 25))
    assert rest.amount == D("1000.01") - D("299.55") - D("400.00"), "the month's plan stays whole"
    assert second.document_id is rest.document_id is None


def test_a_bill_above_the_terms_asks_for_itself(contract: Contract) -> None:
    bill(contract, "300.45")
    make.advance(contract, "300.00", booked_on=day(11, 9))
    assert plan(contract).overdue == D("0.45"), "what the bill asks is owed to the kopeck"


def test_rows_of_billing_win_over_its_bills(contract: Contract) -> None:
    document = bill(contract, "299.55")
    make.instalment(contract, "310.00", period=NOVEMBER.first_day, due_on=day(11, 10))
    first, *_ = of_month(plan(contract), NOVEMBER)
    assert first.amount == D(310)
    assert first.document_id == document.pk, "the bill of that share and day is known all the same"


def test_only_the_last_word_counts(contract: Contract, vega_client: Client) -> None:
    wrong = bill(contract, "111.11", due_on=day(11, 9))
    right = bill(contract, "299.55", corrects=wrong)
    bill(contract, "5.00", published_at=timezone.now() + datetime.timedelta(days=1))
    bill(contract, "6.00", period=SEPTEMBER.first_day)
    bill(make.contract(vega_client), "7.00")
    make.document(contract, Kind.PLANNED_BILL, period=NOVEMBER.first_day)  # a ready file
    first, second, _ = of_month(plan(contract), NOVEMBER)
    assert (first.amount, first.document_id) == (D("299.55"), right.pk)
    assert second.amount == D("400.00")


def test_a_bill_sent_twice_is_asked_once(contract: Contract) -> None:
    bill(contract, "299.55")
    again = bill(contract, "299.60")
    first, *others = of_month(plan(contract), NOVEMBER)
    assert (first.amount, first.document_id) == (D("299.60"), again.pk)
    assert len(others) == 2


def test_content_that_says_nothing_is_left_out(contract: Contract) -> None:
    whole = {"share_percent": "30", "due_on": "2026-11-10", "total": "299.55"}
    for said in ({"due_on": "скоро"}, {"share_percent": "треть"}, {"total": None}):
        bill(contract, "299.55", content={**whole, **said})
    assert of_month(plan(contract), NOVEMBER)[0].amount == D("300.00")


@pytest.mark.parametrize(
    ("billed", "left"),
    [
        ([("30", 10)], [("40", 25)]),
        ([("40", 25)], [("30", 10)]),
        ([("35", 10)], [("35", 25)]),
        ([("70", 10)], []),
        ([("30", 10), ("40", 25)], []),
        ([("10", 5)], [("20", 10), ("40", 25)]),
    ],
)
def test_what_no_bill_asks_for_goes_on_by_the_terms(
    billed: list[tuple[str, int]], left: list[tuple[str, int]], contract: Contract
) -> None:
    for share, last in billed:
        bill(contract, "1.00", share_percent=share, due_on=day(11, last))
    dues = [due for due in of_month(plan(contract), NOVEMBER) if due.share_percent is not None]
    by_terms = [(f"{due.share_percent:f}", due.due_on.day) for due in dues if due.is_reckoned]
    assert [(str(D(share).quantize(D(1))), last) for share, last in by_terms] == left
    assert len(dues) == len(billed) + len(left)
    assert sum((due.amount or D(0)) for due in of_month(plan(contract), NOVEMBER)) == D("1000.01")


def test_shares_without_a_rest_lose_no_kopeck(contract: Contract) -> None:
    PaymentTerm.objects.all().delete()
    for order, last in ((1, 5), (2, 15), (3, 25)):
        make.payment_term(None, order=order, share_percent=D("33.33"), due_day=last)
    PaymentTerm.objects.filter(order=3).update(share_percent=D("33.34"))
    assert [due.amount for due in of_month(plan(contract), NOVEMBER)] == [
        D("333.30"), D("333.30"), D("333.41"),
    ]  # fmt: skip
    bill(contract, "333.77", share_percent="33.33", due_on=day(11, 5))
    amounts = [due.amount for due in of_month(plan(contract), NOVEMBER)]
    assert amounts == [D("333.77"), D("333.30"), D("332.94")]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cost=st.decimals("1000", "999999.99", places=2),
    off=st.decimals("-0.99", "0.99", places=2),
)
def test_no_overdue_comes_of_rounding(cost: Decimal, off: Decimal, vega_client: Client) -> None:
    """A bill came as a ready file and differs from the terms by kopecks: it was paid."""
    with transaction.atomic():
        contract = make.contract(vega_client)
        make.charge(contract, str(cost), booked_on=OCTOBER.last_day)
        make.payment(contract, str(cost), booked_on=day(11, 2))
        share = (cost * 30 / 100).quantize(D("0.01"))
        make.advance(contract, str(share + off), booked_on=day(11, 9))
        found = plan(contract)
        assert found.overdue == 0
        total = sum((due.amount or D(0)) for due in of_month(found, NOVEMBER))
        assert total == cost, "the rest takes what was rounded"
        transaction.set_rollback(True)


def test_more_than_rounding_is_owed(contract: Contract) -> None:
    make.advance(contract, "299.00", booked_on=day(11, 9))
    assert plan(contract).overdue == D("1.00")


def test_kopecks_of_a_charged_month_are_owed(contract: Contract) -> None:
    make.charge(contract, "0.45", booked_on=day(11, 1), period=OCTOBER.first_day)
    assert plan(contract).overdue == D("0.45") + D("300.14"), "the ledger says so itself"


def test_the_rest_knows_its_final_bill(contract: Contract) -> None:
    wrong = make.final_bill(contract, "999.00", period=OCTOBER.first_day)
    final = make.final_bill(
        contract, "1000.01", period=OCTOBER.first_day, due_on=day(11, 19), corrects=wrong
    )
    rest = of_month(plan(contract), OCTOBER)[-1]
    assert (rest.share_percent, rest.document_id, rest.due_on) == (None, final.pk, day(11, 19))


def test_a_final_bill_tells_the_rest_before_the_ledger(contract: Contract) -> None:
    make.final_bill(contract, "1200.00", period=NOVEMBER.first_day, due_on=day(12, 18))
    rest = of_month(plan(contract), NOVEMBER)[-1]
    assert (rest.amount, rest.is_estimate) == (D("1200.00") - D("700.00"), False)


def test_a_rest_of_billing_s_own_has_its_own_day_and_the_link(contract: Contract) -> None:
    make.instalment(
        contract, "500.00", period=NOVEMBER.first_day, share_percent=None, due_on=day(12, 20)
    )
    final = make.final_bill(contract, "1200.00", period=NOVEMBER.first_day, due_on=day(12, 18))
    (rest,) = of_month(plan(contract), NOVEMBER)
    assert (rest.amount, rest.due_on, rest.document_id) == (D(500), day(12, 20), final.pk)


def test_the_page_links_the_bills(
    vega: User, vega_contract: Contract, login: Callable[[User], Browser]
) -> None:
    last = Month.current().shifted(-1)
    make.charge(vega_contract, "1000.00", booked_on=last.last_day)
    documents = [
        make.planned_bill(vega_contract, "300.00"),
        make.final_bill(vega_contract, "1000.00"),
    ]
    html = login(vega).get(reverse("billing:debt", args=[vega_contract.pk])).content.decode()
    for document in documents:
        address = reverse("documents:document-file", args=[vega_contract.pk, document.pk])
        assert f'<a href="{address}"' in html


def test_the_cost_is_the_same_with_many_bills(contract: Contract) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            plan(contract)
        return len(captured)

    bill(contract, "1.00")
    few = cost()
    for place in range(20):
        bill(contract, "2.00", due_on=day(11, place + 2), share_percent="2")
        make.final_bill(contract, "3.00", period=OCTOBER.first_day)
        make.payment_term(contract, order=place + 1, share_percent=D(2))
    assert cost() == few


# Terms -------------------------------------------------------------------------------------------


def test_new_terms_leave_earlier_months_as_they_were(contract: Contract) -> None:
    before = plan(contract)
    december = datetime.date(2026, 12, 1)
    make.payment_term(contract, first_month=december, share_percent=D(100), due_day=5)
    assert plan(contract) == before
    later = instalments.plan(contract, balance.positions(contract, day(12, 3)), day(12, 3))
    assert [(due.share_percent, due.due_on) for due in of_month(later, Month(2026, 12))] == [
        (D(100), day(12, 5))
    ]
    assert [due.due_on for due in of_month(later, NOVEMBER)] == [
        day(11, 10), day(11, 25), day(12, 18),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("own", "common", "expected"),
    [
        ([], [], 10),
        ([], [(2026, 10)], 7),
        ([], [(2026, 10), (2026, 12)], 7),
        ([(2026, 11)], [(2026, 11)], 3),
        ([(2026, 12)], [(2026, 11)], 7),
        ([None], [(2026, 11)], 3),
        ([None, (2026, 9), (2026, 12)], [], 4),
    ],
)
def test_the_latest_beginning_counts_the_contract_s_own_first(
    own: list[tuple[int, int] | None],
    common: list[tuple[int, int]],
    expected: int,
    contract: Contract,
) -> None:
    """The day of November's first share tells whose terms count."""
    for place, begun in enumerate(own):
        first_month = datetime.date(*begun, 1) if begun else None
        make.payment_term(contract, first_month=first_month, due_day=3 + place)
    for place, since in enumerate(common):
        make.payment_term(None, first_month=datetime.date(*since, 1), due_day=7 + place)
    assert of_month(plan(contract), NOVEMBER)[0].due_on == day(11, expected)


def test_shares_are_a_whole_in_each_set(contract: Contract) -> None:
    december = datetime.date(2026, 12, 1)
    for first_month in (None, december):
        make.payment_term(contract, first_month=first_month, share_percent=D(60))
        make.payment_term(contract, first_month=first_month, order=2, share_percent=D(40))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    make.payment_term(contract, first_month=december, order=3, share_percent=D(1))
    with (
        pytest.raises(IntegrityError, match="more than 100"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    PaymentTerm.objects.filter(contract=contract).delete()


def test_a_set_has_each_place_and_the_rest_once(contract: Contract) -> None:
    december = datetime.date(2026, 12, 1)
    make.payment_term(contract, first_month=december, order=2, share_percent=None)
    make.payment_term(contract, order=2, share_percent=None)
    for values in ({"order": 3, "share_percent": None}, {"order": 2, "share_percent": D(1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make.payment_term(contract, first_month=december, **values)


def test_terms_begin_with_a_month(contract: Contract) -> None:
    broken = "payment_term_begins_with_a_month"
    with pytest.raises(IntegrityError, match=broken), transaction.atomic():
        make.payment_term(contract, first_month=day(12, 2))
