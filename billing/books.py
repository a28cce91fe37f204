"""Where the books of a contract begin in the portal: on an earlier day it knows of no balance.

Not every contract's ledger reaches back to the day of its conclusion. Whoever certifies a balance
asks here first: of days before the books the portal says nothing, least of all zero.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from billing.models import LedgerEntry
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month


def begin_on(contracts: Iterable[Contract]) -> dict[int, datetime.date]:
    """The first day of each contract's books, by its key, in one statement.

    * The day of the balance carried over, which billing writes as a correction where its ledger
      does not begin with the contract (docs/exchange.md).
    * The day of conclusion, where the company had the portal by then or the first entry followed at
      once: then nothing is missing.
    * Else the day since which the company has the portal. Where the ledger begins at another time,
      the month of its first entry: an older contract's ledger that begins later was sent later.
    """
    own = LedgerEntry.objects.filter(contract=OuterRef("pk")).order_by("booked_on", "pk")
    rows = (
        Contract.objects.filter(pk__in=[contract.pk for contract in contracts])
        .order_by()
        .annotate(
            first_on=Subquery(own.values("booked_on")[:1]),
            first_kind=Subquery(own.values("kind")[:1]),
        )
        .values_list("pk", "signed_on", "client__registered_on", "first_on", "first_kind")
    )
    return {
        pk: first_on
        if first_kind == LedgerEntry.Kind.CORRECTION
        else _first_day(signed_on, registered_on or timezone.localdate(), first_on)
        for pk, signed_on, registered_on, first_on, first_kind in rows
    }


def first_day(contract: Contract) -> datetime.date:
    """The first day of one contract's books."""
    return begin_on([contract])[contract.pk]


def words(contract: Contract, day: datetime.date, *, is_named: bool = False) -> str:
    """Why nothing is known before `day`, the first one of the contract's books.

    `is_named`: with the contract's number, where others stand beside it.
    """
    number = f" № {contract.number}" if is_named else ""
    if day == contract.signed_on:
        return f"Договор{number} заключён {formats.day(day)}"
    of = f" по договору{number}" if is_named else ""
    return f"Расчёты{of} ведутся в кабинете с {formats.day(day)}"


def _first_day(
    signed_on: datetime.date, registered_on: datetime.date, first_on: datetime.date | None
) -> datetime.date:
    if first_on is None:
        return max(signed_on, registered_on)
    if signed_on >= registered_on or _follows(first_on, signed_on):
        return min(signed_on, first_on)
    if first_on >= registered_on and _follows(first_on, registered_on):
        return registered_on
    return max(signed_on, Month.of(first_on).first_day)


def _follows(first_on: datetime.date, day: datetime.date) -> bool:
    """Whether the first entry was booked by the end of the next month, when a first bill comes."""
    return first_on <= Month.of(day).shifted(1).last_day
