"""Background work of the room: imports that were ordered, and the folder of exchange."""

from __future__ import annotations

from celery import shared_task

from exchange import waiting, watching


@shared_task
def go_on_with(pk: int) -> None:
    """Check, apply or undo one import."""
    waiting.work(pk)


@shared_task
def go_on() -> None:
    """Go on with imports whose worker was not woken or has died."""
    waiting.work_due()


@shared_task
def watch_folder() -> None:
    """Load packages that lie whole in the folder of exchange."""
    watching.look()


@shared_task
def sweep_imports() -> None:
    """Throw away what no import needs any more."""
    waiting.sweep()
