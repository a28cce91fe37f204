"""Turnovers by month: opening, charged, paid, closing; each month opens as the last one closed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum

from billing.ledger import NOTHING, Turnover
from billing.models import Account, MonthTurnover
from cabinet.charts import MonthlyChart, Series
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


def by_month(contract: Contract, account: str, *, last: Month, months: int) -> list[MonthRow]:
    """So many months until `last`, oldest first; a month without entries stands with zeros.

    Months before the contract was signed and before its first entry are left out.
    """
    first = last.shifted(1 - months)
    of_account = MonthTurnover.objects.filter(contract=contract, account=account)
    opening: Decimal | None = of_account.filter(month__lt=first.first_day).aggregate(
        net=Sum(F("charged") - F("paid"))
    )["net"]
    span = of_account.filter(month__range=(first.first_day, last.first_day))
    found = {Month.of(row.month): row for row in span}
    begun = min([Month.of(contract.signed_on), *found])
    rows: list[MonthRow] = []
    balance = opening or NOTHING
    for month in (first.shifted(place) for place in range(months)):
        if opening is None and month < begun:
            continue
        row = found.get(month)
        charged, paid = (row.charged, row.paid) if row else (NOTHING, NOTHING)
        rows.append(MonthRow(month=month, opening=balance, charged=charged, paid=paid))
        balance = rows[-1].closing
    return rows


def total(rows: list[MonthRow]) -> Span | None:
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
