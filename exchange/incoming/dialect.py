"""How a file of a package is written: its encoding, its separator, its decimal sign.

The manifest may say encoding and separator of all files. Where it does not, each file is looked at:

* encoding: a mark of UTF-8 at the beginning, or text that is UTF-8 from the first to the last
  byte, is UTF-8. Else it is cp1251 or cp866, whichever makes letters of more of the first 64 KB
  of bytes that are not ASCII: in Russian text small letters prevail, and the two encodings have
  them in different places;
* separator: the one by which the header falls apart into the most columns of the table.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from django.db import models

from exchange.incoming.declaration import Table
from exchange.incoming.errors import PackageError
from exchange.incoming.manifest import Manifest
from exchange.incoming.package import Package

Encoding = Literal["utf-8", "cp1251", "cp866"]
# What PostgreSQL calls them.
OF_POSTGRES = {"utf-8": "UTF8", "cp1251": "WIN1251", "cp866": "WIN866"}
SEPARATORS = (";", ",", "\t")
# A column that may stand in any file: why a row was refused, as the portal wrote it there.
REASON = "причина"

_BLOCK = 1 << 16
# Of one value: a statement of 100,000 registers has 40 MB.
LONGEST_VALUE = 1 << 27
# Of the first line, in characters: it holds names of columns.
_LONGEST_HEADER = 1 << 16
_LOOKED_AT_ROWS = 100
# Letters that no other bytes of the encoding mean: ordinary Russian text is almost all of these.
_LETTERS = {
    "cp1251": frozenset(range(0xC0, 0x100)) | {0xA8, 0xB8},
    "cp866": frozenset(range(0x80, 0xB0)) | frozenset(range(0xE0, 0xF2)),
}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How one file is written. `has_commas`: of its first rows some number has a decimal comma."""

    encoding: Encoding
    separator: str
    header: tuple[str, ...]
    has_commas: bool


def of_file(package: Package, table: Table, stated: Manifest) -> Dialect:
    """How the file of `table` is written; as `of`, with what the manifest says."""
    return of(package, table.file_name, table, stated.encoding, stated.separator)


def of(
    package: Package,
    name: str,
    table: Table,
    encoding: Encoding | None = None,
    separator: str | None = None,
) -> Dialect:
    """How the file called `name`, with rows of `table`, is written.

    Raises:
        PackageError: the encoding cannot be told, or the header is not the table's.
    """
    encoding = encoding or _encoding(package, name)
    with text(package, name, encoding) as stream:
        first = stream.readline(_LONGEST_HEADER)
    if len(first) == _LONGEST_HEADER:
        raise PackageError("это не таблица: нет конца первой строки", file=name, row=1)
    separator = separator or _separator(first, table)
    with text(package, name, encoding) as stream:
        read = rows(stream, separator)
        try:
            header = tuple(cell.strip() for cell in next(read, []))
            _require_columns(header, table, name)
            has_commas = _has_commas(read, header, table)
        except csv.Error as error:
            raise PackageError(f"не читается: {error}", file=name, row=1) from error
    return Dialect(encoding=encoding, separator=separator, header=header, has_commas=has_commas)


@contextmanager
def text(package: Package, name: str, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The file as text; bytes that are none of the encoding come as lone surrogates.

    Raises:
        PackageError: there is no such file.
    """
    own = "utf-8-sig" if encoding == "utf-8" else encoding
    with package.open(name) as stream:
        wrapped = io.TextIOWrapper(stream, encoding=own, errors="surrogateescape", newline="")
        try:
            yield wrapped
        finally:
            wrapped.detach()


def rows(stream: io.TextIOWrapper, separator: str) -> Iterator[list[str]]:
    """The file's rows, its header first; long values are read, also by this process's others."""
    if csv.field_size_limit() < LONGEST_VALUE:
        csv.field_size_limit(LONGEST_VALUE)
    return csv.reader(_lines(stream), delimiter=separator, strict=True)


def _lines(stream: io.TextIOWrapper) -> Iterator[str]:
    """Its lines, as long as they are lines: what has no end is not read into the memory."""
    while line := stream.readline(LONGEST_VALUE):
        if len(line) == LONGEST_VALUE:
            raise csv.Error("нет конца строки")
        yield line


def _encoding(package: Package, name: str) -> Encoding:
    seen = b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with package.open(name) as stream:
        try:
            while block := stream.read(_BLOCK):
                seen = seen or _foreign(block)
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            seen = (seen + _foreign(stream.read(_BLOCK)))[:_BLOCK]
        else:
            return "utf-8"
    found = {encoding: sum(byte in own for byte in seen) for encoding, own in _LETTERS.items()}
    if found["cp1251"] == found["cp866"]:
        raise PackageError(
            "кодировку не определить: укажите её в описи (encoding: utf-8, cp1251 или cp866)",
            file=name,
        )
    return "cp1251" if found["cp1251"] > found["cp866"] else "cp866"


def _foreign(block: bytes) -> bytes:
    """Its bytes that are not ASCII."""
    return block.translate(None, bytes(range(0x80)))


def _separator(header: str, table: Table) -> str:
    known = set(table.columns)

    def columns(separator: str) -> int:
        cells = next(csv.reader([header], delimiter=separator), [])
        return sum(cell.strip() in known for cell in cells)

    return max(SEPARATORS, key=columns)


def _require_columns(header: tuple[str, ...], table: Table, file: str) -> None:
    def refuse(words: str) -> PackageError:
        return PackageError(words, file=file, row=1)

    own = [name for name in header if name != REASON]
    if unknown := [name for name in own if name not in table.columns]:
        raise refuse(f"неизвестный столбец «{unknown[0]}»")
    if missing := [name for name in table.required if name not in own]:
        raise refuse(f"нет столбца «{missing[0]}»")
    if len(header) != len(set(header)):
        raise refuse("столбец повторяется")


def _has_commas(rows: Iterator[list[str]], header: tuple[str, ...], table: Table) -> bool:
    numbers = {field.name for field in table.values if isinstance(field, models.DecimalField)}
    places = [place for place, name in enumerate(header) if name in numbers]
    if not places:
        return False
    looked_at = itertools.islice(rows, _LOOKED_AT_ROWS)
    return any("," in row[place] for row in looked_at for place in places if place < len(row))
