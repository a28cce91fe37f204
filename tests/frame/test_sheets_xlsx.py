"""Tables that come as workbooks: what is read, what is refused, and how little it costs."""

from __future__ import annotations

import datetime
import io
import zipfile
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cabinet import sheets
from cabinet.sheets import Column, SheetRefused, cells
from tests.frame import workbooks

STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="dd.mm.yyyy"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.00&quot; руб. за день&quot;"/>'
    '<numFmt numFmtId="166" formatCode="[h]:mm"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/>'
    '<xf numFmtId="22"/><xf numFmtId="20"/></cellXfs>'
)


def refusal(content: bytes, **options: Any) -> str:
    with pytest.raises(SheetRefused) as caught:
        sheets.read_table(content, "Показания.xlsx", **options)
    said = str(caught.value)
    assert said.endswith(".")
    return said


def rows(content: bytes, **options: Any) -> list[tuple[int, list[str]]]:
    table = sheets.read_table(content, "Показания.xlsx", **options)
    return [(row.number, row.cells) for row in table.rows]


def cell(xml: str, **parts: str) -> str:
    """The text of A1 that is written like this."""
    return rows(workbooks.raw(f'<row r="1">{xml}<c r="B1"><v>1</v></c></row>', **parts))[0][1][0]


# What programs write -----------------------------------------------------------------------------


def test_a_workbook_of_a_spreadsheet_program() -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Показания"
    page.append(["Точка", "Показание", "Дата", "Момент", "Принято"])
    page["A3"], page["B3"], page["C3"] = "ТП-14", 36.3, datetime.date(2026, 11, 30)
    page["D3"], page["E3"] = datetime.datetime(2026, 11, 30, 23, 59), True
    page["A4"], page["B4"] = "12 345,6", "00017"
    table = sheets.read_table(workbooks.saved(book), "Показания.xlsx")
    assert table.sheet == "Показания"
    assert [(row.number, row.cells) for row in table.rows] == [
        (1, ["Точка", "Показание", "Дата", "Момент", "Принято"]),
        (3, ["ТП-14", "36.3", "2026-11-30", "2026-11-30 23:59:00", "ИСТИНА"]),
        (4, ["12 345,6", "00017", "", "", ""]),
    ]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("12345.6", "12345.6"),
        ("36.299999999999997", "36.3"),  # how Excel stores 36,3
        ("3.3000000000000003", "3.3"),
        ("12.50", "12.5"),
        ("-0", "0"),
        ("-4.25E-2", "-0.0425"),
        ("1.5E+3", "1500"),
        ("12345678901234567", "12345678901234567"),
        ("100", "100"),
        (".5", "0.5"),
    ],
)
def test_a_number_is_what_excel_shows(raw: str, text: str) -> None:
    assert cell(f'<c r="A1"><v>{raw}</v></c>') == text


@hypothesis_settings(deadline=None)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_any_number_with_so_many_digits_comes_back_exactly(value: Decimal) -> None:
    for raw in (str(value), f"{float(value):.17g}"):
        assert Decimal(cells.number_text(raw)) == value


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ('<c r="A1" s="1"><v>46356</v></c>', "2026-11-30"),
        ('<c r="A1" s="4"><v>46356.999305555553</v></c>', "2026-11-30 23:59:00"),
        ('<c r="A1" s="5"><v>0.5</v></c>', "12:00:00"),
        ('<c r="A1" s="2"><v>12.5</v></c>', "12.5"),
        ('<c r="A1" s="3"><v>1.5</v></c>', "1.5"),
        ('<c r="A1" s="1"><v>-5</v></c>', "-5"),
        ('<c r="A1" s="1"><v>99999999</v></c>', "99999999"),
        ('<c r="A1" s="77"><v>5</v></c>', "5"),
        ('<c r="A1" t="d"><v>2026-11-30T00:00:00</v></c>', "2026-11-30"),
        ('<c r="A1" t="str"><f>B1</f><v>ТП</v></c>', "ТП"),
        ('<c r="A1" t="str"><f>B1</f><v></v></c>', ""),
        ('<c r="A1"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="A1"><f t="shared" si="0"/><v>3</v></c>', "3"),
        ('<c r="A1" t="e"><v>#REF!</v></c>', "#REF!"),
        ('<c r="A1" t="b"><v>0</v></c>', "ЛОЖЬ"),
        ('<c r="A1" t="inlineStr"><is><r><t>Т</t></r><r><t xml:space="preserve">П </t></r>'
         '<rPh sb="0" eb="1"><t>нет</t></rPh></is></c>', "ТП "),
        ('<c r="A1" t="inlineStr"><is><t>a_x000D__x0000__xD800_\nb</t></is></c>', "a\nb"),
        ('<c r="A1" t="inlineStr"><is><t>NaN</t></is></c>', "NaN"),
        ('<c r="A1" t="inlineStr"><is><t>1e999</t></is></c>', "1e999"),
        ('<c r="A1" s="1"/>', ""),
        ('<c r="A1" t="s"/>', ""),
        ('<c t="inlineStr"><is><t>без адреса</t></is></c>', "без адреса"),
    ],
)  # fmt: skip
def test_a_value_of_each_kind(xml: str, text: str) -> None:
    assert cell(xml, styles=STYLES) == text


def test_days_counted_from_1904() -> None:
    book = '<workbookPr date1904="1"/><sheets><sheet name="Л" sheetId="1" r:id="rId1"/></sheets>'
    assert cell('<c r="A1" s="1"><v>44894</v></c>', styles=STYLES, workbook=book) == "2026-11-30"


def test_texts_that_cells_share() -> None:
    shared = "<si><t>нет</t></si><si><r><t>Т</t></r><r><t>П</t></r><rPh><t>x</t></rPh></si><si/>"
    data = '<row r="2"><c r="A2" t="s"><v>1</v></c><c r="C2" t="s"><v>1</v></c></row>'
    assert rows(workbooks.raw(data, sharedStrings=shared)) == [(2, ["ТП", "", "ТП"])]


def test_elements_with_prefixes_and_without_addresses() -> None:
    data = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"
    content = workbooks.raw(data)
    prefixed = workbooks.packed(
        {
            **members_of(content),
            "xl/worksheets/sheet1.xml": "<x:worksheet xmlns:x='a'><x:sheetData>"
            + data.replace("<", "<x:").replace("<x:/", "</x:")
            + "</x:sheetData></x:worksheet>",
        }
    )
    assert rows(content) == rows(prefixed) == [(1, ["1", "2"]), (2, ["3", ""])]


def members_of(content: bytes) -> dict[str, bytes | str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_merged_cells_are_told() -> None:
    book = openpyxl.Workbook()
    book.active.append(["ТП-1", "1"])
    book.active.append(["", "2"])
    book.active.merge_cells("A1:A2")
    table = sheets.read_table(workbooks.saved(book), "t.xlsx")
    assert table.merged == ("A1:A2",)
    assert [row.cells for row in table.rows] == [["ТП-1", "1"], ["", "2"]]


def test_the_first_sheet_in_view_or_the_one_that_is_named() -> None:
    book = openpyxl.Workbook()
    book.active.title, book.active.sheet_state = "Служебный", "hidden"
    book.active.append(["скрыто"])
    book.create_chartsheet("График")
    for title in ("Показания", "Прочее"):
        book.create_sheet(title).append([title])
    content = workbooks.saved(book)
    assert sheets.read_table(content, "t.xlsx").sheet == "Показания"
    assert rows(content, sheet="прочее ") == [(1, ["Прочее"])]
    assert rows(content, sheet="Служебный") == [(1, ["скрыто"])]
    said = refusal(content, sheet="Ноябрь")
    assert "нет листа «Ноябрь». Есть листы: «Показания», «Прочее»." in said


def test_a_book_with_nothing_in_view() -> None:
    book = '<sheets><sheet name="Л" sheetId="1" state="veryHidden" r:id="rId1"/></sheets>'
    assert "Все листы книги скрыты." in refusal(workbooks.raw("", workbook=book))


texts = st.text(
    st.one_of(
        st.sampled_from("=+-@;\"' \n0aЯ_x"),
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    ),
    min_size=1,
).filter(lambda text: not text.isspace() and not text.startswith("'"))


@hypothesis_settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(texts, st.decimals(-(10**9), 10**9, places=3)), min_size=1, max_size=5))
def test_whatever_leaves_as_xlsx_comes_back_as_it_was(written: list[tuple[str, Decimal]]) -> None:
    columns = [Column(title="Точка"), Column(title="Показание", places=3)]
    content = sheets.xlsx_bytes("Показания", columns, written)
    read = sheets.read_table(content, "t.xlsx").rows[1:]
    assert [(row.cells[0], Decimal(row.cells[1])) for row in read] == written
