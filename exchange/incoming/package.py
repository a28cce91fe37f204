"""A package as it lies: a folder, or a ZIP that is read without being unpacked.

Nothing of a ZIP is written to the disk: its files are read as streams, so a name inside can point
nowhere, and what may come out is measured before the first byte (`cabinet.archives`).
"""

from __future__ import annotations

import contextlib
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from cabinet import archives, formats
from exchange.incoming.errors import PackageError

# The list of contents.
NAME = "manifest.json"
# A month of documents as PDFs beside the tables.
MAX_MEMBERS = 200_000
MAX_BYTES = 20 * 1024**3
# What decompression says of bytes that are none of its own.
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError)


class Package:
    """The files of a package by name; `name` is that of the folder or the ZIP."""

    def __init__(self, name: str) -> None:
        self.name = name

    def size(self, name: str) -> int | None:
        """Bytes of the file called `name`; None: there is no such file in the package."""
        raise NotImplementedError

    def stream(self, name: str) -> IO[bytes]:
        """A file that is there, from its first byte."""
        raise NotImplementedError

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The file's bytes, from the first.

        Raises:
            PackageError: there is no such file, or the ZIP is damaged there.
        """
        if self.size(name) is None:
            raise PackageError("файла нет", file=name)
        try:
            with self.stream(name) as stream:
                yield stream
        except _DAMAGE as error:
            raise PackageError("архив повреждён", file=name) from error
        except OSError as error:
            raise _unreadable(error, name) from error

    def read(self, name: str, *, at_most: int) -> bytes:
        """The whole of a small file; as `open`.

        Raises:
            PackageError: it is larger than `at_most` bytes.
        """
        with self.open(name) as stream:
            content = stream.read(at_most + 1)
        if len(content) > at_most:
            raise PackageError(f"файл больше {formats.file_size(at_most)}", file=name)
        return content


class _Folder(Package):
    """Files that lie in a folder; links that lead out of it are no files of the package."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name)
        self._folder = folder.resolve()

    def size(self, name: str) -> int | None:
        path = self._inside(name)
        return None if path is None else path.stat().st_size

    def stream(self, name: str) -> IO[bytes]:
        return (self._folder / name).open("rb")

    def _inside(self, name: str) -> Path | None:
        with contextlib.suppress(ValueError, OSError):  # no name of a file at all
            path = (self._folder / name).resolve()
            if path.is_relative_to(self._folder) and path.is_file():
                return path
        return None


class _Archive(Package):
    """Files in a ZIP, all in one folder of it or on top."""

    def __init__(self, name: str, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(name)
        self._archive, self._root = archive, root
        self._sizes = {member.filename: member.file_size for member in archive.infolist()}

    def size(self, name: str) -> int | None:
        return self._sizes.get(self._root + name) if name else None

    def stream(self, name: str) -> IO[bytes]:
        return self._archive.open(self._root + name)


@contextmanager
def opened(path: Path, *, name: str = "") -> Iterator[Package]:
    """The package at `path`, called `name` or as it lies.

    Raises:
        PackageError: there is nothing, or it is no ZIP, or one that is not safe to read.
    """
    name = name or path.name
    if path.is_dir():
        yield _Folder(name, path)
        return
    if not path.is_file():
        raise PackageError("такой папки или архива нет", file=name)
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(path.open("rb"))
            files = _members(stream, name)
            _require_safe(files, path.stat().st_size, name)
            archive = stack.enter_context(zipfile.ZipFile(stream))
        except OSError as error:
            raise _unreadable(error, name) from error
        yield _Archive(name, archive, root_of(member.filename for member in files))


def _unreadable(error: OSError, name: str) -> PackageError:
    """The disk, the rights to a file, or the network behind it."""
    return PackageError(f"файл не читается: {error.strerror or error}", file=name)


def _members(stream: IO[bytes], name: str) -> list[zipfile.ZipInfo]:
    try:
        members = archives.members(stream, at_most=MAX_MEMBERS)
    except archives.Damaged as error:
        raise PackageError("это не папка и не архив ZIP, или архив повреждён", file=name) from error
    except archives.TooManyMembers as error:
        raise PackageError(f"в архиве больше {MAX_MEMBERS} файлов", file=name) from error
    return [member for member in members if not member.is_dir()]


def _require_safe(files: list[zipfile.ZipInfo], size: int, name: str) -> None:
    """Refuse what no honest program packs: the words say what."""
    seen: set[str] = set()
    for member in files:
        inner = member.filename
        path = PurePosixPath(inner)
        if path.is_absolute() or ".." in path.parts or "\\" in inner or "\0" in inner:
            raise PackageError(f"имя внутри архива ведёт наружу: «{inner[:100]}»", file=name)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise PackageError(f"внутри архива ссылка, а не файл: «{inner[:100]}»", file=name)
        if member.flag_bits & archives.ENCRYPTED:
            raise PackageError("архив закрыт паролем", file=name)
        if inner in seen:
            raise PackageError(f"файл «{inner[:100]}» в архиве дважды", file=name)
        seen.add(inner)
    allowed = archives.allowance(size, at_most=MAX_BYTES)
    if sum(member.file_size for member in files) > allowed:
        words = f"в распакованном виде больше {formats.file_size(allowed)}"
        raise PackageError(f"архив подозрительно сжат: {words}", file=name)


def root_of(names: Iterable[str]) -> str:
    """The one folder in which the manifest lies, «november/»; empty when it lies on top."""
    found = [name for name in names if PurePosixPath(name).name == NAME]
    highest = min(found, key=lambda name: (name.count("/"), name), default=NAME)
    return highest.removesuffix(NAME)
