"""Background work of the room: imports, orders, files of batches, the folders of exchange."""

from __future__ import annotations

from celery import shared_task

from exchange.incoming import waiting, watching
from exchange.outgoing import batch_files, batch_folder, orders


@shared_task
def write_files(batch: int) -> None:
    """Write the files of a batch before somebody asks for them."""
    batch_files.write_all(batch)


@shared_task
def export_to_folder() -> None:
    """Make batches of what is new and put into the folder what it lacks."""
    batch_folder.fill()


@shared_task
def sweep_orphaned_files() -> None:
    """Throw away files that belong to no batch, and answers that nobody will ask for."""
    batch_files.sweep_orphans()
    orders.sweep()


@shared_task
def carry_out(pk: int) -> None:
    """Make a batch, or take an answer, as it was ordered."""
    orders.carry_out(pk)


@shared_task
def go_on_with(pk: int) -> None:
    """Check, apply or undo one import."""
    waiting.work(pk)


@shared_task
def go_on() -> None:
    """Go on with orders and imports whose worker was not woken or has died."""
    orders.carry_out_due()
    waiting.work_due()


@shared_task
def watch_folder() -> None:
    """Load packages that lie whole in the folder of exchange."""
    watching.look()


@shared_task
def sweep_imports() -> None:
    """Throw away what no import needs any more."""
    waiting.sweep()
