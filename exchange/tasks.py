"""Background work of the room: files of batches, the folder in which billing finds them."""

from __future__ import annotations

from celery import shared_task

from exchange import outgoing_files, outgoing_folder


@shared_task
def write_files(batch: int) -> None:
    """Write the files of a batch before somebody asks for them."""
    outgoing_files.write_all(batch)


@shared_task
def export_to_folder() -> None:
    """Make batches of what is new and put into the folder what it lacks."""
    outgoing_folder.fill()


@shared_task
def sweep_orphaned_files() -> None:
    """Throw away files that belong to no batch."""
    outgoing_files.sweep_orphans()
