"""What billing says is owed on a contract."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class StatedBalance:
    """What billing says is owed at a moment, in roubles; positive is the client's debt."""

    amount: Decimal
    as_of: datetime.datetime

    @property
    def is_debt(self) -> bool:
        """The client owes."""
        return self.amount > 0

    @property
    def is_overpayment(self) -> bool:
        """The client has paid more than was charged."""
        return self.amount < 0

    @property
    def label(self) -> str:
        """«Задолженность», «Переплата», and for zero «Задолженность» too."""
        return "Переплата" if self.is_overpayment else "Задолженность"
