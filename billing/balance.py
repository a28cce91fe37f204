"""What is owed on each account of a contract: as billing states it, and as the entries say."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Q, Subquery, Sum
from django.utils import timezone

from billing import ledger
from billing.ledger import NOTHING
from billing.models import Account, Balance, LedgerEntry
from contracts.balance import StatedBalance
from contracts.models import Contract


@dataclass(frozen=True, kw_only=True)
class Position:
    """One account of a contract. Sums are roubles, positive is the client's debt.

    `current` is what billing stated with what was booked since; where billing stated nothing, what
    all entries add up to.
    """

    account: Account
    stated: StatedBalance | None
    current: Decimal

    @property
    def amount(self) -> Decimal:
        """What the page shows: billing's word, where there is one."""
        return self.stated.amount if self.stated else self.current

    @property
    def is_moved(self) -> bool:
        """Whether something was booked since the statement, or on its day after it was made."""
        return self.stated is not None and self.stated.amount != self.current

    @property
    def as_of(self) -> datetime.datetime | None:
        """The moment of billing's statement."""
        return self.stated.as_of if self.stated else None


def positions(contract: Contract, today: datetime.date) -> dict[str, Position]:
    """Every account of a contract, by the entries until `today`.

    A statement holds the entries of the days that were over at its moment.
    """
    stated = _stated(contract)
    computed = ledger.balances_on(contract, today)
    since = _moved_since(contract, stated, today)
    return {
        account: Position(
            account=account,
            stated=stated.get(account),
            current=(
                stated[account].amount + since.get(account, NOTHING)
                if account in stated
                else computed[account]
            ),
        )
        for account in Account
    }


def _stated(contract: Contract) -> dict[str, StatedBalance]:
    """The newest statement of each account, each found by the index alone."""
    newest = Q()
    for account in Account:
        of_account = Balance.objects.filter(contract=contract, account=account)
        newest |= Q(pk=Subquery(of_account.order_by("-as_of", "-pk").values("pk")[:1]))
    return {
        row.account: StatedBalance(amount=row.amount, as_of=row.as_of)
        for row in Balance.objects.filter(newest)
    }


def _moved_since(
    contract: Contract, stated: dict[str, StatedBalance], today: datetime.date
) -> dict[str, Decimal]:
    """By how much the debt of each stated account has grown from the statement until `today`."""
    if not stated:
        return {}
    later = Q()
    for account, balance in stated.items():
        later |= Q(account=account, booked_on__gte=timezone.localdate(balance.as_of))
    rows = LedgerEntry.objects.filter(later, contract=contract, booked_on__lte=today).order_by()
    return dict(
        rows.values("account")
        .annotate(moved=Sum(F("charged") - F("paid")))
        .values_list("account", "moved")
    )
