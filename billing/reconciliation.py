"""Reconciliation acts on order: what both sides' books say of any period, contract by contract.

The ledger is the source. The portal knows the supplier's books alone, so the second party's columns
are the mirror of the first one's; the party itself compares them with its own.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Case, Count, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.utils import timezone

from billing.models import Account, Balance, LedgerEntry
from cabinet import formats, pdf
from contracts.models import Contract

# A row of an act takes WeasyPrint about 6 ms: this many are made while a person waits.
MAX_ROWS = 600
NOTHING = Decimal("0.00")
# Late fees are never mixed with the main obligation: they are reconciled in a table of their own.
LATE_FEES = "Пени"
SETTLEMENTS = ""
_SECTION = Case(When(account=Account.LATE_FEE, then=Value(LATE_FEES)), default=Value(SETTLEMENTS))


class Sides(NamedTuple):
    """A sum by the supplier's books, in roubles: debit is what the customer owes."""

    debit: Decimal
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        """Debt of the customer; negative is a debt of the supplier."""
        return self.debit - self.credit


# A contract's key and the title of a section.
_Key = tuple[int, str]
_NOTHING_MOVED = (0, Sides(NOTHING, NOTHING))


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

    title: str
    opening: Sides
    turnover: Sides
    rows: list[Row]

    @property
    def closing(self) -> Sides:
        """The balance at the end of the last day."""
        return _sides(self.opening.balance + self.turnover.balance)


@dataclass(frozen=True, kw_only=True)
class Act:
    """The act of one contract from `starts_on` to `ends_on`, both days included.

    The settlements come first; late fees follow only where there are any.
    """

    contract: Contract
    starts_on: datetime.date
    ends_on: datetime.date
    sections: list[Section]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the page says of a section before its act is made; sums in roubles."""

    contract: Contract
    title: str
    entries: int
    opening: Decimal
    turnover: Sides

    @property
    def closing(self) -> Decimal:
        """The balance at the end of the last day; positive is the customer's debt."""
        return self.opening + self.turnover.balance


class TooLong(Exception):
    """The acts have more than `MAX_ROWS` rows together: nobody waits for them on a page."""


def carried_over(contracts: Sequence[Contract]) -> dict[Contract, datetime.date]:
    """The contracts whose books begin with a balance carried over, and the day of it.

    Billing writes it as a correction where the ledger does not begin with the contract
    (docs/exchange.md): what was owed on an earlier day the portal does not know.
    """
    own = LedgerEntry.objects.filter(contract=OuterRef("pk")).order_by("booked_on", "pk")
    first = Contract.objects.filter(pk__in=[contract.pk for contract in contracts]).annotate(
        begins_on=Subquery(own.values("booked_on")[:1]),
        begins_with=Subquery(own.values("kind")[:1]),
    )
    days = dict(
        first.filter(begins_with=LedgerEntry.Kind.CORRECTION).values_list("pk", "begins_on")
    )
    return {contract: days[contract.pk] for contract in contracts if contract.pk in days}


def overviews(
    contracts: Sequence[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> list[Overview]:
    """The sections of each contract's act, in their order, in two statements for all of them."""
    openings = _openings(contracts, starts_on)
    rows = _entries(contracts, starts_on, ends_on).order_by().values("contract", "section")
    moved: dict[_Key, tuple[int, Sides]] = {
        (row["contract"], row["section"]): (row["n"], Sides(row["debits"], row["credits"]))
        for row in rows.annotate(n=Count("pk"), debits=Sum("charged"), credits=Sum("paid"))
    }
    return [
        Overview(
            contract=contract,
            title=title,
            entries=moved.get((contract.pk, title), _NOTHING_MOVED)[0],
            opening=openings.get((contract.pk, title), NOTHING),
            turnover=moved.get((contract.pk, title), _NOTHING_MOVED)[1],
        )
        for contract, title in _sections(contracts, openings, moved)
    ]


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
    ordered = found.order_by("contract", "section", "booked_on", "pk")
    entries: dict[_Key, list[Any]] = {
        key: list(rows)
        for key, rows in groupby(ordered, key=lambda entry: (entry.contract_id, entry.section))
    }
    made = {contract.pk: _empty_act(contract, starts_on, ends_on) for contract in contracts}
    for contract, title in _sections(contracts, openings, entries):
        key = (contract.pk, title)
        made[contract.pk].sections.append(
            _section(title, openings.get(key, NOTHING), entries.get(key, []))
        )
    return list(made.values())


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
) -> QuerySet[Any]:
    entries = LedgerEntry.objects.filter(contract__in=contracts).between(starts_on, ends_on)
    return _to_reconcile(entries)


def _to_reconcile(entries: QuerySet[LedgerEntry]) -> QuerySet[Any]:
    """With their `section`, without offsets: setting off an advance moves no money.

    An offset is two entries of one sum in the same section, here and in every opening balance.
    """
    return entries.exclude(kind=LedgerEntry.Kind.OFFSET).annotate(section=_SECTION)


def _openings(contracts: Iterable[Contract], day: datetime.date) -> dict[_Key, Decimal]:
    """The balance of each section that is not even at the beginning of `day`."""
    earlier = LedgerEntry.objects.filter(contract__in=contracts, booked_on__lt=day).order_by()
    sums = (
        _to_reconcile(earlier)
        .values("contract", "section")
        .annotate(opening=Sum(F("charged") - F("paid")))
        .values_list("contract", "section", "opening")
    )
    return {(contract, section): opening for contract, section, opening in sums if opening}


def _sections(
    contracts: Iterable[Contract], *known: Mapping[_Key, Any]
) -> Iterator[tuple[Contract, str]]:
    """The settlements of every contract, its late fees where something is known of them."""
    for contract in contracts:
        yield contract, SETTLEMENTS
        if any((contract.pk, LATE_FEES) in one for one in known):
            yield contract, LATE_FEES


def _empty_act(contract: Contract, starts_on: datetime.date, ends_on: datetime.date) -> Act:
    return Act(contract=contract, starts_on=starts_on, ends_on=ends_on, sections=[])


def _section(title: str, opening: Decimal, entries: Sequence[Any]) -> Section:
    return Section(
        title=title,
        opening=_sides(opening),
        turnover=Sides(
            sum((entry.charged for entry in entries), NOTHING),
            sum((entry.paid for entry in entries), NOTHING),
        ),
        rows=[_row(entry) for entry in entries],
    )


def _row(entry: Any) -> Row:
    return Row(
        date=formats.day(entry.booked_on),
        title=f"{entry.title} №{formats.NBSP}{entry.number}",
        debit=formats.amount(entry.charged) if entry.charged else "",
        credit=formats.amount(entry.paid) if entry.paid else "",
    )


def _sides(balance: Decimal) -> Sides:
    return Sides(max(balance, NOTHING), max(-balance, NOTHING))
