"""What is due when: the instalments of the month and of the last one, paid and remaining.

By law 30 % of the month's planned cost by the 10th, 40 % by the 25th, the rest by the 18th of the
next month, and what was overpaid goes to the next month (ПП РФ № 442, п. 82). Shares and days are
data (`billing.dues`).

Money is allotted to the oldest instalment first:

* a month that is charged has taken what the main debt does not hold of it any more, debts being
  those of the latest months;
* what was paid ahead (the advances, and what was overpaid) goes to debts of earlier months, then to
  the instalments by their days: an advance that billing has not set off yet was paid for the
  instalment that it was paid for.

The sum of a share that the portal reckons by the terms may differ from the bill in the payer's
hands by what is rounded: such a remainder is no debt, the month's rest takes it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Count, Q, Sum

from billing import dues
from billing.balance import Position
from billing.dues import Due
from billing.ledger import NOTHING
from billing.models import Account, LedgerEntry
from contracts.models import Contract
from contracts.periods import Month

# The last month, whose rest falls due in this one, and this one.
_SHOWN = (-1, 0)
# Bills are rounded line by line: less than a rouble may come of it.
_ROUNDING = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is due: open instalments by their day, then the paid ones, latest first.

    `base`: the planned cost of the current month, and `base_month`, whose charge it is (None when
    billing has stated it). `older`: main debt for months before those shown, or for one of them in
    which no terms of payment hold. `surplus`: what was
    paid beyond all instalments shown. `months` are those shown, `charged` those of them with their
    bill: what else is owed for one of the others is among `older`. Roubles.
    """

    months: list[Month]
    dues: list[Due]
    base: Decimal | None
    base_month: Month | None
    older: Decimal
    surplus: Decimal
    charged: frozenset[Month]

    @property
    def next_due(self) -> Due | None:
        """The nearest payment that is not overdue."""
        return next((due for due in self.dues if due.is_next), None)

    @property
    def overdue(self) -> Decimal:
        """All that is overdue, older debts included."""
        return sum((due.remaining for due in self.dues if due.is_overdue), self.older)

    @property
    def coming(self) -> Decimal:
        """What days to come ask for beyond the main debt: not for months charged already.

        Estimates are included.
        """
        ahead = (due for due in self.dues if not due.is_overdue and due.month not in self.charged)
        return sum((due.remaining for due in ahead), NOTHING)

    def unpaid_before(self, month: Month, day: datetime.date) -> Decimal:
        """What a payment for `month`, due on `day`, settles first: earlier months, earlier days."""
        earlier = (due for due in self.dues if due.month < month or due.due_on < day)
        return sum((due.remaining for due in earlier if not due.is_estimate), self.older)


def allot(money: Decimal, sums: Sequence[Decimal]) -> tuple[list[Decimal], Decimal]:
    """What of `money` goes to each sum, the first one first; and what is left of it."""
    paid: list[Decimal] = []
    for wanted in sums:
        paid.append(min(max(money, NOTHING), wanted))
        money -= paid[-1]
    return paid, max(money, NOTHING)


def plan(contract: Contract, positions: Mapping[str, Position], today: datetime.date) -> Plan:
    """The instalments of the current month and of the last one, in four statements."""
    current = Month.of(today)
    months = [month for month in map(current.shifted, _SHOWN) if _is_supplied(contract, month)]
    asked = dues.Asked.of(contract, months)
    charged = _charged(contract, current, today)
    main, advance = positions[Account.MAIN].current, positions[Account.ADVANCE].current
    unpaid, older = _unpaid(max(main, NOTHING), [charged.get(month, NOTHING) for month in months])
    credit = max(-main, NOTHING) + max(-advance, NOTHING)
    found: list[Due] = []
    for month, still_unpaid in zip(months, unpaid, strict=True):
        if month not in charged:
            found += asked.before_the_bill(month, charged)
        elif billed := asked.by_the_bill(month, charged):
            cost = max(charged[month], NOTHING)
            found += _settle(billed, cost - still_unpaid)[0]
        else:  # no terms hold in the month: nobody has said when it is due, and it is owed
            older += still_unpaid
    (paid_of_older,), credit = allot(credit, [older])
    found, credit = _settle(sorted(found, key=lambda due: due.due_on), credit)
    base, base_month = asked.base(current, charged)
    return Plan(
        months=months,
        dues=_in_order(_rounded(found), today),
        base=base,
        base_month=base_month,
        older=older - paid_of_older,
        surplus=credit,
        charged=frozenset(months) & charged.keys(),
    )


def _is_supplied(contract: Contract, month: Month) -> bool:
    """Whether the contract was in force on a day of the month."""
    ended = contract.terminated_on
    return contract.signed_on <= month.last_day and (ended is None or ended > month.first_day)


def _charged(contract: Contract, current: Month, today: datetime.date) -> dict[Month, Decimal]:
    """What was charged until `today` for each of the months that matter, with its corrections."""
    kinds = LedgerEntry.Kind
    rows = LedgerEntry.objects.filter(
        contract=contract,
        account=Account.MAIN,
        kind__in=(kinds.CHARGE, kinds.CORRECTION),
        booked_on__lte=today,
        period__range=(current.shifted(_SHOWN[0] + dues.BASES[-1]).first_day, current.first_day),
    )
    sums = (
        rows.order_by()
        .values("period")
        .annotate(cost=Sum("amount"), charges=Count("kind", filter=Q(kind=kinds.CHARGE)))
    )
    # A correction alone is not yet the month's bill.
    return {Month.of(row["period"]): row["cost"] for row in sums if row["charges"]}


def _unpaid(debt: Decimal, costs: Sequence[Decimal]) -> tuple[list[Decimal], Decimal]:
    """What is unpaid of each month's cost, oldest first, and the debt of months before them.

    Payments went to the oldest debt, so the debt is of the latest months.
    """
    newest_first, older = allot(debt, [max(cost, NOTHING) for cost in reversed(costs)])
    return newest_first[::-1], older


def _settle(asked: Sequence[Due], money: Decimal) -> tuple[list[Due], Decimal]:
    """The instalments with more of them paid, and the money that is left."""
    parts, left = allot(money, [due.remaining for due in asked])
    settled = [replace(due, paid=due.paid + part) for due, part in zip(asked, parts, strict=True)]
    return settled, left


def _rounded(found: Sequence[Due]) -> list[Due]:
    """The same, by their days, without remainders of rounding: a later one of the month has them.

    A share that nobody has published counts as paid when less than a rouble of it is missing.
    """
    rounded = list(found)
    for place, due in enumerate(rounded):
        is_rounding = due.is_reckoned and due.paid and 0 < due.remaining < _ROUNDING
        later = [n for n in range(place + 1, len(rounded)) if rounded[n].month == due.month]
        if is_rounding and later:
            last = rounded[later[-1]]
            rounded[later[-1]] = replace(last, amount=(last.amount or NOTHING) + due.remaining)
            rounded[place] = replace(due, amount=due.paid)
    return rounded


def _in_order(found: Sequence[Due], today: datetime.date) -> list[Due]:
    """Open ones by their day, the next one marked; then the paid ones, latest first."""
    by_day = sorted(found, key=lambda due: due.due_on)
    shown = [
        replace(due, is_overdue=due.due_on < today and due.remaining > 0 and not due.is_estimate)
        for due in by_day
        if not due.is_paid
    ]
    for place, due in enumerate(shown):
        # An estimate whose day has passed waits for its bill: it is neither overdue nor next.
        if due.due_on >= today:
            shown[place] = replace(due, is_next=True)
            break
    return shown + [due for due in reversed(by_day) if due.is_paid]
