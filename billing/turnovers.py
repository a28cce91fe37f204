"""Turnovers by month: opening, charged, paid, closing; each month opens as the last one closed."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from billing.ledger import NOTHING, Turnover
from billing.models import Account, MonthTurnover
from cabinet.charts import MonthlyChart, Series
from cabinet.snapshots import snapshot
from contracts.models import Contract
from contracts.periods import Month

# How many months a page may show.
SPANS = (12, 24)


# How the two sides of an account are called: an advance is used up, not charged.
WORDS = {
    Account.MAIN: ("начислено", "оплачено"),
    Account.ADVANCE: ("зачтено", "внесено"),
    Account.LATE_FEE: ("начислено", "оплачено"),
}


@dataclass(frozen=True, kw_only=True)
class MonthRow(Turnover):
    """One month of an account."""

    month: Month


@dataclass(frozen=True, kw_only=True)
class Span(Turnover):
    """Several months as one; where most was charged, and where least of what was charged at all."""

    most: MonthRow | None
    least: MonthRow | None


@snapshot()
def by_month(
    contract: Contract, account: str, *, last: Month, months: int, first_day: datetime.date
) -> list[MonthRow]:
    """So many months until `last`, oldest first; a month without entries stands with zeros.

    Months before `first_day`, the first one of the contract's books, are left out.
    """
    first = max(last.shifted(1 - months), Month.of(first_day))
    of_account = MonthTurnover.objects.filter(contract=contract, account=account)
    balance: Decimal = of_account.filter(month__lt=first.first_day).aggregate(
        net=Coalesce(Sum(F("charged") - F("paid")), NOTHING)
    )["net"]
    span = of_account.filter(month__range=(first.first_day, last.first_day))
    found = {Month.of(row.month): row for row in span}
    rows: list[MonthRow] = []
    for month in (last.shifted(place) for place in range(1 - months, 1)):
        if month < first:
            continue
        row = found.get(month)
        charged, paid = (row.charged, row.paid) if row else (NOTHING, NOTHING)
        rows.append(MonthRow(month=month, opening=balance, charged=charged, paid=paid))
        balance = rows[-1].closing
    return rows


def total(rows: Sequence[MonthRow]) -> Span | None:
    """The whole span as one turnover; None without months."""
    if not rows:
        return None
    charged = [row for row in rows if row.charged > 0]
    return Span(
        opening=rows[0].opening,
        charged=sum((row.charged for row in rows), NOTHING),
        paid=sum((row.paid for row in rows), NOTHING),
        most=max(charged, key=_charged, default=None),
        least=min(charged, key=_charged, default=None),
    )


def _charged(row: MonthRow) -> Decimal:
    return row.charged


def chart(rows: list[MonthRow], account: str) -> MonthlyChart | None:
    """Charged and paid side by side, by month, in the account's words; None without months."""
    if not rows:
        return None
    charged, paid = WORDS[Account(account)]
    months = [row.month.first_day for row in rows]
    return MonthlyChart(
        key="turnovers",
        title=f"{charged.capitalize()} и {paid} по месяцам",
        unit="₽",
        months=months,
        series=[
            Series(title=charged, values={row.month.first_day: row.charged for row in rows}),
            Series(title=paid, values={row.month.first_day: row.paid for row in rows}),
        ],
    )
