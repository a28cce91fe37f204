"""What is due when: the instalments of the month and of the last one, paid and remaining.

By law 30 % of the month's planned cost by the 10th, 40 % by the 25th, the rest by the 18th of the
next month, and what was overpaid goes to the next month (ПП РФ № 442, п. 82). Shares and days are
data: billing's own instalments of a month, else the contract's terms, else those for all contracts.

Money is allotted to the oldest instalment first:

* a month that is charged has taken what the main debt does not hold of it any more, debts being
  those of the latest months;
* what was paid ahead (the advances, and what was overpaid) goes to debts of earlier months, then to
  the instalments by their days: an advance that billing has not set off yet was paid for the
  instalment that it was paid for.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Q, Sum

from billing.balance import Position
from billing.ledger import NOTHING
from billing.models import Account, Instalment, LedgerEntry, PaymentTerm
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month

_KOPECK = Decimal("0.01")
# The last month, whose rest falls due in this one, and this one.
_SHOWN = (-1, 0)
# The base of an advance: the charge of the month before, else of the one before that.
_BASES = (-1, -2)


@dataclass(frozen=True, kw_only=True)
class Due:
    """One instalment: of which month, by when, how much, and what of it is paid. Roubles.

    `share_percent` is None for the rest by the final bill; an estimate is a rest that no final
    bill has told yet. Without `amount` nobody has told the sum. Overdue: the day has passed, for
    the day itself is still in time. Next: the nearest one that is open and not overdue.
    """

    month: Month
    share_percent: Decimal | None
    due_on: datetime.date
    amount: Decimal | None
    paid: Decimal = NOTHING
    is_estimate: bool = False
    is_overdue: bool = False
    is_next: bool = False
    document_id: int | None = None

    @property
    def remaining(self) -> Decimal:
        """What is still to be paid; of an unknown sum nothing."""
        return (self.amount or NOTHING) - self.paid

    @property
    def is_paid(self) -> bool:
        """Whether nothing remains of a known sum."""
        return self.amount is not None and not self.is_estimate and self.remaining == 0

    @property
    def share_words(self) -> str:
        """«30 %», «остаток»."""
        if self.share_percent is None:
            return "остаток"
        return formats.percent(self.share_percent)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is due: open instalments by their day, then the paid ones, latest first.

    `base`: the planned cost of the current month, and `base_month`, whose charge it is (None when
    billing has stated it). `older`: main debt for months before those shown. `surplus`: what was
    paid beyond all instalments shown. Roubles.
    """

    dues: list[Due]
    base: Decimal | None
    base_month: Month | None
    older: Decimal
    surplus: Decimal

    @property
    def next_due(self) -> Due | None:
        """The nearest payment that is not overdue."""
        return next((due for due in self.dues if due.is_next), None)

    @property
    def overdue(self) -> Decimal:
        """All that is overdue, older debts included."""
        return sum((due.remaining for due in self.dues if due.is_overdue), self.older)


def allot(money: Decimal, sums: Sequence[Decimal]) -> tuple[list[Decimal], Decimal]:
    """What of `money` goes to each sum, the first one first; and what is left of it."""
    paid: list[Decimal] = []
    for wanted in sums:
        paid.append(min(max(money, NOTHING), wanted))
        money -= paid[-1]
    return paid, max(money, NOTHING)


def plan(contract: Contract, positions: Mapping[str, Position], today: datetime.date) -> Plan:
    """The instalments of the current month and of the last one, in three statements."""
    current = Month.of(today)
    months = [month for month in map(current.shifted, _SHOWN) if _is_supplied(contract, month)]
    asked = _Asked.of(contract, months)
    charged = _charged(contract, current)
    main, advance = positions[Account.MAIN].current, positions[Account.ADVANCE].current
    unpaid, older = _unpaid(max(main, NOTHING), [charged.get(month, NOTHING) for month in months])
    credit = max(-main, NOTHING) + max(-advance, NOTHING)
    (paid_of_older,), credit = allot(credit, [older])
    dues: list[Due] = []
    for month, still_unpaid in zip(months, unpaid, strict=True):
        if month in charged:
            cost = max(charged[month], NOTHING)
            dues += _settle(asked.by_the_bill(month, charged), cost - still_unpaid)[0]
        else:
            dues += asked.before_the_bill(month, charged)
    dues, credit = _settle(sorted(dues, key=lambda due: due.due_on), credit)
    base, base_month = asked.base(current, charged)
    return Plan(
        dues=_in_order(dues, today),
        base=base,
        base_month=base_month,
        older=older - paid_of_older,
        surplus=credit,
    )


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What is asked for each month, before a rouble is paid."""

    terms: list[PaymentTerm]
    stated: dict[Month, list[Instalment]]

    @classmethod
    def of(cls, contract: Contract, months: list[Month]) -> _Asked:
        """The contract's own terms or those for all, and billing's instalments of `months`."""
        terms = list(
            PaymentTerm.objects.filter(Q(contract=contract) | Q(contract__isnull=True)).order_by(
                "order"
            )
        )
        own = [term for term in terms if term.contract_id]
        stated: dict[Month, list[Instalment]] = {}
        periods = [month.first_day for month in months]
        for row in Instalment.objects.filter(contract=contract, period__in=periods).order_by(
            "period", "order"
        ):
            stated.setdefault(Month.of(row.period), []).append(row)
        return cls(terms=own or terms, stated=stated)

    def base(
        self, month: Month, charged: Mapping[Month, Decimal]
    ) -> tuple[Decimal | None, Month | None]:
        """The planned cost of a month: as stated, else the newest charge before it."""
        for row in self.stated.get(month, []):
            if row.base_amount is not None:
                return row.base_amount, None
        for earlier in map(month.shifted, _BASES):
            if charged.get(earlier, NOTHING) > 0:
                return charged[earlier], earlier
        return None, None

    def before_the_bill(self, month: Month, charged: Mapping[Month, Decimal]) -> list[Due]:
        """Shares of the planned cost; the rest is an estimate until the final bill."""
        base, _ = self.base(month, charged)
        dues: list[Due] = []
        for due in self._dues(month, base):
            if due.share_percent is None and due.amount is None and base is not None:
                known = sum((row.amount or NOTHING for row in dues), NOTHING)
                due = replace(due, amount=max(base - known, NOTHING), is_estimate=True)
            dues.append(due)
        return dues

    def by_the_bill(self, month: Month, charged: Mapping[Month, Decimal]) -> list[Due]:
        """The month's cost: shares as they were planned but no more than it, then the rest."""
        left = max(charged[month], NOTHING)
        dues = self._dues(month, self.base(month, charged)[0])
        # Without a place for the rest the last instalment takes it.
        rest = next((due for due in dues if due.share_percent is None), dues[-1] if dues else None)
        fixed: list[Due] = []
        for due in dues:
            if due is not rest:
                fixed.append(replace(due, amount=min(due.amount or NOTHING, left)))
                left -= fixed[-1].amount or NOTHING
        if rest is not None:
            fixed.append(replace(rest, amount=left))
        return [due for due in fixed if due.amount]

    def _dues(self, month: Month, base: Decimal | None) -> list[Due]:
        """Billing's instalments, with the terms' rest where it states none; or all by the terms."""
        stated = [_stated_due(row) for row in self.stated.get(month, [])]
        has_rest = any(due.share_percent is None for due in stated)
        terms = [
            _term_due(term, month, base)
            for term in self.terms
            if not stated or (term.share_percent is None and not has_rest)
        ]
        return stated + terms


def _stated_due(row: Instalment) -> Due:
    return Due(
        month=Month.of(row.period),
        share_percent=row.share_percent,
        due_on=row.due_on,
        amount=row.amount,
        document_id=row.document_id,
    )


def _term_due(term: PaymentTerm, month: Month, base: Decimal | None) -> Due:
    at = month.shifted(term.months_later)
    last = calendar.monthrange(at.year, at.number)[1]
    amount = None
    if term.share_percent is not None and base is not None:
        amount = (base * term.share_percent / 100).quantize(_KOPECK, ROUND_HALF_UP)
    return Due(
        month=month,
        share_percent=term.share_percent,
        due_on=datetime.date(at.year, at.number, min(term.due_day, last)),
        amount=amount,
    )


def _is_supplied(contract: Contract, month: Month) -> bool:
    """Whether the contract was in force on a day of the month."""
    ended = contract.terminated_on
    return contract.signed_on <= month.last_day and (ended is None or ended > month.first_day)


def _charged(contract: Contract, current: Month) -> dict[Month, Decimal]:
    """What was charged for each of the months that matter, with its corrections."""
    kinds = LedgerEntry.Kind
    rows = LedgerEntry.objects.filter(
        contract=contract,
        account=Account.MAIN,
        kind__in=(kinds.CHARGE, kinds.CORRECTION),
        period__range=(current.shifted(_SHOWN[0] + _BASES[-1]).first_day, current.first_day),
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


def _settle(dues: Sequence[Due], money: Decimal) -> tuple[list[Due], Decimal]:
    """The instalments with more of them paid, and the money that is left."""
    parts, left = allot(money, [due.remaining for due in dues])
    return [replace(due, paid=due.paid + part) for due, part in zip(dues, parts, strict=True)], left


def _in_order(dues: Sequence[Due], today: datetime.date) -> list[Due]:
    """Open ones by their day, the next one marked; then the paid ones, latest first."""
    by_day = sorted(dues, key=lambda due: due.due_on)
    shown = [
        replace(due, is_overdue=due.due_on < today and due.remaining > 0 and not due.is_estimate)
        for due in by_day
        if not due.is_paid
    ]
    for place, due in enumerate(shown):
        if not due.is_overdue:
            shown[place] = replace(due, is_next=True)
            break
    return shown + [due for due in reversed(by_day) if due.is_paid]
