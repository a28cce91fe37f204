"""What the pages of money cost with ever more entries behind them: the same.

    make run CMD="python -m bench.ledger"                      about two minutes
    make run CMD="python -m bench.ledger --sizes 100 1000000"

One contract for each size, with the entries of ten years on three accounts, so many in each month.
How a page is measured: bench/pages.py. Ratios are to the smallest size, in the same run.

Beside them: the balance of a day from the totals of months against the sum of all entries by the
index alone; the office's list of differences for 30,000 contracts; and what the triggers that keep
the totals add to storing entries.
"""

# ruff: noqa: E402 - Django is set up before models are imported
from __future__ import annotations

import datetime
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator

import django

django.setup()

from django.db import connection
from django.db.models import F, Sum
from django.urls import reverse

from accounts.models import User
from bench import pages
from billing import ledger
from billing.models import BalanceDifference, LedgerEntry
from contracts.models import Contract
from contracts.periods import Month
from tests import make

MONTHS = 120
CONTRACTS, MONTHS_EACH = 30_000, 24

# The n-th entry lies in its month by turn, oldest first; of ten, three are charges, three payments,
# two advances, one is a late fee and one a correction.
_FILL = """
    INSERT INTO billing_ledgerentry (external_id, contract_id, kind, account, title, number,
        booked_on, period, amount, note)
    SELECT 'bench-' || %(contract)s || '-' || n, %(contract)s,
        (ARRAY['charge', 'charge', 'charge', 'payment', 'payment', 'payment', 'advance', 'advance',
            'late_fee', 'correction'])[1 + n %% 10],
        (ARRAY['main', 'main', 'main', 'main', 'main', 'main', 'advance', 'advance', 'late_fee',
            'main'])[1 + n %% 10],
        'Документ', n::text, month + (n * 7 %% 25)::int, month,
        1 + (n * 7919 %% 1000003)::numeric / 100, ''
    FROM generate_series(0, %(size)s - 1) n,
        LATERAL (SELECT (%(newest)s::date - (n * %(months)s::bigint / %(size)s)
            * interval '1 month')::date AS month) place
"""
_CONTRACTS = """
    INSERT INTO contracts_contract (external_id, client_id, branch_id, number, signed_on, place,
        price_category, voltage)
    SELECT 'many-' || n, %s, %s, 'М-' || n, '2010-01-01', '', 1, 'NN' FROM generate_series(1, %s) n
"""
_THEIR_ENTRIES = """
    INSERT INTO billing_ledgerentry (external_id, contract_id, kind, account, title, number,
        booked_on, period, amount, note)
    SELECT contract.external_id || '-' || n, contract.id,
        CASE WHEN n %% 2 = 0 THEN 'charge' ELSE 'payment' END, 'main', 'Документ', n::text,
        month + 20, month, 100, ''
    FROM contracts_contract contract, generate_series(1, %(months)s * 2) n,
        LATERAL (SELECT (%(newest)s::date - (n / 2) * interval '1 month')::date AS month) place
    WHERE contract.external_id LIKE 'many-%%'
"""
_THEIR_BALANCES = """
    INSERT INTO billing_balance (external_id, contract_id, account, as_of, amount)
    SELECT contract.external_id || '-' || account || day, contract.id, account,
        now() - day * interval '1 day', CASE WHEN contract.id % 100 = 0 THEN 1 ELSE 0 END
    FROM contracts_contract contract, unnest(ARRAY['main', 'advance', 'late_fee']) account,
        generate_series(0, 9) day
    WHERE contract.external_id LIKE 'many-%'
"""


def person(size: int) -> tuple[User, Contract]:
    """The director of a company of its own, and its contract with so many entries."""
    day = datetime.date(2010, 1, 1)
    user, client = make.user(f"bench-{size}"), make.client()
    make.membership(user, client, starts_on=day, signed_on=day)
    contract = make.contract(client, signed_on=day)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        values = {"contract": contract.pk, "size": size, "months": MONTHS}
        cursor.execute(_FILL, {**values, "newest": Month.current().first_day})
    for account in ("main", "advance", "late_fee"):
        make.balance(contract, "1000.00", account=account)
    return user, contract


def addresses(contract: Contract) -> Iterator[tuple[str, str]]:
    """What is asked: the name and the address."""
    history = reverse("billing:history", args=[contract.pk])
    month = Month.current().shifted(-1)
    year = month.year - 1
    yield "debt", reverse("billing:debt", args=[contract.pk])
    yield "history of a month", f"{history}?month={month.number}&year={month.year}"
    yield "history of a year, first page", f"{history}?month=&year={year}"
    yield "history of a year, last page", f"{history}?month=&year={year}&page=9999"
    turnovers = reverse("billing:turnovers", args=[contract.pk])
    yield "turnovers of 24 months", f"{turnovers}?months=24&account=main"
    yield "another page of the contract", reverse("contracts:contract", args=[contract.pk])


def compare_balances(contracts: list[Contract], sizes: list[int]) -> None:
    """The balances of a day by totals, and by summing all that was booked until then."""
    day = Month.current().shifted(-1).first_day + datetime.timedelta(days=14)
    for contract, size in zip(contracts, sizes, strict=True):
        entries = LedgerEntry.objects.filter(contract=contract, booked_on__lte=day)
        summed = entries.order_by().values("account").annotate(sum=Sum(F("charged") - F("paid")))
        by_totals = _wall(lambda contract=contract: ledger.balances_on(contract, day))
        by_sum = _wall(lambda summed=summed: list(summed.all()))
        say(
            f"balances of a day behind {size:,} entries: totals {by_totals:.1f} ms,"
            f" sum of all {by_sum:.1f} ms, ratio {by_sum / by_totals:.1f}"
        )


def compare_storing(contract: Contract) -> None:
    """A load of many entries with the triggers that keep totals, and without."""
    count = 50_000
    times: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    for turn in range(6):
        how = "DISABLE" if turn % 2 else "ENABLE"
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"ALTER TABLE billing_ledgerentry {how} TRIGGER USER")
            values = {"contract": contract.pk, "size": count, "months": MONTHS}
            sql = _FILL.replace("'bench-'", "'store-'").replace("n::text,", "'s' || n,")
            started = time.monotonic()
            cursor.execute(sql, {**values, "newest": Month.current().first_day})
            times[how].append(time.monotonic() - started)
            cursor.execute("ROLLBACK")
    with_totals, without = (statistics.median(times[how]) for how in ("ENABLE", "DISABLE"))
    say(
        f"storing {count:,} entries: {with_totals:.2f} s with totals, {without:.2f} without,"
        f" ratio {with_totals / without:.2f}"
    )


def differences(contract: Contract) -> None:
    """The office's list for so many contracts of which every hundredth differs."""
    values = {"months": MONTHS_EACH, "newest": Month.current().shifted(-1).first_day}
    with connection.cursor() as cursor:
        cursor.execute(_CONTRACTS, [contract.client_id, contract.branch_id, CONTRACTS])
        cursor.execute(_THEIR_ENTRIES, values)
        cursor.execute(_THEIR_BALANCES)
        cursor.execute("VACUUM ANALYZE")
    found = _wall(lambda: list(BalanceDifference.objects.all()[:50]), rounds=3)
    say(
        f"differences of {CONTRACTS:,} contracts ({CONTRACTS * MONTHS_EACH * 2:,} entries,"
        f" {CONTRACTS * 30:,} statements): {found / 1000:.1f} s, one statement"
    )


def _wall(call: Callable[[], object], *, rounds: int = pages.ROUNDS) -> float:
    """Milliseconds of the clock, the median of some rounds."""
    call()
    times = []
    for _ in range(rounds):
        started = time.monotonic()
        call()
        times.append(time.monotonic() - started)
    return statistics.median(times) * 1000


def say(line: str) -> None:
    """A line with thousands apart."""
    print(re.sub(r",(?=\d{3})", " ", line), flush=True)


def main() -> int:
    """Measure and print."""
    sizes = pages.sizes_asked("bench.ledger", __doc__)
    with pages.database():
        people = [person(size) for size in sizes]
        pages.report(pages.measure(people, addresses), sizes)
        say("")
        contracts = [contract for _, contract in people]
        compare_balances(contracts, sizes)
        compare_storing(contracts[0])
        differences(contracts[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
