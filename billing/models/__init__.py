"""Money: what was charged and paid, what billing says is owed, and what is due when."""

from billing.models.balances import Balance, BalanceDifference
from billing.models.ledger import Account, LedgerEntry, MonthTurnover
from billing.models.payments import PayerAccount, VatRate
from billing.models.terms import Instalment, PaymentTerm

__all__ = [
    "Account",
    "Balance",
    "BalanceDifference",
    "Instalment",
    "LedgerEntry",
    "MonthTurnover",
    "PayerAccount",
    "PaymentTerm",
    "VatRate",
]
