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
    return batch, [_put(batch, format, folder) for format in formats]


def fill() -> int:
    """Make batches of what is new, and put what is not there yet into `EXPORT_FOLDER`; how many.

    Nothing without such a folder. Batches that the office has made go there as well, so that the
    numbers have no gaps. Two at once put the same file there twice, which changes nothing.

    Raises:
        OSError: the folder is not there, or is full.
    """
    if not settings.EXPORT_FOLDER:
        return 0
    for kind in OutgoingBatch.Kind.values:
        try:
            batching.make(kind=kind)
        except batching.NothingNew:
            continue
    batches = list(OutgoingBatch.objects.filter(delivered_at__isnull=True).order_by("pk"))
    for batch in batches:
        for format in settings.EXPORT_FORMATS:
            _put(batch, format, Path(settings.EXPORT_FOLDER))
        OutgoingBatch.objects.filter(pk=batch.pk).update(delivered_at=Now())
    return len(batches)


def _put(batch: OutgoingBatch, format: str, folder: Path) -> Path:
    """One file, and a line in the journal that it left."""
    path = batch_files.write_to(batch, format, folder)
    batch_files.journal_leaving(batch, format, folder=str(folder))
    return path
