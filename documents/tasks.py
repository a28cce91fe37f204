"""Background work of the room: PDFs ahead of their first reader, and order among their files."""

from __future__ import annotations

from celery import shared_task

from documents import given, rendering


@shared_task
def render_missing() -> None:
    """Make the newest missing PDFs for most of a minute."""
    rendering.render_missing()


@shared_task
def sweep_orphans() -> None:
    """Throw away PDFs that belong to no document, made here or given by billing."""
    rendering.sweep_orphans()
    given.sweep_orphans()
