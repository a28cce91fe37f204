"""Loading a package of the billing system: all of it in one transaction, or nothing.

A package is a folder with `manifest.json` and one CSV file for each table of exchange/tables.py,
optional ones apart. Every table is copied into a staging table and merged by one statement, so the
number of statements does not depend on the number of rows; loading the same package again changes
nothing.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import Error, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from cabinet import celery
from documents.tasks import render_missing
from exchange import attached, manifest, merging
from exchange.errors import PackageError
from exchange.tables import TABLES, Table

__all__ = ["Counts", "PackageError", "load"]

# Two loads at once would wait for each other row by row; this makes them wait as wholes.
_LOCK = 0x7061636B
_BLOCK = 1 << 16
# Of one value: a statement of 100,000 registers has 40 MB.
_LONGEST_VALUE = 1 << 27


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What one table of the package did."""

    new: int
    changed: int
    unchanged: int


@transaction.atomic
def load(
    *, folder: Path, progress: Callable[[Table, Counts], None] = lambda table, counts: None
) -> dict[str, Counts]:
    """Load the package in `folder`; the name of each table that came → its counts.

    `progress` is called after each table.

    Raises:
        PackageError: something in the package is wrong; the database is as it was before.
    """
    stated = manifest.read(folder)
    with attached.kept_on_success() as kept:
        counts = _load(folder, stated, kept, progress)
    transaction.on_commit(lambda: celery.wake(render_missing), robust=True)
    return counts


def _load(
    folder: Path,
    stated: manifest.Manifest,
    kept: list[str],
    progress: Callable[[Table, Counts], None],
) -> dict[str, Counts]:
    """All tables; `kept` gets the path of each file that was taken into the private storage."""
    counts: dict[str, Counts] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # The limit of a page's statement is not for a whole table.
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Foreign keys of Django are checked at COMMIT otherwise, where no file can be named.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            if table.name not in stated.tables:  # it may be absent
                continue
            counts[table.name] = _load_table(cursor, table, folder, stated)
            if table.attached_file:
                for path in attached.take(cursor, table, folder):
                    kept.append(path)  # one by one: the next may be refused
            _run(cursor, merging.drop_staging(table))
            progress(table, counts[table.name])
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return counts


def _load_table(
    cursor: CursorWrapper, table: Table, folder: Path, stated: manifest.Manifest
) -> Counts:
    path = folder / table.file_name
    header = _header(path, table)
    try:
        _run(cursor, merging.create_staging(table))
        rows = _copy(cursor, merging.copy(table, header), path)
        if rows != stated.tables[table.name].rows:
            raise PackageError(
                f"{rows} строк вместо {stated.tables[table.name].rows} по описи", file=path.name
            )
        _run(cursor, merging.analyze(table))
        for check in merging.checks(table):
            _refuse_if_found(cursor, check, path)
        _refuse_rows(table, path)
        new, changed = _merge(cursor, table, path)
        _run(cursor, merging.analyze_target(table))
    except (Error, psycopg.Error) as error:
        raise PackageError.of_database(error, file=path.name) from error
    return Counts(new=new, changed=changed, unchanged=rows - new - changed)


def _refuse_rows(table: Table, path: Path) -> None:
    """Read the file once more where its rows are judged one by one; nothing is kept in memory."""
    if table.refusal is None:
        return
    with _longer_values(), path.open(encoding="utf-8-sig", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream, delimiter=";"), 2):
            if words := table.refusal(row):
                raise PackageError(f"{words}, код «{row[table.key]}»", file=path.name, row=number)


@contextlib.contextmanager
def _longer_values() -> Iterator[None]:
    """Read long values; the limit is the process's, so what others may read stays as it was."""
    before = csv.field_size_limit(_LONGEST_VALUE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _merge(cursor: CursorWrapper, table: Table, path: Path) -> tuple[int, int]:
    """New and changed rows; once more while rows wait for others of the same file."""
    new = changed = 0
    while True:
        left = [check for check in merging.waiting(table) if _found(cursor, check)]
        _run(cursor, merging.merge(table))
        more_new, more_changed = cursor.fetchone() or (0, 0)
        new, changed = new + more_new, changed + more_changed
        if not left:
            return new, changed
        if not more_new:
            _refuse_if_found(cursor, left[0], path)


def _header(path: Path, table: Table) -> list[str]:
    """The columns of the file in its own order."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        try:
            header = next(csv.reader(stream, delimiter=";"), [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise PackageError(f"не читается: {error}", file=path.name, row=1) from error
    if unknown := [name for name in header if name not in table.columns]:
        raise PackageError(f"неизвестный столбец «{unknown[0]}»", file=path.name, row=1)
    if missing := [name for name in table.required if name not in header]:
        raise PackageError(f"нет столбца «{missing[0]}»", file=path.name, row=1)
    if len(header) != len(set(header)):
        raise PackageError("столбец повторяется", file=path.name, row=1)
    return header


def _run(cursor: CursorWrapper, statement: sql.Composed) -> None:
    cursor.execute(statement.as_string(None))


def _copy(cursor: CursorWrapper, statement: sql.Composed, path: Path) -> int:
    with path.open("rb") as stream, cursor.copy(statement) as copying:
        while block := stream.read(_BLOCK):
            copying.write(block)
    return int(cursor.rowcount)


def _refuse_if_found(cursor: CursorWrapper, check: merging.Check, path: Path) -> None:
    if found := _found(cursor, check):
        row, value = found
        raise PackageError(f"{check.words} «{value}»", file=path.name, row=row)


def _found(cursor: CursorWrapper, check: merging.Check) -> tuple[int, str] | None:
    _run(cursor, check.statement)
    found: tuple[int, str] | None = cursor.fetchone()
    return found
