"""The table of a reconciliation act: the supplier's books, and the customer's as their mirror."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Self

NOTHING = Decimal("0.00")


class Sides(NamedTuple):
    """A sum by the supplier's books, in roubles: debit is what the customer owes."""

    debit: Decimal
    credit: Decimal

    @classmethod
    def of(cls, balance: Decimal) -> Self:
        """A balance on the side to which it belongs; positive is the customer's debt."""
        return cls(max(balance, NOTHING), max(-balance, NOTHING))

    @property
    def balance(self) -> Decimal:
        """Debt of the customer; negative is a debt of the supplier."""
        return self.debit - self.credit


@dataclass(frozen=True, kw_only=True)
class Row:
    """An entry as the act prints it, formatted once."""

    date: str
    title: str
    debit: str
    credit: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """One table of an act; `title` is empty for the settlements for energy."""

    title: str = ""
    opening: Sides
    turnover: Sides
    rows: list[Row]

    @property
    def closing(self) -> Sides:
        """The balance at the end of the last day."""
        return Sides.of(self.opening.balance + self.turnover.balance)
