"""Sums of the ledger: what a span of days moved on each account, and the balance on any day.

Whole months are read from their totals (`MonthTurnover`), the days of a broken month from the
entries themselves, so that the cost does not depend on how much lies behind.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum, Value, Window
from django.db.models.functions import Coalesce

from billing.models import SETTLEMENTS, Account, LedgerEntry, MonthTurnover
from contracts.models import Contract
from contracts.periods import Month

NOTHING = Decimal("0.00")
_MONEY: DecimalField = DecimalField(max_digits=18, decimal_places=2)
_ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What some days moved on an account: the number of entries and their sums in roubles."""

    entries: int = 0
    charged: Decimal = NOTHING
    paid: Decimal = NOTHING

    @property
    def net(self) -> Decimal:
        """By how much the debt grew."""
        return self.charged - self.paid

    def __add__(self, other: Moved) -> Moved:
        return Moved(
            entries=self.entries + other.entries,
            charged=self.charged + other.charged,
            paid=self.paid + other.paid,
        )


@dataclass(frozen=True, kw_only=True)
class Turnover:
    """Sums of a period in roubles; positive balances are debt."""

    opening: Decimal
    charged: Decimal
    paid: Decimal

    @property
    def closing(self) -> Decimal:
        """Opening balance and what the period added."""
        return self.opening + self.charged - self.paid


def moved(
    contract: Contract, first_day: datetime.date | None, last_day: datetime.date
) -> dict[str, Moved]:
    """What the days from–to moved, by account; without a first day, from the very beginning."""
    months, edges = _split(first_day, last_day)
    found: dict[str, Moved] = {account: Moved() for account in Account.values}
    if months:
        totals = MonthTurnover.objects.filter(months, contract=contract)
        _add(found, totals.values("account").annotate(n=Coalesce(Sum("entries"), 0)))
    if edges:
        entries = LedgerEntry.objects.filter(edges, contract=contract)
        _add(found, entries.values("account").annotate(n=Count("pk")))
    return found


def balances_on(contract: Contract, day: datetime.date) -> dict[str, Decimal]:
    """The balance of each account at the end of `day`, by the entries that billing has sent."""
    return {account: sums.net for account, sums in moved(contract, None, day).items()}


def balance_before(
    contract: Contract, day: datetime.date, *, accounts: Collection[str] = (Account.MAIN,)
) -> Decimal:
    """The balance of these accounts together at the beginning of `day`, in roubles."""
    balances = balances_on(contract, day - _ONE_DAY)
    return sum((balances[account] for account in accounts), NOTHING)


def turnover(
    contract: Contract,
    first_day: datetime.date,
    last_day: datetime.date,
    *,
    accounts: Collection[str] = (Account.MAIN,),
) -> Turnover:
    """What was charged and paid between two days, both included, on these accounts together.

    What only moved from one of them to another (offsets) is neither charged nor paid.
    """
    sums = moved(contract, first_day, last_day)
    inner = NOTHING
    if set(SETTLEMENTS) <= set(accounts):
        offsets = LedgerEntry.objects.filter(contract=contract).offsets()
        inner = offsets.between(first_day, last_day).aggregate(
            sum=Coalesce(Sum("amount"), NOTHING, output_field=_MONEY)
        )["sum"]
    return Turnover(
        opening=balance_before(contract, first_day, accounts=accounts),
        charged=sum((sums[account].charged for account in accounts), -inner),
        paid=sum((sums[account].paid for account in accounts), -inner),
    )


def entries_with_balance(
    contract: Contract,
    first_day: datetime.date,
    last_day: datetime.date,
    *,
    opening: Decimal,
    accounts: Collection[str] = (Account.MAIN,),
) -> QuerySet[LedgerEntry]:
    """The entries between two days, oldest first, each with `balance_after` it.

    Without offsets where both their accounts are asked for: together they change nothing.
    """
    entries = LedgerEntry.objects.filter(contract=contract, account__in=accounts)
    if set(SETTLEMENTS) <= set(accounts):
        entries = entries.exclude(kind=LedgerEntry.Kind.OFFSET)
    running = Window(Sum(F("charged") - F("paid")), order_by=[F("booked_on").asc(), F("pk").asc()])
    found: QuerySet[LedgerEntry] = (
        entries.between(first_day, last_day)
        .annotate(balance_after=Value(opening, output_field=_MONEY) + running)
        .order_by("booked_on", "pk")
    )
    return found


def _add(found: dict[str, Moved], grouped: QuerySet[Any, Any]) -> None:
    """Add sums by account, counted as `n`."""
    rows = grouped.annotate(charged_sum=Sum("charged"), paid_sum=Sum("paid")).order_by()
    for account, entries, charged, paid in rows.values_list(
        "account", "n", "charged_sum", "paid_sum"
    ):
        found[account] += Moved(entries=entries, charged=charged, paid=paid)


def _split(first_day: datetime.date | None, last_day: datetime.date) -> tuple[Q, Q]:
    """The condition of the whole months of a span, and that of the days around them."""
    after = last_day + _ONE_DAY
    # The first day of the first month, and of the one after the last, that are whole.
    end = after.replace(day=1)
    if first_day is None:
        begin, months = None, Q(month__lt=end)
    else:
        begin = first_day if first_day.day == 1 else Month.of(first_day).shifted(1).first_day
        if begin >= end:
            return Q(), Q(booked_on__range=(first_day, last_day)) if first_day < after else Q()
        months = Q(month__gte=begin, month__lt=end)
    edges = Q()
    if first_day and begin and first_day < begin:
        edges |= Q(booked_on__gte=first_day, booked_on__lt=begin)
    if end < after:
        edges |= Q(booked_on__gte=end, booked_on__lte=last_day)
    return months, edges
