"""Tables that leave the portal: for Excel, for 1С, for whatever the client keeps books in."""

from __future__ import annotations

import csv
import datetime
import functools
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from cabinet import formats
from cabinet.sheets.guarding import cell_text, guarded, is_formula, without_controls

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell as BookCell


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number whose digits are its own, not its column's: what a display shows.

    `places`: digits after the comma; no groups. `is_asked`: the cell is there to be filled in, also
    while it is empty (`Sheet.is_form`).
    """

    value: Decimal | None
    places: int
    is_asked: bool = False


# A value of a table. Money and energy are Decimal; a float would not say which.
Cell = str | int | Decimal | datetime.date | bool | Figure | None

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

# Excel's own limit.
_TITLE_MAX = 31
# So light that black text on it is read as easily as on white.
_GREY = "E9EDEE"

_SEPARATORS = re.compile(r"[/\\]+")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table: its head, its width in characters, how its numbers look.

    `places`: digits after the comma of a Decimal; 2 for money, 3 for energy. Whole numbers (int)
    have neither a comma nor groups: years, counts and codes are such.
    """

    title: str
    width: int = 16
    places: int = 2


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet of a workbook; `above`: lines of text over the table (whose, of which months).

    `totals`: rows under the table, which no filter hides and no sorting moves.
    `is_form`: it is there to be filled in; whatever is not asked (`Figure.is_asked`) is grey.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    above: Sequence[str] = ()
    totals: Sequence[Sequence[Cell]] = ()
    is_form: bool = False


# CSV ---------------------------------------------------------------------------------------------


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with its mark, «;», CRLF, decimal comma: opens in a Russian Excel by a click.

    Text that begins like a formula gets an apostrophe before it; negative numbers stay numbers.

    Raises:
        TypeError: a value that is no `Cell`, a float among them.
    """
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=";", lineterminator="\r\n")
    writer.writerow([guarded(title) for title in header])
    writer.writerows([_csv_text(value) for value in row] for row in rows)
    return made.getvalue().encode("utf-8-sig", "replace")


def _csv_text(value: Cell) -> str:
    match value:
        case None:
            return ""
        case str():
            return guarded(value.replace("\0", ""))
        case bool():
            return _yes_or_no(value)
        case int():
            return str(value)
        case Decimal():
            return f"{_finite(value):f}".replace(".", ",")
        case Figure():
            return (
                "" if value.value is None else f"{value.value:.{value.places}f}".replace(".", ",")
            )
        case datetime.datetime():
            return formats.moment(value).replace(formats.NBSP, " ")
        case datetime.date():
            return formats.day(value)
    raise _no_cell(value)


# XLSX --------------------------------------------------------------------------------------------


def xlsx_bytes(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    above: Sequence[str] = (),
    totals: Sequence[Sequence[Cell]] = (),
) -> bytes:
    """A workbook with one sheet; see `workbook_bytes`."""
    sheet = Sheet(title=title, columns=columns, rows=rows, above=above, totals=totals)
    return workbook_bytes([sheet])


def workbook_bytes(sheets: Iterable[Sheet]) -> bytes:
    """A workbook: numbers are numbers, dates are dates, the head stays while one scrolls.

    Rows are written as they come, a row at a time. Text is stored as text, whatever it begins with;
    moments are the retailer's clock's. A text longer than Excel takes is cut with «…».

    Raises:
        TypeError: a value that is no `Cell`, a float among them.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    made = io.BytesIO()
    try:
        for sheet in sheets:
            _write_sheet(book, sheet)
    finally:  # also when a row could not be written: this removes openpyxl's temporary files
        book.save(made)
    return made.getvalue()


def _write_sheet(book: Workbook, sheet: Sheet) -> None:
    from openpyxl.utils import get_column_letter

    page: Any = book.create_sheet(sheet_title(sheet.title))
    top = len(sheet.above) + bool(sheet.above) + 1  # an empty line stands under the lines above
    page.freeze_panes = f"A{top + 1}"
    for index, column in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(index)].width = column.width
    _set_paper(page, top)
    for line in sheet.above:
        page.append([_text_cell(page, line)])
    if sheet.above:
        page.append([])
    page.append(list(_head(page, sheet.columns)))
    count = 0
    for row in sheet.rows:
        cells = [
            _cell(page, value, column) for value, column in zip(row, sheet.columns, strict=True)
        ]
        page.append(list(_greyed(page, row, cells)) if sheet.is_form else cells)
        count += 1
    page.auto_filter.ref = f"A{top}:{get_column_letter(len(sheet.columns))}{top + count}"
    for row in sheet.totals:
        page.append(list(_total(page, row, sheet.columns)))


def _total(
    page: Any, values: Sequence[Cell], columns: Sequence[Column]
) -> Iterator[BookCell | None]:
    """The cells of a row of totals, bold."""
    from openpyxl.styles import Font

    font = Font(bold=True)
    for value, column in zip(values, columns, strict=True):
        cell = _cell(page, value, column)
        if cell is not None:
            cell.font = font
        yield cell


def _greyed(
    page: Any, values: Sequence[Cell], cells: Iterable[BookCell | None]
) -> Iterator[BookCell | None]:
    """The same cells, grey where nothing is asked."""
    from openpyxl.styles import PatternFill

    grey = PatternFill("solid", fgColor=_GREY)
    for value, made in zip(values, cells, strict=True):
        if isinstance(value, Figure) and value.is_asked:
            yield made
        else:
            cell = made or _typed(page, None, "General")
            cell.fill = grey
            yield cell


def _set_paper(page: Any, top: int) -> None:
    """On paper: A4 across, all columns on one sheet, the head on each."""
    from openpyxl.worksheet.properties import PageSetupProperties
    from openpyxl.worksheet.worksheet import Worksheet

    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    page.page_setup.fitToHeight = 0
    page.print_title_rows = f"{top}:{top}"


def _head(page: Any, columns: Sequence[Column]) -> Iterator[BookCell]:
    from openpyxl.styles import Alignment, Font

    font, alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for column in columns:
        cell = _text_cell(page, column.title)
        cell.font, cell.alignment = font, alignment
        yield cell


def _cell(page: Any, value: Cell, column: Column) -> BookCell | None:
    """A cell by its value's type; nothing where there is no value."""
    match value:
        case None | "":
            return None
        case str():
            return _text_cell(page, value)
        case bool():
            return _text_cell(page, _yes_or_no(value))
        case int():
            return _typed(page, value, "0")
        case Decimal():
            return _typed(page, _finite(value), _number_format(column.places))
        case Figure():
            return _typed(page, value.value, f"0.{'0' * value.places}" if value.places else "0")
        case datetime.datetime():
            moment = timezone.localtime(value) if timezone.is_aware(value) else value
            return _typed(page, moment.replace(tzinfo=None, microsecond=0), "DD.MM.YYYY HH:MM")
        case datetime.date():
            return _typed(page, value, "DD.MM.YYYY")
    raise _no_cell(value)


def _typed(page: Any, value: Any, number_format: str) -> BookCell:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, value)
    cell.number_format = number_format
    return cell


def _text_cell(page: Any, text: str) -> BookCell:
    """Text that is text: Excel neither runs it nor, once somebody edits the cell, begins to."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(page, "")
    cell.value = cell_text(text)
    cell.data_type = "s"
    if is_formula(text):
        cell.quotePrefix = True
    return cell


@functools.cache
def _number_format(places: int) -> str:
    return f"#,##0.{'0' * places}" if places else "#,##0"


def sheet_title(title: str) -> str:
    """A name that Excel allows for a sheet."""
    clean = re.sub(r"[\[\]:*?/\\]+", "-", without_controls(title)).strip("' ")
    return clean[:_TITLE_MAX] or "Лист1"


# Both --------------------------------------------------------------------------------------------


def table_response(
    kind: Literal["csv", "xlsx"],
    *,
    filename: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    title: str = "",
    above: Sequence[str] = (),
    totals: Sequence[Sequence[Cell]] = (),
) -> HttpResponse:
    """Answer with a table to save; `filename` without its ending may be Russian.

    `title` names the sheet of a workbook (the file's name does without it), `above` are lines over
    its table and `totals` rows under it; CSV has none of these, for programs that read it expect
    the head in the first line and nothing but rows under it.
    """
    if kind == "csv":
        content = csv_bytes([column.title for column in columns], rows)
    else:
        content = xlsx_bytes(title or filename, columns, rows, above=above, totals=totals)
    return file_response(kind, filename=filename, content=content)


def file_response(kind: Literal["csv", "xlsx"], *, filename: str, content: bytes) -> HttpResponse:
    """Answer with a table that is made already; `filename` without its ending may be Russian."""
    name = _SEPARATORS.sub("-", f"{filename}.{kind}")
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _yes_or_no(value: bool) -> str:
    return "да" if value else "нет"


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise TypeError(f"{value} is no number of a table")
    return value


def _no_cell(value: object) -> TypeError:
    return TypeError(f"{type(value).__name__} is no value of a table: {value!r}")
