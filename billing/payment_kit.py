"""The pay kit: one payment as requisites to copy, a QR code, a bill and a payment order."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import SafeString

from billing import bank_exchange, payables
from billing.bank_exchange import PaymentOrder, Side
from billing.ledger import NOTHING
from billing.models import PayerAccount
from billing.payables import Payable
from cabinet import formats, payment_qr, pdf
from contracts.models import Contract


class Requisite(NamedTuple):
    """A line of a payment order: `value` as it is read, `plain` as it is pasted into a field."""

    name: str
    value: str
    plain: str


@dataclass(frozen=True, kw_only=True)
class Kit:
    """A payment of `amount` roubles for `payable`, ready in every form.

    `qr` is None where the payee's requisites make no code.
    """

    contract: Contract
    payable: Payable
    amount: Decimal
    purpose: str
    payee: Side
    requisites: list[Requisite]
    qr: SafeString | None
    made_on: datetime.date

    @property
    def title(self) -> str:
        """«Счёт на оплату от 26.11.2026 по договору № 35-01-004217».

        It has no number: nobody keeps a register of bills that are made on order.
        """
        return f"Счёт на оплату от {formats.day(self.made_on)} по договору № {self.contract.number}"

    @property
    def is_part(self) -> bool:
        """Whether less is paid than is owed for it."""
        return self.payable.amount is not None and self.amount < self.payable.amount

    @property
    def is_whole(self) -> bool:
        """Whether just as much is paid as is owed for it, or nobody knows how much is."""
        return self.payable.amount in (None, self.amount)

    @property
    def excess(self) -> Decimal:
        """By how much the sum is larger than anybody would expect; roubles."""
        expected = self.payable.expected
        return NOTHING if expected is None else max(self.amount - expected, NOTHING)


def assemble(contract: Contract, payable: Payable, amount: Decimal) -> Kit:
    """The kit of paying `amount` for `payable`."""
    payee, purpose = _payee(payable), payables.purpose(contract, payable, amount)
    return Kit(
        contract=contract,
        payable=payable,
        amount=amount,
        purpose=purpose,
        payee=payee,
        requisites=_requisites(payee, amount, purpose),
        qr=_qr(contract, payee, amount, purpose),
        made_on=timezone.localdate(),
    )


def bill_pdf(kit: Kit) -> bytes:
    """The bill of the kit, with its QR code, as PDF.

    Raises:
        press.NotMade: it takes longer than a person waits.
    """
    return pdf.render_apart(
        "billing/pdf/bill.html", {"kit": kit, "contract": kit.contract, "made_at": timezone.now()}
    )


def payment_order(kit: Kit, *, account: PayerAccount, number: str, date: datetime.date) -> bytes:
    """The payment order of the kit, as the client's bank program loads it."""
    client = kit.contract.client
    payer = Side(
        name=client.short_name,
        inn=client.inn,
        kpp=client.kpp,
        account=account.account,
        bank=account.bank,
        bic=account.bic,
        correspondent_account=account.correspondent_account,
    )
    return bank_exchange.payment_order_file(
        PaymentOrder(
            number=number,
            date=date,
            amount=kit.amount,
            payer=payer,
            payee=kit.payee,
            purpose=kit.purpose,
        )
    )


def _payee(payable: Payable) -> Side:
    """The retailer; where a bill states an account, by that one."""
    stated = payable.bill.supplier if payable.bill else None
    if stated and stated.account and stated.bic:
        return Side(
            name=stated.name,
            inn=stated.inn,
            kpp=stated.kpp,
            account=stated.account,
            bank=stated.bank,
            bic=stated.bic,
            correspondent_account=stated.correspondent_account,
        )
    retailer = settings.RETAILER
    return Side(
        name=retailer.legal_name,
        inn=retailer.inn,
        kpp=retailer.kpp,
        account=retailer.account,
        bank=retailer.bank,
        bic=retailer.bic,
        correspondent_account=retailer.correspondent_account,
    )


def _requisites(payee: Side, amount: Decimal, purpose: str) -> list[Requisite]:
    """In the order in which a bank's form asks for them."""
    roubles = Requisite("Сумма", f"{formats.amount(amount)}{formats.NBSP}₽", f"{amount:.2f}")
    same = [
        ("Получатель", payee.name),
        ("ИНН получателя", payee.inn),
        ("КПП получателя", payee.kpp),
        ("Расчётный счёт", payee.account),
        ("Банк получателя", payee.bank),
        ("БИК", payee.bic),
        ("Корреспондентский счёт", payee.correspondent_account),
    ]
    return [
        roubles,
        Requisite("Назначение платежа", purpose, purpose),
        *(Requisite(name, value, value) for name, value in same if value),
    ]


def _qr(contract: Contract, payee: Side, amount: Decimal, purpose: str) -> SafeString | None:
    try:
        return payment_qr.svg(
            payment_qr.Payment(
                payee=payee.name,
                account=payee.account,
                bank=payee.bank,
                bic=payee.bic,
                correspondent_account=payee.correspondent_account,
                amount=amount,
                purpose=purpose,
                payee_inn=payee.inn,
                payee_kpp=payee.kpp,
                payer_inn=contract.client.inn,
                contract=contract.number,
            )
        )
    except payment_qr.Unpayable:
        return None
