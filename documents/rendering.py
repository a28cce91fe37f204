"""PDFs of documents: made once, stored, never made again.

What a client has seen is what is kept: size and SHA-256 stand beside the file. A worker makes them
ahead, newest first; a document that is opened before its turn is made at once. Each is made in a
process of its own (cabinet/press). One that cannot be made is marked with the reason and waits for
the office, which may try again (documents/batches.py); the others go on.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from cabinet import alone, celery, files, press
from documents import batches, papers
from documents.models import Batch, Document

logger = logging.getLogger(__name__)

FOLDER = "documents"
# Any numbers that no other advisory lock of the portal uses: one for each run side by side.
_RUNS = 7_340_001
# A run ends before beat starts the next one.
RUN_SECONDS = 50.0
# Whoever opens a document does not wait longer; what needs more is left to a worker.
OPENING_SECONDS = 20.0
_LONGEST_REASON = Document._meta.get_field("failure").max_length


class NotRendered(Exception):
    """There is no PDF to hand out, and why."""


class RenderingFailed(NotRendered):
    """The PDF cannot be made of this content; `failure` of the document says why."""


class BeingRendered(NotRendered):
    """Somebody is making it right now, or will in a moment."""


def render_document(*, document: Document, seconds: float | None = None) -> Document:
    """The document with its stored PDF: made now, or found where another has made it.

    It may take `seconds`, else `PDF_SECONDS`.

    Raises:
        BeingRendered: another process holds the row for longer than `lock_timeout`.
        RenderingFailed: the content does not make a PDF within the limits; the row says why.
        press.TooSlow: it does not within `seconds`; nothing is noted.
    """
    if document.path:
        return document
    if document.failure:
        raise RenderingFailed(str(document))
    rows = Document.objects.filter(pk=document.pk).select_for_update(of=("self",))
    try:
        rendered = _render_one(rows, seconds=seconds)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
        raise BeingRendered(str(document)) from error
    if rendered is None:
        raise Document.DoesNotExist
    if rendered.failure:
        raise RenderingFailed(str(rendered))
    return rendered


def open_document(*, document: Document) -> Document:
    """As `render_document`, for somebody who waits: a long one is left to a worker.

    Raises:
        BeingRendered: it is not there yet but will be.
        RenderingFailed: it cannot be made.
    """
    try:
        return render_document(document=document, seconds=OPENING_SECONDS)
    except press.TooSlow as error:
        # Not at the top: the tasks know this module.
        from documents.tasks import render_one

        celery.wake(render_one, document.pk)
        raise BeingRendered(str(document)) from error


@transaction.atomic
def _render_one(rows: QuerySet[Document], *, seconds: float | None = None) -> Document | None:
    """The first of `rows`, which it locks, with its PDF or its failure; None if there is none."""
    with connection.cursor() as cursor:
        # A long statement takes longer than a page may idle; the row stays locked meanwhile.
        idle = f"{settings.PDF_SECONDS + 300}s"
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = %s", [idle])
    document = rows.select_related("corrects").first()
    if document is None or document.path or document.failure:
        return document
    try:
        made = papers.make_apart(document, seconds=seconds)
    except press.NotMade as error:
        if isinstance(error, press.TooSlow) and seconds is not None:
            raise
        logger.warning("document %s cannot be rendered: %s", document.pk, error)
        document.failure = str(error)[:_LONGEST_REASON]
        Document.objects.filter(pk=document.pk).update(failure=document.failure, failed_at=Now())
        return document
    path = files.unguessable_path(FOLDER, ".pdf")
    with _stored(path, made.content):
        document.path, document.size = path, len(made.content)
        document.sha256 = hashlib.sha256(made.content).hexdigest()
        Document.objects.filter(pk=document.pk).update(
            path=path, size=document.size, sha256=document.sha256, rendered_at=Now()
        )
    return document


@contextlib.contextmanager
def _stored(path: str, content: bytes) -> Iterator[None]:
    """The file stands whole under its name before the row says so, and goes if the row cannot.

    A COMMIT that fails, or a killed process, leaves a file behind: `sweep_orphans` finds it.
    """
    target = Path(default_storage.path(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(target)
        files.settle(target)
        yield
    except BaseException:
        unfinished.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        raise


def sweep_orphans() -> int:
    """Remove PDFs, finished or not, older than a day that no document has; their number."""
    return files.sweep_orphans(FOLDER, rows=Document.objects.exclude(path=""))


def render_missing(*, seconds: float = RUN_SECONDS) -> int:
    """Make what is missing, newest first, for about `seconds`; how many were made.

    `PDF_RUNS` such runs at a time: the other worker processes stay free for letters. A run that
    begins wakes the next one, and one that ends before the work does wakes its successor.
    """
    with _a_run_of_its_own() as is_ours:
        batch = batches.begin() if is_ours else None
        if batch is None or batch.stopped_at:
            return 0
        made, is_over = _render_until(time.monotonic() + seconds, batch)
    if not is_over:
        _wake_another()
    return made


def _render_until(deadline: float, batch: Batch) -> tuple[int, bool]:
    """How many were made, and whether nothing is left to do, or nothing may be done."""
    made = 0
    if settings.PDF_RUNS > 1:
        _wake_another()
    while time.monotonic() < deadline:
        waiting = Document.objects.unrendered().select_for_update(of=("self",), skip_locked=True)
        document = _render_one(waiting)
        if document is None:
            # The last ones are in other hands: whoever ends last closes the batch.
            if not Document.objects.unrendered().exists():
                batches.finish(batch)
            return made, True
        made += bool(document.path)
        if not batches.count(batch, is_made=bool(document.path)):
            return made, True
    return made, False


def _wake_another() -> None:
    # Not at the top: the tasks know this module.
    from documents.tasks import render_missing as task

    celery.wake(task)


@contextlib.contextmanager
def _a_run_of_its_own() -> Iterator[bool]:
    """Whether one of the `PDF_RUNS` places was free; it is taken until the end."""
    places = range(_RUNS, _RUNS + settings.PDF_RUNS)
    with contextlib.ExitStack() as held:
        yield any(held.enter_context(alone.at(place)) for place in places)
