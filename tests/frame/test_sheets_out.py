"""Tables that leave the portal: typed, readable by Excel, and never run."""

from __future__ import annotations

import csv
import datetime
import io
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cabinet import sheets
from cabinet.sheets import Column, Sheet

COLUMNS = [
    Column(title="Точка", width=30),
    Column(title="Расход, кВт·ч", places=3),
    Column(title="Сумма, ₽"),
    Column(title="Дата"),
]
ROW = ("ТП-14", Decimal("-1234.500"), Decimal("1234567.80"), datetime.date(2026, 11, 30))
MOMENT = datetime.datetime(2026, 11, 30, 20, 59, tzinfo=datetime.UTC)

DANGEROUS = [
    "=1+1",
    "+7 900 000-00-01",
    "-5",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1+1",
    "\u00a0=1",
    "\ufeff=1",
    '"=1+1"',
    "'=1",
    "«=1»",
    "\uff1d1+1",
    "=cmd|'/c calc'!A0",
]


def csv_rows(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def book_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def one_cell(value: Any) -> Any:
    return book_of(sheets.xlsx_bytes("Лист", [Column(title="А")], [[value]])).active["A2"]


# CSV ---------------------------------------------------------------------------------------------


def test_csv_opens_in_a_russian_excel_by_a_click() -> None:
    content = sheets.csv_bytes([column.title for column in COLUMNS], [ROW])
    assert (
        content
        == (
            "\ufeffТочка;Расход, кВт·ч;Сумма, ₽;Дата\r\nТП-14;-1234,500;1234567,80;30.11.2026\r\n"
        ).encode()
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (0, "0"),
        (-17, "-17"),
        (Decimal("0.00"), "0,00"),
        (Decimal("1E+3"), "1000"),
        (True, "да"),
        (False, "нет"),
        (MOMENT, "30.11.2026 23:59"),
        ("a;b", "a;b"),
        ("ООО «Вега», цех", "ООО «Вега», цех"),
        ('ООО "Вега"', 'ООО "Вега"'),
        ("две\r\nстроки", "две\r\nстроки"),
        ("с\0нулём", "снулём"),
    ],
)
def test_a_value_in_csv(value: Any, text: str) -> None:
    assert csv_rows(sheets.csv_bytes(["А", "Б"], [[value, "x"]]))[1] == [text, "x"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_csv_runs_no_text(text: str) -> None:
    assert csv_rows(sheets.csv_bytes([text], [[text]])) == [[f"'{text}"]] * 2


@pytest.mark.parametrize("value", [1.5, object(), [1], Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_value_of_a_table_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError):
        sheets.csv_bytes(["А"], [[value]])
    with pytest.raises(TypeError):
        sheets.xlsx_bytes("Лист", [Column(title="А")], [[value]])


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@hypothesis_settings(deadline=None)
@given(rows=st.lists(st.lists(texts, min_size=2, max_size=2), max_size=5))
def test_any_text_stands_in_its_own_cell_and_cannot_run(rows: list[list[str]]) -> None:
    read = csv_rows(sheets.csv_bytes(["А", "Б"], rows))[1:]
    assert len(read) == len(rows)
    for written, cells in zip(rows, read, strict=True):
        assert len(cells) == 2
        for text, cell in zip(written, cells, strict=True):
            assert cell in {text, f"'{text}"}
            assert not cell.lstrip(' "«»').startswith(("=", "+", "-", "@", "\t", "\r"))


# XLSX --------------------------------------------------------------------------------------------


def test_a_workbook_has_typed_cells_and_a_head_that_stays() -> None:
    book = book_of(sheets.xlsx_bytes("Ноябрь", COLUMNS, [ROW]))
    assert book.sheetnames == ["Ноябрь"]
    page = book.active
    assert [cell.value for cell in page[1]] == [column.title for column in COLUMNS]
    assert all(cell.font.bold for cell in page[1])
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:D2"
    assert page.column_dimensions["A"].width == 30
    assert page.print_title_rows == "$1:$1"
    assert (page.page_setup.orientation, page.page_setup.fitToHeight) == ("landscape", 0)

    name, energy, money, day = page[2]
    assert (name.data_type, name.value) == ("s", "ТП-14")
    assert (energy.data_type, energy.value, energy.number_format) == ("n", -1234.5, "#,##0.000")
    assert (money.data_type, money.value, money.number_format) == ("n", 1234567.8, "#,##0.00")
    assert (day.is_date, day.value) == (True, datetime.datetime(2026, 11, 30))
    assert day.number_format == "DD.MM.YYYY"


def test_lines_above_and_several_sheets() -> None:
    made = sheets.workbook_bytes(
        [
            Sheet(title="Сводка", columns=COLUMNS, rows=[ROW], above=["ООО «Вега»", "=1+1"]),
            Sheet(title="Точки: все / прочие", columns=COLUMNS[:1], rows=iter([["ТП-1"]] * 3)),
            Sheet(title="?", columns=COLUMNS[:1], rows=[]),
        ]
    )
    book = book_of(made)
    assert book.sheetnames == ["Сводка", "Точки- все - прочие", "-"]
    page = book["Сводка"]
    assert [page.cell(row, 1).value for row in range(1, 6)] == [
        "ООО «Вега»", "=1+1", None, "Точка", "ТП-14",
    ]  # fmt: skip
    assert page.freeze_panes == "A5"
    assert page["A2"].data_type == "s"
    assert book.worksheets[1].max_row == 4


def test_totals_stand_under_what_is_filtered() -> None:
    total = ["Итого", *[None] * (len(COLUMNS) - 1)]
    made = sheets.xlsx_bytes("Точки", COLUMNS, [ROW, ROW], totals=[total])
    page = book_of(made).active
    assert page.auto_filter.ref.endswith("3")
    assert (page["A4"].value, page["A4"].font.b, page["A3"].font.b) == ("Итого", True, False)


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_workbook_runs_no_text(text: str) -> None:
    cell = one_cell(text)
    assert cell.data_type == "s"
    assert cell.value == text.replace("\r", "\n")
    assert cell.quotePrefix


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (None, None),
        ("", None),
        (2026, 2026),
        (True, "да"),
        ("#N/A", "#N/A"),
        ("код_x0041_", "код_x005F_x0041_"),
        ("a\x07\ud800b", "ab"),
        ("две\r\nстроки", "две\nстроки"),
        ("  поля  ", "  поля  "),
        (MOMENT, datetime.datetime(2026, 11, 30, 23, 59)),
        (Decimal("0.1"), 0.1),
    ],
)
def test_a_value_in_a_workbook(value: Any, stored: Any) -> None:
    cell = one_cell(value)
    assert cell.value == stored
    assert cell.data_type != "f"


def test_a_text_that_excel_does_not_hold_is_cut_and_says_so() -> None:
    stored = one_cell("я" * 40_000).value
    assert len(stored) == 32_767
    assert stored.endswith("я…")


def test_a_long_table_keeps_one_style_for_a_column() -> None:
    rows = [ROW] * 3000
    content = sheets.xlsx_bytes("Много", COLUMNS, iter(rows))
    book = book_of(content)
    assert book.active.max_row == 3001
    assert len(book._cell_styles) < 10


def test_a_row_of_another_width_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        sheets.xlsx_bytes("Лист", COLUMNS, [["ТП-1"]])


# The answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK\x03\x04")])
def test_the_answer_is_a_file_with_a_russian_name(kind: Any, begins: bytes) -> None:
    response = sheets.table_response(
        kind, filename="Начисления 35-01/004217", columns=COLUMNS, rows=[ROW], above=["ООО «Вега»"]
    )
    assert response.content.startswith(begins)
    disposition = response["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''%D0%9D")
    assert disposition.endswith(f"35-01-004217.{kind}")
    assert response["Content-Type"] in {
        "text/csv; charset=utf-8",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }


def test_a_name_cannot_break_the_header() -> None:
    response = sheets.table_response(
        "csv", filename='a"\r\nX-Evil: 1\u202e', columns=COLUMNS, rows=[]
    )
    assert "X-Evil" not in response.headers
    assert "\r" not in response["Content-Disposition"]


def test_a_csv_has_its_head_in_the_first_line_whatever_stands_above() -> None:
    response = sheets.table_response(
        "csv", filename="Точки", columns=COLUMNS, rows=[ROW], above=["ООО «Вега»"], totals=[ROW]
    )
    rows = csv_rows(response.content)
    assert rows[0][0] == "Точка"
    assert len(rows) == 2


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Vladivostok"])
def test_moments_are_the_retailers_clocks(zone: str, settings: Any) -> None:
    settings.TIME_ZONE = zone
    expected = MOMENT.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert one_cell(MOMENT).value == expected
