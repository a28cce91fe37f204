"""The cells of a sheet of an XLSX as text."""

from __future__ import annotations

import re
from decimal import Decimal
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from cabinet.sheets import parts, tables
from cabinet.sheets.tables import Limits, SheetRefused, cell_name

_ROWS_MAX = 1_048_576
_COLUMNS_MAX = 16_384
_STYLES_MAX = 65_536
_FORMAT_MAX = 255
_MERGED_MAX = 10_000

_NUMBER = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[Ee][+-]?\d{1,3})?", re.A)
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})", re.A)
_RANGE = re.compile(r"[A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7}", re.A)
# So many digits Excel keeps and shows; what it writes after them is the noise of binary fractions.
_DIGITS = 15
_NUMBER_MAX = Decimal("9.99999999999999E+307")


class String(int):
    """A cell whose text is in the list of texts, under this number."""


class Styles(ContentHandler):
    """xl/styles.xml: which styles of cells show a number as a day or a moment."""

    def __init__(self, *, is_1904: bool) -> None:
        super().__init__()
        self._epoch = MAC_EPOCH if is_1904 else WINDOWS_EPOCH
        self._codes: dict[str, str] = {str(key): code for key, code in BUILTIN_FORMATS.items()}
        self._is_moment: list[bool] = []
        self._is_inside = False

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """An element begins."""
        match parts.local(name):
            case "numFmt" if len(self._codes) < _STYLES_MAX:
                self._codes[attrs.get("numFmtId", "")] = attrs.get("formatCode", "")
            case "cellXfs":
                self._is_inside = True
            case "xf" if self._is_inside and len(self._is_moment) < _STYLES_MAX:
                code = self._codes.get(attrs.get("numFmtId", "0"), "")[:_FORMAT_MAX]
                self._is_moment.append(is_date_format(code) and not is_timedelta_format(code))

    def endElement(self, name: str) -> None:
        """An element ends."""
        if parts.local(name) == "cellXfs":
            self._is_inside = False

    def text(self, raw: str, style: str) -> str:
        """A number's text, or the day or moment that a cell of this style shows for it.

        Raises:
            ValueError: it is no number that a cell can hold.
        """
        number = number_text(raw)
        index = int(style) if style.isdecimal() and len(style) < 7 else 0
        if index < len(self._is_moment) and self._is_moment[index] and number[0] != "-":
            try:
                return _moment_text(str(from_excel(float(number), self._epoch)))
            except OverflowError:
                return number
        return number


def number_text(raw: str) -> str:
    """«0.1» as Excel shows it: fifteen digits, no exponent, no groups, no zeros at the end.

    Raises:
        ValueError: it is no number that a cell can hold.
    """
    if not _NUMBER.fullmatch(raw):
        raise ValueError("no number")
    number = Decimal(raw)
    if abs(number) > _NUMBER_MAX:
        raise ValueError("too large a number")
    if number != number.to_integral_value() and len(number.as_tuple().digits) > _DIGITS:
        number = Decimal(f"{float(number):.{_DIGITS}g}")
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def _moment_text(text: str) -> str:
    """Of «2026-11-30 00:00:00.000» only what says something."""
    return text.partition(".")[0].removesuffix(" 00:00:00")


class SheetCells(ContentHandler):
    """A sheet's part: filled cells by rows, the texts they refer to, what is merged.

    Where the sheet says that it ends is not asked: many programs lie there.
    """

    def __init__(self, limits: Limits, styles: Styles) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[str | String]]] = []
        self.strings: set[int] = set()
        self.merged: list[str] = []
        self._limits = limits
        self._styles = styles
        self._elements = 0
        self._number = 0
        self._index = -1
        self._cells: list[str | String] = []
        self._kind = self._style = ""
        self._has_formula = False
        self._is_data = self._is_value = self._is_phonetic = False
        self._captured = parts.Captured()

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """An element begins."""
        name = parts.local(name)
        if not self._is_data:
            if name == "sheetData":
                self._is_data = True
            elif name == "mergeCell" and _RANGE.fullmatch(attrs.get("ref", "")):
                self._merge(attrs.get("ref", ""))
        elif name == "c":
            self._start_cell(attrs)
        elif name == "row":
            self._start_row(attrs)
        elif name in {"v", "t"}:
            self._is_value = not self._is_phonetic
        elif name == "f":
            self._has_formula = True
        elif name == "rPh":
            self._is_phonetic = True

    def characters(self, content: str) -> None:
        """A piece of a value."""
        if self._is_value:
            self._captured.add(content)

    def endElement(self, name: str) -> None:
        """An element ends."""
        if not self._is_data:
            return
        name = parts.local(name)
        if name in {"v", "t"}:
            self._is_value = False
        elif name == "c":
            self._end_cell()
        elif name == "row":
            self._end_row()
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "sheetData":
            self._is_data = False

    def _count(self) -> None:
        self._elements += 1
        if self._elements > self._limits.elements:
            raise SheetRefused(
                "На листе слишком много оформленных пустых строк или ячеек. Скопируйте таблицу в"
                " новую книгу, сохраните как «Книга Excel (.xlsx)» и загрузите снова."
            )

    def _merge(self, cells: str) -> None:
        if len(self.merged) >= _MERGED_MAX:
            raise SheetRefused(
                "На листе слишком много объединённых ячеек. Отмените объединение и сохраните файл."
            )
        self.merged.append(cells)

    def _start_row(self, attrs: AttributesImpl) -> None:
        self._count()
        number = int(attrs.get("r") or self._number + 1)
        if not self._number < number <= _ROWS_MAX:
            raise ValueError("rows out of order")
        self._number, self._index, self._cells = number, -1, []

    def _end_row(self) -> None:
        if self._cells:
            if len(self.rows) >= self._limits.rows:
                raise tables.too_long(self._limits)
            self.rows.append((self._number, self._cells))
            self._cells = []

    def _start_cell(self, attrs: AttributesImpl) -> None:
        self._count()
        reference = attrs.get("r")
        index = self._index + 1 if reference is None else self._column(reference)
        if not self._index < index < _COLUMNS_MAX:
            raise ValueError("cells out of order")
        self._index = index
        self._kind, self._style = attrs.get("t", "n"), attrs.get("s", "0")
        self._has_formula = False
        self._captured.taken()

    def _column(self, reference: str) -> int:
        found = _REFERENCE.fullmatch(reference)
        if not found or int(found.group(2)) != self._number:
            raise ValueError("a cell of another row")
        index = 0
        for letter in found.group(1):
            index = index * 26 + ord(letter) - ord("A") + 1
        return index - 1

    def _end_cell(self) -> None:
        value = self._value(self._captured.taken())
        if value == "":
            return
        if self._index >= self._limits.columns:
            raise tables.too_wide(self._number, self._index, self._limits)
        self._cells.extend([""] * (self._index - len(self._cells)))
        self._cells.append(value)

    def _value(self, raw: str) -> str | String:
        if self._has_formula and not raw and self._kind != "str":
            raise SheetRefused(
                f"В ячейке {self._name} формула без значения: программа, сохранившая файл, её не"
                " посчитала. Откройте файл в Excel, сохраните его и загрузите снова."
            )
        match self._kind:
            case "s" if raw:
                value = String(raw)
                self.strings.add(value)
                return value
            case "str" | "inlineStr" | "e":
                return parts.plain(raw)
            case "b" if raw:
                return "ИСТИНА" if raw.strip() == "1" else "ЛОЖЬ"
            case "d":
                return _moment_text(raw.replace("T", " ").removesuffix("Z"))
            case _ if raw.strip():
                return self._number_text(raw.strip())
        return ""

    def _number_text(self, raw: str) -> str:
        try:
            return self._styles.text(raw, self._style)
        except ValueError as error:
            raise SheetRefused(
                f"Ячейка {self._name} не читается: вместо числа в ней «{raw[:30]}»."
                " Исправьте её и загрузите файл снова."
            ) from error

    @property
    def _name(self) -> str:
        return cell_name(self._number, self._index)
