"""The ledger, balances and what a payment needs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import (
    Client,
    User,
)
from billing.models import (
    Account,
    Balance,
    Instalment,
    LedgerEntry,
    PayerAccount,
    PaymentTerm,
)
from contracts.models import Contract
from contracts.periods import Month
from documents.models import Document, Kind
from tests.make import counting, documents


def charge(contract: Contract, amount: str = "1200.00", **values: Any) -> LedgerEntry:
    """A charge by a VAT invoice."""
    return _ledger(contract, LedgerEntry.Kind.CHARGE, "Счёт-фактура", amount, values)


def payment(contract: Contract, amount: str = "1000.00", **values: Any) -> LedgerEntry:
    """A payment by a payment order."""
    return _ledger(contract, LedgerEntry.Kind.PAYMENT, "Платёжное поручение", amount, values)


def correction(contract: Contract, amount: str = "-50.00", **values: Any) -> LedgerEntry:
    """A correction of the main debt, by its own sign."""
    return _ledger(contract, LedgerEntry.Kind.CORRECTION, "Корректировочный акт", amount, values)


def late_fee(contract: Contract, amount: str = "12.34", **values: Any) -> LedgerEntry:
    """A bill for late fees."""
    values = {"account": Account.LATE_FEE, **values}
    return _ledger(contract, LedgerEntry.Kind.LATE_FEE, "Счёт на пени", amount, values)


def advance(contract: Contract, amount: str = "300.00", **values: Any) -> LedgerEntry:
    """Money paid ahead."""
    values = {"account": Account.ADVANCE, **values}
    return _ledger(contract, LedgerEntry.Kind.ADVANCE, "Платёжное поручение", amount, values)


def offset(contract: Contract, amount: str = "300.00", **values: Any) -> None:
    """An advance set off against the main debt: both entries."""
    for account in (Account.MAIN, Account.ADVANCE):
        own = {"account": account, **values}
        _ledger(contract, LedgerEntry.Kind.OFFSET, "Зачёт аванса", amount, own)


def payment_term(contract: Contract | None, **values: Any) -> PaymentTerm:
    """The contract's own term: half of the month by the 5th."""
    return PaymentTerm.objects.create(
        **{"contract": contract, "order": 1, "share_percent": Decimal(50), "due_day": 5, **values}
    )


def planned_bill(contract: Contract, amount: str, **values: Any) -> Document:
    """A published planned bill: 30 % of the current month by the 10th."""
    month = Month.of(values.setdefault("period", Month.current().first_day))
    said = {
        "share_percent": values.pop("share_percent", "30.00"),
        "due_on": str(values.pop("due_on", month.first_day.replace(day=10))),
        "total": amount,
    }
    return documents.document(
        contract, Kind.PLANNED_BILL, **{"amount": Decimal(amount), "content": said, **values}
    )


def final_bill(contract: Contract, amount: str, **values: Any) -> Document:
    """A published final bill of the last month: its cost, to be paid by the 19th of this one."""
    month = Month.of(values.setdefault("period", Month.current().shifted(-1).first_day))
    due_on = values.pop("due_on", month.shifted(1).first_day.replace(day=19))
    said = {"due_on": str(due_on), "total": amount}
    return documents.document(
        contract, Kind.FINAL_BILL, **{"amount": Decimal(amount), "content": said, **values}
    )


def instalment(contract: Contract, amount: str = "300.00", **values: Any) -> Instalment:
    """What billing asks for the current month."""
    month = Month.current()
    return Instalment.objects.create(
        **{
            "external_id": f"instalment-{counting.following()}",
            "contract": contract,
            "period": month.first_day,
            "order": 1,
            "share_percent": Decimal(30),
            "due_on": month.first_day.replace(day=10),
            "amount": Decimal(amount),
            **values,
        }
    )


def _ledger(
    contract: Contract, kind: str, title: str, amount: str, values: dict[str, Any]
) -> LedgerEntry:
    n = counting.following()
    booked_on = values.pop("booked_on", Month.current().shifted(-1).last_day)
    return LedgerEntry.objects.create(
        **{
            "external_id": f"ledger-{n}",
            "contract": contract,
            "kind": kind,
            "title": title,
            "number": str(n),
            "booked_on": booked_on,
            "period": Month.of(booked_on).first_day,
            "amount": Decimal(amount),
            **values,
        }
    )


def balance(contract: Contract, amount: str = "12345.67", **values: Any) -> Balance:
    """What billing stated on the main debt; positive is debt."""
    return Balance.objects.create(
        **{
            "external_id": f"balance-{counting.following()}",
            "contract": contract,
            "amount": Decimal(amount),
            "as_of": timezone.now(),
            **values,
        }
    )


def payer_account(client: Client, user: User, **values: Any) -> PayerAccount:
    """An account from which `client` pays; `user` added it."""
    return PayerAccount.objects.create(
        **{
            "client": client,
            "added_by": user,
            "account": "40702810200000000001",
            "bic": "044525225",
            "bank": "ПАО «Пример-банк», г. Новоборск",
            "correspondent_account": "30101810400000000225",
            **values,
        }
    )
