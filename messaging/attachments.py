"""Files of messages: what is accepted, how it is stored, and how nothing is left behind.

A file is written and on the disk before its row is committed; a file whose row never came is swept
after a day.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

import filetype
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from cabinet import archives, celery, files, formats
from messaging import antivirus, limits, opening
from messaging.models import Attachment, Draft

FOLDER = "attachments"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of file that is accepted; `magic` are the names under which `filetype` knows it."""

    label: str
    content_type: str
    magic: frozenset[str] = frozenset()


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
_JPEG = Kind(label="JPEG", content_type="image/jpeg", magic=frozenset({"jpg"}))
# Office programs write archives that `filetype` does not always tell from a plain ZIP.
KINDS: dict[str, Kind] = {
    "pdf": Kind(label="PDF", content_type="application/pdf", magic=frozenset({"pdf"})),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": Kind(label="PNG", content_type="image/png", magic=frozenset({"png", "apng"})),
    "xlsx": Kind(
        label="XLSX", content_type=f"{_OOXML}.spreadsheetml.sheet", magic=frozenset({"xlsx", "zip"})
    ),
    "docx": Kind(
        label="DOCX",
        content_type=f"{_OOXML}.wordprocessingml.document",
        magic=frozenset({"docx", "zip"}),
    ),
    "ods": Kind(label="ODS", content_type=f"{_ODF}.spreadsheet", magic=frozenset({"ods", "zip"})),
    "odt": Kind(label="ODT", content_type=f"{_ODF}.text", magic=frozenset({"odt", "zip"})),
    "xml": Kind(label="XML", content_type="application/xml"),
    "txt": Kind(label="TXT", content_type="text/plain"),
    "csv": Kind(label="CSV", content_type="text/csv"),
    "zip": Kind(label="ZIP", content_type="application/zip", magic=frozenset({"zip"})),
    "sig": Kind(label="SIG", content_type="application/octet-stream"),
}
KIND_LABELS = ", ".join(dict.fromkeys(kind.label for kind in KINDS.values()))

_HEAD_BYTES = 8192
# Characters that turn the order of the others around: with one, «актexe.pdf» may end with «exe».
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Refused(Exception):
    """A file is not taken; the text is a sentence for the client with its name and the reason."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A file that lies in the private storage and has no row yet: see `record`."""

    name: str
    content_type: str
    size: int
    sha256: str
    path: str

    def as_fields(self) -> dict[str, Any]:
        """The fields of the `Attachment` that it becomes."""
        return dataclasses.asdict(self)


# Taking a file -----------------------------------------------------------------------------------


def store(uploads: Iterable[UploadedFile]) -> tuple[list[Stored], list[str]]:
    """Write the good files; the second list has a sentence for each of the others."""
    stored: list[Stored] = []
    refusals: list[str] = []
    most = settings.ATTACHMENTS_MAX_COUNT
    for number, upload in enumerate(uploads, 1):
        # Opening costs time: what cannot be taken anyway is not opened.
        if number > 3 * most:
            name, limit = clean_name(upload.name or ""), _most_files()
            refusals.append(f"Файл «{name}» не добавлен: к сообщению можно приложить {limit}.")
            continue
        try:
            stored.append(_store(upload))
        except Refused as refusal:
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


def clean_name(raw: str) -> str:
    """A name without folders, control, invisible and direction-changing characters."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", raw)[-1])
    visible = (" " if char.isspace() else char for char in name)
    name = "".join(char for char in visible if unicodedata.category(char)[0] != "C")
    name = " ".join(name.split())
    stem, dot, ending = name.rpartition(".")
    return (
        f"{stem[: 250 - len(ending)]}{dot}{ending}"
        if len(name) > 250 and len(ending) < 20
        else name[:250]
    )


def is_deceptive(char: str) -> bool:
    """Whether a character of a name breaks lines, is a control, or turns the order around."""
    return char in _BIDI or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


def _store(upload: UploadedFile) -> Stored:
    name = clean_name(upload.name or "")
    kind = _kind(name)
    if any(is_deceptive(char) for char in upload.name or ""):
        raise Refused(
            f"В имени файла «{name}» есть невидимые знаки, такие имена бывают у поддельных файлов."
            " Переименуйте файл и приложите его снова."
        )
    size = upload.size or 0
    if size == 0:
        raise Refused(f"Файл «{name}» пустой. Проверьте, что он сохранён, и выберите его снова.")
    if size > settings.ATTACHMENT_MAX_BYTES:
        raise Refused(
            f"Файл «{name}» занимает {formats.file_size(size)}, а можно не больше"
            f" {formats.file_size(settings.ATTACHMENT_MAX_BYTES)}."
            " Сожмите его или разделите на части."
        )
    _check_content(name, kind, upload)
    return _write(name, kind, upload)


def _kind(name: str) -> Kind:
    stem, _, ending = name.rpartition(".")
    kind = KINDS.get(ending.lower()) if stem.strip(" .") else None
    if kind is None:
        raise Refused(
            f"Файл «{name or 'без имени'}» не такого вида, какие принимаются: {KIND_LABELS}."
        )
    if any(part.strip().lower() in opening.RUNNABLE for part in stem.split(".")[1:]):
        raise Refused(
            f"Файл «{name}» назван как программа. Переименуйте его, чтобы в имени была одна точка."
        )
    return kind


def _check_content(name: str, kind: Kind, upload: UploadedFile) -> None:
    """The beginning must be of this kind, then the file must open as it."""
    upload.seek(0)
    head = upload.read(_HEAD_BYTES)
    found = filetype.guess(head)
    if kind.magic and (found is None or found.extension not in kind.magic):
        if archives.is_locked_office_file(upload):
            raise Refused(
                f"Файл «{name}» не принят: он защищён паролем."
                " Снимите защиту и приложите файл ещё раз."
            )
        is_right = False
    else:
        is_right = bool(kind.magic) or found is None
    if not is_right:
        raise Refused(
            f"Содержимое файла «{name}» не похоже на {kind.label}."
            " Сохраните документ заново в этом виде и приложите ещё раз."
        )
    upload.seek(0)
    try:
        opening.check(cast(IO[bytes], upload), kind.label)
    except opening.Unfit as unfit:
        raise Refused(f"Файл «{name}» не принят: {unfit.reason}. {unfit.advice}") from unfit
    upload.seek(0)


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


# Bytes -------------------------------------------------------------------------------------------


class _Hashed(File):
    """A file that sums up its bytes while it is copied."""

    def __init__(self, file: UploadedFile) -> None:
        super().__init__(file)
        self.sha256 = hashlib.sha256()
        self.copied = 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[Any]:
        """The bytes, in pieces."""
        for chunk in super().chunks(chunk_size):
            self.sha256.update(chunk)
            self.copied += len(chunk)
            yield chunk


def _write(name: str, kind: Kind, upload: UploadedFile) -> Stored:
    source = _Hashed(upload)
    path = default_storage.save(files.unguessable_path(FOLDER, ""), source)
    _flush(default_storage.path(path))
    return Stored(
        name=name,
        content_type=kind.content_type,
        size=source.copied,
        sha256=source.sha256.hexdigest(),
        path=path,
    )


def _flush(full_path: str) -> None:
    """Bring a file and its name to the disk: after a power loss its row will be there."""
    for target in (full_path, os.path.dirname(full_path)):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep_orphans() -> int:
    """Remove files older than a day to which no row points; their number."""
    return files.sweep_orphans(FOLDER, rows=Attachment.objects.all())
