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
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from billing import books, ledger
from billing.models import Account, Balance, LedgerEntry
from cabinet import formats, pdf
from cabinet.snapshots import snapshot
from contracts.models import Contract
from documents.mirror import NOTHING, Row, Section, Sides

# A row of an act takes WeasyPrint about 6 ms: this many are made while a person waits.
MAX_ROWS = 600
# Late fees are never mixed with the main obligation: they are reconciled in a table of their own.
LATE_FEES = "Пени"
SETTLEMENTS = ""
_SECTION = Case(When(account=Account.LATE_FEE, then=Value(LATE_FEES)), default=Value(SETTLEMENTS))


# A contract's key and the title of a section.
_Key = tuple[int, str]
_NOTHING_MOVED = (0, Sides(NOTHING, NOTHING))


@dataclass(frozen=True, kw_only=True)
class Act:
    """The act of one contract from `starts_on` to `ends_on`, both days included.

    The settlements come first; late fees follow only where there are any. `data_as_of` is the
    moment of billing's newest statement on the contract. An act that would begin before the books
    begins with them, and `beginning` says so.
    """

    contract: Contract
    starts_on: datetime.date
    ends_on: datetime.date
    data_as_of: datetime.datetime | None
    sections: list[Section]
    beginning: str = ""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the page says of a section before its act is made; sums in roubles.

    `starts_on` is the first day of the contract's act.
    """

    contract: Contract
    starts_on: datetime.date
    title: str
    entries: int
    opening: Decimal
    turnover: Sides

    @property
    def closing(self) -> Decimal:
        """The balance at the end of the last day; positive is the customer's debt."""
        return self.opening + self.turnover.balance


@dataclass(frozen=True, kw_only=True)
class Total:
    """The sums of a section over several contracts; roubles."""

    title: str
    entries: int
    opening: Decimal
    turnover: Sides
    closing: Decimal


class TooLong(Exception):
    """The acts have more than `MAX_ROWS` rows together: nobody waits for them on a page."""


def overviews(
    contracts: Sequence[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> list[Overview]:
    """The sections of each contract's act, in their order, in a few statements for all of them."""
    begin_on = books.begin_on(contracts)
    openings = _openings(contracts, starts_on)
    rows = _entries(contracts, starts_on, ends_on).order_by().values("contract", "section")
    moved: dict[_Key, tuple[int, Sides]] = {
        (row["contract"], row["section"]): (row["n"], Sides(row["debits"], row["credits"]))
        for row in rows.annotate(n=Count("pk"), debits=Sum("charged"), credits=Sum("paid"))
    }
    return [
        Overview(
            contract=contract,
            starts_on=max(starts_on, begin_on[contract.pk]),
            title=title,
            entries=moved.get((contract.pk, title), _NOTHING_MOVED)[0],
            opening=openings.get((contract.pk, title), NOTHING),
            turnover=moved.get((contract.pk, title), _NOTHING_MOVED)[1],
        )
        for contract, title in _sections(contracts, openings, moved)
    ]


def totals(rows: Sequence[Overview]) -> list[Total]:
    """What the sections of several contracts come to, the settlements first; late fees apart."""
    by_title: dict[str, list[Overview]] = {}
    for row in rows:
        by_title.setdefault(row.title, []).append(row)
    return [
        Total(
            title=title,
            entries=sum(row.entries for row in own),
            opening=sum((row.opening for row in own), NOTHING),
            turnover=Sides(
                sum((row.turnover.debit for row in own), NOTHING),
                sum((row.turnover.credit for row in own), NOTHING),
            ),
            closing=sum((row.closing for row in own), NOTHING),
        )
        for title, own in by_title.items()
    ]


def acts(
    contracts: Sequence[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> list[Act]:
    """An act for each contract, in their order, in five statements that see the same books.

    Raises:
        TooLong: they have more than `MAX_ROWS` rows, and not all on one day; `parts` splits them.
    """
    with snapshot():
        return _acts(contracts, starts_on, ends_on)


def _acts(
    contracts: Sequence[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> list[Act]:
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
    stated, begin_on = as_of(contracts), books.begin_on(contracts)
    made = {
        contract.pk: Act(
            contract=contract,
            starts_on=max(starts_on, begin_on[contract.pk]),
            ends_on=ends_on,
            data_as_of=stated.get(contract.pk),
            sections=[],
            beginning=_beginning(contract, starts_on, begin_on[contract.pk]),
        )
        for contract in contracts
    }
    for contract, title in _sections(contracts, openings, entries):
        key = (contract.pk, title)
        made[contract.pk].sections.append(
            _section(title, openings.get(key, NOTHING), entries.get(key, []))
        )
    return list(made.values())


def parts(
    contracts: Sequence[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> list[tuple[Contract, datetime.date, datetime.date]]:
    """The period split into spans of one contract that each make an act, in two statements.

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
    begin_on = books.begin_on(contracts)
    spans: list[tuple[Contract, datetime.date, datetime.date]] = []
    for contract in contracts:
        begin, count = max(starts_on, begin_on[contract.pk]), 0
        for _, day, entries in counts.get(contract.pk, []):
            if count and count + entries > MAX_ROWS:
                spans.append((contract, begin, day - datetime.timedelta(days=1)))
                begin, count = day, 0
            count += entries
        spans.append((contract, begin, ends_on))
    return spans


def as_of(contracts: Sequence[Contract]) -> dict[int, datetime.datetime]:
    """The moment of billing's newest statement on each contract, by its key: how fresh it is."""
    newest = [
        Subquery(
            Balance.objects.filter(contract=OuterRef("pk"), account=account)
            .order_by("-as_of")
            .values("as_of")[:1]
        )
        for account in Account
    ]
    own = Contract.objects.filter(pk__in=[contract.pk for contract in contracts])
    stated = own.annotate(stated_at=Greatest(*newest)).filter(stated_at__isnull=False)
    return dict(stated.order_by().values_list("pk", "stated_at"))


def act_pdf(made: Sequence[Act]) -> bytes:
    """The acts as one PDF, each beginning on a page of its own.

    Raises:
        press.NotMade: it takes longer than a person waits, or more memory than it may.
    """
    return pdf.render_apart(
        "billing/pdf/reconciliation_act.html",
        {"acts": made, "supplier": settings.RETAILER, "made_at": timezone.now()},
    )


def _beginning(contract: Contract, starts_on: datetime.date, begins_on: datetime.date) -> str:
    """What an act says that begins with the books: of days before them nothing is certified."""
    if starts_on > begins_on or begins_on == contract.signed_on:
        return ""
    words = books.words(contract, begins_on, is_named=True)
    return f"{words}: более ранние операции в акт не входят."


def _entries(
    contracts: Iterable[Contract], starts_on: datetime.date, ends_on: datetime.date
) -> QuerySet[Any]:
    entries = LedgerEntry.objects.filter(contract__in=contracts).between(starts_on, ends_on)
    return _to_reconcile(entries)


def _to_reconcile(entries: QuerySet[LedgerEntry]) -> QuerySet[Any]:
    """With their `section`, without offsets: setting off an advance moves no money.

    An offset is two entries of one sum and one day in the same section (the loader sees to it).
    """
    return entries.exclude(kind=LedgerEntry.Kind.OFFSET).annotate(section=_SECTION)


def _openings(contracts: Iterable[Contract], day: datetime.date) -> dict[_Key, Decimal]:
    """The balance of each section that is not even at the beginning of `day`.

    Offsets stand in it twice, once on each of the section's accounts, and change nothing.
    """
    balances = ledger.balances_before(contracts, day)
    sections: dict[_Key, Decimal] = {}
    for (contract, account), balance in balances.items():
        key = (contract, LATE_FEES if account == Account.LATE_FEE else SETTLEMENTS)
        sections[key] = sections.get(key, NOTHING) + balance
    return {key: balance for key, balance in sections.items() if balance}


def _sections(
    contracts: Iterable[Contract], *known: Mapping[_Key, Any]
) -> Iterator[tuple[Contract, str]]:
    """The settlements of every contract, its late fees where something is known of them."""
    for contract in contracts:
        yield contract, SETTLEMENTS
        if any((contract.pk, LATE_FEES) in one for one in known):
            yield contract, LATE_FEES


def _section(title: str, opening: Decimal, entries: Sequence[Any]) -> Section:
    return Section(
        title=title,
        opening=Sides.of(opening),
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
