"""Tables that come back: columns by their names, rows as text, clear refusals."""

from __future__ import annotations

import pytest

from cabinet import sheets
from cabinet.sheets import SheetRefused
from contracts.periods import Month
from meters import blank, filled
from meters.filled import Filled
from tests.meters import sheets_in

KNOWN = {"31000001", "31000002", "register-1", "register-2"}


def read(content: bytes, name: str = "a.xlsx") -> Filled:
    table = sheets.read_table(content, name)
    return filled.read(table, known=KNOWN, contract_number="35-01-1", period="ноябрь 2026")


def values(found: Filled) -> list[tuple[int, str, str]]:
    return [(row.number, row.serial or row.code, row.value) for row in found.rows]


SIMPLE = [("Номер счётчика", "Показание"), ("31000001", "12 345,6"), ("31000002", "7")]
EXPECTED = [(2, "31000001", "12 345,6"), (3, "31000002", "7")]


@pytest.mark.parametrize(
    "content",
    [
        sheets_in.csv(SIMPLE),
        sheets_in.csv(SIMPLE, encoding="utf-8-sig"),
        sheets_in.csv(SIMPLE, encoding="cp1251"),
        sheets_in.csv(SIMPLE, encoding="utf-16"),
        sheets_in.csv(SIMPLE, sign="\t"),
        sheets_in.csv([(one, f'"{two}"') for one, two in SIMPLE], sign=","),
    ],
    ids=["semicolons", "bom", "cp1251", "utf-16", "tabs", "commas"],
)
def test_text_in_any_clothes(content: bytes) -> None:
    assert values(read(content, "a.csv")) == EXPECTED


def test_columns_stand_anywhere_below_any_lines() -> None:
    rows: list[list[object]] = [
        ["ООО «Вега»"],
        [],
        ["Показания приборов учёта"],
        [None, "Показание, кВт·ч", "Прим.", None, "Зав. № счётчика"],
        [None, 12345.6, "", None, 31000001],
        [None, "ИТОГО", None, None, None],
        ["Всего по объекту", 999],
    ]
    found = read(sheets_in.book(rows))
    assert values(found) == [(5, "31000001", "12345.6")]
    assert found.cell(found.rows[0], "value") == "B5"
    assert found.titles["value"] == "Показание, кВт·ч"


def test_a_row_without_a_number_is_not_left_out_when_it_states_a_value() -> None:
    found = read(sheets_in.book([*SIMPLE, (None, 55)]))
    assert found.rows[-1].value == "55"


@pytest.mark.parametrize(
    "name",
    ["Показание", "ПОКАЗАНИЯ", "Текущее показание (кВт*ч)", "Новое", "Показание на конец месяца"],
)
def test_names_of_the_value(name: str) -> None:
    assert values(read(sheets_in.book([("№ счетчика", name), ("31000001", "5")])))[0][2] == "5"


@pytest.mark.parametrize("name", ["N счётчика", "№ ПУ", "Заводской №", "Номер прибора учёта"])
def test_names_of_the_number(name: str) -> None:
    assert (
        values(read(sheets_in.book([(name, "Показание"), ("31000001", "5")])))[0][1] == "31000001"
    )


def test_the_previous_value_is_never_taken_for_the_new_one() -> None:
    rows = [("Номер счётчика", "Предыдущее показание", "Показание"), ("31000001", 1, 2)]
    assert values(read(sheets_in.book(rows))) == [(2, "31000001", "2")]
    with pytest.raises(SheetRefused, match="названия столбцов"):
        read(sheets_in.book([("Номер счётчика", "Предыдущее показание"), ("31000001", 1)]))


def test_a_head_of_two_rows_with_merged_names() -> None:
    rows = [
        ("Номер счётчика", "Показания", None),
        (None, "предыдущее", "текущее"),
        ("31000001", 1, 2),
    ]
    found = read(sheets_in.book(rows, merge=["B1:C1", "A1:A2"]))
    assert values(found) == [(3, "31000001", "2")]


def test_two_columns_called_alike_are_refused_with_their_cells() -> None:
    rows = [("Номер счётчика", "Показание", "Текущее показание"), ("31000001", 1, 2)]
    with pytest.raises(SheetRefused, match=r"B1 и C1"):
        read(sheets_in.book(rows))


def test_no_head_and_no_value_are_said() -> None:
    with pytest.raises(SheetRefused, match="названия столбцов"):
        read(sheets_in.book([("31000001", 5)]))
    with pytest.raises(SheetRefused, match=r"столбце B «Показание» нет ни одного"):
        read(sheets_in.book([SIMPLE[0], ("31000001", None)]))


# Merged cells -----------------------------------------------------------------------------------


def test_a_merged_number_stands_in_each_of_its_rows() -> None:
    rows = [
        ("Номер счётчика", "Зона", "Показание"),
        ("31000001", "день", 5),
        (None, "ночь", 6),
    ]
    found = read(sheets_in.book(rows, merge=["A2:A3"]))
    assert [(row.serial, row.zone, row.value) for row in found.rows] == [
        ("31000001", "день", "5"),
        ("31000001", "ночь", "6"),
    ]


def test_a_merged_value_belongs_to_nobody() -> None:
    rows = [SIMPLE[0], ("31000001", 5), ("31000002", None)]
    found = read(sheets_in.book(rows, merge=["B2:B3"]))
    assert [row.merged for row in found.rows] == ["B2:B3", "B2:B3"]
    beside = read(sheets_in.book([SIMPLE[0], (5, None), ("31000002", 7)], merge=["A2:B2"]))
    assert beside.rows[0].merged == "A2:B2"


def test_merged_cells_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filled, "_FILLED_AT_MOST", 3)
    with pytest.raises(SheetRefused, match="объединённых"):
        read(sheets_in.book([*SIMPLE, ("x", 1)], merge=["A2:A3", "B2:B3"]))


# Shifted cells ----------------------------------------------------------------------------------


def test_a_shifted_row_names_the_cell_of_its_number() -> None:
    rows = [("Точка учёта", "Номер счётчика", "Показание"), ("", "ТП-1", "31000001", 5)]
    found = read(sheets_in.book(rows))
    assert found.rows[0].stray == "C2"


def test_short_numbers_elsewhere_mean_nothing() -> None:
    rows = [("Коэффициент", "Номер счётчика", "Показание"), (60, "000", 5)]
    table = sheets.read_table(sheets_in.book(rows), "a.xlsx")
    found = filled.read(table, known={"60"}, contract_number="1", period="ноябрь 2026")
    assert found.rows[0].stray == ""


# For whom the table is --------------------------------------------------------------------------


def marked(number: str, month: Month, *, above: bool) -> bytes:
    mark = blank.mark(number, month)
    if above:
        return sheets_in.book([(mark,), *SIMPLE])
    rows = [(*SIMPLE[0], "Договор и месяц"), *((*row, mark) for row in SIMPLE[1:])]
    return sheets_in.book(rows)


@pytest.mark.parametrize("above", [True, False])
def test_another_month_or_contract_is_refused(above: bool) -> None:
    assert read(marked("35-01-1", Month(2026, 11), above=above)).rows
    with pytest.raises(SheetRefused, match=r"за другой месяц: в ячейке \w+ указан октябрь 2026"):
        read(marked("35-01-1", Month(2026, 10), above=above))
    with pytest.raises(SheetRefused, match=r"по другому договору.*№ 35-01-2"):
        read(marked("35-01-2", Month(2026, 11), above=above))


def test_what_is_stored_comes_back() -> None:
    found = read(sheets_in.book(SIMPLE))
    assert Filled.from_json(found.as_json()) == found
