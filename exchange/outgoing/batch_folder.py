"""Batches as files in a folder: by command, and the one in which billing finds all of them.

What could not be put there (no folder, no room) goes there the next time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.db.models.functions import Now

from exchange.models import OutgoingBatch
from exchange.outgoing import batch_files, batching


def put(
    *, kind: str, folder: Path, formats: Sequence[str], again: int | None = None
) -> tuple[OutgoingBatch, list[Path]] | None:
    """Put a batch of what is new into the folder, or batch number `again`; None: nothing is new.

    Without such a folder no batch is made; one whose files did not fit is put there `again`.

    Raises:
        OSError: the folder is not there, or is full.
        OutgoingBatch.DoesNotExist: there is no batch number `again`.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"нет папки {folder}")
    try:
        if again is None:
            batch = batching.make(kind=kind)
        else:
            batch = OutgoingBatch.objects.get(kind=kind, number=again)
    except batching.NothingNew:
        return None
    return batch, _put(batch, formats, folder)


def fill() -> int:
    """Make batches of what is new, and put what is not there yet into `EXPORT_FOLDER`; how many.

    Nothing when none is named. Batches that the office has made go there as well, so that the
    numbers have no gaps. Two at once put the same file there twice, which changes nothing.

    Raises:
        OSError: the folder is not there, or is full.
    """
    if not settings.EXPORT_FOLDER:
        return 0
    folder = Path(settings.EXPORT_FOLDER)
    if not folder.is_dir():
        raise NotADirectoryError(f"нет папки {folder}")
    for kind in OutgoingBatch.Kind.values:
        try:
            batching.make(kind=kind)
        except batching.NothingNew:
            continue
    batches = list(OutgoingBatch.objects.filter(delivered_at__isnull=True).order_by("pk"))
    for batch in batches:
        _put(batch, settings.EXPORT_FORMATS, folder)
        OutgoingBatch.objects.filter(pk=batch.pk).update(delivered_at=Now())
    return len(batches)


def _put(batch: OutgoingBatch, formats: Sequence[str], folder: Path) -> list[Path]:
    """Its files, and when all of them are there a line in the journal for each."""
    paths = [batch_files.write_to(batch, format, folder) for format in formats]
    for format in formats:
        batch_files.journal_leaving(batch, format, folder=str(folder))
    return paths
