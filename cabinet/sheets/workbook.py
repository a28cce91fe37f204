"""Reading a sheet of an XLSX: a stream of rows, of which only what is filled is kept.

openpyxl gives neither the digits that stand in the file, nor merged cells while it streams, nor the
difference between an empty cell and a formula that nobody has calculated, and it makes a row for
each number that a file skips. So the few parts that matter are read here (ECMA-376, part 1, 18.3).
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import Any, TypeVar
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser

from cabinet import archives
from cabinet.sheets import parts
from cabinet.sheets.cells import SheetCells, String, Styles
from cabinet.sheets.guarding import unguarded
from cabinet.sheets.tables import Limits, SheetRefused, Table, gathered

_ODS = b"application/vnd.oasis.opendocument."
_SAVE_AS = "сохраните как «Книга Excel (.xlsx)»"
_FAULTS = (
    zipfile.BadZipFile, zlib.error, SAXException, DefusedXmlException, OSError, EOFError,
    NotImplementedError, RuntimeError, ValueError, LookupError,
)  # fmt: skip
_PIECE = 1 << 16

Handler = TypeVar("Handler", bound=ContentHandler)


def damaged() -> SheetRefused:
    """What is said of a workbook that does not open."""
    return SheetRefused(
        "Файл не открывается как книга Excel: возможно, он повреждён или загрузился не целиком."
        f" Откройте его в Excel, {_SAVE_AS} и загрузите снова."
    )


def read(content: bytes, sheet: str, limits: Limits) -> Table:
    """The table of a workbook: of the sheet called `sheet`, else of the first one in view.

    Raises:
        SheetRefused: it is no workbook, locked, damaged, too large, or a cell cannot be read.
    """
    names = _checked_members(content, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _Workbook(archive, names).table(sheet, limits)
    except _FAULTS as error:
        raise damaged() from error


def _checked_members(content: bytes, limits: Limits) -> dict[str, str]:
    """The archive's names by their lower case, once nothing speaks against unpacking it.

    `zipfile` unpacks no more of a member than the archive says, and compares.
    """
    try:
        members = archives.members(io.BytesIO(content), at_most=limits.members)
    except archives.Damaged as error:
        raise damaged() from error
    except archives.TooManyMembers as error:
        raise _too_large() from error
    if any(member.flag_bits & archives.ENCRYPTED for member in members):
        raise SheetRefused("Файл защищён паролем. Снимите пароль и загрузите файл снова.")
    allowance = archives.allowance(len(content), at_most=limits.unpacked_bytes)
    if sum(member.file_size for member in members) > allowance:
        raise _too_large()
    names = {member.filename.lower(): member.filename for member in members}
    _require_workbook(names, content)
    return names


def _too_large() -> SheetRefused:
    return SheetRefused(
        "Книга слишком велика внутри. Скопируйте нужную таблицу в новую книгу (только значения),"
        f" {_SAVE_AS} и загрузите снова."
    )


def _require_workbook(names: dict[str, str], content: bytes) -> None:
    if "[content_types].xml" not in names:
        if _ODS in content[:200]:
            raise SheetRefused(
                f"Это формат OpenDocument. Откройте файл и {_SAVE_AS.replace('Книга ', '')}."
            )
        raise SheetRefused("Это архив ZIP. Распакуйте его и загрузите саму таблицу.")
    if any(name.endswith("workbook.bin") for name in names):
        raise SheetRefused(f"Это двоичная книга .xlsb. Откройте файл в Excel и {_SAVE_AS}.")
    if "word/document.xml" in names:
        raise SheetRefused(
            "Это документ Word, а нужна таблица. Скопируйте её в Excel и"
            " сохраните как «Книга Excel (.xlsx)»."
        )


class _Workbook:
    """An opened archive whose parts are read one after another."""

    def __init__(self, archive: zipfile.ZipFile, names: dict[str, str]) -> None:
        self.archive = archive
        self.names = names

    def table(self, sheet: str, limits: Limits) -> Table:
        """The sheet's cells, then the texts and kinds of numbers that they refer to."""
        path = self.relations("").of_kind("officeDocument")[0]
        book = self.parse(path, parts.Book())
        relations = self.relations(path)
        tables = [one for one in book.sheets if one.relation in relations.worksheets]
        chosen = _chosen(tables, sheet)
        styles = Styles(is_1904=book.is_1904)
        for part in relations.of_kind("styles"):
            self.parse(part, styles)
        cells = self.parse(relations.worksheets[chosen.relation], SheetCells(limits, styles))
        texts = parts.Texts(cells.strings)
        for part in relations.of_kind("sharedStrings"):
            self.parse(part, texts)
        rows = [
            (number, [_text(value, texts.found) for value in values])
            for number, values in cells.rows
        ]
        return Table(rows=gathered(rows, limits), merged=tuple(cells.merged), sheet=chosen.name)

    def relations(self, path: str) -> parts.Relations:
        """Which parts the part at `path` refers to; the package itself is ""."""
        folder, name = posixpath.split(path)
        relations = parts.Relations(folder)
        return self.parse(posixpath.join(folder, "_rels", f"{name}.rels"), relations)

    def parse(self, path: str, handler: Handler) -> Handler:
        """Feed a part to a handler, piece by piece."""
        parser: Any = make_parser()
        parser.forbid_dtd = True
        parser.setContentHandler(handler)
        with self.archive.open(self.names[path.lower()]) as file:
            while piece := file.read(_PIECE):
                parser.feed(piece)
        parser.close()
        return handler


def _chosen(sheets: list[parts.SheetEntry], name: str) -> parts.SheetEntry:
    in_view = [sheet for sheet in sheets if not sheet.is_hidden]
    if not name:
        if not in_view:
            raise SheetRefused("Все листы книги скрыты. Отобразите лист с таблицей и сохраните.")
        return in_view[0]
    for sheet in sheets:
        if sheet.name.strip().casefold() == name.strip().casefold():
            return sheet
    known = ", ".join(f"«{sheet.name}»" for sheet in in_view[:10])
    raise SheetRefused(f"В книге нет листа «{name}». Есть листы: {known}.")


def _text(value: str | String, texts: dict[int, str]) -> str:
    return unguarded(texts[value] if isinstance(value, String) else value)
