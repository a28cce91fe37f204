"""The table to be filled in: all registers that a contract is asked for, with what is known.

As XLSX with a page of help, or as CSV. `meters/filled.py` reads what comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

from cabinet import sheets
from cabinet.sheets import Cell, Column, Figure, Sheet
from contracts.models import Contract
from contracts.periods import Month
from meters import checks, table
from meters.entering import Typed
from meters.inventory import Inventory, Place
from meters.models import Reading

COLUMNS = (
    Column(title="Объект", width=34),
    Column(title="Точка учёта", width=30),
    Column(title="Прибор учёта", width=24),
    Column(title="Номер счётчика", width=16),
    Column(title="Зона", width=10),
    Column(title="Энергия", width=20),
    Column(title="Коэффициент", width=13),
    Column(title="Предыдущее показание", width=15),
    Column(title="Дата предыдущего", width=13),
    Column(title="Показание", width=16),
    Column(title="Код строки", width=20),
    Column(title="Договор и месяц", width=46),
)

_HELP = (
    "Впишите показания в белый столбец «Показание»: то, что на табло, до запятой и после.",
    "Серые столбцы менять не нужно: по коду строки или номеру счётчика портал узнаёт строку.",
    "Строки можно переставлять, фильтровать и удалять. Пустые показания не передаются.",
    "Столбцы можно переставлять и удалять: нужны «Показание» и «Код строки» или «Номер счётчика».",
    "Если считаете показания формулой, сохраните файл в Excel: портал возьмёт её результат.",
    "Не объединяйте ячейки в столбце «Показание»: у каждой шкалы своё значение.",
    "Сохраните файл как книгу Excel (.xlsx) или CSV и загрузите на странице «Загрузить из файла».",
    "Портал проверит каждую строку и ничего не передаст, пока вы не подтвердите.",
)


def mark(contract_number: str, period: Month) -> str:
    """For which contract and month a table is: stands in it, and meters/filled.py compares it."""
    return f"договор № {contract_number}, показания за {period}"


def make(
    kind: Literal["csv", "xlsx"],
    *,
    contract: Contract,
    inventory: Inventory,
    term: str,
    typed: Mapping[int, Typed],
) -> tuple[str, bytes]:
    """Name without ending, and content of the table; `typed`: the draft of who asks for it.

    `term`: until when it is taken, «до 1 декабря 23:59 (МСК)», empty when it is not any more.

    «Показание» holds the draft's value, else the client's own one that stands.
    """
    period = inventory.period
    stamp = mark(contract.number, period)
    rows = list(_rows(inventory, typed, stamp))
    name = f"Показания {period.year:04}-{period.number:02} договор {contract.number}"
    if kind == "csv":
        return name, sheets.csv_bytes([column.title for column in COLUMNS], rows)
    until = f"Передайте {term}. " if term else ""
    above = (f"{stamp[:1].upper()}{stamp[1:]}", f"{until}Заполните белый столбец «Показание».")
    filled = Sheet(title="Показания", columns=COLUMNS, rows=rows, above=above, is_form=True)
    return name, sheets.workbook_bytes([filled, _help()])


def _help() -> Sheet:
    return Sheet(
        title="Как заполнить",
        columns=[Column(title="Как заполнить таблицу", width=100)],
        rows=[[line] for line in _HELP],
    )


def _rows(
    inventory: Inventory, typed: Mapping[int, Typed], stamp: str
) -> Iterator[tuple[Cell, ...]]:
    for place in inventory.asked:
        row, digits = place.row, place.row.fraction_digits
        yield (
            row.site,
            row.point,
            place.meter,
            row.serial,
            table.ZONES[row.zone],
            table.ENERGIES[row.energy],
            row.ratio,
            Figure(value=place.previous_value, places=digits),
            _previous_day(place),
            Figure(value=_known(place, typed), places=digits, is_asked=True),
            row.register_code,
            stamp,
        )


def _previous_day(place: Place) -> Cell:
    if place.opening is not None:
        return place.row.installed_on
    return place.period.shifted(-1).last_day if place.previous else None


def _known(place: Place, typed: Mapping[int, Typed]) -> Decimal | None:
    """What the draft says, where it can be read; else the client's own value."""
    drafted = typed.get(place.register_id)
    if drafted is not None and not drafted.is_empty:
        try:
            return checks.read_value(drafted.value, place.display)
        except checks.Refused:
            return None
    standing = place.standing
    is_own = standing is not None and standing.source == Reading.Source.CLIENT
    return standing.value if standing is not None and is_own else None
