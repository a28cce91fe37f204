"""Workbooks that are refused, each with a sentence, before they cost time or memory."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cabinet import sheets
from cabinet.archives import LOCKED, OLE
from cabinet.sheets import Limits, SheetRefused
from tests.frame import workbooks
from tests.frame.test_sheets_xlsx import STYLES, members_of, refusal, rows

# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ("<f>A1*2</f>", "В ячейке D5 формула без значения"),
        ("<f>A1*2</f><v></v>", "В ячейке D5 формула без значения"),
        ("<v>NaN</v>", "Ячейка D5 не читается: вместо числа в ней «NaN»"),
        ("<v>1e999</v>", "Ячейка D5 не читается: вместо числа в ней «1e999»"),
        ("<v>1e308</v>", "Ячейка D5 не читается"),
        ("<v>-inf</v>", "Ячейка D5 не читается"),
        ("<v>1_000</v>", "Ячейка D5 не читается"),
        ("<v>\uff11</v>", "Ячейка D5 не читается"),
        ("<v>12 345,6</v>", "Ячейка D5 не читается"),
        (f"<v>{'9' * 5000}</v>", "Ячейка D5 не читается"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(xml: str, words: str) -> None:
    data = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="5"><c r="D5">{xml}</c></row>'
    assert words in refusal(workbooks.raw(data))


def test_a_formula_that_openpyxl_wrote_has_no_value() -> None:
    content = workbooks.of_rows([["Точка", "Расход"], ["ТП-1", "=2*2"]])
    assert "В ячейке B2 формула без значения" in refusal(content)


LOCKED_BOOK = OLE + b"\0" * 5000 + LOCKED


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (OLE + b"\0" * 5000, "Это старый формат .xls. Откройте файл в Excel и сохраните как «К"),
        (LOCKED_BOOK, "Файл защищён паролем."),
        (b"PK\x03\x04 and no more", "Файл не открывается как книга Excel"),
        (workbooks.of_rows([["a"]])[:-40], "Файл не открывается как книга Excel"),
        (workbooks.packed({"a.txt": "x"}), "Это архив ZIP."),
        (
            workbooks.packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
            "Это формат OpenDocument, например .ods.",
        ),
        (
            workbooks.packed({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"}),
            "Это двоичная книга .xlsb.",
        ),
        (
            workbooks.packed({"[Content_Types].xml": "<Types/>", "word/document.xml": "x"}),
            "Это документ Word",
        ),
        (workbooks.packed({"[Content_Types].xml": "<Types/>"}), "не открывается как книга Excel"),
        (workbooks.of_rows([]), "нет ни одной заполненной строки"),
        (
            workbooks.raw("", workbook="<sheets><sheet name='Л' r:id='rId9'/></sheets>"),
            "Все листы книги скрыты.",
        ),
        (workbooks.raw("<row r='1'><c r='A1' t='s'><v>5</v></c></row>"), "не открывается"),
        (workbooks.raw("<row r='1'><c r='A1' t='s'><v>x</v></c></row>"), "не открывается"),
        (workbooks.raw("<row r='2'/><row r='1'/>"), "не открывается"),
        (workbooks.raw("<row r='9999999999'/>"), "не открывается"),
        (workbooks.raw("<row r='1'><c r='B1'/><c r='A1'/></row>"), "не открывается"),
        (workbooks.raw("<row r='1'><c r='A2'/></row>"), "не открывается"),
        (workbooks.raw("<row r='1'><c r='ZZZ1'/></row>"), "не открывается"),
        (workbooks.raw("<row r='1'><c r='A1'>"), "не открывается"),
        (
            workbooks.raw(
                f"<row r='1'><c r='A1' t='inlineStr'><is><t>{'я' * 300_000}</t></is></c></row>"
            ),
            "не открывается",
        ),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_refused_with_a_sentence(content: bytes, words: str) -> None:
    assert words in refusal(content)


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE x>",
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "_rels/.rels"])
def test_no_part_may_declare_entities(doctype: str, part: str) -> None:
    members = members_of(workbooks.raw("<row r='1'><c r='A1'><v>1</v></c></row>"))
    text = members[part]
    assert isinstance(text, bytes)
    head, end, rest = text.partition(b"?>")
    members[part] = head + end + doctype.encode() + rest
    assert "не открывается" in refusal(workbooks.packed(members))


def test_a_locked_member() -> None:
    content = bytearray(workbooks.raw(""))
    place = content.index(b"PK\x01\x02")
    content[place + 8] |= 1
    assert "Файл защищён паролем." in refusal(bytes(content))


# How much ----------------------------------------------------------------------------------------


def test_too_many_rows_and_columns() -> None:
    limits = Limits(rows=2, columns=2)
    filled = "<row r='{0}'><c r='A{0}'><v>1</v></c></row>"
    two = filled.format(1) + "<row r='2'/><row r='3'><c r='Z3' s='1'/></row>" + filled.format(9)
    assert [number for number, _ in rows(workbooks.raw(two), limits=limits)] == [1, 9]
    assert "больше 2\u00a0строк" in refusal(workbooks.raw(two + filled.format(10)), limits=limits)
    wide = "<row r='1'><c r='C1'><v>1</v></c></row>"
    assert "заполнена ячейка C1" in refusal(workbooks.raw(wide), limits=limits)


def test_the_size_that_a_sheet_states_is_not_asked() -> None:
    data = "<row r='1'><c r='A1'><v>1</v></c></row><row r='7'><c r='C7'><v>2</v></c></row>"
    for said in ("A1", "A1:XFD1048576", "B2:B2", "rubbish"):
        content = workbooks.raw(data, before=f"<dimension ref='{said}'/>")
        assert rows(content) == [(1, ["1", "", ""]), (7, ["", "", "2"])]


def peak_of(content: bytes, **options: Any) -> int:
    """How much memory at most reading takes beside the file."""
    tracemalloc.start()
    try:
        with contextlib.suppress(SheetRefused):
            sheets.read_table(content, "t.xlsx", **options)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


def formatted_rows(count: int, cells: int) -> bytes:
    empty = "<c s='1'/>"
    return workbooks.raw(
        "<row r='1'><c r='A1'><v>1</v></c></row>"
        + "".join(
            f"<row r='{number}' s='1' customFormat='1'>{empty * cells}</row>"
            for number in range(2, count + 1)
        )
    )


def test_a_sheet_formatted_to_its_last_row_is_read_to_its_end() -> None:
    assert rows(formatted_rows(1_048_576, 0)) == [(1, ["1"])]


def test_formatted_empty_rows_take_no_memory() -> None:
    assert peak_of(formatted_rows(20_000, 3)) < 3_000_000


def test_too_many_formatted_cells() -> None:
    limits = Limits(elements=1000)
    assert rows(formatted_rows(499, 1), limits=limits)
    assert "слишком много оформленных пустых" in refusal(formatted_rows(501, 1), limits=limits)


def test_of_the_books_texts_only_those_of_the_sheet_are_kept() -> None:
    shared = "".join(f"<si><t>{'я' * 50}{number}</t></si>" for number in range(20_000))
    data = "<row r='1'><c r='A1' t='s'><v>19999</v></c></row>"
    content = workbooks.raw(data, sharedStrings=shared)
    assert rows(content) == [(1, [f"{'я' * 50}19999"])]
    assert peak_of(content) < 1_500_000


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = workbooks.raw("", **{"xl/media/image1.png": "\0" * 30_000_000})
    assert len(bomb) < 100_000
    assert "Книга слишком велика внутри" in refusal(bomb)
    assert peak_of(bomb) < 1_000_000
    assert "Книга слишком велика внутри" in refusal(
        workbooks.raw("", styles="<a/>" * 100), limits=Limits(unpacked_bytes=1000)
    )


def test_a_member_that_is_larger_than_it_says_is_damaged() -> None:
    members = members_of(workbooks.raw("<row r='1'><c r='A1'><v>1</v></c></row>" + " " * 9_000_000))
    content = bytearray(workbooks.packed(members))
    name = content.rindex(b"xl/worksheets/sheet1.xml")
    (size,) = struct.unpack_from("<L", content, name - 46 + 24)
    assert size > 9_000_000
    struct.pack_into("<L", content, name - 46 + 24, 1000)
    assert "не открывается" in refusal(bytes(content))
    assert peak_of(bytes(content)) < 2_000_000


def test_too_many_members() -> None:
    many = {f"xl/{number}.xml": "" for number in range(10_000)}
    assert "Книга слишком велика внутри" in refusal(workbooks.raw("", **many))


def test_too_many_merged_cells() -> None:
    merged = "<mergeCells>" + '<mergeCell ref="A1:B2"/>' * 10_001 + "</mergeCells>"
    assert "слишком много объединённых ячеек" in refusal(workbooks.raw("", after=merged))


@hypothesis_settings(deadline=None, max_examples=200)
@given(place=st.integers(0, 2500), byte=st.integers(0, 255))
def test_a_byte_that_changed_on_the_way_breaks_nothing(place: int, byte: int) -> None:
    content = bytearray(workbooks.raw("<row r='1'><c r='A1'><v>1</v></c></row>", styles=STYLES))
    content[place % len(content)] = byte
    with contextlib.suppress(SheetRefused):
        sheets.read_table(bytes(content), "t.xlsx")
