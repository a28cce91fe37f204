"""Private files: where they lie, and how one is handed out.

Files lie under `MEDIA_ROOT`, outside the web root, under names that nobody can guess and that say
nothing. Who may have a file is decided by the page that calls `hand_out` (contracts/access.py for
clients); this module only knows how, and sweeps out what belongs to nothing.
"""

from __future__ import annotations

import datetime
import logging
import os
import uuid
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.storage.base import Storage
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header

logger = logging.getLogger(__name__)

# No page and no task takes so long between writing a file and committing its row.
ORPHAN_AGE = datetime.timedelta(days=1)
_SWEPT_AT_ONCE = 1000


class PrivateStorage(FileSystemStorage):
    """The file system under `MEDIA_ROOT`; a file in it has no address."""

    def url(self, name: str | None) -> str:
        """Refuse: private files are handed out by pages, never by address.

        Raises:
            ValueError: always.
        """
        raise ValueError("Private files have no address.")


def unguessable_path(folder: str, suffix: str) -> str:
    """A new path in `folder` that tells neither the owner nor the contents.

    Two characters of the name make a level of folders, so that none of them grows without bound.
    """
    name = uuid.uuid4().hex
    return str(PurePosixPath(folder) / name[:2] / f"{name}{suffix}")


def keep(folder: str, suffix: str, content: bytes) -> str:
    """Write `content` into `folder`; its path. It is on the disk before a row names it."""
    path = default_storage.save(unguessable_path(folder, suffix), ContentFile(content))
    settle(Path(default_storage.path(path)))
    return path


def settle(file: Path) -> None:
    """See that a file that was written survives a loss of power, and its name with it.

    The name is in its folder, and the folder's own, which may be new, in the one above.
    """
    for written in (file, file.parent, file.parent.parent):
        descriptor = os.open(written, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def forget(paths: Iterable[str]) -> None:
    """Remove files that no row needs; one that cannot be removed now is swept later."""
    for path in paths:
        try:
            default_storage.delete(path)
        except OSError:
            logger.warning("file %s could not be removed", path, exc_info=True)


def sweep_orphans(folder: str, *, rows: QuerySet[Any]) -> int:
    """Remove files of `folder` older than a day whose path no row of `rows` has; their number.

    What a failed COMMIT or a killed process left behind goes this way.
    """
    if not default_storage.exists(folder):
        return 0
    before = timezone.now() - ORPHAN_AGE
    swept = 0
    for level in default_storage.listdir(folder)[0]:
        names = default_storage.listdir(f"{folder}/{level}")[1]
        paths = [f"{folder}/{level}/{name}" for name in names]
        old = [path for path in paths if default_storage.get_modified_time(path) < before]
        for start in range(0, len(old), _SWEPT_AT_ONCE):
            asked = old[start : start + _SWEPT_AT_ONCE]
            orphans = set(asked) - set(rows.filter(path__in=asked).values_list("path", flat=True))
            forget(orphans)
            swept += len(orphans)
    return swept


def hand_out(
    *, storage: Storage, path: str, filename: str, content_type: str, inline: bool = False
) -> HttpResponseBase:
    """Answer with a stored file under a readable name.

    The proxy sends the bytes where `X_ACCEL_PREFIX` names its internal location, else this process
    does. `inline` lets the browser show it (documents as PDF); everything that a person uploaded is
    an attachment, so that it can never run in the portal's origin.
    """
    response: HttpResponseBase
    if settings.X_ACCEL_PREFIX:
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = settings.X_ACCEL_PREFIX + quote(path)
    else:
        response = FileResponse(storage.open(path, "rb"), content_type=content_type)
    response["Content-Disposition"] = (
        content_disposition_header(not inline, filename) or "attachment"
    )
    if not inline:
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def made_response(content: bytes, *, filename: str, content_type: str) -> HttpResponse:
    """Answer with a file that was made for this request, to be saved under a readable name."""
    disposition = content_disposition_header(True, filename) or "attachment"
    headers = {
        "Content-Disposition": disposition,
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return HttpResponse(content, content_type=content_type, headers=headers)


def pdf_response(content: bytes, *, filename: str, inline: bool = True) -> HttpResponse:
    """Answer with a PDF that was made for this request (receipts, agreements, slips)."""
    headers: dict[str, Any] = {
        "Content-Disposition": content_disposition_header(not inline, filename) or "attachment",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)
