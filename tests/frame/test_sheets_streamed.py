"""A workbook written row by row: what other programs read in it, and that it is always the same."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal

import openpyxl
import pytest

from cabinet.sheets import Cell, Column, read_table
from cabinet.sheets.streaming import write_xlsx

COLUMNS = [Column(title="Что & где"), Column(title="Сколько", width=9, places=3)]


def made(*rows: tuple[Cell, Cell], title: str = "Лист") -> bytes:
    target = io.BytesIO()
    write_xlsx(target, title=title, columns=COLUMNS, rows=rows)
    return target.getvalue()


@pytest.mark.parametrize(
    ("value", "read", "number_format"),
    [
        (Decimal("1234.500"), 1234.5, "#,##0.000"),
        (Decimal("-0.125"), -0.125, "#,##0.000"),
        (7, 7, "0"),
        (datetime.date(2026, 11, 1), datetime.datetime(2026, 11, 1), "DD.MM.YYYY"),
        (
            datetime.datetime(2026, 11, 30, 20, 59, 30, tzinfo=datetime.UTC),
            datetime.datetime(2026, 11, 30, 23, 59, 30),
            "DD.MM.YYYY HH:MM",
        ),
        (True, "да", "General"),
        ("a < b & c > d", "a < b & c > d", "General"),
        ("две\r\nстроки", "две\nстроки", "General"),
        (" x ", " x ", "General"),
        ("null \x00 bell \x07", "null  bell ", "General"),
        (None, None, "General"),
    ],
)
def test_another_program_reads_what_was_written(
    value: Cell, read: object, number_format: str
) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(made(("x", value)))).active
    assert sheet["A1"].value == "Что & где"
    assert sheet["B2"].value == read
    assert sheet["B2"].number_format == number_format
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("text", ["=1+1", "+7 900", "-x", "@SUM(A1)", "\tx"])
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    cell = openpyxl.load_workbook(io.BytesIO(made((text, 1)))).active["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_the_portal_reads_its_own_workbook() -> None:
    table = read_table(made(("точка", Decimal("1.5")), ("_x0041_", 2)), "x.xlsx")
    assert [row.cells for row in table.rows] == [
        ["Что & где", "Сколько"],
        ["точка", "1.5"],
        ["_x0041_", "2"],
    ]


def test_the_same_rows_are_the_same_bytes() -> None:
    assert made(("a", 1)) == made(("a", 1))


def test_a_title_is_one_that_excel_allows() -> None:
    title = "Показания [1/2]: очень длинное название листа"
    book = openpyxl.load_workbook(io.BytesIO(made(title=title)))
    assert book.sheetnames == ["Показания -1-2- очень длинное н"]


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), object()])
def test_what_is_no_value_of_a_table_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        made(("x", value))  # type: ignore[arg-type]
