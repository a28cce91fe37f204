"""Files of messages: what is accepted, how it is stored, and how nothing is left behind.

A file is written and on the disk before its row is committed; a file whose row never came is swept
after a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from cabinet import accepting, antivirus, celery, files, formats
from cabinet.accepting import Stored
from messaging import limits
from messaging.models import Attachment, Draft

FOLDER = "attachments"


def store(uploads: Iterable[UploadedFile]) -> tuple[list[Stored], list[str]]:
    """Write the good files; the second list has a sentence for each of the others."""
    stored: list[Stored] = []
    refusals: list[str] = []
    most = settings.ATTACHMENTS_MAX_COUNT
    for number, upload in enumerate(uploads, 1):
        # Opening costs time: what cannot be taken anyway is not opened.
        if number > 3 * most:
            name, limit = accepting.clean_name(upload.name or ""), _most_files()
            refusals.append(f"Файл «{name}» не добавлен: к сообщению можно приложить {limit}.")
            continue
        try:
            stored.append(accepting.take(upload, folder=FOLDER))
        except accepting.Refused as refusal:
            refusals.append(str(refusal))
    return stored, refusals


def attach(draft: Draft, stored: Iterable[Stored]) -> tuple[list[str], list[Stored]]:
    """Give stored files to a draft, within its limits and the day's; call it in a transaction.

    Returns sentences about those beyond the limits, and the files that the draft does not need:
    these and repeats of what it already has.
    """
    refusals: list[str] = []
    unused: list[Stored] = []
    present = list(draft.attachments.all())
    room = limits.room_for_files(draft.author)
    for file in stored:
        if any((file.name, file.sha256) == (one.name, one.sha256) for one in present):
            unused.append(file)
        elif refusal := _beyond_limits(file, present):
            refusals.append(refusal)
            unused.append(file)
        elif file.size > room:
            refusals.append(_beyond_day(file, room))
            unused.append(file)
        else:
            present += record([file], draft=draft, uploaded_by=draft.author)
            room -= file.size
    return refusals, unused


def record(stored: Iterable[Stored], **owner: Any) -> list[Attachment]:
    """Give stored files their rows; `owner`: draft or message, entry, uploaded_by.

    With an antivirus they wait for it, and a worker is woken after COMMIT.
    """
    scan = Attachment.Scan.PENDING if antivirus.is_on() else Attachment.Scan.OFF
    rows = [Attachment.objects.create(**owner, **file.as_fields(), scan=scan) for file in stored]
    if rows and scan == Attachment.Scan.PENDING:
        transaction.on_commit(_wake_scanner, robust=True)
    return rows


def _wake_scanner() -> None:
    from messaging import tasks

    celery.wake(tasks.scan_pending)


def _most_files() -> str:
    """«10 файлов»."""
    return formats.counted(settings.ATTACHMENTS_MAX_COUNT, "файл", "файла", "файлов")


def _beyond_limits(file: Stored, present: list[Attachment]) -> str:
    """Why a message with these files cannot take one more, or an empty string."""
    total = file.size + sum(one.size for one in present)
    if len(present) >= settings.ATTACHMENTS_MAX_COUNT:
        limit = _most_files()
        reason = f"к сообщению можно приложить {limit}"
    elif total > settings.ATTACHMENTS_MAX_BYTES:
        limit = formats.file_size(settings.ATTACHMENTS_MAX_BYTES)
        reason = f"с ним вложения займут {formats.file_size(total)}, а можно не больше {limit}"
    else:
        return ""
    return f"Файл «{file.name}» не добавлен: {reason}. Отправьте его отдельным сообщением."


def _beyond_day(file: Stored, room: int) -> str:
    """Why the account cannot attach it today."""
    limit = formats.file_size(settings.ATTACHMENTS_BYTES_PER_DAY)
    left = f"осталось {formats.file_size(room)}" if room else "сегодня они исчерпаны"
    return (
        f"Файл «{file.name}» не добавлен: за сутки можно приложить не больше {limit}, {left}."
        f" Приложите его завтра или позвоните: {settings.RETAILER.phone}."
    )


def sweep_orphans() -> int:
    """Remove files older than a day to which no row points; their number."""
    return files.sweep_orphans(FOLDER, rows=Attachment.objects.all())
