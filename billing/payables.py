"""What a contract can be paid for: its debt, an instalment, a bill, an advance, late fees."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils import timezone

from billing import balance, instalments, owed_months, payable_bills, purposes
from billing.balance import Position
from billing.dues import Due
from billing.instalments import Plan
from billing.ledger import NOTHING
from billing.models import Account, VatRate
from billing.owed_months import Part
from billing.payable_bills import Bill
from billing.purposes import Vat
from cabinet import formats
from cabinet.snapshots import snapshot
from contracts.models import Contract
from contracts.periods import Month

_ONE_DAY = datetime.timedelta(days=1)
_ANY_SUM = Decimal("Infinity")


@dataclass(frozen=True, kw_only=True)
class Payable:
    """Something to pay for. `key` stands in addresses; `amount` is what is owed for it, if known.

    `what` and `detail` begin and continue the purpose. `parts`: for which months the sum is, the
    oldest first, by whose rates a payment holds VAT; None for late fees, which are not taxed.
    `bill` is the bill itself. `earlier`: what is owed that a payment settles before this.
    `expected`: whoever pays more is asked whether it is meant; None where nobody can tell. Roubles.
    """

    key: str
    title: str
    amount: Decimal | None
    what: str
    detail: str
    parts: tuple[Part, ...] | None
    bill: Bill | None = None
    earlier: Decimal = NOTHING
    expected: Decimal | None = None

    @property
    def label(self) -> str:
        """The title, and the sum where one is known."""
        if self.amount is None:
            return self.title
        return f"{self.title}: {formats.amount(self.amount)}{formats.NBSP}₽"


@snapshot()
def of_contract(contract: Contract, *, key: str = "") -> list[Payable]:
    """What the form offers, what is due first; `key` adds a bill that an address names.

    Debts, instalments and bills are those of one moment, whatever package is being loaded.

    Bills are offered where no instalments are known: an instalment is what a bill asks for, less
    what was paid towards it.
    """
    today = timezone.localdate()
    positions = balance.positions(contract, today)
    plan = instalments.plan(contract, positions, today)
    main = positions[Account.MAIN]
    open_dues = [due for due in plan.dues if due.remaining > 0 and not due.is_estimate]
    is_planned = any(due.amount is not None and not due.is_estimate for due in plan.dues)
    bills = payable_bills.offered(
        contract,
        key=key,
        named=[due.document_id for due in open_dues if due.document_id],
        with_latest=not is_planned,
    )
    by_document = {bill.document.pk: bill for bill in bills}
    asked_alone = [bill for bill in bills if not is_planned or key == f"bill-{bill.document.pk}"]
    return [
        *_debt(contract, main, today),
        *_overdue(contract, plan, today),
        *_dues(plan, open_dues, by_document),
        *(_of_bill(bill, plan) for bill in asked_alone),
        _advance(contract, plan, main, today),
        _late_fee(positions[Account.LATE_FEE], today),
    ]


def purpose(contract: Contract, payable: Payable, amount: Decimal) -> str:
    """The purpose of paying `amount` for it."""
    return purposes.purpose(
        what=payable.what,
        contract_number=contract.number,
        contract_date=contract.signed_on,
        detail=payable.detail,
        vat=_vat(payable, amount),
    )


def _vat(payable: Payable, amount: Decimal) -> Vat | None:
    if payable.parts is None:
        return None
    if payable.bill and payable.bill.vat:
        return purposes.share(payable.bill.vat, of=payable.bill.amount, paid=amount)
    shares = list(owed_months.shares(payable.parts, amount))
    by_day = VatRate.objects.by_day({day for day, _ in shares if day})
    paid: dict[int | None, Decimal] = {}
    for day, part in shares:
        rate = by_day[day] if day else None
        paid[rate] = paid.get(rate, NOTHING) + part
    return purposes.vat_of_rates(paid)


# Debts -------------------------------------------------------------------------------------------


def _debt(contract: Contract, main: Position, today: datetime.date) -> list[Payable]:
    """The main debt: what billing stated with what was booked since, so that nobody pays twice."""
    if main.current <= 0:
        return []
    as_of = formats.day(today)
    return [
        Payable(
            key="debt",
            title=f"Задолженность на {as_of}",
            amount=main.current,
            what="Оплата задолженности",
            detail=f"за электроэнергию по состоянию на {as_of}",
            parts=owed_months.of_debt(contract, main.current),
            expected=main.current,
        )
    ]


def _overdue(contract: Contract, plan: Plan, today: datetime.date) -> list[Payable]:
    """All that is overdue as one payment, and of it what is owed for months before those shown.

    The whole only where it is more than one of the payments that are offered by themselves.
    """
    older = owed_months.of_debt(contract, plan.older, but=plan.charged) if plan.older else ()
    late = [due for due in plan.dues if due.is_overdue]
    found: list[Payable] = []
    if len(late) + bool(older) > 1:
        as_of = formats.day(today)
        parts = owed_months.merged(
            [*older, *(Part(month=due.month, amount=due.remaining) for due in late)]
        )
        found.append(
            _of_months(
                parts,
                key="overdue",
                title=f"Всё просроченное на {as_of}",
                detail=f"просроченные платежи на {as_of}",
            )
        )
    if older:
        months = owed_months.words(older, dash="–")
        # A month may have a correction before it has a bill.
        is_past = all(part.month is None or part.month not in plan.months for part in older)
        title = "Долг за более ранние месяцы" if is_past else "Прочий долг"
        found.append(
            _of_months(
                older,
                key="older",
                title=title + (f" ({months})" if months else ""),
                detail="задолженность прошлых месяцев" if is_past else "прочая задолженность",
            )
        )
    return found


def _of_months(parts: Sequence[Part], *, key: str, title: str, detail: str) -> Payable:
    amount = sum((part.amount for part in parts), NOTHING)
    months = owed_months.words(parts, dash=" - ")
    return Payable(
        key=key,
        title=title,
        amount=amount,
        what="Оплата",
        detail=", ".join(filter(None, ("за электроэнергию", months, detail))),
        parts=tuple(parts),
        expected=amount,
    )


# Instalments and bills ---------------------------------------------------------------------------


def _dues(plan: Plan, open_dues: Iterable[Due], bills: dict[int, Bill]) -> list[Payable]:
    """The instalments that are open, each with its bill; no two under one key."""
    found: dict[str, Payable] = {}
    for due in open_dues:
        key = f"due-{due.month.first_day:%Y%m}-{due.due_on:%Y%m%d}"
        while key in found:
            key += "-"
        found[key] = replace(_of_due(due, plan, bills.get(due.document_id or 0)), key=key)
    return list(found.values())


def _of_due(due: Due, plan: Plan, bill: Bill | None) -> Payable:
    part = due.share_words
    due_on = formats.day(due.due_on)
    number = "" if bill is None else f", счёт № {bill.document.number}"
    return Payable(
        key="",
        title=f"Платёж до {due_on}, {part} за {due.month}",
        amount=due.remaining,
        what="Оплата",
        detail=f"за электроэнергию, {due.month}{number}, {part}, срок {due_on}",
        parts=(Part(month=due.month, amount=due.remaining),),
        bill=bill,
        earlier=plan.unpaid_before(due.month, due.due_on),
        expected=due.remaining,
    )


def _of_bill(bill: Bill, plan: Plan) -> Payable:
    document = bill.document
    kind = document.name
    period = Month.of(document.period)
    issued_on = formats.day(document.issued_on)
    return Payable(
        key=f"bill-{document.pk}",
        title=f"{kind} №{formats.NBSP}{document.number} от {issued_on} за {period}",
        amount=bill.amount,
        what="Оплата",
        detail=f"за электроэнергию, {period}, счёт № {document.number} от {issued_on}",
        parts=(Part(month=period, amount=bill.amount),),
        bill=bill,
        earlier=plan.unpaid_before(period, period.first_day),
        expected=bill.amount,
    )


# What has no bill --------------------------------------------------------------------------------


def _advance(contract: Contract, plan: Plan, main: Position, today: datetime.date) -> Payable:
    """Any sum: for the current month, or for the last one of a contract that is over."""
    owed = max(main.current, plan.overdue, NOTHING)
    title, detail, month = "Любая сумма в счёт будущих начислений", "", Month.of(today)
    if not contract.is_active and contract.terminated_on:
        title, detail = "Любая сумма по расторгнутому договору", ", окончательный расчёт"
        month = Month.of(max(contract.signed_on, contract.terminated_on - _ONE_DAY))
    # More than all that is owed or planned, and another month beyond it, is no usual payment.
    beyond = None if plan.base is None else owed + plan.coming + plan.base
    return Payable(
        key="advance",
        title=title,
        amount=None,
        what="Оплата",
        detail=f"за электроэнергию, {month}{detail}",
        # Of whatever is paid.
        parts=(Part(month=month, amount=_ANY_SUM),),
        earlier=owed,
        expected=beyond,
    )


def _late_fee(position: Position, today: datetime.date) -> Payable:
    """As the main debt: with what was booked since billing's statement."""
    owed = position.current if position.current > 0 else None
    return Payable(
        key="late-fee",
        title=f"Пени на {formats.day(today)}" if owed else "Пени",
        amount=owed,
        what="Оплата пени",
        detail="за просрочку оплаты электроэнергии",
        parts=None,
        expected=owed,
    )
