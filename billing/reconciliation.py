"""Reconciliation acts on order: what both sides' books say of any period, contract by contract.

The ledger is the source. The portal knows the supplier's books alone, so the second party's columns
are the mirror of the first one's; the party itself compares them with its own.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Case, Count, DecimalField, F, QuerySet, Sum, Value, When
from django.utils import timezone

from billing.models import Balance, LedgerEntry
from cabinet import formats, pdf
from contracts.models import Contract

# A row of an act takes WeasyPrint about 6 ms: this many are made while a person waits.
MAX_ROWS = 600
NOTHING = Decimal("0.00")
_MONEY: DecimalField = DecimalField(max_digits=18, decimal_places=2)
_DEBIT = Case(
    When(kind=LedgerEntry.Kind.CHARGE, then=F("amount")),
    default=Value(NOTHING),
    output_field=_MONEY,
)
_CREDIT = Case(
    When(kind=LedgerEntry.Kind.PAYMENT, then=F("amount")),
    default=Value(NOTHING),
    output_field=_MONEY,
)


class Sides(NamedTuple):
    """A sum by the supplier's books, in roubles: debit is what the customer owes."""

    debit: Decimal
    credit: Decimal

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
class Act:
    """The act of one contract from `starts_on` to `ends_on`, both days included."""

    contract: Contract
    starts_on: datetime.date
    ends_on: datetime.date
    opening: Sides
    turnover: Sides
    rows: list[Row]

    @property
    def closing(self) -> Sides:
        """The balance at the end of the last day."""
        return _sides(self.opening.balance + self.turnover.balance)


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the page says of a contract before its act is made; sums in roubles."""

    contract: Contract
    entries: int
    opening: Decimal
    turnover: Sides

    @property
    def closing(self) -> Decimal:
        """The balance at the end of the last day; positive is the customer's debt."""
        return self.opening + self.turnover.balance


class TooLong(Exception):
    """The acts have more than `MAX_ROWS` rows together: nobody waits for them on a page."""


def overviews(
    contracts: Sequence[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> list[Overview]:
    """One for each contract, in their order, in two statements however many there are."""
    openings = _openings(contracts, starts_on)
    moved: dict[int, Any] = {
        row["contract"]: row
        for row in _entries(contracts, starts_on, ends_on)
        .order_by()
        .values("contract")
        .annotate(n=Count("pk"), debits=Sum(_DEBIT), credits=Sum(_CREDIT))
    }
    found: list[Overview] = []
    for contract in contracts:
        row = moved.get(contract.pk, {})
        found.append(
            Overview(
                contract=contract,
                entries=row.get("n", 0),
                opening=openings.get(contract.pk, NOTHING),
                turnover=Sides(row.get("debits", NOTHING), row.get("credits", NOTHING)),
            )
        )
    return found


def acts(
    contracts: Sequence[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> list[Act]:
    """An act for each contract, in their order, in three statements.

    Raises:
        TooLong: they have more than `MAX_ROWS` rows, and not all on one day; `parts` splits them.
    """
    found = _entries(contracts, starts_on, ends_on)
    size = found.aggregate(rows=Count("pk"), days=Count("booked_on", distinct=True))
    if size["rows"] > MAX_ROWS and (size["days"] > 1 or len(contracts) > 1):
        raise TooLong
    openings = _openings(contracts, starts_on)
    entries = found.annotate(debit=_DEBIT, credit=_CREDIT).order_by("contract", "booked_on", "pk")
    of_contract = {
        pk: list(rows) for pk, rows in groupby(entries, key=lambda entry: entry.contract_id)
    }
    return [
        _act(
            contract,
            starts_on,
            ends_on,
            openings.get(contract.pk, NOTHING),
            of_contract.get(contract.pk, []),
        )
        for contract in contracts
    ]


def parts(
    contracts: Sequence[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> list[tuple[Contract, datetime.date, datetime.date]]:
    """The period split into spans of one contract that each make an act, in one statement.

    The spans follow one another without a gap, so that each act opens with the balance with which
    the one before it closed. A single day is never split.
    """
    days = (
        _entries(contracts, starts_on, ends_on)
        .order_by("contract", "booked_on")
        .values_list("contract", "booked_on")
        .annotate(n=Count("pk"))
    )
    counts = {pk: list(rows) for pk, rows in groupby(days, key=lambda row: row[0])}
    spans: list[tuple[Contract, datetime.date, datetime.date]] = []
    for contract in contracts:
        begin, count = starts_on, 0
        for _, day, entries in counts.get(contract.pk, []):
            if count and count + entries > MAX_ROWS:
                spans.append((contract, begin, day - datetime.timedelta(days=1)))
                begin, count = day, 0
            count += entries
        spans.append((contract, begin, ends_on))
    return spans


def as_of(contracts: Sequence[Contract]) -> datetime.datetime | None:
    """The moment of billing's newest statement on these contracts: how fresh the ledger is."""
    stated = Balance.objects.filter(contract__in=contracts).order_by("-as_of")
    newest: datetime.datetime | None = stated.values_list("as_of", flat=True).first()
    return newest


def act_pdf(made: Sequence[Act], *, data_as_of: datetime.datetime | None) -> bytes:
    """The acts as one PDF, each beginning on a page of its own."""
    return pdf.render(
        "billing/pdf/reconciliation_act.html",
        {
            "acts": made,
            "supplier": settings.RETAILER,
            "made_at": timezone.now(),
            "data_as_of": data_as_of,
        },
    )


def _entries(
    contracts: Iterable[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> QuerySet[LedgerEntry]:
    entries: QuerySet[LedgerEntry] = LedgerEntry.objects.filter(contract__in=contracts).between(
        starts_on, ends_on
    )
    return entries


def _openings(contracts: Iterable[Contract], day: datetime.date) -> dict[int, Decimal]:
    """The balance of each contract at the beginning of `day`."""
    earlier = LedgerEntry.objects.filter(contract__in=contracts, booked_on__lt=day).order_by()
    sums = earlier.values("contract").annotate(opening=Sum(_DEBIT) - Sum(_CREDIT))
    return dict(sums.values_list("contract", "opening"))


def _act(
    contract: Contract,
    starts_on: datetime.date,
    ends_on: datetime.date,
    opening: Decimal,
    entries: Sequence[Any],
) -> Act:
    return Act(
        contract=contract,
        starts_on=starts_on,
        ends_on=ends_on,
        opening=_sides(opening),
        turnover=Sides(
            sum((entry.debit for entry in entries), NOTHING),
            sum((entry.credit for entry in entries), NOTHING),
        ),
        rows=[_row(entry) for entry in entries],
    )


def _row(entry: Any) -> Row:
    return Row(
        date=formats.day(entry.booked_on),
        title=f"{entry.title} №{formats.NBSP}{entry.number}",
        debit=formats.amount(entry.debit) if entry.debit else "",
        credit=formats.amount(entry.credit) if entry.credit else "",
    )


def _sides(balance: Decimal) -> Sides:
    return Sides(max(balance, NOTHING), max(-balance, NOTHING))
