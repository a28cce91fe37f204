"""ZIP archives and office documents, as far as they can be judged before anything is unpacked.

Nothing here trusts what a file says about itself: the list of an archive is read in pieces of
bounded size, and what may come out of it is measured against what went in.
"""

from __future__ import annotations

import struct
import zipfile
from typing import IO, Any, cast

# Office's own documents shrink to a twentieth; a hundred times is no document.
RATIO_MAX = 100
_RATIO_FREE_BYTES = 4 * 1024 * 1024

# What Office's older files begin with, and how they name an encrypted document.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED = "EncryptedPackage".encode("utf-16-le")

# The bits of a member that say that it is encrypted.
ENCRYPTED = 0x1 | 0x40 | 0x2000

_PIECE = 1 << 16
# Of an archive's list, for each file it may hold: its line with a long name.
_LIST_LINE_BYTES = 1024


class Damaged(Exception):
    """The file is no archive, or its list cannot be read."""


class TooManyMembers(Exception):
    """There are more files in the archive than are allowed."""


def members(file: IO[bytes], *, at_most: int) -> list[zipfile.ZipInfo]:
    """What the archive says it holds; its list is refused before it fills the memory.

    Raises:
        Damaged: it does not open as an archive.
        TooManyMembers: it holds more than `at_most` files.
    """
    try:
        with zipfile.ZipFile(cast(Any, _ShortReads(file, at_most))) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
        raise Damaged from error
    if len(listed) > at_most:
        raise TooManyMembers
    return listed


def allowance(size: int, *, at_most: int) -> int:
    """How many bytes may come out of an archive of `size` bytes, `at_most` in any case."""
    return min(at_most, max(_RATIO_FREE_BYTES, RATIO_MAX * size))


def is_locked_office_file(file: IO[bytes]) -> bool:
    """Whether this is how Office stores a document under a password."""
    file.seek(0)
    if not file.read(len(OLE)).startswith(OLE):
        return False
    carried = b""
    while piece := file.read(_PIECE):
        if LOCKED in carried + piece:
            return True
        carried = piece[-len(LOCKED) :]
    return False


class _ShortReads:
    """A file of which no more is read at once than a list of `members` files takes."""

    def __init__(self, file: IO[bytes], members: int) -> None:
        self.seek, self.tell = file.seek, file.tell
        self._read = file.read
        self._limit = max(_PIECE * 2, members * _LIST_LINE_BYTES)

    def seekable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """No more than the limit.

        Raises:
            TooManyMembers: there is more.
        """
        read = self._read(self._limit + 1 if size < 0 else min(size, self._limit + 1))
        if len(read) > self._limit:
            raise TooManyMembers
        return read
