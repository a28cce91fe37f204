"""A file of the package in a temporary table: by COPY as it is, or row by row where it must be."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from django.conf import settings
from django.db import Error, connection, models, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from exchange.incoming import cells, dialect, mending, statements
from exchange.incoming.declaration import Table
from exchange.incoming.dialect import Dialect
from exchange.incoming.errors import PackageError
from exchange.incoming.package import Package
from exchange.incoming.refusals import LONGEST_ROW, Refusal, Refusals

# The first row of data; the header is row 1.
FIRST_ROW = 2
_BLOCK = 1 << 18
_ROWS_AT_ONCE = 2_000

Moved = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What a file held: all its rows, and how it was written."""

    rows: int
    dialect: Dialect


def stage(
    cursor: CursorWrapper,
    package: Package,
    table: Table,
    how: Dialect,
    refusals: Refusals,
    moved: Moved,
) -> Staged:
    """Copy the file into its temporary table; `moved` is told how many bytes went.

    A file in which every value fits goes as it is. Else it is read row by row, and rows with
    a value that fits no column are refused.

    Raises:
        PackageError: the file cannot be read.
    """
    statements.run(cursor, create(table))
    refusals.headers[table.name] = [name for name in how.header if name != dialect.REASON]
    # «23.11.2026», and a moment without an offset, are the retailer's; only while files are read:
    # Django takes every moment from the database for one of UTC.
    cursor.execute("SET LOCAL datestyle = 'ISO, DMY'")
    cursor.execute("SELECT set_config('TimeZone', %s, true)", [settings.TIME_ZONE])
    rows: int | None = None
    mended = mending.rows_of(package, table, how)
    if not (mended or how.has_commas or dialect.REASON in how.header):
        rows = _copied_as_it_is(cursor, package, table, how, moved)
    if rows is None:
        rows = _copied_row_by_row(cursor, package, table, how, refusals, moved)
    cursor.execute("SET LOCAL TIME ZONE 'UTC'")
    statements.run(cursor, sql.SQL("ANALYZE {}").format(statements.staging(table)))
    return Staged(rows=rows, dialect=how)


def create(table: Table) -> sql.Composed:
    """A temporary table with the file's columns and the row's number.

    Types are wider than the model's: what does not fit is then found with its row
    (exchange/incoming/judging.py).
    """
    types = {field.name: _wide_type(field) for field in table.values}
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(name),
            sql.SQL(types.get(name, "text")),
            _default(table, name) if name in table.optional else sql.SQL(""),
        )
        for name in table.columns
    ]
    return sql.SQL(
        "CREATE TEMPORARY TABLE {} ({}, row bigint GENERATED ALWAYS AS IDENTITY (START WITH {}))"
        " ON COMMIT DROP"
    ).format(statements.staging(table), statements.listed(columns), sql.Literal(FIRST_ROW))


def _wide_type(field: models.Field) -> str:
    if isinstance(field, models.DecimalField):
        return "numeric"
    if isinstance(field, models.CharField | models.TextField):
        return "text"
    if isinstance(field, models.IntegerField):
        return "bigint"
    return str(field.db_type(connection))


def _default(table: Table, name: str) -> sql.Composed:
    """What a column that the file leaves out holds: the default of the model's field.

    A parent is then nobody, a file none.
    """
    if name == table.attached_file:
        return sql.SQL(" DEFAULT ''").format()
    own = (field.get_default() for field in table.values if field.name == name)
    return sql.SQL(" DEFAULT {}").format(sql.Literal(next(own, None)))


def drop(table: Table) -> sql.Composed:
    """Make room for another load in the same transaction."""
    return sql.SQL("DROP TABLE {}, {}").format(statements.staging(table), statements.known(table))


def _copy(table: Table, columns: list[str], *, separator: str, encoding: str) -> sql.Composed:
    """COPY of these columns; empty text is not NULL."""
    texts = [field.name for field in table.values if field.empty_strings_allowed and not field.null]
    texts += [table.key, table.attached_file]
    return sql.SQL(
        "COPY {} ({}) FROM STDIN (FORMAT csv, HEADER true, DELIMITER {}, FORCE_NOT_NULL ({}),"
        " ENCODING {})"
    ).format(
        statements.staging(table),
        statements.names(columns),
        sql.Literal(separator),
        statements.names([name for name in dict.fromkeys(texts) if name in columns]),
        sql.Literal(dialect.OF_POSTGRES[encoding]),
    )


def _copied_as_it_is(
    cursor: CursorWrapper, package: Package, table: Table, how: Dialect, moved: Moved
) -> int | None:
    """The number of rows; None when some value does not fit, and nothing was copied."""
    statement = _copy(table, list(how.header), separator=how.separator, encoding=how.encoding)
    try:
        with (
            transaction.atomic(),
            package.open(table.file_name) as stream,
            cursor.copy(statement) as copying,
        ):
            while block := stream.read(_BLOCK):
                copying.write(block)
                moved(len(block))
    except (psycopg.DataError, psycopg.Error, Error) as error:
        if not _is_of_data(error):
            raise
        return None
    return int(cursor.rowcount)


def _is_of_data(error: Exception) -> bool:
    """Whether the file is to blame: class 22 of PostgreSQL's errors, what COPY cannot read."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    return isinstance(cause, psycopg.Error) and (cause.sqlstate or "").startswith("22")


def _copied_row_by_row(
    cursor: CursorWrapper,
    package: Package,
    table: Table,
    how: Dialect,
    refusals: Refusals,
    moved: Moved,
) -> int:
    """Read every cell, refuse rows with one that does not fit, copy the others."""
    columns = [name for name in how.header if name != dialect.REASON]
    statement = _copy(table, [*columns, "row"], separator=";", encoding="utf-8")
    reading = _Reading(package, table, how, refusals)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow([*columns, "row"])
    with cursor.copy(statement) as copying:
        for number, row in enumerate(reading.rows(), 1):
            writer.writerow(row)
            if number % _ROWS_AT_ONCE == 0:
                moved(buffer.tell())
                copying.write(buffer.getvalue())
                buffer.seek(0)
                buffer.truncate()
        copying.write(buffer.getvalue())
    return reading.count


class _Reading:
    """One careful reading of a file; `count` is the number of its rows, the refused included."""

    def __init__(self, package: Package, table: Table, how: Dialect, refusals: Refusals) -> None:
        self.count = 0
        self._package, self._table, self._how, self._refusals = package, table, how, refusals
        self._readers = cells.readers(table, how.header)

    def rows(self) -> Iterator[list[str | int]]:
        """Rows that fit, in the order of the file's columns, with their numbers."""
        reason_at = (
            self._how.header.index(dialect.REASON) if dialect.REASON in self._how.header else None
        )
        for number, row in numbered(self._package, self._table, self._how):
            self.count += 1
            fitting = self._fitting(number, row)
            if fitting is not None:
                if reason_at is not None:
                    del fitting[reason_at]
                yield [*fitting, number]

    def _fitting(self, number: int, row: list[str]) -> list[str] | None:
        """The row's values for COPY; None when it is refused."""
        if len(row) != len(self._readers):
            words = f"значений {len(row)}, а столбцов {len(self._readers)}"
            self._refuse(number, row, "", words)
            return None
        try:
            return [reader(cell) for reader, cell in zip(self._readers, row, strict=True)]
        except cells.Wrong:
            wrong = list(self._wrong(row))
            words = "; ".join(f"столбец «{column}»: {why}" for column, why in wrong)
            self._refuse(number, row, wrong[0][0], words)
            return None

    def _wrong(self, row: list[str]) -> Iterator[tuple[str, str]]:
        for name, reader, cell in zip(self._how.header, self._readers, row, strict=True):
            try:
                reader(cell)
            except cells.Wrong as error:
                yield name, str(error)

    def _refuse(self, number: int, row: list[str], column: str, words: str) -> None:
        key = dict(zip(self._how.header, row, strict=False)).get(self._table.key, "")
        refusal = Refusal(
            table=self._table.name,
            row=number,
            column=column,
            key=cells.storable(key)[:100],
            reason=words,
        )
        self._refusals.add(self._table.name, [refusal])


def numbered(package: Package, table: Table, how: Dialect) -> Iterator[tuple[int, list[str]]]:
    """The file's rows without its header, each with its number; mended ones in place.

    Empty lines are no rows.

    Raises:
        PackageError: a quotation mark is never closed, or the like; a mended row has the number of
            none of the file.
    """
    number = 1
    mended = mending.rows_of(package, table, how)
    with dialect.text(package, table.file_name, how.encoding) as stream:
        reader = dialect.rows(stream, how.separator)
        try:
            next(reader)
            for row in reader:
                if row:
                    number += 1
                    yield number, mended.get(number, row)
        except csv.Error as error:
            raise PackageError(
                f"не читается: {error}", file=table.file_name, row=number + 1
            ) from error
    if foreign := [one for one in mended if not FIRST_ROW <= one <= number]:
        words = f"исправлена строка {foreign[0]}, а такой в файле нет"
        raise PackageError(words, file=f"{mending.FOLDER}/{table.file_name}")


def as_they_came(
    package: Package, table: Table, how: Dialect, wanted: set[int]
) -> dict[int, list[str]]:
    """The rows with these numbers as they stand in the file, without «причина»; too long: none."""
    kept = [place for place, name in enumerate(how.header) if name != dialect.REASON]
    last = max(wanted, default=0)
    found: dict[int, list[str]] = {}
    for number, row in numbered(package, table, how):
        if number > last:
            break
        if number in wanted and sum(map(len, row)) <= LONGEST_ROW:
            found[number] = [cells.storable(row[place]) for place in kept if place < len(row)]
    return found
