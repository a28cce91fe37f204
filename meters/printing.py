"""A submission on paper: the receipt, and the act of reading (акт снятия показаний).

Both state what was handed in as it stood at that moment: the same rows give the same bytes.
"""

from __future__ import annotations

from urllib.parse import unquote

from django.conf import settings
from django.urls import reverse

from cabinet import formats, pdf
from meters import receipts
from meters.models import Submission, SubmissionPaper


def make(paper: SubmissionPaper) -> bytes:
    """The PDF of a paper, from `templates/meters/pdf/<kind>.html`.

    The act has what a primary document must have (402-ФЗ, ст. 9, ч. 2): its name and date, who made
    it, what happened, in which units, and room for position, signature and name.
    """
    submission = paper.submission
    return pdf.render_apart(
        f"meters/pdf/{paper.kind}.html",
        {
            "submission": submission,
            "contract": submission.contract,
            "client": submission.contract.client,
            "contents": receipts.contents(submission),
            "day": formats.day(submission.received_at),
            "address": _address(submission),
        },
        seconds=None,  # a worker makes the long ones
    )


def _address(submission: Submission) -> str:
    """Where the receipt stands for ever, as a person reads and types it."""
    path = reverse("meters:receipt", args=[submission.contract_id, submission.number])
    return f"{settings.SITE_URL}{unquote(path)}"
