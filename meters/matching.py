"""Which register each row of an uploaded table means, or why it means none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from cabinet import formats
from meters import table
from meters.entering import Typed
from meters.filled import Filled, FilledRow, key
from meters.inventory import Inventory, Place

_ZONES: dict[str, tuple[str, ...]] = {
    "сутки": ("total",), "круглосуточно": ("total",), "круглосуточная": ("total",),
    "общая": ("total",), "общее": ("total",), "сумма": ("total",), "всего": ("total",),
    "σ": ("total",), "total": ("total",), "т0": ("total",),
    "пик": ("peak",), "пиковая": ("peak",), "peak": ("peak",),
    "полупик": ("half_peak",), "полупиковая": ("half_peak",), "half_peak": ("half_peak",),
    "т3": ("half_peak",),
    "день": ("day",), "дневная": ("day",), "day": ("day",), "т1": ("day", "peak"),
    "ночь": ("night",), "ночная": ("night",), "night": ("night",), "т2": ("night",),
}  # fmt: skip
_ENERGIES: dict[str, str] = {
    "a+": "A+", "a": "A+", "активная": "A+", "активнаяприем": "A+",
    "a-": "A-", "активнаяотдача": "A-", "p+": "A+", "p-": "A-", "q+": "R+", "q-": "R-",
    "r+": "R+", "r": "R+", "реактивная": "R+", "реактивнаяприем": "R+",
    "r-": "R-", "реактивнаяотдача": "R-",
}  # fmt: skip
_Found = TypeVar("_Found")
_CYRILLIC = str.maketrans("ар", "ap")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?: .*)?|\d{1,2}\.\d{1,2}\.\d{2,4}")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with a row, and in which cell («J7»); an empty cell means the whole row."""

    cell: str
    title: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Matched:
    """A row with the register that it means, or with what is wrong."""

    row: FilledRow
    cell: str
    place: Place | None = None
    problem: Problem | None = None

    @property
    def is_stated(self) -> bool:
        """Whether it says a value for a register that is asked for."""
        return self.place is not None and self.problem is None and bool(self.row.value)


def known_keys(inventory: Inventory) -> set[str]:
    """Codes and serial numbers of the contract as `meters.filled.read` wants them."""
    places = inventory.places
    return {key(place.row.register_code) for place in places} | {
        key(place.row.serial) for place in places
    }


def match(filled: Filled, inventory: Inventory) -> list[Matched]:
    """Every row, in the file's order, with its register or what is wrong with it."""
    finder = _Finder(filled, inventory)
    matched = [finder.matched(row) for row in filled.rows]
    numbers: dict[int, list[int]] = {}
    for one in matched:
        if one.is_stated and one.place:
            numbers.setdefault(one.place.register_id, []).append(one.row.number)
    return [_alone(one, numbers) for one in matched]


def typed(matched: Iterable[Matched]) -> dict[int, Typed]:
    """The values by the register's key, as the table of readings would have them."""
    return {
        one.place.register_id: Typed(value=one.row.value)
        for one in matched
        if one.is_stated and one.place
    }


def _alone(one: Matched, numbers: dict[int, list[int]]) -> Matched:
    """The row, or what is wrong when other rows state a value for the same register."""
    if not (one.is_stated and one.place):
        return one
    same = (str(row) for row in numbers[one.place.register_id] if row != one.row.number)
    others = list(islice(same, 5))
    if not others:
        return one
    rows = f"в строке {others[0]}" if len(others) == 1 else f"в строках {', '.join(others)}"
    problem = Problem(
        cell=one.cell,
        title="Показание этой шкалы указано не один раз.",
        advice=f"Оно есть и {rows}. Оставьте в файле одну из строк.",
    )
    return Matched(row=one.row, cell=one.cell, problem=problem, place=one.place)


class _Finder:
    """The contract's registers by code and by serial number."""

    def __init__(self, filled: Filled, inventory: Inventory) -> None:
        self._filled = filled
        # The places that are asked for come last: of a register that hangs twice they are meant.
        places = sorted(inventory.places, key=lambda place: place.is_asked)
        self._by_code = {key(place.row.register_code): place for place in places}
        self._by_serial: dict[str, list[Place]] = {}
        for place in places:
            self._by_serial.setdefault(key(place.row.serial), []).append(place)
        self._bare_codes = _without_zeros(self._by_code)
        self._bare_serials = _without_zeros(self._by_serial)

    def matched(self, row: FilledRow) -> Matched:
        """The row with its register, or with what is wrong."""
        cell = self._filled.cell(row, "value")
        if row.stray:
            return Matched(row=row, cell=cell, problem=self._shifted(row))
        found = self._find(row)
        if isinstance(found, Problem):
            return Matched(row=row, cell=cell, problem=found if row.value else None)
        problem = self._of_place(row, found) or self._of_value(row)
        return Matched(row=row, cell=cell, place=found, problem=problem)

    def _find(self, row: FilledRow) -> Place | Problem:
        code, serial = key(row.code), key(row.serial)
        coded = self._by_code.get(code) or self._bare_codes.get(code.lstrip("0"))
        hung = self._by_serial.get(serial) or self._bare_serials.get(serial.lstrip("0")) or []
        if coded and serial and coded.row.serial not in {place.row.serial for place in hung}:
            return self._problem(
                row,
                "code",
                "Код строки и номер счётчика от разных счётчиков.",
                f"Код принадлежит счётчику № {coded.row.serial}, в строке № {row.serial}. Похоже,"
                " столбцы сдвинуты или отсортированы по отдельности: скачайте таблицу заново.",
            )
        if coded:
            return coded
        if hung:
            return self._by_zone(row, hung)
        return self._unknown(row)

    def _by_zone(self, row: FilledRow, hung: list[Place]) -> Place | Problem:
        """The one register of a meter that the row means."""
        found = [place for place in hung if place.is_asked] or hung
        zones, energy = _zones_named(row.zone), _energy_named(row.energy)
        fitting = [
            place
            for place in found
            if (not zones or place.row.zone in zones) and (not energy or place.row.energy == energy)
        ]
        if len(fitting) > 1 and not energy:
            fitting = [place for place in fitting if place.row.energy == "A+"] or fitting
        if len(fitting) == 1:
            return fitting[0]
        shown = "; ".join(dict.fromkeys(", ".join(filter(None, _zone(place))) for place in found))
        if not fitting:
            title = f"У счётчика № {row.serial} нет такой шкалы."
            return self._problem(row, "zone", title, f"Его шкалы: {shown}.")
        title = f"У счётчика № {row.serial} несколько шкал."
        return self._problem(row, "zone", title, f"Добавьте столбец «Зона». Шкалы: {shown}.")

    def _unknown(self, row: FilledRow) -> Problem:
        if not (row.code or row.serial):
            return self._problem(
                row,
                "serial" if "serial" in self._filled.columns else "code",
                "Непонятно, чьё это показание.",
                "В строке нет ни кода, ни номера счётчика: впишите номер или удалите строку.",
            )
        named = f"Счётчика № {row.serial}" if row.serial else f"Строки с кодом «{row.code}»"
        return self._problem(
            row,
            "serial" if row.serial else "code",
            f"{named} нет в этом договоре.",
            "Проверьте номер. Показания по другому договору загрузите на его странице; показания"
            " счётчика, снятого до начала месяца, не передаются.",
        )

    def _shifted(self, row: FilledRow) -> Problem:
        return Problem(
            cell=row.stray,
            title="Ячейки строки сдвинуты.",
            advice=f"Номер счётчика или код стоит в ячейке {row.stray}, а не в своём столбце."
            " Верните ячейки на место или скачайте таблицу заново.",
        )

    def _of_place(self, row: FilledRow, place: Place) -> Problem | None:
        if not (row.value or row.merged) or place.is_asked:
            return None
        if place.is_removed:
            day = formats.day(place.row.removed_on)
            title = f"Счётчик № {place.row.serial} снят {day}."
            return self._problem(row, "value", title, "Его показание берётся из акта снятия.")
        title = f"Счётчик № {place.row.serial} передаёт показания сам."
        return self._problem(row, "value", title, "Удалите показание из этой строки.")

    def _of_value(self, row: FilledRow) -> Problem | None:
        if row.merged:
            return self._problem(
                row,
                "value",
                f"Ячейки {row.merged} объединены.",
                "Непонятно, к какой шкале относится показание. Отмените объединение и впишите"
                " показание каждой шкалы.",
            )
        if _DAY.fullmatch(row.value):
            return self._problem(
                row,
                "value",
                "Вместо числа дата.",
                "Excel принял показание за дату. Задайте ячейке формат «Числовой» и впишите"
                " показание снова.",
            )
        if row.value.startswith("#"):
            return self._problem(
                row,
                "value",
                f"Формула дала ошибку «{row.value[:20]}».",
                "Исправьте формулу или впишите число, сохраните файл и загрузите снова.",
            )
        return None

    def _problem(self, row: FilledRow, field: str, title: str, advice: str) -> Problem:
        return Problem(cell=self._filled.cell(row, field), title=title, advice=advice)


def _without_zeros(found: dict[str, _Found]) -> dict[str, _Found]:
    """The same by keys without leading zeros, which Excel takes away; ambiguous ones left out."""
    bare = Counter(name.lstrip("0") for name in found)
    return {name.lstrip("0"): value for name, value in found.items() if bare[name.lstrip("0")] == 1}


def _zones_named(words: str) -> tuple[str, ...]:
    return _ZONES.get(words.strip(" .").casefold().replace("t", "т"), ())


def _energy_named(words: str) -> str:
    plain = words.casefold().replace("ё", "е").replace("\u2212", "-").replace("–", "-")
    plain = re.sub(r"[^\w+-]+", "", plain)
    return _ENERGIES.get(plain) or _ENERGIES.get(plain.translate(_CYRILLIC), "")


def _zone(place: Place) -> tuple[str, str]:
    return table.zone_words(place.row.energy, place.row.zone)
