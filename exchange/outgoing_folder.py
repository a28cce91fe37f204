"""The folder in which billing finds its batches: all of them, in order, each once.

What could not be put there (no folder, no room) goes there the next time.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db.models.functions import Now

from exchange import outgoing, outgoing_files
from exchange.models import OutgoingBatch


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
            outgoing.make(kind=kind)
        except outgoing.NothingNew:
            continue
    batches = list(OutgoingBatch.objects.filter(delivered_at__isnull=True).order_by("pk"))
    for batch in batches:
        for format in settings.EXPORT_FORMATS:
            outgoing_files.write_to(batch, format, Path(settings.EXPORT_FOLDER))
        OutgoingBatch.objects.filter(pk=batch.pk).update(delivered_at=Now())
    return len(batches)
