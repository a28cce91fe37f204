"""Sums of the ledger: what a span of days moved on each account, and the balance on any day.

Whole months are read from their totals (`MonthTurnover`), the days of a broken month from the
entries themselves, so that the cost does not depend on how much lies behind.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.models import Account, LedgerEntry, MonthTurnover
from contracts.models import Contract
from contracts.periods import Month

NOTHING = Decimal("0.00")
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


def balances_before(
    contracts: Iterable[Contract], day: datetime.date
) -> dict[tuple[int, str], Decimal]:
    """The balance at the beginning of `day`, by contract's key and account, in two statements."""
    months, edges = _split(None, day - _ONE_DAY)
    balances: dict[tuple[int, str], Decimal] = {}
    for model, condition in ((MonthTurnover, months), (LedgerEntry, edges)):
        if not condition:
            continue
        rows = model.objects.filter(condition, contract__in=contracts).order_by()
        sums = rows.values("contract", "account").annotate(net=Sum(F("charged") - F("paid")))
        for contract, account, net in sums.values_list("contract", "account", "net"):
            key = (contract, account)
            balances[key] = balances.get(key, NOTHING) + net
    return balances


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
