"""The small parts of an XLSX: what is in the book, which part is where, the texts of its cells."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from openpyxl.utils.escape import unescape

# A cell holds 32 767 characters; of these some are written as «_x000D_».
_TEXT_MAX = 8 * 32_767
_ENTRIES_MAX = 10_000

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?")


def plain(text: str) -> str:
    """Text without Excel's own escapes, and without what no text of the portal may hold."""
    return _CONTROLS.sub("", _LINE_END.sub("\n", unescape(text)))


def local(name: str) -> str:
    """The name of an element without its prefix."""
    return name.rpartition(":")[2]


class Captured:
    """The characters of one cell as they come."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0

    def add(self, piece: str) -> None:
        """Keep a piece.

        Raises:
            ValueError: that is more than a cell holds.
        """
        self._size += len(piece)
        if self._size > _TEXT_MAX:
            raise ValueError("a cell with too much text")
        self._pieces.append(piece)

    def taken(self) -> str:
        """All of it; the next cell begins with nothing."""
        text = "".join(self._pieces)
        self._pieces, self._size = [], 0
        return text


@dataclass(frozen=True, kw_only=True)
class SheetEntry:
    """A sheet in the list of the book; `relation` leads to its part."""

    name: str
    relation: str
    is_hidden: bool


class Book(ContentHandler):
    """xl/workbook.xml: the sheets in their order, and from which year days are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[SheetEntry] = []
        self.is_1904 = False

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """An element begins."""
        if local(name) == "workbookPr":
            self.is_1904 = attrs.get("date1904", "0") in {"1", "true"}
        elif local(name) == "sheet" and len(self.sheets) < _ENTRIES_MAX:
            relation = next((attrs[key] for key in attrs.getNames() if key.endswith(":id")), "")
            self.sheets.append(
                SheetEntry(
                    name=attrs.get("name", ""),
                    relation=relation,
                    is_hidden=attrs.get("state", "visible") != "visible",
                )
            )


class Relations(ContentHandler):
    """A part's `.rels`: which parts it refers to, by kind («styles») and by its own id of them."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self._found: list[tuple[str, str, str]] = []

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """An element begins."""
        if (
            local(name) == "Relationship"
            and attrs.get("TargetMode") != "External"
            and len(self._found) < _ENTRIES_MAX
        ):
            target = posixpath.normpath(posixpath.join("/", self._folder, attrs.get("Target", "")))
            kind = attrs.get("Type", "").rpartition("/")[2]
            self._found.append((kind, attrs.get("Id", ""), target.lstrip("/")))

    def of_kind(self, kind: str) -> list[str]:
        """Paths of the parts of a kind."""
        return [path for found, _, path in self._found if found == kind]

    @property
    def worksheets(self) -> dict[str, str]:
        """Paths of the sheets with cells by the id of the relation; charts have sheets too."""
        return {key: path for kind, key, path in self._found if kind == "worksheet"}


class Texts(ContentHandler):
    """xl/sharedStrings.xml: of all the book's texts those that the sheet needs."""

    def __init__(self, wanted: Collection[int]) -> None:
        super().__init__()
        self.found: dict[int, str] = {}
        self._wanted = wanted
        self._index = -1
        self._is_text = self._is_phonetic = False
        self._captured = Captured()

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """An element begins."""
        match local(name):
            case "si":
                self._index += 1
            case "rPh":
                self._is_phonetic = True
            case "t":
                self._is_text = not self._is_phonetic and self._index in self._wanted

    def endElement(self, name: str) -> None:
        """An element ends."""
        match local(name):
            case "si" if self._index in self._wanted:
                self.found[self._index] = plain(self._captured.taken())
            case "rPh":
                self._is_phonetic = False
            case "t":
                self._is_text = False

    def characters(self, content: str) -> None:
        """A piece of text."""
        if self._is_text:
            self._captured.add(content)
