"""Background work of the room: PDFs ahead of their first reader, ZIPs, order among the files."""

from __future__ import annotations

import contextlib

from celery import shared_task

from documents import announcing, bundles, given, rendering
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
    """Throw away PDFs and ZIPs that belong to nothing, made here or given by billing."""
    rendering.sweep_orphans()
    given.sweep_orphans()
    bundles.sweep_orphans()


@shared_task
def make_bundle(pk: int) -> None:
    """Make an ordered ZIP, or go on with it."""
    bundles.make(pk)


@shared_task
def make_due_bundles() -> None:
    """Go on with ZIPs that wait, and throw away those that have lain long enough."""
    bundles.make_due()
    bundles.expire()


@shared_task
def announce_new() -> None:
    """Write to people about new documents, as each of them chose."""
    announcing.announce()
