"""«История начислений/оплат»: the entries of a period in pages, with the balance after each.

A page is found by the months' totals: they say in which month it begins and with which balances,
so that only rows of that month and of the page itself are read, however long the history is.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet, Sum
from django.urls import reverse

from billing import ledger
from billing.ledger import Moved, Turnover
from billing.models import Account, LedgerEntry, MonthTurnover
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month


def latest_month(contract: Contract) -> Month:
    """The latest month until the current one in which something was booked; else the current."""
    current = Month.current()
    months = MonthTurnover.objects.filter(contract=contract, month__lte=current.first_day)
    latest = months.order_by("-month").values_list("month", flat=True).first()
    return Month.of(latest) if latest else current


@dataclass(frozen=True, kw_only=True)
class Row:
    """An entry as the page shows it, formatted once; empty where a side has nothing."""

    booked_on: str
    title: str
    note: str
    kind: str
    account: str
    charged: str
    paid: str
    balance: str
    address: str


@dataclass(frozen=True, kw_only=True)
class AccountTurnover(Turnover):
    """A period's sums on one account."""

    account: Account


class Entries:
    """The rows of whole months, oldest first, of one account or of all; read slice by slice.

    `turnovers` are the period's sums of each account that has moved or has a balance.
    """

    def __init__(
        self, contract: Contract, first_day: datetime.date, last_day: datetime.date, account: str
    ) -> None:
        """`first_day` begins a month and `last_day` ends one; no account means all of them."""
        self._contract = contract
        self._accounts = [Account(account)] if account else list(Account)
        before = ledger.balances_on(contract, first_day - datetime.timedelta(days=1))
        self._opening: dict[str, Decimal] = {one: before[one] for one in self._accounts}
        self._first_day, self._last_day = first_day, last_day
        self._months = self._read_months()
        self.turnovers = [row for row in map(self._turnover, self._accounts) if self._is_told(row)]

    def __len__(self) -> int:
        return sum(sums.entries for month in self._months.values() for sums in month.values())

    def __getitem__(self, index: slice) -> list[Row]:
        """Rows of the slice, with the balance of each one's account after it."""
        start, stop, _ = index.indices(len(self))
        month, skipped, balances = self._place(start)
        if month is None:
            return []
        entries = self._entries(month.first_day)
        if skipped:
            head = LedgerEntry.objects.filter(pk__in=entries[:skipped].values("pk"))
            for account, net in _net(head):
                balances[account] += net
        page = entries[skipped : skipped + stop - start]
        return [_row(self._contract, *pair) for pair in running(page, balances)]

    def all(self) -> Iterator[tuple[LedgerEntry, Decimal]]:
        """Every entry with the balance after it, for a file; memory stays small."""
        entries = self._entries(self._first_day)
        return running(entries.iterator(chunk_size=2000), dict(self._opening))

    def _entries(self, since: datetime.date) -> QuerySet[LedgerEntry]:
        entries = LedgerEntry.objects.filter(contract=self._contract)
        if len(self._accounts) == 1:
            entries = entries.filter(account=self._accounts[0])
        found: QuerySet[LedgerEntry] = entries.between(since, self._last_day)
        return found.order_by("booked_on", "pk")

    def _read_months(self) -> dict[Month, dict[str, Moved]]:
        rows = MonthTurnover.objects.filter(
            contract=self._contract,
            account__in=self._accounts,
            month__range=(self._first_day, self._last_day),
        )
        months: dict[Month, dict[str, Moved]] = {}
        for row in rows.order_by("month"):
            months.setdefault(Month.of(row.month), {})[row.account] = Moved(
                entries=row.entries, charged=row.charged, paid=row.paid
            )
        return months

    def _turnover(self, account: Account) -> AccountTurnover:
        sums = sum((month.get(account, Moved()) for month in self._months.values()), Moved())
        return AccountTurnover(
            account=account,
            opening=self._opening[account],
            charged=sums.charged,
            paid=sums.paid,
        )

    def _is_told(self, row: AccountTurnover) -> bool:
        """The main debt always; another account when there is something to tell, or it is asked."""
        is_asked = row.account == Account.MAIN or len(self._accounts) == 1
        return is_asked or any((row.opening, row.charged, row.paid))

    def _place(self, start: int) -> tuple[Month | None, int, dict[str, Decimal]]:
        """In which month the row of that index stands, how many of its rows stand before it, and
        the balances at the month's beginning."""
        balances = dict(self._opening)
        for month, by_account in self._months.items():
            count = sum(sums.entries for sums in by_account.values())
            if start < count:
                return month, start, balances
            start -= count
            for account, sums in by_account.items():
                balances[account] += sums.net
        return None, 0, balances


def running(
    entries: Iterable[LedgerEntry], balances: dict[str, Decimal]
) -> Iterator[tuple[LedgerEntry, Decimal]]:
    """Each entry with its account's balance after it; `balances` are those before the first one."""
    for entry in entries:
        balances[entry.account] += entry.charged - entry.paid
        yield entry, balances[entry.account]


def _net(entries: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry, tuple[str, Decimal]]:
    grouped = entries.order_by().values("account").annotate(net=Sum(F("charged") - F("paid")))
    return grouped.values_list("account", "net")


def _row(contract: Contract, entry: LedgerEntry, balance: Decimal) -> Row:
    has_file = entry.document_id is not None
    return Row(
        booked_on=formats.day(entry.booked_on),
        title=f"{entry.title} № {entry.number}",
        note=entry.note,
        kind=entry.get_kind_display(),
        account=entry.get_account_display(),
        charged=formats.amount(entry.charged) if entry.charged else "",
        paid=formats.amount(entry.paid) if entry.paid else "",
        balance=formats.amount(balance),
        address=(
            reverse("documents:document-file", args=[contract.pk, entry.document_id])
            if has_file
            else ""
        ),
    )
