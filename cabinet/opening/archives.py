"""Opening ZIP archives, and the office documents that are such archives.

Everything is really unpacked, in pieces that are thrown away. One budget of files and bytes holds
for an archive together with the archives inside it, so that nesting wins nothing.
"""

from __future__ import annotations

import re
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, cast

from django.conf import settings

from cabinet import archives, formats
from cabinet.opening import office
from cabinet.opening.unfit import (
    HEAD_BYTES,
    RUNNABLE,
    Unfit,
    damaged,
    is_program,
    is_web_page,
)

# An archive in an archive in an archive: a table that stands in a document that somebody packed.
DEPTH_MAX = 3

# How Office's older files name macros.
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")

_PIECE = 1 << 16
# Parts that are read as a whole, to see what the document says about itself.
_NOTE_MAX_BYTES = 1 << 20
_TEMPORARY_IN_MEMORY = 1 << 20

_LOCAL_HEAD = struct.Struct("<4s5H3L2H")
_UTF8 = 0x800

# Archives that the portal does not look into.
_OTHER_ARCHIVES = frozenset(
    {
        "7z", "ace", "arj", "bz2", "cab", "gz", "iso", "lz", "lzh", "lzma", "rar", "tar", "tbz",
        "tgz", "txz", "xz", "z", "zst",
    }
)  # fmt: skip
_OTHER_MAGIC = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0",
                b"MSCF\0\0\0\0", b"\x28\xb5\x2f\xfd")  # fmt: skip
_UNPACK_ADVICE = "Распакуйте архив и приложите файлы по одному."


@dataclass(kw_only=True)
class Budget:
    """What may still come out of an archive and the archives inside it."""

    members: int
    size: int

    def take_members(self, count: int) -> None:
        """Count files."""
        self.members -= count
        if self.members < 0:
            raise _too_many_members()

    def take_bytes(self, count: int) -> None:
        """Count unpacked bytes."""
        self.size -= count
        if self.size < 0:
            raise Unfit("он распаковывается в слишком большой объём данных", _UNPACK_ADVICE)


@dataclass(kw_only=True)
class _Seen:
    """What an archive holds: its names, and the parts that say what it is."""

    names: set[str] = field(default_factory=set)
    notes: dict[str, bytes] = field(default_factory=dict)


def check(file: IO[bytes], kind: str) -> None:
    """Unpack everything, without keeping it, and look at each file inside.

    Raises:
        Unfit: damaged, encrypted, too large inside, or something inside is not taken.
    """
    size = file.seek(0, 2)
    budget = Budget(
        members=settings.ARCHIVE_MAX_MEMBERS,
        size=archives.allowance(size, at_most=settings.ARCHIVE_MAX_BYTES),
    )
    _check(file, kind, budget, depth=1)


def _check(file: IO[bytes], kind: str, budget: Budget, *, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise Unfit("в нём слишком много архивов один внутри другого", _UNPACK_ADVICE)
    members = _members(file, kind)
    if not members:
        raise Unfit("архив пустой", "Проверьте, что файлы в него попали, и приложите его снова.")
    budget.take_members(len(members))
    seen = _Seen()
    for member in members:
        name = _name(member)
        _check_name(name)
        if member.flag_bits & archives.ENCRYPTED:
            raise Unfit("он защищён паролем", "Снимите защиту и приложите файл ещё раз.")
        if name.lower() in seen.names:
            raise Unfit(f"внутри два файла с именем «{_shown(name)}»", _UNPACK_ADVICE)
        if not member.is_dir():
            seen.names.add(name.lower())
        _look_into(file, member, name, kind, budget, seen, depth)
    office.check(kind, seen.names, seen.notes)


# The list ----------------------------------------------------------------------------------------


def _members(file: IO[bytes], kind: str) -> list[zipfile.ZipInfo]:
    try:
        return archives.members(file, at_most=settings.ARCHIVE_MAX_MEMBERS)
    except archives.Damaged as error:
        raise damaged(kind) from error
    except archives.TooManyMembers as error:
        raise _too_many_members() from error


def _too_many_members() -> Unfit:
    limit = formats.counted(settings.ARCHIVE_MAX_MEMBERS, "файла", "файлов", "файлов")
    return Unfit(f"внутри него больше {limit}", "Разделите архив на несколько.")


def _name(member: zipfile.ZipInfo) -> str:
    """The name with «/» between folders; Windows writes Russian names in cp866 and does not say."""
    name = member.orig_filename
    if not member.flag_bits & _UTF8:
        name = name.encode("cp437", "replace").decode("cp866", "replace")
    return name.replace("\\", "/")


def _shown(name: str) -> str:
    """A name that can stand in a sentence."""
    clean = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    return clean if len(clean) <= 80 else f"…{clean[-79:]}"


def _check_name(name: str) -> None:
    """Refuse names that lead out of the folder where somebody unpacks, or that deceive the eye."""
    parts = name.split("/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in parts:
        raise Unfit(f"файл «{_shown(name)}» внутри него попал бы в чужую папку", _UNPACK_ADVICE)
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in name):
        raise Unfit(
            f"в имени файла «{_shown(name)}» внутри него есть невидимые знаки",
            "Переименуйте этот файл, соберите архив заново и приложите ещё раз.",
        )
    endings = parts[-1].lower().split(".")[1:]
    if any(ending.strip() in RUNNABLE for ending in endings):
        raise Unfit(
            f"внутри него «{_shown(name)}», а программы, веб-страницы и рисунки SVG не принимаются",
            "Уберите этот файл и приложите остальное.",
        )
    if endings and endings[-1].strip() in _OTHER_ARCHIVES:
        raise _other_archive(name)


def _other_archive(name: str) -> Unfit:
    return Unfit(
        f"внутри него архив «{_shown(name)}», который портал не открывает",
        "Распакуйте его и соберите архив ZIP без него.",
    )


# What is inside ----------------------------------------------------------------------------------


def _look_into(
    file: IO[bytes],
    member: zipfile.ZipInfo,
    name: str,
    kind: str,
    budget: Budget,
    seen: _Seen,
    depth: int,
) -> None:
    """Unpack one file to its end; what is an archive itself is opened in its turn."""
    pieces = _unpacked(file, member, kind, budget)
    head = b""
    rest: list[bytes] = []
    for piece in pieces:
        rest.append(piece)
        head += piece
        if len(head) >= HEAD_BYTES:
            break
    _check_head(head[:HEAD_BYTES], name)
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        _open_inner(_chained(rest, pieces), budget, depth)
        return
    note = b"" if name.lower() in office.NOTES else None
    is_ole, tail = head.startswith(archives.OLE), b""
    for piece in _chained(rest, pieces):
        if is_ole and _OLE_MACROS in tail + piece:
            raise office.macros(f"в файле «{_shown(name)}» внутри него есть макросы")
        tail = piece[-len(_OLE_MACROS) :]
        if note is not None:
            note += piece
            if len(note) > _NOTE_MAX_BYTES:
                raise damaged(kind)
    if note is not None:
        seen.notes[name.lower()] = note


def _chained(first: list[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
    yield from first
    yield from rest


def _check_head(head: bytes, name: str) -> None:
    if is_program(head):
        reason = f"файл «{_shown(name)}» внутри него — программа"
        raise Unfit(reason, "Уберите её и приложите остальное.")
    if is_web_page(head):
        reason = f"файл «{_shown(name)}» внутри него — веб-страница или рисунок SVG"
        raise Unfit(reason, "Сохраните его в PDF и соберите архив заново.")
    if head.startswith(_OTHER_MAGIC):
        raise _other_archive(name)


def _open_inner(pieces: Iterator[bytes], budget: Budget, depth: int) -> None:
    """An archive inside: its bytes are counted already, they lie on the disk while it is opened."""
    with tempfile.SpooledTemporaryFile(max_size=_TEMPORARY_IN_MEMORY) as inner:
        for piece in pieces:
            inner.write(piece)
        _check(cast(IO[bytes], inner), "ZIP", budget, depth=depth + 1)


def _unpacked(
    file: IO[bytes], member: zipfile.ZipInfo, kind: str, budget: Budget
) -> Iterator[bytes]:
    """The bytes of one file inside, in pieces, as they really are.

    The size that the archive states is compared at the end, not believed: a reader that stops
    there would not see what another program unpacks.
    """
    method = member.compress_type
    file.seek(member.header_offset)
    head = file.read(_LOCAL_HEAD.size)
    if len(head) < _LOCAL_HEAD.size:
        raise damaged(kind)
    mark, _, flags, own_method, _, _, _, _, _, name_size, extra_size = _LOCAL_HEAD.unpack(head)
    if mark != b"PK\x03\x04" or own_method != method:
        raise damaged(kind)
    if flags & archives.ENCRYPTED:
        raise Unfit("он защищён паролем", "Снимите защиту и приложите файл ещё раз.")
    if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unfit("он сжат способом, который портал не открывает", "Соберите обычный архив ZIP.")
    file.seek(name_size + extra_size, 1)
    size, checksum = 0, 0
    for piece in _inflated(file, member.compress_size, method == zipfile.ZIP_DEFLATED, kind):
        size += len(piece)
        checksum = zlib.crc32(piece, checksum)
        budget.take_bytes(len(piece))
        yield piece
    if size != member.file_size or checksum != member.CRC:
        raise damaged(kind)


def _inflated(file: IO[bytes], left: int, is_deflated: bool, kind: str) -> Iterator[bytes]:
    """`left` bytes of the file, unpacked, at most `_PIECE` at a time."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0:
        packed = file.read(min(left, _PIECE))
        if not packed:
            raise damaged(kind)
        left -= len(packed)
        if not is_deflated:
            yield packed
        while is_deflated and packed:
            try:
                piece = inflater.decompress(packed, _PIECE)
            except zlib.error as error:
                raise damaged(kind) from error
            packed = inflater.unconsumed_tail
            if inflater.unused_data:
                raise damaged(kind)
            if piece:
                yield piece
    while is_deflated and not inflater.eof:
        piece = inflater.decompress(b"", _PIECE)
        if not piece:
            raise damaged(kind)
        yield piece
