"""Reading a table that a client or an office sent, whatever program made it."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import UploadedFile

from cabinet import archives, formats
from cabinet.sheets import delimited, workbook
from cabinet.sheets.tables import Limits, SheetRefused, Table

_TEXT_ENDINGS = ("csv", "txt", "tsv")
_WORKBOOK_ENDINGS = ("xlsx", "xlsm")

_SAVE_AS = "сохраните как «Книга Excel (.xlsx)»"
# How files begin that are no tables, or not of a kind that is read.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "Это документ PDF, а нужна таблица. Загрузите файл Excel (.xlsx) или CSV."),
    (b"\x89PNG", "Это картинка, а нужна таблица. Загрузите файл Excel (.xlsx) или CSV."),
    (b"\xff\xd8\xff", "Это картинка, а нужна таблица. Загрузите файл Excel (.xlsx) или CSV."),
    (b"Rar!", "Это архив. Распакуйте его и загрузите саму таблицу."),
    (b"7z\xbc\xaf", "Это архив. Распакуйте его и загрузите саму таблицу."),
    (b"\x1f\x8b", "Это архив. Распакуйте его и загрузите саму таблицу."),
)
_HEAD_BYTES = 1024


def read_table(
    upload: UploadedFile | bytes, name: str, *, sheet: str = "", limits: Limits | None = None
) -> Table:
    """The table in a file called `name`: XLSX or CSV, by its content.

    Of a workbook the first sheet that is not hidden is read, or the one called `sheet`. The upload
    may have been read before; it stands at its end afterwards.

    Raises:
        SheetRefused: it is no table, damaged, locked, too large, or a cell cannot be read.
    """
    limits = limits or Limits()
    content = _content(upload, limits)
    if content.startswith(b"PK"):
        return workbook.read(content, sheet, limits)
    _require_text(content, name)
    return delimited.read(content, limits)


def _content(upload: UploadedFile | bytes, limits: Limits) -> bytes:
    if isinstance(upload, bytes):
        content = upload[: limits.file_bytes + 1]
    else:
        upload.seek(0)
        content = upload.read(limits.file_bytes + 1)
    if len(content) > limits.file_bytes:
        size = formats.file_size(limits.file_bytes)
        raise SheetRefused(f"Файл больше {size}. Разделите таблицу на несколько файлов.")
    if not content:
        raise SheetRefused("Файл пустой. Проверьте, тот ли файл выбран.")
    return content


def _require_text(content: bytes, name: str) -> None:
    """Refuse, by how they begin, files that are no text and pages that only look like tables."""
    if content.startswith(archives.OLE):
        raise _of_old_office(content)
    for magic, words in _OTHERS:
        if content.startswith(magic):
            raise SheetRefused(words)
    head = content[:_HEAD_BYTES].lower()
    if b"<html" in head or b"<table" in head or b"<!doctype" in head or b"<?xml" in head:
        raise SheetRefused(
            "Внутри файла не таблица, а веб-страница или XML, хотя Excel его и открывает."
            f" Откройте файл в Excel и {_SAVE_AS}."
        )
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in _WORKBOOK_ENDINGS:
        raise workbook.damaged()
    if ending and ending not in _TEXT_ENDINGS:
        raise SheetRefused(
            f"Файлы .{ending[:10]} не читаются. Откройте таблицу в Excel и {_SAVE_AS} или «CSV»."
        )


def _of_old_office(content: bytes) -> SheetRefused:
    if archives.is_locked_office_file(io.BytesIO(content)):
        return SheetRefused(
            "Файл защищён паролем. Снимите пароль в Excel (Файл → Сведения → Защита книги),"
            " сохраните файл и загрузите снова."
        )
    return SheetRefused(f"Это старый формат .xls. Откройте файл в Excel и {_SAVE_AS}.")
