"""A table of readings that somebody filled in: which column says what, and its rows as text.

Columns are known by their names, wherever they stand and whatever stands above them. Whose rows
these are says meters/matching.py.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self

from cabinet import formats
from cabinet.sheets import Row, SheetRefused, Table, cell_name

# Lines above the table in which its head is looked for.
_HEAD_WITHIN = 100
# More than any of them is; a row's other texts are only shown.
_TEXT_LENGTH = 120
# Rows that merged cells of an honest table cover, column by column, are fewer than its cells.
_FILLED_AT_MOST = 600_000
_LONG_KEY = 6

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "value": (
        "показание", "показания", "текущее", "текущее показание", "текущие показания",
        "показание текущее", "показания текущие", "новое", "новое показание", "показание новое",
        "новые показания", "показания новые", "конечное показание", "конечные показания",
        "показание конечное", "показание на конец", "показания на конец",
        "показание на конец периода", "показания на конец периода", "показание на конец месяца",
        "показания на конец месяца",
    ),
    "code": ("код строки", "код шкалы", "код регистра", "код в биллинге", "код"),
    "serial": (
        "номер счетчика", "номер прибора учета", "номер прибора", "номер пу", "заводской номер",
        "заводской номер счетчика", "заводской номер прибора учета", "заводской номер пу",
        "зав номер", "зав номер счетчика", "зав номер пу", "серийный номер", "счетчик номер",
        "прибор учета номер",
    ),
    "zone": ("зона", "тарифная зона", "зона суток", "шкала"),
    "energy": ("энергия", "вид энергии"),
    "point": (
        "точка учета", "точка поставки", "точка", "наименование точки учета",
        "наименование точки поставки", "наименование точки", "присоединение",
    ),
    "mark": ("договор и месяц",),
}  # fmt: skip
_FIELDS = {name: field for field, names in _SYNONYMS.items() for name in names}
# What names the register; the merged cells of these are read as if they stood in each row.
_NAMING = ("code", "serial", "zone", "energy", "point")
_TITLES = {"code": "Код строки", "serial": "Номер счётчика", "value": "Показание"}

_MARK = re.compile(
    rf"договор № *(?P<number>[^,]{{1,60}}), *показания за (?P<month>{'|'.join(formats.MONTHS)}) *"
    r"(?P<year>\d{4})",
    re.IGNORECASE,
)
# Longer than the line that names month and contract.
_MARK_LENGTH = 400
_RANGE = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")
_TOTAL = re.compile(r"(?:итог|всего)", re.IGNORECASE)


class FilledRow(NamedTuple):
    """A row as it was read; `number` is Excel's.

    `merged`: the range («J5:J6») that makes the value anybody's guess; `stray`: the cell («C7»)
    outside the naming columns in which a meter's number or code stands: the row was shifted.
    """

    number: int
    code: str = ""
    serial: str = ""
    zone: str = ""
    energy: str = ""
    point: str = ""
    value: str = ""
    merged: str = ""
    stray: str = ""


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A table's rows; `columns`: where a field stands (from 0), `titles`: as its head calls it."""

    columns: dict[str, int]
    titles: dict[str, str]
    rows: list[FilledRow]

    def cell(self, row: FilledRow, field: str) -> str:
        """«J7», the cell of a field in a row; «J» is the column of the value where it has none."""
        return cell_name(row.number, self.columns.get(field, self.columns["value"]))

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return {**asdict(self), "rows": [list(row) for row in self.rows]}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """What `as_json` gave."""
        rows = [FilledRow(*row) for row in stored["rows"]]
        return cls(columns=stored["columns"], titles=stored["titles"], rows=rows)


def key(text: str) -> str:
    """A number or a code as it is compared: no spaces, no case, no «№», no Excel's «.0»."""
    bare = re.sub(r"[\s\u200b\u2060\ufeff№'’`]+", "", text).casefold()
    return re.sub(r"^(\d+)[.,]0+$", r"\1", bare)


def read(table: Table, *, known: Collection[str], contract_number: str, period: str) -> Filled:
    """The filled rows of `table`, for one contract and month («ноябрь 2026»).

    `known`: codes and serial numbers of the contract, as `key` gives them.

    Raises:
        SheetRefused: the columns are not there or ambiguous, the table is of another contract or
            month, or nothing is filled in.
    """
    head, columns, body = _head(table)
    _require_same(table, columns, body, contract_number, period)
    titles = {field: " ".join(head[index].split()) for field, index in columns.items()}
    merged = _unfold(body, table.merged, columns)
    rows = list(_rows(body, columns, merged, known))
    if not any(row.value or row.merged for row in rows):
        column = cell_name(0, columns["value"])[:-1]
        raise SheetRefused(
            f"В столбце {column} «{titles['value']}» нет ни одного значения. Впишите показания,"
            " сохраните файл и загрузите его снова."
        )
    return Filled(columns=columns, titles=titles, rows=rows)


# The head ----------------------------------------------------------------------------------------


def _head(table: Table) -> tuple[list[str], dict[str, int], list[Row]]:
    """The names of the columns, where the fields stand, the rows below.

    A name over several columns names none of them; a head may take two rows.
    """
    rows = table.rows[:_HEAD_WITHIN]
    wide = _wide_cells(table.merged)
    heads = [_names(row, wide) for row in rows]
    for index, names in enumerate(heads):
        if found := _columns(names, rows[index].number):
            return names, found, table.rows[index + 1 :]
    for index, (upper, lower) in enumerate(pairwise(heads)):
        names = [low or up for up, low in zip(upper, lower, strict=True)]
        if found := _columns(names, rows[index + 1].number):
            return names, found, table.rows[index + 2 :]
    raise SheetRefused(
        "В файле не нашлись названия столбцов: нужны «Показание» и «Код строки» или «Номер"
        " счётчика» в одной строке. Скачайте таблицу на этой странице и заполните её."
    )


def _names(row: Row, wide: Collection[str]) -> list[str]:
    return [
        "" if cell_name(row.number, index) in wide else text for index, text in enumerate(row.cells)
    ]


def _wide_cells(merged: Iterable[str]) -> set[str]:
    """The first cells of ranges that go over several columns."""
    found = (_RANGE.fullmatch(cells) for cells in merged)
    return {f"{one[1]}{one[2]}" for one in found if one and one[1] != one[3]}


def _columns(names: list[str], number: int) -> dict[str, int]:
    """Where the fields stand; nothing when these are no names of columns.

    Raises:
        SheetRefused: two columns are called alike.
    """
    found: dict[str, int] = {}
    twice: list[tuple[str, int]] = []
    for index, name in enumerate(names):
        field = _FIELDS.get(_plain(name))
        if field in found:
            twice.append((field, index))
        elif field:
            found[field] = index
    if "value" not in found or not ("code" in found or "serial" in found):
        return {}
    for field, index in twice:
        if field in _TITLES:
            raise SheetRefused(
                f"Два столбца похожи на «{_TITLES[field]}»: ячейки"
                f" {cell_name(number, found[field])} и {cell_name(number, index)}. Оставьте один"
                " или назовите другой иначе."
            )
    return found


def _plain(name: str) -> str:
    """A name without case, signs, units and remarks in brackets."""
    words = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", name.casefold().replace("ё", "е"))
    words = re.sub(r"\bn(?=[ .°]|$)", "номер", words.replace("№", " номер "))
    words = re.sub(r"\bк?в(?:т|ар)[\W_]*ч\b", " ", words)
    return " ".join(re.sub(r"[\W_]+", " ", words).split())


def _require_same(
    table: Table, columns: dict[str, int], body: list[Row], contract_number: str, period: str
) -> None:
    """Refuse what the portal gave out for another contract or month, by the mark it put there."""
    above = table.rows[: len(table.rows) - len(body)]
    marked = [(row.number, index) for row in above for index in range(len(row.cells))]
    if "mark" in columns:
        marked += [(row.number, columns["mark"]) for row in body]
    texts = {row.number: row.cells for row in table.rows}
    for number, index in marked:
        found = _MARK.search(texts[number][index][:_MARK_LENGTH])
        if not found:
            continue
        cell, month = cell_name(number, index), f"{found['month'].lower()} {found['year']}"
        if key(found["number"]) != key(contract_number):
            raise SheetRefused(
                f"Таблица по другому договору: в ячейке {cell} назван договор № {found['number']}."
                f" Это страница договора № {contract_number}."
            )
        if month != period:
            raise SheetRefused(
                f"Таблица за другой месяц: в ячейке {cell} указан {month}, а передаются показания"
                f" за {period}. Скачайте таблицу за {period} на этой странице."
            )


# The rows ----------------------------------------------------------------------------------------


def _unfold(body: list[Row], merged: Iterable[str], columns: dict[str, int]) -> dict[int, str]:
    """Write what merged cells name into each of their rows; the rows whose value is merged.

    Raises:
        SheetRefused: more is merged than a table has cells.
    """
    numbers = [row.number for row in body]
    naming = [columns[field] for field in _NAMING if field in columns]
    unclear: dict[int, str] = {}
    left = _FILLED_AT_MOST
    for cells in merged:
        first, top, last, bottom = _bounds(cells)
        inside = body[bisect_left(numbers, top) : bisect_left(numbers, bottom + 1)]
        left -= len(inside) * (len(naming) + 1)
        if left < 0:
            raise SheetRefused(
                "На листе слишком много объединённых ячеек. Отмените объединение и сохраните файл."
            )
        if first <= columns["value"] <= last and (len(inside) > 1 or first < columns["value"]):
            unclear.update((row.number, cells) for row in inside)
        for index in naming:
            if first == index and inside and inside[0].number == top:
                for row in inside[1:]:
                    row.cells[index] = inside[0].cells[index]
    return unclear


def _bounds(cells: str) -> tuple[int, int, int, int]:
    """First column (from 0), first row, last column, last row of a range."""
    found = _RANGE.fullmatch(cells)
    if not found:
        return 0, 0, 0, 0
    return _index(found[1]), int(found[2]), _index(found[3]), int(found[4])


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _rows(
    body: list[Row], columns: dict[str, int], merged: dict[int, str], known: Collection[str]
) -> Iterator[FilledRow]:
    """Rows that name a register or state a value; headings, totals and repeated heads are none."""
    naming = {columns[field] for field in ("code", "serial") if field in columns}
    for row in body:
        texts = {
            field: " ".join(row.cells[index].split())[:_TEXT_LENGTH]
            for field, index in columns.items()
            if field != "mark"
        }
        if _FIELDS.get(_plain(texts["value"])) == "value" or not any(texts.values()):
            continue
        is_named = bool(texts.get("code") or texts.get("serial"))
        if not is_named and (not texts["value"] or _is_total(row)):
            continue
        named = {key(texts.get("code", "")), key(texts.get("serial", ""))} - {""}
        stray = _stray(row, naming, known) if any(one not in known for one in named) else ""
        yield FilledRow(number=row.number, merged=merged.get(row.number, ""), stray=stray, **texts)


def _is_total(row: Row) -> bool:
    first = next((text.strip() for text in row.cells if text.strip()), "")
    return bool(_TOTAL.match(first))


def _stray(row: Row, naming: Collection[int], known: Collection[str]) -> str:
    """The cell in which a known code or number stands although it is not its column.

    Short ones are not looked for: any value or ratio may look like them.
    """
    for index, text in enumerate(row.cells):
        if index not in naming and len(text) >= _LONG_KEY and key(text) in known:
            return cell_name(row.number, index)
    return ""
