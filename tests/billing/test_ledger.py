"""Balances by days and months: totals that triggers keep equal the entries themselves."""

from __future__ import annotations

import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing import books, ledger, reconciliation, turnovers
from billing.models import Account, LedgerEntry, MonthTurnover
from contracts.models import Contract
from contracts.periods import Month
from tests import make

pytestmark = pytest.mark.django_db

FIRST, LAST = datetime.date(2025, 1, 1), datetime.date(2025, 6, 30)
DAYS = st.dates(min_value=FIRST, max_value=LAST)
KINDS = [
    ("charge", "main"), ("payment", "main"), ("payment", "late_fee"), ("late_fee", "late_fee"),
    ("advance", "advance"), ("offset", "main"), ("offset", "advance"), ("correction", "main"),
]  # fmt: skip
ADDS = {("charge", "main"), ("late_fee", "late_fee"), ("offset", "advance"), ("correction", "main")}

ENTRY = st.tuples(
    st.sampled_from(KINDS), DAYS, st.decimals(min_value="0.01", max_value="99999", places=2)
)
# The database is not reset between examples: each begins with an empty ledger.
RULES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def store(contract: Contract, entries: list[Any]) -> None:
    LedgerEntry.objects.all().delete()
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            external_id=f"e-{n}",
            contract=contract,
            kind=kind,
            account=account,
            title="Документ",
            number=str(n),
            booked_on=day,
            period=day.replace(day=1),
            amount=amount,
        )
        for n, ((kind, account), day, amount) in enumerate(entries)
    )


def signed(entries: list[Any], account: str, first: datetime.date, last: datetime.date) -> Decimal:
    return sum(
        (
            amount if pair in ADDS else -amount
            for pair, day, amount in entries
            if pair[1] == account and first <= day <= last
        ),
        Decimal(0),
    )


def totals_of_the_entries() -> set[tuple[Any, ...]]:
    found: dict[tuple[Any, ...], list[Any]] = {}
    for entry in LedgerEntry.objects.all():
        sums = found.setdefault(
            (entry.contract_id, entry.account, entry.booked_on.replace(day=1)), [0, 0, 0]
        )
        sums[0] += 1
        sums[1] += entry.charged
        sums[2] += entry.paid
    return {(*key, *sums) for key, sums in found.items()}


def kept_totals() -> set[tuple[Any, ...]]:
    columns = ("contract", "account", "month", "entries", "charged", "paid")
    return set(MonthTurnover.objects.values_list(*columns))


@RULES
@given(entries=st.lists(ENTRY, max_size=30), first=DAYS, last=DAYS)
def test_a_balance_is_all_that_was_booked_until_its_day(
    vega_contract: Contract, entries: list[Any], first: datetime.date, last: datetime.date
) -> None:
    store(vega_contract, entries)
    balances = ledger.balances_on(vega_contract, last)
    moved = ledger.moved(vega_contract, first, last)
    for account in Account.values:
        assert balances[account] == signed(entries, account, FIRST, last)
        assert moved[account].net == signed(entries, account, first, last)
    before = ledger.balances_before([vega_contract], first)
    for account in Account.values:
        opening = before.get((vega_contract.pk, account), 0)
        assert opening == signed(entries, account, FIRST, first - datetime.timedelta(days=1))


@RULES
@given(entries=st.lists(ENTRY, max_size=30), account=st.sampled_from(Account.values))
def test_months_are_a_chain(vega_contract: Contract, entries: list[Any], account: str) -> None:
    store(vega_contract, entries)
    rows = turnovers.by_month(
        vega_contract,
        account,
        last=Month(2025, 6),
        months=12,
        first_day=books.first_day(vega_contract),
    )
    assert rows[-1].month == Month(2025, 6)
    for earlier, later in pairwise(rows):
        assert later.opening == earlier.closing
        assert later.month == earlier.month.shifted(1)
    assert rows[-1].closing == ledger.balances_on(vega_contract, LAST)[account]
    total = turnovers.total(rows)
    assert (total.opening, total.closing) == (rows[0].opening, rows[-1].closing)


@RULES
@given(
    entries=st.lists(ENTRY, min_size=1, max_size=20),
    day=DAYS,
    amount=st.decimals(min_value="0.01", max_value="99999", places=2),
    part=st.integers(min_value=0, max_value=20),
)
def test_the_totals_follow_every_change(
    vega_contract: Contract,
    entries: list[Any],
    day: datetime.date,
    amount: Decimal,
    part: int,
) -> None:
    store(vega_contract, entries)
    assert kept_totals() == totals_of_the_entries()
    changed = LedgerEntry.objects.filter(pk__in=LedgerEntry.objects.order_by("pk")[:part])
    changed.update(booked_on=day, amount=amount)
    assert kept_totals() == totals_of_the_entries()
    changed.filter(kind="charge").delete()
    assert kept_totals() == totals_of_the_entries()
    LedgerEntry.objects.all().delete()
    assert not MonthTurnover.objects.exists()


def test_settlements_together_know_no_offsets(vega_contract: Contract) -> None:
    day = datetime.date(2025, 3, 31)
    make.charge(vega_contract, "1000.00", booked_on=day)
    make.advance(vega_contract, "700.00", booked_on=datetime.date(2025, 3, 9))
    make.offset(vega_contract, "700.00", booked_on=day)
    make.late_fee(vega_contract, "9.00", booked_on=day)
    settled, late_fees = reconciliation.overviews([vega_contract], day.replace(day=1), day)
    assert [*settled.turnover, settled.closing] == [1000, 700, 300]
    assert [*late_fees.turnover, late_fees.closing] == [9, 0, 9]


def test_another_contract_s_entries_do_not_count(
    vega_contract: Contract, orion_contract: Contract
) -> None:
    make.charge(orion_contract, "1000.00", booked_on=FIRST)
    assert ledger.balances_on(vega_contract, LAST)[Account.MAIN] == 0


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "charge", "account": "advance"},
        {"kind": "charge", "account": "late_fee"},
        {"kind": "payment", "account": "advance"},
        {"kind": "late_fee", "account": "main"},
        {"kind": "advance", "account": "main"},
        {"kind": "offset", "account": "late_fee"},
        {"kind": "payment", "amount": Decimal("-1")},
        {"kind": "correction", "amount": Decimal(0)},
    ],
)
def test_the_database_refuses(vega_contract: Contract, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make.charge(vega_contract, **values)


def test_a_correction_takes_or_adds_by_its_sign(vega_contract: Contract) -> None:
    for amount, account in (("-50.00", "main"), ("20.00", "late_fee"), ("7.00", "advance")):
        make.correction(vega_contract, amount, account=account, booked_on=FIRST)
    assert ledger.balances_on(vega_contract, LAST) == {"main": -50, "late_fee": 20, "advance": 7}


def test_a_balance_costs_two_statements_however_long_the_history(vega_contract: Contract) -> None:
    with CaptureQueriesContext(connection) as captured:
        ledger.balances_on(vega_contract, datetime.date(2025, 6, 15))
    assert len(captured) == 2
    with CaptureQueriesContext(connection) as captured:
        ledger.balances_on(vega_contract, LAST)
    assert len(captured) == 1, "whole months alone"
