"""Tables that come as CSV: from Excel, from 1С, from who knows where."""

from __future__ import annotations

import contextlib
import csv

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cabinet import sheets
from cabinet.sheets import Limits, SheetRefused
from exchange.incoming.dialect import LONGEST_VALUE

TEXT = "Точка;Показание\r\nТП-14;12 345,6\r\n№ 2 «Юг»;0,5\r\n"
ROWS = [["Точка", "Показание"], ["ТП-14", "12 345,6"], ["№ 2 «Юг»", "0,5"]]


def cells(content: bytes, name: str = "t.csv") -> list[list[str]]:
    return [row.cells for row in sheets.read_table(content, name).rows]


def refusal(content: bytes, name: str = "t.csv", limits: Limits | None = None) -> str:
    with pytest.raises(SheetRefused) as caught:
        sheets.read_table(content, name, limits=limits)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.encode(),
        TEXT.encode("cp1251"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace(";", "\t").encode("utf-16"),
        TEXT.replace("\r\n", "\n").encode(),
        TEXT.replace("\r\n", "\r").encode(),
        TEXT.removesuffix("\r\n").encode(),
        TEXT.encode("cp1251") + b"\x1a",
        b"sep=;\r\n" + TEXT.encode("cp1251"),
    ],
)
def test_any_encoding_and_line_end(content: bytes) -> None:
    table = sheets.read_table(content, "Показания.CSV")
    assert [row.cells for row in table.rows] == ROWS
    assert [row.number for row in table.rows] == [1, 2, 3]
    assert (table.merged, table.sheet) == ((), "")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("а;б;в\n1;2;3\n", [["а", "б", "в"], ["1", "2", "3"]]),
        ("а,б,в\n1,2,3\n", [["а", "б", "в"], ["1", "2", "3"]]),
        ("а\tб\n1\t2\n", [["а", "б"], ["1", "2"]]),
        # A decimal comma gives each line as many columns as a semicolon, and more.
        ("ТП-1;1,5\nТП-2;2,5\n", [["ТП-1", "1,5"], ["ТП-2", "2,5"]]),
        ("1,5;2,5;3,5\n4,5;5,5;6,5\n", [["1,5", "2,5", "3,5"], ["4,5", "5,5", "6,5"]]),
        ("ТП-1\t1,5\nТП-2\t2,5\n", [["ТП-1", "1,5"], ["ТП-2", "2,5"]]),
        # A title above the table is one column for any of them.
        ("Показания, ноябрь\nа;б\n1;2\n3;4\n",
         [["Показания, ноябрь", ""], ["а", "б"], ["1", "2"], ["3", "4"]]),
        ('а,б\n"ТП; юг","1,5"\n"ТП; север","2,5"\n',
         [["а", "б"], ["ТП; юг", "1,5"], ["ТП; север", "2,5"]]),
        ("одна\nдве\n", [["одна"], ["две"]]),
        ("sep=|\na|б;1\n", [["a", "б;1"]]),
    ],
)  # fmt: skip
def test_what_stands_between_columns_is_found(text: str, rows: list[list[str]]) -> None:
    assert cells(text.encode()) == rows


def test_rows_have_the_numbers_that_excel_shows() -> None:
    text = '\n;;\nа;б\n   ;\n"две\nстроки";1\n\nв;2;\n'
    table = sheets.read_table(text.encode(), "t.csv")
    assert [(row.number, row.cells) for row in table.rows] == [
        (3, ["а", "б"]),
        (5, ["две\nстроки", "1"]),
        (7, ["в", "2"]),
    ]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('"ООО ""Вега""; цех";1', ['ООО "Вега"; цех', "1"]),
        ('ООО "Вега";1', ['ООО "Вега"', "1"]),
        ('"";1', ["", "1"]),
        ("'=1+1;1", ["=1+1", "1"]),
        ("'-5 корпус;1", ["-5 корпус", "1"]),
        ("'слово;1", ["'слово", "1"]),
        ("NaN;1e999", ["NaN", "1e999"]),
    ],
)
def test_quotes_and_the_apostrophe_of_a_guarded_text(text: str, row: list[str]) -> None:
    assert cells(f"а;б\n{text}\n".encode())[1] == row


texts = st.text(
    st.one_of(
        st.sampled_from("=+-@;,\t\"' \n0aЯ«"),
        st.characters(exclude_categories=["Cs", "Cc"]),
    ),
    min_size=1,
).filter(lambda text: not text.isspace())


@hypothesis_settings(deadline=None)
@given(rows=st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=6))
def test_whatever_leaves_as_csv_comes_back_as_it_was(rows: list[tuple[str, ...]]) -> None:
    content = sheets.csv_bytes(["Первый", "Второй", "Третий"], rows)
    assert cells(content)[1:] == [list(row) for row in rows]


@hypothesis_settings(deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(SheetRefused):
        assert sheets.read_table(content, "t.csv").rows


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "t.csv", "Файл пустой."),
        (b"\xef\xbb\xbf", "t.csv", "нет ни одной заполненной строки"),
        (b"\n;;\n  \n", "t.csv", "нет ни одной заполненной строки"),
        (b"a;b\n\0\1\2;3\n", "t.csv", "в нём не только текст"),
        (b"\x98\xff;b\n", "t.csv", "в нём не только текст"),
        (b"\xff\xfea", "t.csv", "в нём не только текст"),
        ('а;б\n1;2\n"ТП-1;5\n3;4\n'.encode(), "t.csv", "В строке 3 открыта кавычка"),
        ('а;б\n"ТП-1;5'.encode(), "t.csv", "В строке 2 открыта кавычка"),
        ("а;б\n{};1\n".format("я" * 140_000).encode(), "t.csv", "Строка 2 не читается"),
        (b"%PDF-1.7\n", "t.csv", "Это документ PDF"),
        (b"\x89PNG\r\n\x1a\n", "t.csv", "Это картинка"),
        (b"\xff\xd8\xff\xe0", "t.csv", "Это картинка"),
        (b"Rar!\x1a\x07", "t.rar", "Это архив."),
        (b"<html><table><tr><td>1", "t.xls", "не таблица, а веб-страница"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "t.xls", "веб-страница или XML"),
        (b"a;b\n1;2\n", "t.xlsx", "Файл не открывается как книга Excel"),
        (b"{}", "t.json", "Файлы .json не читаются."),
        (b"a;b\n", "t." + "x" * 500, "Файлы .xxxxxxxxxx не читаются."),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(content: bytes, name: str, words: str) -> None:
    said = refusal(content, name)
    assert words in said
    assert said.endswith(".")


def test_a_cell_is_as_long_as_here_also_where_a_package_was_read_before() -> None:
    before = csv.field_size_limit(LONGEST_VALUE)
    try:
        said = refusal("а;б\n{};1\n".format("я" * 140_000).encode())
    finally:
        csv.field_size_limit(before)
    assert "Строка 2 не читается" in said


def test_too_many_rows_and_columns() -> None:
    limits = Limits(rows=2, columns=3)
    assert len(sheets.read_table(b"a;b;c;\n\n\n1;2;3;;;\n", "t", limits=limits).rows) == 2
    assert "больше 2\u00a0строк" in refusal(b"a\nb\nc\n", limits=limits)
    assert "заполнена ячейка D2" in refusal(b"a;b;c\n1;2;3;4\n", limits=limits)


def test_a_file_that_is_too_large_is_not_read_whole() -> None:
    class Counting(SimpleUploadedFile):
        taken = 0

        def read(self, *size: int) -> bytes:  # type: ignore[override]
            content: bytes = super().read(*size)
            Counting.taken += len(content)
            return content

    upload = Counting("t.csv", b"a;b\n" * 5000)
    with pytest.raises(SheetRefused, match="Файл больше 1\u00a0КБ"):
        sheets.read_table(upload, "t.csv", limits=Limits(file_bytes=1024))
    assert Counting.taken == 1025


def test_an_upload_that_was_read_before_is_read_from_its_beginning() -> None:
    upload = SimpleUploadedFile("t.csv", TEXT.encode())
    upload.read()
    assert [row.cells for row in sheets.read_table(upload, "t.csv").rows] == ROWS


@pytest.mark.parametrize(
    ("number", "index", "name"),
    [(5, 3, "D5"), (1, 0, "A1"), (2, 25, "Z2"), (2, 26, "AA2"), (1, 16_383, "XFD1")],
)
def test_the_name_of_a_cell(number: int, index: int, name: str) -> None:
    assert sheets.cell_name(number, index) == name
