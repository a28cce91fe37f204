"""What is asked for each month, before a rouble is paid.

Whose word counts, month by month:

1. billing's own instalments (`Instalment`);
2. else its published planned bills, each with its share, sum and day. What they do not ask for yet
   goes on by the terms;
3. else the terms of payment that hold in the month: the contract's own, or those for all.

The rest is told by the final bill, which names its day too.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from django.db.models import Q

from billing import published_bills
from billing.ledger import NOTHING
from billing.models import Instalment, PaymentTerm
from billing.published_bills import MonthBills
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month

_KOPECK = Decimal("0.01")
_WHOLE = Decimal(100)
# The base of an advance: the charge of the month before, else of the one before that.
BASES = (-1, -2)


@dataclass(frozen=True, kw_only=True)
class Due:
    """One instalment: of which month, by when, how much, and what of it is paid. Roubles.

    `share_percent` is None for the rest by the final bill; an estimate is a rest that no final
    bill has told yet. Without `amount` nobody has told the sum; `is_reckoned`: the portal has
    reckoned it by the terms, nobody has published it. Overdue: the day has passed, for the day
    itself is still in time. Next: the nearest one that is open and not overdue.
    """

    month: Month
    share_percent: Decimal | None
    due_on: datetime.date
    amount: Decimal | None
    paid: Decimal = NOTHING
    is_reckoned: bool = False
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
class Asked:
    """What is asked for some months: by rows of billing, by its bills, by terms."""

    terms: list[PaymentTerm]
    stated: dict[Month, list[Instalment]]
    bills: dict[Month, MonthBills]

    @classmethod
    def of(cls, contract: Contract, months: Sequence[Month]) -> Self:
        """All that is asked of the contract for `months`, in three statements."""
        terms = PaymentTerm.objects.filter(Q(contract=contract) | Q(contract__isnull=True))
        stated: dict[Month, list[Instalment]] = {}
        periods = [month.first_day for month in months]
        rows = Instalment.objects.filter(contract=contract, period__in=periods)
        for row in rows.order_by("period", "order"):
            stated.setdefault(Month.of(row.period), []).append(row)
        return cls(
            terms=list(terms.order_by("order", "pk")),
            stated=stated,
            bills=published_bills.of_months(contract, months),
        )

    def base(
        self, month: Month, charged: Mapping[Month, Decimal]
    ) -> tuple[Decimal | None, Month | None]:
        """The planned cost of a month: as stated, else the newest charge before it."""
        for row in self.stated.get(month, []):
            if row.base_amount is not None:
                return row.base_amount, None
        for earlier in map(month.shifted, BASES):
            if charged.get(earlier, NOTHING) > 0:
                return charged[earlier], earlier
        return None, None

    def before_the_bill(self, month: Month, charged: Mapping[Month, Decimal]) -> list[Due]:
        """Shares of the planned cost; the rest is an estimate until the final bill."""
        base, _ = self.base(month, charged)
        final = self._bills(month).final
        told = final.amount if final else None
        cost = base if told is None else told
        dues: list[Due] = []
        for due in self._dues(month, base):
            if due.share_percent is None and due.amount is None and cost is not None:
                due = replace(due, amount=_left(cost, dues), is_estimate=told is None)
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
            fixed.append(replace(rest, amount=left, is_reckoned=False))
        return [due for due in fixed if due.amount]

    def _bills(self, month: Month) -> MonthBills:
        return self.bills.get(month, published_bills.NONE)

    def _dues(self, month: Month, base: Decimal | None) -> list[Due]:
        """The shares by their days, then the rest."""
        bills, terms = self._bills(month), _in_force(self.terms, month)
        if rows := self.stated.get(month, []):
            shares = [_stated_due(row, bills) for row in rows if row.share_percent is not None]
        else:
            shares = [_billed_due(bill, month) for bill in bills.planned]
            shares += _unbilled(terms, shares, month, base)
        rests = [_stated_due(row, bills) for row in rows if row.share_percent is None]
        if not rests:
            own = (term for term in terms if term.share_percent is None)
            rests = [_rest_by_terms(term, month, bills) for term in own]
        return sorted(shares, key=lambda due: due.due_on) + rests


def _in_force(terms: Iterable[PaymentTerm], month: Month) -> list[PaymentTerm]:
    """The terms of a month: of those that had begun the latest, the contract's own first."""
    begun = [term for term in terms if term.begins_in <= month.first_day]
    own = [term for term in begun if term.contract_id] or begun
    latest = max((term.begins_in for term in own), default=None)
    return [term for term in own if term.begins_in == latest]


def _left(cost: Decimal, dues: Iterable[Due]) -> Decimal:
    """What the other instalments leave of a month's cost."""
    return max(cost - sum((due.amount or NOTHING for due in dues), NOTHING), NOTHING)


def _stated_due(row: Instalment, bills: MonthBills) -> Due:
    return Due(
        month=Month.of(row.period),
        share_percent=row.share_percent,
        due_on=row.due_on,
        amount=row.amount,
        document_id=row.document_id or bills.asking(row.share_percent, row.due_on),
    )


def _billed_due(bill: published_bills.PlannedBill, month: Month) -> Due:
    return Due(
        month=month,
        share_percent=bill.share_percent,
        due_on=bill.due_on,
        amount=bill.amount,
        document_id=bill.document_id,
    )


def _unbilled(
    terms: Iterable[PaymentTerm], billed: Sequence[Due], month: Month, base: Decimal | None
) -> list[Due]:
    """The shares of the terms that no bill has asked for yet.

    A bill stands for the term of its share, else for as much of the earliest ones. Where the shares
    are a whole month, the last one is what the others leave of it: no kopeck is lost in rounding.
    """
    left = [(term, term.share_percent) for term in terms if term.share_percent is not None]
    beyond = NOTHING
    for bill in billed:
        same = [one for one in left if one[1] == bill.share_percent]
        on_its_day = [one for one in same if _day(one[0], month) == bill.due_on]
        if same:
            left.remove((on_its_day or same)[0])
        else:
            beyond += bill.share_percent or NOTHING
    dues: list[Due] = []
    for term, share in left:
        taken = min(beyond, share)
        beyond -= taken
        if taken < share:
            dues.append(_term_due(term, share - taken, month, base))
    shares = sum((due.share_percent or NOTHING for due in (*billed, *dues)), NOTHING)
    if dues and base is not None and shares == _WHOLE:
        dues[-1] = replace(dues[-1], amount=_left(base, (*billed, *dues[:-1])))
    return dues


def _term_due(term: PaymentTerm, share: Decimal, month: Month, base: Decimal | None) -> Due:
    amount = None
    if base is not None:
        amount = (base * share / _WHOLE).quantize(_KOPECK, ROUND_HALF_UP)
    return Due(
        month=month,
        share_percent=share,
        due_on=_day(term, month),
        amount=amount,
        is_reckoned=True,
    )


def _rest_by_terms(term: PaymentTerm, month: Month, bills: MonthBills) -> Due:
    final = bills.final
    return Due(
        month=month,
        share_percent=None,
        due_on=(final and final.due_on) or _day(term, month),
        amount=None,
        document_id=bills.asking(None, None),
    )


def _day(term: PaymentTerm, month: Month) -> datetime.date:
    at = month.shifted(term.months_later)
    last = calendar.monthrange(at.year, at.number)[1]
    return datetime.date(at.year, at.number, min(term.due_day, last))
