"""CSV as people and programs write it, in whatever encoding and with whatever separator."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from cabinet.sheets.guarding import unguarded
from cabinet.sheets.tables import Limits, SheetRefused, Table, gathered

# In this order: with a decimal comma, a comma too gives each line as many columns as the next.
DELIMITERS = ";\t,"
# So much better must a comma be than what stands before it.
_COMMA_WEIGHT = 0.9
_SAMPLE_LINES = 200
# The default of the module csv; its own limit belongs to the whole process, and packages raise it.
_LONGEST_CELL = 131_072

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DELIMITER_LINE = re.compile(r"sep=([;,\t|])\r?\n", re.IGNORECASE)
# Stands after the last line; no text holds it, for control characters are refused.
_END = "\x1a"


def read(content: bytes, limits: Limits) -> Table:
    """The table of a text file.

    Raises:
        SheetRefused: it is no text, a quote is not closed, or it is too large.
    """
    text = _decoded(content)
    if stated := _DELIMITER_LINE.match(text):  # Excel hides this line and does not count it
        delimiter, text = stated.group(1), text[stated.end() :]
    else:
        delimiter = _delimiter(text)
    return Table(rows=gathered(_rows(text, delimiter), limits))


def _decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, UTF-8 when it is, else Windows-1251."""
    encoding, mark = _encoding(content)
    try:
        text = content[len(mark) :].decode(encoding).removesuffix(_END)  # DOS ended its texts so
    except UnicodeDecodeError as error:
        raise _no_text() from error
    if _CONTROLS.search(text):
        raise _no_text()
    return text


def _encoding(content: bytes) -> tuple[str, bytes]:
    """The name of the encoding and the mark at the beginning that says so."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding, mark
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1251", b""
    return "utf-8", b""


def _no_text() -> SheetRefused:
    return SheetRefused(
        "Файл не читается как таблица: в нём не только текст. Сохраните таблицу как"
        " «Книга Excel (.xlsx)» или «CSV UTF-8 (.csv)» и загрузите снова."
    )


def _delimiter(text: str) -> str:
    """The sign that gives most lines the same number of columns; lines of one do not count."""
    best, best_score = DELIMITERS[0], 0.0
    sample = "".join(text.splitlines(keepends=True)[:_SAMPLE_LINES])
    for delimiter in DELIMITERS:
        widths = Counter(_widths(sample, delimiter))
        lines = max((count for width, count in widths.items() if width > 1), default=0)
        score = lines * (_COMMA_WEIGHT if delimiter == "," else 1)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _widths(sample: str, delimiter: str) -> Iterator[int]:
    with contextlib.suppress(csv.Error):  # said with its line when the whole is read
        yield from map(len, csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter))


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows by the numbers that Excel gives them: a line end inside quotes does not count."""
    reader = csv.reader(_lines(text), delimiter=delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                raise SheetRefused(
                    f"В строке {number} открыта кавычка, которая нигде не закрыта. Исправьте эту"
                    " строку или сохраните таблицу как «Книга Excel (.xlsx)»."
                )
            if any(len(cell) > _LONGEST_CELL for cell in cells):
                raise _unreadable(number)
            yield number, [unguarded(cell) for cell in cells]
    except csv.Error as error:
        raise _unreadable(number + 1) from error


def _unreadable(number: int) -> SheetRefused:
    return SheetRefused(
        f"Строка {number} не читается: в ней слишком длинный текст или незакрытая кавычка."
        " Исправьте её или сохраните таблицу как «Книга Excel (.xlsx)»."
    )


def _lines(text: str) -> Iterator[str]:
    yield from io.StringIO(text, newline="")
    if text and not text.endswith(("\n", "\r")):
        yield "\n"
    yield _END
