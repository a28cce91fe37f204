"""The published bills of some months: what they ask for by which day, and which document asks.

Of bills that came as ready files nobody knows the share or the day: they are found in the archive.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models.fields.json import KeyTextTransform

from contracts.models import Contract
from contracts.periods import Month
from documents import archive
from documents.models import Document, Kind

# What is read of a content.
_STATED = tuple(KeyTextTransform(name, "content") for name in ("share_percent", "due_on", "total"))


@dataclass(frozen=True, kw_only=True)
class PlannedBill:
    """A planned bill: which share of its month, by which day, roubles with tax."""

    document_id: int
    share_percent: Decimal
    due_on: datetime.date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class FinalBill:
    """A final bill: the month's cost in roubles, and the day for what is left of it."""

    document_id: int
    due_on: datetime.date | None
    amount: Decimal | None


@dataclass(frozen=True, kw_only=True)
class MonthBills:
    """The bills of a month: planned ones by their days, the final one."""

    planned: tuple[PlannedBill, ...] = ()
    final: FinalBill | None = None

    def asking(self, share_percent: Decimal | None, due_on: datetime.date | None) -> int | None:
        """The document that asks for a share by a day; for the rest, the final bill."""
        if share_percent is None:
            return self.final.document_id if self.final else None
        same = (share_percent, due_on)
        found = (one for one in self.planned if (one.share_percent, one.due_on) == same)
        return next((bill.document_id for bill in found), None)


NONE = MonthBills()


def of_months(contract: Contract, months: Iterable[Month]) -> dict[Month, MonthBills]:
    """What is published and not corrected, in one statement.

    Two bills of one share for one day are one bill: the later one counts.
    """
    rows = (
        Document.objects.published()
        .not_corrected()
        .filter(
            contract=contract,
            kind__in=(Kind.PLANNED_BILL, Kind.FINAL_BILL),
            period__in=[month.first_day for month in months],
        )
        .order_by("issued_on", "pk")
        .values_list("pk", "kind", "period", *_STATED)
    )
    planned: dict[Month, dict[tuple[Decimal, datetime.date], PlannedBill]] = {}
    final: dict[Month, FinalBill] = {}
    for pk, kind, period, share, day, total in rows:
        month, due_on, amount = Month.of(period), _day(day), archive.stated_sum(total)
        if kind == Kind.FINAL_BILL:
            final[month] = FinalBill(document_id=pk, due_on=due_on, amount=amount)
        elif (percent := archive.stated_sum(share)) and due_on and amount is not None:
            planned.setdefault(month, {})[percent, due_on] = PlannedBill(
                document_id=pk, share_percent=percent, due_on=due_on, amount=amount
            )
    return {
        month: MonthBills(
            planned=tuple(sorted(planned.get(month, {}).values(), key=lambda bill: bill.due_on)),
            final=final.get(month),
        )
        for month in {*planned, *final}
    }


def _day(text: str | None) -> datetime.date | None:
    """A day of a document's content; None where it is not stated."""
    try:
        return datetime.date.fromisoformat(text or "")
    except ValueError:
        return None
