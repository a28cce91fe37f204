"""Loading a package of the billing system: all of it in one transaction, or nothing.

A package is a folder with `manifest.json` and one CSV file for each table of exchange/tables.py,
optional ones apart. Every table is copied into a staging table and merged by one statement, so the
number of statements does not depend on the number of rows; loading the same package again changes
nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import Error, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from exchange import manifest, merging
from exchange.errors import PackageError
from exchange.tables import TABLES, Table

__all__ = ["Counts", "PackageError", "load"]

# Two loads at once would wait for each other row by row; this makes them wait as wholes.
_LOCK = 0x7061636B
_BLOCK = 1 << 16


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
        _run(cursor, merging.merge(table))
        new, changed = cursor.fetchone() or (0, 0)
        _run(cursor, merging.drop_staging(table))
        _run(cursor, merging.analyze_target(table))
    except (Error, psycopg.Error) as error:
        raise PackageError.of_database(error, file=path.name) from error
    return Counts(new=new, changed=changed, unchanged=rows - new - changed)


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
    _run(cursor, check.statement)
    if found := cursor.fetchone():
        row, value = found
        raise PackageError(f"{check.words} «{value}»", file=path.name, row=row)
