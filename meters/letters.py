"""Letters about a submission: to whoever handed it in, and to the specialist who must look at it.

Both are stored in the transaction that stores the readings: whoever has a number has the letter
coming, and a confirmed doubt cannot miss its specialist.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from accounts import letters
from cabinet import formats
from contracts import supervision
from contracts.models import Topic
from meters import receipts, table, totals
from meters.models import Submission

if TYPE_CHECKING:
    from meters.submitting import Stated

# So many values stand in the specialist's letter, confirmed ones first; all are on the office's
# page of the submission.
SHOWN = 100


def tell(submission: Submission, stated: Sequence[Stated]) -> None:
    """Write to the client that `stated` was taken; to the specialist, if anything is unusual."""
    context = _context(submission, stated)
    if submission.submitted_by.email:
        letters.post(
            "meters/letters/receipt",
            to=submission.submitted_by.email,
            client=submission.contract.client,
            context=context,
        )
    asked = [one for one in stated if one.doubts]
    unusual = asked + [one for one in stated if not one.doubts and one.place.standing]
    if unusual or submission.is_late or submission.correction_reason:
        shown = {
            "unusual": [_unusual(one) for one in unusual[:SHOWN]],
            "unshown": max(0, len(unusual) - SHOWN),
            "office_page": _office_page(submission),
        }
        letters.post(
            "meters/letters/to_specialist",
            to=_specialist_of(submission),
            context={**context, **shown},
        )


def _context(submission: Submission, stated: Sequence[Stated]) -> dict[str, Any]:
    counted = [_counted(one) for one in stated]
    points = {item.point_id for item in counted}
    page = reverse("meters:receipt", args=[submission.contract_id, submission.number])
    return {
        "submission": submission,
        "facts": receipts.facts(submission),
        "handed": receipts.handed_words(len(stated), len(points)),
        "totals": totals.lines(counted),
        "left_out": totals.left_out_words(counted, receipts.removed(submission, points)),
        "month": formats.for_month(submission.period),
        "page": f"{settings.SITE_URL}{page}",
    }


def _counted(one: Stated) -> totals.Counted:
    quantity = one.place.consumption(one.value, is_rollover=one.is_rollover)
    return totals.of_place(one.place, quantity)


def _unusual(one: Stated) -> dict[str, str]:
    """A value to look at: what was asked and answered, and what it replaced."""
    place = one.place
    quantity = place.consumption(one.value, is_rollover=one.is_rollover)
    previous = place.previous_value
    return {
        "name": table.name(place),
        "meter": f"{place.meter} №{formats.NBSP}{place.row.serial}",
        "value": place.display.show(one.value),
        "previous": formats.ABSENT if previous is None else place.display.show(previous),
        "consumption": formats.ABSENT if quantity is None else _energy(quantity, place.unit),
        "asked": receipts.asked_words(one.doubts),
        "explanation": one.explanation,
        "former": _former(one),
    }


def _energy(quantity: Decimal, unit: str) -> str:
    return f"{formats.exact(quantity)}{formats.NBSP}{unit}"


def _former(one: Stated) -> str:
    """«001 100,0, передано, отклонено: нет фото»: what stood until now, and what became of it."""
    standing = one.place.standing
    if standing is None or (standing.value == one.value and not standing.is_rejected):
        return ""
    said = f"{one.place.display.show(standing.value)}, {table.SOURCE_MARKS[standing.source]}"
    return f"{said}, {table.answer_words(standing)}" if standing.is_rejected else said


def _specialist_of(submission: Submission) -> str:
    """The address of whoever answers for meters of the contract; the duty one without a topic."""
    topic = Topic.objects.filter(code=settings.READINGS_TOPIC).first()
    if topic is None:
        return settings.RETAILER.duty_email
    return supervision.supervisor(submission.contract, topic).to


def _office_page(submission: Submission) -> str:
    path = reverse("admin:meters_submission_change", args=[submission.pk])
    return f"{settings.SITE_URL}{path}"
