"""The ledger: what was charged and paid in a period, with the balance after each entry."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, DecimalField, F, Q, QuerySet, Sum, Value, When, Window
from django.db.models.functions import Coalesce

from billing.models import LedgerEntry
from contracts.models import Contract

_MONEY = DecimalField(max_digits=15, decimal_places=2)
# A charge adds to the debt, a payment takes from it.
_SIGNED = Case(
    When(kind=LedgerEntry.Kind.CHARGE, then=F("amount")), default=-F("amount"), output_field=_MONEY
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


def balance_before(contract: Contract, day: datetime.date) -> Decimal:
    """The balance at the beginning of `day`, by the entries that billing has sent."""
    earlier = LedgerEntry.objects.filter(contract=contract, booked_on__lt=day)
    total = Coalesce(Sum(_SIGNED), Value(0), output_field=_MONEY)
    balance: Decimal = earlier.aggregate(balance=total)["balance"]
    return balance


def turnover(contract: Contract, first_day: datetime.date, last_day: datetime.date) -> Turnover:
    """What was charged and paid between two days, both included."""
    entries = LedgerEntry.objects.filter(contract=contract).between(first_day, last_day)
    sums = entries.aggregate(
        charged=Coalesce(
            Sum("amount", filter=Q(kind=LedgerEntry.Kind.CHARGE)), Value(0), output_field=_MONEY
        ),
        paid=Coalesce(
            Sum("amount", filter=Q(kind=LedgerEntry.Kind.PAYMENT)), Value(0), output_field=_MONEY
        ),
    )
    return Turnover(opening=balance_before(contract, first_day), **sums)


def entries_with_balance(
    contract: Contract, first_day: datetime.date, last_day: datetime.date, *, opening: Decimal
) -> QuerySet[LedgerEntry]:
    """The entries between two days, oldest first, each with `balance_after` it."""
    running = Window(Sum(_SIGNED), order_by=[F("booked_on").asc(), F("pk").asc()])
    return (
        LedgerEntry.objects.filter(contract=contract)
        .between(first_day, last_day)
        .select_related("document")
        .annotate(balance_after=Value(opening, output_field=_MONEY) + running)
        .order_by("booked_on", "pk")
    )
