"""Files of a batch: CSV and JSON for programs, XLSX for people; written once and then kept.

A file is written row by row from what the batch froze, so that its length costs no memory. Whoever
asks for it again gets the stored bytes; were they lost, the same would be written again.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, TypeVar

from django.core.files.storage import default_storage
from django.http import HttpRequest
from django.utils import timezone

from accounts import journal
from cabinet import files
from cabinet.sheets import Cell
from cabinet.sheets import Column as SheetColumn
from cabinet.sheets.guarding import guarded
from cabinet.sheets.streaming import write_xlsx
from exchange.models import OutgoingBatch, OutgoingFile
from exchange.outgoing import batch_content as content
from exchange.outgoing.batch_content import Column, Type

Format = OutgoingFile.Format

FOLDER = "batches"
# What the columns mean, for whoever reads the JSON; docs/exchange-out.md tells of changes.
FORMAT_VERSION = 1

CONTENT_TYPES: dict[str, str] = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
}

# Rows that the database sends at a time.
_CHUNK = 2_000

# Values of a column that are kept while a file is written.
_REMEMBERED = 256

Texts = Sequence[str | None]
_T = TypeVar("_T")


def file_of(batch: OutgoingBatch, format: str) -> OutgoingFile:
    """The file of the batch in this format; it is written when it is asked for first."""
    stored = OutgoingFile.objects.filter(batch=batch, format=format).first()
    if stored and default_storage.exists(stored.path):
        return stored
    path = files.unguessable_path(FOLDER, f".{format}")
    size, sha256 = _write(batch, format, Path(default_storage.path(path)))
    # Two who ask at once have written the same; the later row takes the place of the earlier one.
    OutgoingFile.objects.bulk_create(
        [OutgoingFile(batch=batch, format=format, path=path, size=size, sha256=sha256)],
        update_conflicts=True,
        unique_fields=["batch", "format"],
        update_fields=["path", "size", "sha256"],
    )
    return OutgoingFile.objects.get(batch=batch, format=format)


def write_all(pk: int) -> None:
    """Write the files of a batch that are not written yet."""
    batch = OutgoingBatch.objects.get(pk=pk)
    for format in Format.values:
        file_of(batch, format)


def write_to(batch: OutgoingBatch, format: str, folder: Path) -> Path:
    """Put a file of the batch into a folder, where it appears under its name whole or not at all.

    Raises:
        OSError: the folder is not there, or is full.
    """
    stored = Path(default_storage.path(file_of(batch, format).path))
    target = folder / f"{batch.stem}.{format}"
    unfinished = folder / f".{target.name}.{os.getpid()}"
    try:
        with stored.open("rb") as source, unfinished.open("wb") as copy:
            while block := source.read(1 << 20):
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        unfinished.replace(target)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return target


def journal_leaving(
    batch: OutgoingBatch, format: str, *, request: HttpRequest | None = None, folder: str = ""
) -> None:
    """Note in the journal that a file of the batch left: to a person, or into a folder."""
    stored = file_of(batch, format)
    details = {"batch": batch.stem, "rows": batch.rows, "sha256": stored.sha256}
    journal.record(
        journal.Action.FILE_OPENED,
        request=request,
        subject=f"{batch}, {stored.get_format_display()}",
        details=details | ({"folder": folder} if folder else {}),
    )


def sweep_orphans() -> int:
    """Remove files that no batch names any more; their number."""
    return files.sweep_orphans(FOLDER, rows=OutgoingFile.objects.all())


# Writing -----------------------------------------------------------------------------------------


def _write(batch: OutgoingBatch, format: str, target: Path) -> tuple[int, str]:
    """Write the whole file to the disk; its size and SHA-256."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("xb") as stream:
            _WRITERS[format](batch, stream)
            stream.flush()
            os.fsync(stream.fileno())
        with target.open("rb") as stream:
            return target.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest()
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _rows(batch: OutgoingBatch) -> Iterator[tuple[int, Texts]]:
    """Number and texts of each row; a server-side cursor holds no more than a chunk of them."""
    rows = batch.readings if batch.kind == OutgoingBatch.Kind.READINGS else batch.cases
    listed = rows.order_by("row").values_list("row", "content")
    yield from listed.iterator(chunk_size=_CHUNK)


def _write_csv(batch: OutgoingBatch, stream: IO[bytes]) -> None:
    """As the packages that come in: UTF-8, «;», a head; text like a formula has an apostrophe."""
    as_cell = _by_column(batch, lambda column: guarded if column.type is Type.TEXT else str)
    with _as_text(stream) as lines:
        writer = csv.writer(lines, delimiter=";", lineterminator="\r\n")
        writer.writerow(["row", *batch.columns])
        writer.writerows([number, *as_cell(values)] for number, values in _rows(batch))


def _write_json(batch: OutgoingBatch, stream: IO[bytes]) -> None:
    """One object; a row in each line of its «data»."""
    head = {
        "version": FORMAT_VERSION,
        "kind": batch.kind,
        "number": batch.number,
        "made_at": timezone.localtime(batch.made_at).isoformat(timespec="seconds"),
        "rows": batch.rows,
    }
    as_json = _by_column(batch, _json_writer)
    names = [f'"{name}": ' for name in batch.columns]
    with _as_text(stream) as lines:
        lines.write(f'{_json(head)[:-1]}, "data": [')
        separator = "\n"
        for number, values in _rows(batch):
            pairs = ", ".join(
                f"{name}{value or 'null'}"
                for name, value in zip(names, as_json(values), strict=True)
            )
            lines.write(f'{separator}{{"row": {number}, {pairs}}}')
            separator = ",\n"
        lines.write("\n]}\n")


def _json_writer(column: Column) -> Callable[[str], str]:
    """How a column is written: numbers with all their digits, codes of questions as a list."""
    if column.type in (Type.NUMBER, Type.WHOLE, Type.FLAG):
        return str
    if column.type is Type.CODES:
        return lambda value: _json(value.split(",") if value else [])
    return _json


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write_xlsx(batch: OutgoingBatch, stream: IO[bytes]) -> None:
    """For people: Russian heads, codes in words, moments on the retailer's clock."""
    shown = [SheetColumn(title="Строка", width=8)]
    shown += [
        SheetColumn(title=column.title, width=column.width, places=3)
        for column in content.columns_of(batch)
    ]
    as_cell = _by_column(batch, _cell_writer)
    rows = ([number, *as_cell(values)] for number, values in _rows(batch))
    write_xlsx(stream, title=str(batch), columns=shown, rows=rows)


def _cell_writer(column: Column) -> Callable[[str], Cell]:
    """How a column stands in a workbook; an empty text is an empty cell."""
    match column.type:
        case Type.NUMBER:
            return Decimal
        case Type.WHOLE:
            return int
        case Type.DAY:
            return datetime.date.fromisoformat
        case Type.MOMENT:
            # On the clock on which it was written, whatever this process's clock is now.
            return lambda value: datetime.datetime.fromisoformat(value).replace(tzinfo=None)
        case Type.FLAG:
            return lambda value: value == "true"
    return partial(content.in_words, column)


def _by_column(
    batch: OutgoingBatch, writer_of: Callable[[Column], Callable[[str], _T]]
) -> Callable[[Texts], Iterator[_T | None]]:
    """Each value of a row by its column's writer; no value stays none.

    Neighbouring rows say the same of contracts, people and meters: what was written a moment ago is
    not worked out again.
    """
    writers: list[Callable[[str], _T]] = [
        lru_cache(maxsize=_REMEMBERED)(writer_of(column)) for column in content.columns_of(batch)
    ]

    def written(values: Texts) -> Iterator[_T | None]:
        for write, value in zip(writers, values, strict=True):
            yield None if value is None else write(value)

    return written


@contextlib.contextmanager
def _as_text(stream: IO[bytes]) -> Iterator[IO[str]]:
    lines = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=False)
    try:
        yield lines
    finally:
        lines.detach()


_WRITERS: dict[str, Callable[[OutgoingBatch, IO[bytes]], None]] = {
    Format.CSV: _write_csv,
    Format.XLSX: _write_xlsx,
    Format.JSON: _write_json,
}
