"""What a contract can be paid for: its debt, an instalment, a bill, an advance, late fees."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

import pydantic
from django.db.models import Q, Sum
from django.utils import timezone

from billing import balance, instalments, purposes
from billing.balance import Position
from billing.instalments import Due
from billing.models import Account, LedgerEntry, VatRate
from billing.purposes import Vat
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from documents import content
from documents.content_parts import Party
from documents.models import Document, Kind

# What falls due now: planned bills of this month, the final bill of the last one. An older bill is
# reached from the archive.
OFFERED_BILLS = 12
# A debt of more months than these is of an unknown rate.
_MONTHS_OF_A_DEBT = 36
_BILLS = (Kind.PLANNED_BILL, Kind.FINAL_BILL)


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A published bill: what it asks for, its tax, and the payee's requisites as it states them.

    `vat` is that of the whole sum, None where the bill came as a file and states none.
    """

    document: Document
    amount: Decimal
    vat: Vat | None
    supplier: Party | None


@dataclass(frozen=True, kw_only=True)
class Payable:
    """Something to pay for. `key` stands in addresses; `amount` is what is owed for it, if known.

    `what` and `detail` begin and continue the purpose. `taxed_on` are days of shipment, by whose
    rate the payment holds VAT: none of them where nobody knows, None for late fees, which are not
    taxed. `bill` is the bill itself.
    """

    key: str
    title: str
    amount: Decimal | None
    what: str
    detail: str
    taxed_on: tuple[datetime.date, ...] | None
    bill: Bill | None = None

    @property
    def label(self) -> str:
        """The title, and the sum where one is known."""
        if self.amount is None:
            return self.title
        return f"{self.title}: {formats.amount(self.amount)}{formats.NBSP}₽"


def of_contract(contract: Contract, *, key: str = "") -> list[Payable]:
    """What the form offers, what is due first; `key` adds a bill that an address names.

    Bills are offered where no instalments are known: an instalment is what a bill asks for, less
    what was paid towards it.
    """
    today = timezone.localdate()
    positions = balance.positions(contract, today)
    plan = instalments.plan(contract, positions, today)
    dues = [_of_due(due) for due in plan.dues if due.remaining > 0 and not due.is_estimate]
    is_planned = any(due.amount is not None and not due.is_estimate for due in plan.dues)
    bills = _bills(contract, key, with_latest=not is_planned)
    late_fee = _late_fee(positions[Account.LATE_FEE])
    return [*_debt(contract, positions[Account.MAIN], today), *dues, *bills, _advance(), late_fee]


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
    if payable.taxed_on is None:
        return None
    if payable.bill and payable.bill.vat:
        return purposes.share(payable.bill.vat, of=payable.bill.amount, paid=amount)
    rates = {VatRate.objects.on(day) for day in payable.taxed_on}
    return purposes.vat_within(amount, rates.pop() if len(rates) == 1 else None)


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
            taxed_on=_shipped_on(contract, main.current),
        )
    ]


def _shipped_on(contract: Contract, debt: Decimal) -> tuple[datetime.date, ...]:
    """The last days of the first and the last month that a debt is for; none where nobody can tell.

    Payments went to the oldest charges, so the debt is of the latest ones.
    """
    costs = (
        LedgerEntry.objects.filter(
            contract=contract,
            account=Account.MAIN,
            kind__in=(LedgerEntry.Kind.CHARGE, LedgerEntry.Kind.CORRECTION),
        )
        .order_by("-period")
        .values_list("period")
        .annotate(cost=Sum("amount"))[:_MONTHS_OF_A_DEBT]
    )
    months: list[Month] = []
    for period, cost in costs:
        if cost > 0:
            months.append(Month.of(period))
            debt -= cost
        if debt <= 0:
            return months[0].last_day, months[-1].last_day
    return ()


def _of_due(due: Due) -> Payable:
    part = due.share_words
    due_on = formats.day(due.due_on)
    return Payable(
        key=f"due-{due.month.first_day:%Y%m}-{due.due_on:%Y%m%d}",
        title=f"Платёж до {due_on}, {part} за {due.month}",
        amount=due.remaining,
        what="Оплата",
        detail=f"за электроэнергию, {due.month}, {part}, срок {due_on}",
        taxed_on=(due.month.last_day,),
    )


def _advance() -> Payable:
    month = Month.current()
    return Payable(
        key="advance",
        title="Любая сумма в счёт будущих начислений",
        amount=None,
        what="Оплата",
        detail=f"за электроэнергию, {month}",
        taxed_on=(timezone.localdate(),),
    )


def _late_fee(position: Position) -> Payable:
    owed = position.amount if position.amount > 0 else None
    return Payable(
        key="late-fee",
        title=f"Пени на {formats.day(position.as_of)}" if owed and position.as_of else "Пени",
        amount=owed,
        what="Оплата пени",
        detail="за просрочку оплаты электроэнергии",
        taxed_on=None,
    )


# Bills -------------------------------------------------------------------------------------------


def _bills(contract: Contract, key: str, *, with_latest: bool) -> list[Payable]:
    bills = Document.objects.published().not_corrected()
    own = bills.filter(contract=contract, kind__in=_BILLS)
    month = Month.current()
    due_now = Q(kind=Kind.PLANNED_BILL, period__gte=month.first_day) | Q(
        kind=Kind.FINAL_BILL, period__gte=month.shifted(-1).first_day
    )
    latest = own.filter(due_now).order_by("-issued_on", "-pk")[:OFFERED_BILLS]
    found = list(latest) if with_latest else []
    number = key.removeprefix("bill-")
    is_named = key.startswith("bill-") and number.isascii() and number.isdecimal()
    if is_named and len(number) < 19 and int(number) not in {document.pk for document in found}:
        found += own.filter(pk=int(number))
    return [_of_bill(bill) for bill in map(_read, found) if bill is not None and bill.amount > 0]


def _read(document: Document) -> Bill | None:
    """What the bill says; of one that came as a file, its sum alone. None: there is nothing."""
    try:
        said = content.read(document.kind, document.content)
    except (pydantic.ValidationError, KeyError):
        said = None
    if not isinstance(said, content.PlannedBill | content.FinalBill):
        if document.amount is None:
            return None
        return Bill(document=document, amount=document.amount, vat=None, supplier=None)
    amount = said.to_pay if isinstance(said, content.FinalBill) else said.total
    rates = {line.vat_rate for line in said.lines}
    whole = Vat(amount=said.vat, rate=rates.pop() if len(rates) == 1 else None)
    vat = purposes.share(whole, of=said.total, paid=amount)
    return Bill(document=document, amount=amount, vat=vat, supplier=said.supplier)


def _of_bill(bill: Bill) -> Payable:
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
        taxed_on=(period.last_day,),
        bill=bill,
    )
