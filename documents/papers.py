"""A document as PDF: its kind's template, and the few sums that the content leaves to the paper."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from cabinet import pdf
from documents import content
from documents.models import Document


class Sides(NamedTuple):
    """A sum as the supplier's books hold it: debit is the customer's debt."""

    debit: Decimal
    credit: Decimal


def make(document: Document) -> bytes:
    """The PDF of a document, from `templates/documents/pdf/<kind>.html`.

    Raises:
        pydantic.ValidationError: the content is not of the document's kind, or its sums disagree.
        pdf.ForeignResource: the template asks for files that are not the project's.
    """
    stated = content.read(document.kind, document.content)
    return pdf.render(
        f"documents/pdf/{document.kind}.html",
        {"document": document, "content": stated, **_sums(stated)},
    )


def _sums(stated: content.DocumentContent) -> dict[str, Any]:
    if isinstance(stated, content.ReconciliationAct):
        return {
            "opening": _sides(stated.opening_balance),
            "turnover": Sides(
                sum((entry.debit for entry in stated.entries), Decimal(0)),
                sum((entry.credit for entry in stated.entries), Decimal(0)),
            ),
            "closing": _sides(stated.closing_balance),
        }
    if isinstance(stated, content.ConsumptionStatement):
        return {
            "metered_kwh": sum((row.metered_kwh for row in stated.rows), Decimal(0)),
            "losses_kwh": sum((row.losses_kwh for row in stated.rows), Decimal(0)),
            "reading_places": _places(
                [(row.previous, row.current, row.difference) for row in stated.rows]
            ),
            "energy_places": _places(
                [(row.metered_kwh, row.losses_kwh, row.total_kwh) for row in stated.rows]
            ),
        }
    return {}


def _sides(balance: Decimal) -> Sides:
    return Sides(max(balance, Decimal(0)), max(-balance, Decimal(0)))


def _places(rows: Iterable[Iterable[Decimal]]) -> int:
    """The digits after the comma that the most precise of the values needs: columns are aligned."""
    return max((_places_of(value) for row in rows for value in row), default=0)


def _places_of(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
