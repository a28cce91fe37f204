"""What published bills ask for: the sum, the tax within it, the payee's requisites as they state
them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import pydantic
from django.db.models import Q

from billing import purposes
from billing.purposes import Vat
from cabinet import keys
from contracts.models import Contract
from contracts.periods import Month
from documents import content
from documents.content_parts import Party
from documents.models import Document, Kind

# What falls due now: planned bills of this month, the final bill of the last one. An older bill is
# reached from the archive.
OFFERED = 12
_KINDS = (Kind.PLANNED_BILL, Kind.FINAL_BILL)


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A published bill: what it asks for, its tax, and the payee's requisites as it states them.

    `vat` is that of the whole sum, None where the bill came as a file and states none.
    """

    document: Document
    amount: Decimal
    vat: Vat | None
    supplier: Party | None


def offered(contract: Contract, *, key: str, named: Iterable[int], with_latest: bool) -> list[Bill]:
    """The bills that fall due now, where they are wanted; and one that an address names.

    `named`: keys of documents that are wanted besides. In one statement or two.
    """
    own = Document.objects.published().not_corrected().filter(contract=contract, kind__in=_KINDS)
    month = Month.current()
    due_now = Q(kind=Kind.PLANNED_BILL, period__gte=month.first_day) | Q(
        kind=Kind.FINAL_BILL, period__gte=month.shifted(-1).first_day
    )
    found = list(own.filter(due_now).order_by("-issued_on", "-pk")[:OFFERED]) if with_latest else []
    number = keys.read(key.removeprefix("bill-")) if key.startswith("bill-") else None
    wanted = {*named, *([] if number is None else [number])}
    if missing := wanted - {document.pk for document in found}:
        found += own.filter(pk__in=missing).order_by("pk")
    return [bill for bill in map(_read, found) if bill is not None and bill.amount > 0]


def _read(document: Document) -> Bill | None:
    """What the bill says; of one that came as a file, its sum alone. None: there is nothing."""
    try:
        said = content.read(document.kind, document.content)
    except (pydantic.ValidationError, KeyError):
        said = None
    if not isinstance(said, content.PlannedBill | content.FinalBill):
        if document.amount is None:
            return None
        return Bill(document=document, amount=document.amount, vat=None, supplier=None)
    amount = said.to_pay if isinstance(said, content.FinalBill) else said.total
    rates = {line.vat_rate for line in said.lines}
    whole = Vat(amount=said.vat, rate=rates.pop() if len(rates) == 1 else None)
    vat = purposes.share(whole, of=said.total, paid=amount)
    return Bill(document=document, amount=amount, vat=vat, supplier=said.supplier)
