"""The table of people to let in: the form that is given out, and its rows as text."""

from __future__ import annotations

from typing import Literal

from django.core.files.uploadedfile import UploadedFile

from accounts.models import Basis
from accounts.roles import Role
from cabinet import formats, sheets
from cabinet.sheets import Column, Limits, Row, Sheet, SheetRefused

# So many slips are made in the time of a page: passwords are kept nowhere to be printed later.
ROWS_MAX = 30
# Lines above the table in which its head is looked for.
_HEAD_WITHIN = 20
_CELL_MAX = 1_000

# Field → head of the column, width, whether the column must be there.
_COLUMNS: dict[str, tuple[str, int, bool]] = {
    "inn": ("ИНН", 14, True),
    "contracts": ("Договоры", 26, True),
    "last_name": ("Фамилия", 18, True),
    "first_name": ("Имя", 14, True),
    "patronymic": ("Отчество", 18, False),
    "email": ("E-mail", 28, True),
    "phone": ("Телефон", 18, False),
    "position": ("Должность", 24, True),
    "role": ("Роль", 18, True),
    "basis": ("Основание", 16, True),
    "basis_number": ("Номер документа", 16, False),
    "basis_on": ("Дата документа", 16, False),
    "ends_on": ("Доступ по", 14, False),
}
FIELDS = tuple(_COLUMNS)
TITLES = {field: title for field, (title, _, _) in _COLUMNS.items()}
_NAMES = {title.lower(): field for field, title in TITLES.items()}

_ROLES = ", ".join(f"«{role.label}»" for role in Role)
_BASES = ", ".join(("«устав»", f"«{Basis.POWER_OF_ATTORNEY.label}»", f"«{Basis.ORDER.label}»"))
_HELP = (
    "Одна строка — доступ одного человека к одной компании, сколько бы ни было договоров.",
    "«ИНН»: компания берётся из данных биллинга. «Договоры»: «все» или номера через запятую.",
    "«E-mail»: у каждого свой. Если логин с таким адресом уже есть, доступ откроется по нему.",
    "«Телефон» нужен новому человеку: полностью, с кодом.",
    f"«Роль»: {_ROLES}.",
    f"«Основание»: {_BASES}.",
    "Для доверенности нужны «Номер документа» и «Доступ по» (последний день срока), для приказа —"
    " «Номер документа» и «Дата документа».",
    "Даты: 31.12.2026 или ячейка с датой. Пустое «Доступ по»: без срока.",
    f"В одном списке не больше {ROWS_MAX} строк. Пустые строки не считаются.",
    "Портал проверит каждую строку и ничего не оформит, пока вы не подтвердите.",
)  # fmt: skip
_EXAMPLE = (
    "3501004217", "все", "Новикова", "Ольга", "Юрьевна", "novikova@example.ru", "+7 900 000-00-07",
    "главный бухгалтер", Role.ACCOUNTANT.label, Basis.POWER_OF_ATTORNEY.label, "12/Д", "01.02.2026",
    "31.12.2026",
)  # fmt: skip


def blank(kind: Literal["csv", "xlsx"]) -> bytes:
    """The empty table; as XLSX with a page of help and an example."""
    if kind == "csv":
        return sheets.csv_bytes(list(TITLES.values()), [])
    columns = [Column(title=title, width=width) for title, width, _ in _COLUMNS.values()]
    return sheets.workbook_bytes(
        [
            Sheet(title="Список", columns=columns, rows=[]),
            Sheet(title="Пример", columns=columns, rows=[_EXAMPLE]),
            Sheet(
                title="Как заполнить",
                columns=[Column(title="Как заполнить таблицу", width=110)],
                rows=[[line] for line in _HELP],
            ),
        ]
    )


def read(upload: UploadedFile) -> list[tuple[int, dict[str, str]]]:
    """Rows by Excel's numbers, each with the text of every field.

    Raises:
        SheetRefused: it is no table, lacks a column, holds nobody or too many.
    """
    table = sheets.read_table(upload, upload.name or "", limits=Limits(rows=1_000))
    head, places = _head(table.rows)
    rows = []
    for row in table.rows:
        if row.number <= head:
            continue
        cells = {field: _text(row, places.get(field)) for field in FIELDS}
        if any(cells.values()):
            rows.append((row.number, cells))
    if not rows:
        raise SheetRefused("В таблице нет ни одного человека: заполните строки под заголовком.")
    if len(rows) > ROWS_MAX:
        people = formats.counted(ROWS_MAX, "строки", "строк", "строк")
        raise SheetRefused(
            f"В списке {len(rows)}, а можно не больше {people}. Разделите его на несколько файлов."
        )
    return rows


def _head(rows: list[Row]) -> tuple[int, dict[str, int]]:
    """Excel's number of the head, and where each field stands."""
    for row in rows[:_HEAD_WITHIN]:
        places: dict[str, int] = {}
        for index, cell in enumerate(row.cells):
            field = _NAMES.get(" ".join(cell.lower().split()))
            if field is not None:
                places.setdefault(field, index)
        if "inn" in places and len(places) > 1:
            missing = [
                title
                for field, (title, _, needed) in _COLUMNS.items()
                if needed and field not in places
            ]
            if missing:
                listed = ", ".join(f"«{title}»" for title in missing)
                raise SheetRefused(
                    f"В таблице нет столбцов: {listed}. Возьмите образец и добавьте их."
                )
            return row.number, places
    raise SheetRefused(
        "Не найдена строка с названиями столбцов («ИНН», «Договоры», «Фамилия» и другие)."
        " Возьмите образец и заполните его."
    )


def _text(row: Row, index: int | None) -> str:
    if index is None or index >= len(row.cells):
        return ""
    return " ".join(row.cells[index].split())[:_CELL_MAX]
