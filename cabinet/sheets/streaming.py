"""A workbook of one sheet, written as its rows come: no more than one row is held.

For tables of a hundred thousand rows, where openpyxl takes minutes. The same rows give the same
bytes: nothing in the file says when it was made.
"""

from __future__ import annotations

import datetime
import functools
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from django.utils import timezone

from cabinet.sheets.guarding import cell_text, is_formula
from cabinet.sheets.writing import Cell, Column, sheet_title

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# Excel counts days from here; the moment's own clock, without its zone.
_DAY_ZERO = datetime.date(1899, 12, 30)
_SECONDS_A_DAY = Decimal(86_400)

# Styles of cells by their place in `_STYLES`; digits after the comma choose the last ones.
_BOLD, _QUOTED, _WHOLE, _DAY, _MOMENT, _NUMBER = range(1, 7)
_MOST_PLACES = 5
_FORMATS = ("0", "DD.MM.YYYY", "DD.MM.YYYY HH:MM", *(
    f"#,##0.{'0' * places}" if places else "#,##0" for places in range(_MOST_PLACES + 1)
))  # fmt: skip

_TYPES = (
    f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>'
)
_ROOT = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
    f' Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_PARTS = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>'
)
_XF = '<xf numFmtId="{}" fontId="{}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"{}'
_STYLES = "".join((
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">',
    *(
        f'<numFmt numFmtId="{164 + number}" formatCode="{code}"/>'
        for number, code in enumerate(_FORMATS)
    ),
    '</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{3 + len(_FORMATS)}">',
    _XF.format(0, 0, "/>"),
    _XF.format(0, 1, ' applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'),
    _XF.format(0, 0, ' quotePrefix="1"/>'),
    *(_XF.format(164 + number, 0, "/>") for number in range(len(_FORMATS))),
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>",
))  # fmt: skip


def write_xlsx(
    target: IO[bytes], *, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]
) -> int:
    """Write a workbook with the sheet `title` into `target`; the number of its rows.

    The head stays while one scrolls. Text is stored as text, whatever it begins with.

    Raises:
        TypeError: a value that is none of a table, a float among them.
    """
    count = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, content in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _ROOT),
            ("xl/workbook.xml", _workbook(title)),
            ("xl/_rels/workbook.xml.rels", _PARTS),
            ("xl/styles.xml", _STYLES),
        ):
            archive.writestr(_member(name), content)
        with archive.open(_member("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            sheet.write(_top(columns).encode())
            for count, row in enumerate(rows, 1):  # noqa: B007 - how many there were
                cells = "".join(map(_cell, row, columns))
                sheet.write(f"<row>{cells}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")
    return count


def _member(name: str) -> zipfile.ZipInfo:
    """A part of the archive, of no particular day."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    return member


def _workbook(title: str) -> str:
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        f'<sheet name={quoteattr(sheet_title(title))} sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def _top(columns: Sequence[Column]) -> str:
    """The sheet down to its head; the head's row stands still."""
    return "".join((
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        "</sheetView></sheetViews><cols>",
        *(
            f'<col min="{number}" max="{number}" width="{column.width}" customWidth="1"/>'
            for number, column in enumerate(columns, 1)
        ),
        "</cols><sheetData><row>",
        *_heads(columns),
        "</row>",
    ))  # fmt: skip


def _heads(columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        yield _text(column.title, _BOLD)


def _cell(value: Cell, column: Column) -> str:
    """A cell by its value's type; an empty one where there is no value."""
    match value:
        case None | "":
            return "<c/>"
        case str():
            return _text(value)
        case bool():
            return _text("да" if value else "нет")
        case int():
            return _number(value, _WHOLE)
        case Decimal() if value.is_finite():
            return _number(value, _NUMBER + min(column.places, _MOST_PLACES))
        case datetime.datetime():
            return _number(_days(value), _MOMENT)
        case datetime.date():
            return _number((value - _DAY_ZERO).days, _DAY)
    raise TypeError(f"{type(value).__name__} is no value of a streamed table: {value!r}")


@functools.lru_cache(maxsize=2_048)
def _text(text: str, style: int | None = None) -> str:
    """A cell of text; what stands in many rows is not worked out for each."""
    if style is None:
        style = _QUOTED if is_formula(text) else 0
    words = escape(cell_text(text))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{words}</t></is></c>'


def _number(value: int | Decimal, style: int) -> str:
    digits = str(value) if isinstance(value, int) else f"{value:f}"
    return f'<c s="{style}"><v>{digits}</v></c>'


def _days(moment: datetime.datetime) -> Decimal:
    """Days since Excel's beginning on the retailer's clock, to the second."""
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return (local.date() - _DAY_ZERO).days + (seconds / _SECONDS_A_DAY).quantize(Decimal("1e-9"))
