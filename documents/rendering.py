"""PDFs of documents: made once, stored, never made again.

What a client has seen is what is kept: size and SHA-256 stand beside the file. A worker makes them
ahead, newest first; a document that is opened before its turn is made at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now

from cabinet import files
from documents import papers
from documents.models import Document

logger = logging.getLogger(__name__)

FOLDER = "documents"
# Any number that no other advisory lock of the portal uses.
_ONE_RUN = 7_340_001
# A run ends before beat starts the next one.
RUN_SECONDS = 50.0
_BATCH = 100
# A document that cannot be made is not tried by every run; opening it tries at once.
_FAILED = "documents.rendering.failed"
_FORGIVE_AFTER = 3600


class NotRendered(Exception):
    """There is no PDF to hand out, and why."""


class RenderingFailed(NotRendered):
    """The PDF cannot be made of this content; the log says why."""


class BeingRendered(NotRendered):
    """Another process is making it right now and has not finished in time."""


def render_document(*, document: Document) -> Document:
    """The document with its stored PDF: made now, or found where another has made it.

    Raises:
        BeingRendered: another process holds the row for longer than `lock_timeout`.
        RenderingFailed: the content does not make a PDF; nothing is stored.
    """
    if document.path:
        return document
    try:
        return _render_once(document.pk)
    except (NotRendered, Document.DoesNotExist):
        raise
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
        raise BeingRendered(str(document)) from error


@transaction.atomic
def _render_once(pk: int) -> Document:
    with connection.cursor() as cursor:
        # A long statement takes longer than a page may idle; the row stays locked meanwhile.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
    document = Document.objects.select_for_update(of=("self",)).get(pk=pk)
    if document.path:
        return document
    try:
        content = papers.make(document)
    except Exception as error:  # whatever billing sent: one document must not stop the others
        logger.exception("document %s cannot be rendered", pk)
        raise RenderingFailed(str(document)) from error
    path = files.unguessable_path(FOLDER, ".pdf")
    with _stored(path, content):
        document.path, document.size = path, len(content)
        document.sha256 = hashlib.sha256(content).hexdigest()
        Document.objects.filter(pk=pk).update(
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
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
        _settle(target.parent)
        yield
    except BaseException:
        unfinished.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        raise


def _settle(folder: Path) -> None:
    """A new name survives a loss of power only when its folder was written too."""
    for written in (folder, folder.parent):
        descriptor = os.open(written, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep_orphans() -> int:
    """Remove PDFs, finished or not, older than a day that no document has; their number."""
    return files.sweep_orphans(FOLDER, rows=Document.objects.exclude(path=""))


def render_missing(*, seconds: float = RUN_SECONDS) -> int:
    """Make what is missing, newest first, for about `seconds`; how many were made.

    Only one such run at a time: the other worker processes stay free for letters.
    """
    with _the_only_run() as is_ours:
        return _render_until(time.monotonic() + seconds) if is_ours else 0


def _render_until(deadline: float) -> int:
    known_failures = set(cache.get(_FAILED, ()))
    failed: set[int] = set()
    made = 0
    while time.monotonic() < deadline:
        missing = Document.objects.unrendered().exclude(pk__in=known_failures | failed)
        batch = list(missing.defer("content")[:_BATCH])
        if not batch:
            break
        for document in batch:
            if time.monotonic() >= deadline:
                break
            try:
                render_document(document=document)
                made += 1
            except (NotRendered, Document.DoesNotExist):
                failed.add(document.pk)
    if failed:
        cache.set(_FAILED, sorted(known_failures | failed), _FORGIVE_AFTER)
    return made


@contextlib.contextmanager
def _the_only_run() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_RUN])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_RUN])
