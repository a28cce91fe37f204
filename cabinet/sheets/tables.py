"""A table that somebody sent: text cells with the numbers of their rows, or a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cabinet import formats

_MIB = 1024 * 1024


class SheetRefused(Exception):
    """The file is not taken; the text is one or two sentences: what is wrong, where, what to do."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How large a table may be. Empty rows and columns do not count.

    `unpacked_bytes` and `members` are of a workbook, which is an archive; `elements`: rows and
    cells that it names, also empty ones, for a sheet may be formatted down to its last row.
    """

    rows: int = 10_000
    columns: int = 60
    file_bytes: int = 10 * _MIB
    unpacked_bytes: int = 100 * _MIB
    members: int = 1_000
    elements: int = 2_500_000


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row with something in it; `number` is the one that Excel shows beside it."""

    number: int
    cells: list[str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows that hold something, each as wide as the widest.

    Text stands as it was typed («12 345,6»), numbers of a workbook with a point and without
    groups («12345.6»), days as «2026-11-30», moments as «2026-11-30 23:59:00». `merged` names the
    ranges («A1:C1») whose value stands in the first cell alone. `sheet` is the sheet's name, empty
    for CSV.
    """

    rows: list[Row]
    merged: tuple[str, ...] = ()
    sheet: str = ""


def cell_name(number: int, index: int) -> str:
    """«D5»: the cell of row `number` (as Excel shows it) in column `index` (from 0)."""
    letters, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{number}"


def gathered(rows: Iterable[tuple[int, Sequence[str]]], limits: Limits) -> list[Row]:
    """The rows that are not empty, of equal width.

    Raises:
        SheetRefused: there are too many rows or columns, or no row at all.
    """
    kept = list(_not_empty(rows, limits))
    if not kept:
        raise SheetRefused(
            "В файле нет ни одной заполненной строки. Проверьте, тот ли файл выбран."
        )
    width = max(len(row.cells) for row in kept)
    for row in kept:
        row.cells.extend([""] * (width - len(row.cells)))
    return kept


def _not_empty(rows: Iterable[tuple[int, Sequence[str]]], limits: Limits) -> Iterator[Row]:
    left = limits.rows
    for number, cells in rows:
        filled = [index for index, text in enumerate(cells) if text and not text.isspace()]
        if not filled:
            continue
        if filled[-1] >= limits.columns:
            raise too_wide(number, filled[-1], limits)
        left -= 1
        if left < 0:
            raise too_long(limits)
        yield Row(number=number, cells=list(cells[: filled[-1] + 1]))


def too_wide(number: int, index: int, limits: Limits) -> SheetRefused:
    """What is said of a filled cell far to the right."""
    return SheetRefused(
        f"В таблице больше {_counted_columns(limits.columns)}: заполнена ячейка"
        f" {cell_name(number, index)}. Оставьте в файле только нужные столбцы."
    )


def too_long(limits: Limits) -> SheetRefused:
    """What is said of a table with too many rows."""
    words = formats.counted(limits.rows, "строки", "строк", "строк")
    return SheetRefused(
        f"В таблице больше {words}. Разделите её на несколько файлов и загрузите их по очереди."
    )


def _counted_columns(number: int) -> str:
    return formats.counted(number, "столбца", "столбцов", "столбцов")
