"""Papers of a submission (receipt, act): made once by a worker, stored, never made again.

A thousand rows take WeasyPrint a quarter of a minute, so a page makes only small ones, and only
those that no worker has made yet. What a client has printed is what is kept: size and SHA-256 stand
beside the file.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import logging
import time
from functools import partial

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from cabinet import alone, celery, files
from meters import printing
from meters.models import Submission, SubmissionPaper

logger = logging.getLogger(__name__)

FOLDER = "readings"
# So many readings are a paper for which a person can wait.
SMALL = 100
# Seconds after which a page that waits for a paper is worth another look.
RETRY_AFTER = 30
# A run ends before beat starts the next one.
RUN_SECONDS = 50.0
# A paper that could not be made is not tried by every run; opening it tries at once.
_FORGIVE_AFTER = datetime.timedelta(hours=1)
_BATCH = 100
# Any number that no other advisory lock of the portal uses.
_ONE_RUN = 7_340_101


class NotMade(Exception):
    """There is no PDF to hand out, and why."""

    def __init__(self, paper: SubmissionPaper) -> None:
        """`paper`: the one that was asked for."""
        super().__init__(str(paper))
        self.paper = paper


class MakingFailed(NotMade):
    """The PDF cannot be made; the log says why."""


class BeingMade(NotMade):
    """A worker is making it, or will in a moment."""


def queue(submission: Submission) -> None:
    """Ask for the papers of a submission, in the transaction that stores it."""
    SubmissionPaper.objects.bulk_create(
        [SubmissionPaper(submission=submission, kind=kind) for kind in SubmissionPaper.Kind]
    )
    transaction.on_commit(partial(_wake, submission.pk), robust=True)


def open_paper(*, submission: Submission, kind: str) -> SubmissionPaper:
    """The paper with its stored PDF, for somebody who waits; made now if it is a small one.

    Raises:
        BeingMade: it is not there yet but will be.
        MakingFailed: it cannot be made.
    """
    paper, _ = SubmissionPaper.objects.get_or_create(submission=submission, kind=kind)
    if not paper.path and submission.readings.count() > SMALL:
        _wake(submission.pk)
        raise BeingMade(paper)
    return make_paper(paper)


def make_all(submission: int) -> None:
    """Make the papers of one submission that are not there yet."""
    waiting = SubmissionPaper.objects.missing().filter(submission=submission)
    for paper in waiting.select_related("submission"):
        with contextlib.suppress(NotMade):
            make_paper(paper)


def make_paper(paper: SubmissionPaper) -> SubmissionPaper:
    """The paper with its stored PDF: made now, or found where another process has made it.

    Raises:
        BeingMade: another process holds the row for longer than `lock_timeout`.
        MakingFailed: it cannot be made; nothing is stored but when that was.
    """
    if paper.path:
        return paper
    try:
        return _make_once(paper.pk)
    except MakingFailed:
        SubmissionPaper.objects.missing().filter(pk=paper.pk).update(failed_at=Now())
        raise
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
        raise BeingMade(paper) from error


@transaction.atomic
def _make_once(pk: int) -> SubmissionPaper:
    with connection.cursor() as cursor:
        # A long paper takes longer than a transaction may idle; the row stays locked meanwhile.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
    rows = SubmissionPaper.objects.select_for_update(of=("self",)).select_related(
        "submission__contract__client", "submission__submitted_by"
    )
    paper: SubmissionPaper = rows.get(pk=pk)
    if paper.path:
        return paper
    try:
        content = printing.make(paper)
    except Exception as error:  # whatever was typed: one paper must not stop the others
        logger.exception("paper %s cannot be made", pk)
        raise MakingFailed(paper) from error
    path = files.keep(FOLDER, ".pdf", content)
    try:
        paper.path, paper.size = path, len(content)
        paper.sha256 = hashlib.sha256(content).hexdigest()
        SubmissionPaper.objects.filter(pk=pk).update(
            path=path, size=paper.size, sha256=paper.sha256, made_at=Now(), failed_at=None
        )
    except BaseException:
        files.forget([path])
        raise
    return paper


def make_missing(*, seconds: float = RUN_SECONDS) -> int:
    """Make what is missing, oldest first, for about `seconds`; how many were made.

    Only one such run at a time: the other worker processes stay free for letters.
    """
    with alone.at(_ONE_RUN) as is_ours:
        return _make_until(time.monotonic() + seconds) if is_ours else 0


def _make_until(deadline: float) -> int:
    made, last = 0, 0
    while time.monotonic() < deadline:
        batch = _waiting(after=last)
        if not batch:
            break
        for paper in batch:
            if time.monotonic() >= deadline:
                break
            last = paper.pk
            with contextlib.suppress(NotMade):
                make_paper(paper)
                made += 1
    return made


def _waiting(*, after: int) -> list[SubmissionPaper]:
    """The next papers to make; what failed within the last hour rests."""
    forgiven = Q(failed_at__isnull=True) | Q(failed_at__lt=timezone.now() - _FORGIVE_AFTER)
    waiting = SubmissionPaper.objects.missing().filter(forgiven, pk__gt=after)
    return list(waiting.select_related("submission").order_by("pk")[:_BATCH])


def sweep_orphans() -> int:
    """Remove PDFs older than a day that no paper has; their number."""
    return files.sweep_orphans(FOLDER, rows=SubmissionPaper.objects.exclude(path=""))


def _wake(submission: int) -> None:
    # Not at the top: the tasks know this module.
    from meters.tasks import make_papers

    celery.wake(make_papers, submission)
