"""Background work of the room: PDFs ahead of their first reader, and order among their files."""

from __future__ import annotations

import contextlib

from celery import shared_task

from documents import given, rendering
from documents.models import Document


@shared_task
def render_missing() -> None:
    """Make the newest missing PDFs for most of a minute."""
    rendering.render_missing()


@shared_task
def render_one(document: int) -> None:
    """Make the PDF of one document that somebody wanted to open and that took too long for that."""
    with contextlib.suppress(Document.DoesNotExist, rendering.NotRendered):
        rendering.render_document(document=Document.objects.get(pk=document))


@shared_task
def sweep_orphans() -> None:
    """Throw away PDFs that belong to no document, made here or given by billing."""
    rendering.sweep_orphans()
    given.sweep_orphans()
