"""Tables as clients send them: made by hand and by openpyxl."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from meters.models import Register

HEAD = ("Точка учёта", "Номер счётчика", "Показание")


def book(rows: Iterable[Sequence[Any]], *, merge: Sequence[str] = ()) -> bytes:
    """A workbook with these rows from the top."""
    made = Workbook()
    for row in rows:
        made.active.append(list(row))
    for cells in merge:
        made.active.merge_cells(cells)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def csv(rows: Iterable[Sequence[str]], *, sign: str = ";", encoding: str = "utf-8") -> bytes:
    """A CSV as somebody types it."""
    return "\r\n".join(sign.join(row) for row in rows).encode(encoding)


def upload(content: bytes, name: str = "Показания.xlsx") -> SimpleUploadedFile:
    """The file as a browser sends it."""
    return SimpleUploadedFile(name, content)


def of(registers: Iterable[Register], *values: Any) -> list[tuple[Any, ...]]:
    """A head, and a row with a value for each register."""
    rows = [
        ("ТП", register.meter.serial, value)
        for register, value in zip(registers, values, strict=False)
    ]
    return [HEAD, *rows]
