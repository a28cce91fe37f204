"""For which months a debt is: payments went to the oldest charges, so it is of the latest ones."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from billing.instalments import allot
from billing.ledger import NOTHING
from billing.models import Account, LedgerEntry
from contracts.models import Contract
from contracts.periods import Month

# A debt of more months than these is of unknown ones.
_MONTHS = 36


@dataclass(frozen=True, kw_only=True)
class Part:
    """What of a sum is for which month, in roubles; no month where nobody can tell."""

    month: Month | None
    amount: Decimal


def of_debt(contract: Contract, debt: Decimal, *, but: Collection[Month] = ()) -> tuple[Part, ...]:
    """The months of a debt, oldest first, in one statement; `but`: months that it is not for."""
    costs = (
        LedgerEntry.objects.filter(
            contract=contract,
            account=Account.MAIN,
            kind__in=(LedgerEntry.Kind.CHARGE, LedgerEntry.Kind.CORRECTION),
            booked_on__lte=timezone.localdate(),
        )
        .exclude(period__in=[month.first_day for month in but])
        .order_by("-period")
        .values_list("period")
        .annotate(cost=Sum("amount"))[:_MONTHS]
    )
    charged = [(Month.of(period), cost) for period, cost in costs if cost > 0]
    parts, unknown = allot(debt, [cost for _, cost in charged])
    found = [
        Part(month=month, amount=part)
        for (month, _), part in zip(charged, parts, strict=True)
        if part
    ]
    if unknown:
        found.append(Part(month=None, amount=unknown))
    return tuple(reversed(found))


def merged(parts: Iterable[Part]) -> tuple[Part, ...]:
    """One part a month, the oldest first; what is of unknown months before them."""
    sums: dict[Month | None, Decimal] = {}
    for part in parts:
        sums[part.month] = sums.get(part.month, NOTHING) + part.amount
    known = sorted(month for month in sums if month is not None)
    ordered: list[Month | None] = [*([None] if None in sums else []), *known]
    return tuple(Part(month=month, amount=sums[month]) for month in ordered)


def shares(parts: Sequence[Part], paid: Decimal) -> Iterator[tuple[datetime.date | None, Decimal]]:
    """A payment by the last days of the months that it is for, the oldest first.

    What is paid beyond them is for the current month. No day where nobody knows the month.
    """
    amounts, beyond = allot(paid, [part.amount for part in parts])
    for part, amount in zip(parts, amounts, strict=True):
        if amount:
            yield (part.month.last_day if part.month else None), amount
    if beyond:
        yield Month.current().last_day, beyond


def words(parts: Sequence[Part], *, dash: str) -> str:
    """«август 2026», «июль – август 2026»; empty where some month is unknown."""
    months = [part.month for part in parts if part.month]
    if len(months) < len(parts) or not months:
        return ""
    first, last = months[0], months[-1]
    if first == last:
        return str(first)
    begin = str(first) if first.year != last.year else str(first).split()[0]
    return f"{begin}{dash}{last}"
