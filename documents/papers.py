"""A document as PDF: its kind's template, and the few sums that the content leaves to the paper."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from pydantic import ValidationError

from cabinet import formats, payment_qr, pdf, press
from documents import content, content_errors, content_parts
from documents.mirror import NOTHING, Row, Section, Sides
from documents.models import Document

# What a paper says of a document and of the one that it corrects.
_OF_BOTH = ("kind", "title", "number", "issued_on")
_OF_ITSELF = ("period", "published_at", "content")
_DAYS = ("issued_on", "period")


class Unprintable(Exception):
    """The content is not of the document's kind, or its sums disagree; `words` say where."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def make_apart(document: Document, *, seconds: float | None = None) -> press.Made:
    """The PDF of a document, made in a process of its own (cabinet/press) in so many seconds.

    Raises:
        press.NotMade: it cannot be made, or not within the limits; the text says why.
    """
    corrected = document.corrects
    packed = {
        "document": {name: getattr(document, name) for name in (*_OF_BOTH, *_OF_ITSELF)},
        "corrected": {name: getattr(corrected, name) for name in _OF_BOTH} if corrected else None,
    }
    argument = json.dumps(packed, cls=_Exactly, ensure_ascii=False).encode()
    return press.make("documents.papers:make_packed", argument, seconds=seconds)


def prepare() -> None:
    """What the process that forks for each paper loads once (cabinet/press)."""
    pdf.prepare("documents/pdf")


def make_packed(argument: bytes) -> bytes:
    """What `make_apart` packed as PDF; runs in the paper's own process, without a database.

    Raises:
        Unprintable: the content is not of the document's kind, or its sums disagree.
    """
    packed = json.loads(argument)
    document = _unpacked(packed["document"])
    document.published_at = datetime.datetime.fromisoformat(packed["document"]["published_at"])
    if packed["corrected"]:
        document.corrects = _unpacked(packed["corrected"])
    try:
        return make(document)
    except ValidationError as error:
        schema = content.SCHEMAS[document.kind]
        raise Unprintable(f"Содержание: {content_errors.explain(error, schema)}.") from error


class _Exactly(DjangoJSONEncoder):
    """Moments with their microseconds, so that the paper is the same wherever it is made."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime.datetime) else super().default(o)


def _unpacked(values: dict[str, Any]) -> Document:
    days = {name: datetime.date.fromisoformat(values[name]) for name in _DAYS if name in values}
    return Document(**{**values, **days})


def make(document: Document) -> bytes:
    """The PDF of a document, from `templates/documents/pdf/<kind>.html`.

    Raises:
        pydantic.ValidationError: the content is not of the document's kind, or its sums disagree.
        pdf.ForeignResource: the template asks for files that are not the project's.
    """
    stated = content.read(document.kind, document.content)
    return pdf.render(
        f"documents/pdf/{document.kind}.html",
        {
            "document": document,
            "content": stated,
            "signs": stated.signatories or settings.RETAILER,
            **_sums(stated),
        },
    )


def _sums(stated: content.DocumentContent) -> dict[str, Any]:
    if isinstance(stated, content.ReconciliationAct):
        return {"section": _mirror(stated)}
    if isinstance(stated, content.ConsumptionStatement):
        return {
            "metered_kwh": sum((row.metered_kwh for row in stated.rows), Decimal(0)),
            "to_pay": max(stated.closing_balance, Decimal(0)) + stated.late_fee,
            "losses_kwh": sum((row.losses_kwh for row in stated.rows), Decimal(0)),
            "reading_places": _places(
                [(row.previous, row.current, row.difference) for row in stated.rows]
            ),
            "energy_places": _places(
                [(row.metered_kwh, row.losses_kwh, row.total_kwh) for row in stated.rows]
            ),
        }
    if isinstance(stated, content.PlannedBill | content.FinalBill):
        return {"qr": _qr(stated)}
    return {}


def _qr(bill: content.PlannedBill | content.FinalBill) -> str:
    """The code by which a bank's program takes the bill; empty where there is nothing to pay."""
    amount = bill.total if isinstance(bill, content.PlannedBill) else bill.to_pay
    to: content_parts.Party = bill.supplier
    payment = payment_qr.Payment(
        payee=to.name,
        account=to.account,
        bank=to.bank,
        bic=to.bic,
        correspondent_account=to.correspondent_account,
        amount=amount,
        purpose=bill.purpose,
        payee_inn=to.inn,
        payee_kpp=to.kpp,
        payer_inn=bill.customer.inn,
        contract=bill.contract_number,
    )
    try:
        return payment_qr.svg(payment)
    except payment_qr.Unpayable:  # no debt, or billing states no account: a bill without a code
        return ""


def _mirror(act: content.ReconciliationAct) -> Section:
    return Section(
        opening=Sides.of(act.opening_balance),
        turnover=Sides(
            sum((entry.debit for entry in act.entries), NOTHING),
            sum((entry.credit for entry in act.entries), NOTHING),
        ),
        rows=[
            Row(
                date=formats.day(entry.date),
                title=entry.title,
                debit=formats.amount(entry.debit) if entry.debit else "",
                credit=formats.amount(entry.credit) if entry.credit else "",
            )
            for entry in act.entries
        ],
    )


def _places(rows: Iterable[Iterable[Decimal]]) -> int:
    """The digits after the comma that the most precise of the values needs: columns are aligned."""
    return max((_places_of(value) for row in rows for value in row), default=0)


def _places_of(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
