"""Workbooks as programs write them, and as nobody should."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


def packed(members: dict[str, bytes | str]) -> bytes:
    """An archive with these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            # OpenDocument says what it is in the first bytes of the file.
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, method)
    return made.getvalue()


def raw(data: str, *, after: str = "", before: str = "", **parts: str) -> bytes:
    """A workbook whose only sheet has `data` between `<sheetData>` and its end.

    `before`, `after`: what stands around that; `parts`: «styles», «sharedStrings», «workbook» as
    XML, without their roots; further names become files of these names.
    """
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    sheet = (
        f"{head}<worksheet xmlns='{_MAIN}'>{before}<sheetData>{data}</sheetData>{after}</worksheet>"
    )
    workbook = parts.pop(
        "workbook", '<sheets><sheet name="Лист1" sheetId="1" r:id="rId1"/></sheets>'
    )
    roots = {"styles": "styleSheet", "sharedStrings": "sst"}
    members: dict[str, bytes | str] = {
        "[Content_Types].xml": f"{head}<Types xmlns='{_TYPES}'/>",
        "_rels/.rels": _relations(head, [("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": (
            f"{head}<workbook xmlns='{_MAIN}' xmlns:r='{_RELATIONS}'>{workbook}</workbook>"
        ),
        "xl/_rels/workbook.xml.rels": _relations(
            head,
            [
                ("rId1", "worksheet", "worksheets/sheet1.xml"),
                *((f"rId-{name}", name, f"/xl/{name}.xml") for name in parts if name in roots),
            ],
        ),
        "xl/worksheets/sheet1.xml": sheet,
    }
    for name, content in parts.items():
        if root := roots.get(name):
            members[f"xl/{name}.xml"] = f"{head}<{root} xmlns='{_MAIN}'>{content}</{root}>"
        else:
            members[name] = content
    return packed(members)


def _relations(head: str, targets: list[tuple[str, str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="{key}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for key, kind, target in targets
    )
    return f"{head}<Relationships xmlns='{_PACKAGE}'>{inner}</Relationships>"


def saved(book: Any) -> bytes:
    """A workbook of openpyxl as a file."""
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def of_rows(rows: list[list[Any]], *, title: str = "Лист1") -> bytes:
    """What a spreadsheet program saves for these rows."""
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return saved(book)
