"""Files that people send: what is accepted, by name and by content, and how it is written.

A file is on the disk before a row names it (`cabinet.files` sweeps out what no row names).
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, cast

import filetype
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from cabinet import archives, files, formats, opening


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
# What a scanner or a telephone makes of a paper.
PAPER_KINDS = {ending: KINDS[ending] for ending in ("pdf", "jpg", "jpeg", "png")}

_HEAD_BYTES = 8192
# Characters that turn the order of the others around: with one, «актexe.pdf» may end with «exe».
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Refused(Exception):
    """A file is not taken; the text is a sentence with its name and the reason."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A file that lies in the private storage and has no row yet."""

    name: str
    content_type: str
    size: int
    sha256: str
    path: str

    def as_fields(self) -> dict[str, Any]:
        """The fields of the row that it becomes."""
        return dataclasses.asdict(self)


def labels(kinds: Mapping[str, Kind]) -> str:
    """«PDF, JPEG, PNG»."""
    return ", ".join(dict.fromkeys(kind.label for kind in kinds.values()))


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


def take(upload: UploadedFile, *, folder: str, kinds: Mapping[str, Kind] = KINDS) -> Stored:
    """Look at a file and write it into `folder` of the private storage.

    Raises:
        Refused: it is not of `kinds`, too large, empty, damaged, or not what its name says.
    """
    name = clean_name(upload.name or "")
    kind = _kind(name, kinds)
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
    return _write(folder, name, kind, upload)


def _kind(name: str, kinds: Mapping[str, Kind]) -> Kind:
    stem, _, ending = name.rpartition(".")
    kind = kinds.get(ending.lower()) if stem.strip(" .") else None
    if kind is None:
        raise Refused(
            f"Файл «{name or 'без имени'}» не такого вида, какие принимаются: {labels(kinds)}."
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


def _write(folder: str, name: str, kind: Kind, upload: UploadedFile) -> Stored:
    source = _Hashed(upload)
    path = default_storage.save(files.unguessable_path(folder, ""), source)
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
