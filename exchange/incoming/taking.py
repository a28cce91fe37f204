"""One table of a package: read, judged, merged, counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import Error, IntegrityError, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from exchange.incoming import attached, breaking, dialect, judging, merging, staging, statements
from exchange.incoming.declaration import Table
from exchange.incoming.errors import PackageError
from exchange.incoming.manifest import Manifest
from exchange.incoming.merging import Merged
from exchange.incoming.package import Package
from exchange.incoming.refusals import Refusals
from exchange.models import Import

# A constraint is looked into, its rows are taken out, the next one may break then.
_BREACHES = 10


@dataclass(frozen=True, kw_only=True)
class Taking:
    """What a load works with, from its first table to its last.

    `kept` gets the path of each file that was taken into the private storage; `moved` is told how
    many bytes of a file went, `at` what is being done with a table. A load that is not `is_final`
    is undone at its end.
    """

    cursor: CursorWrapper
    package: Package
    stated: Manifest
    attempt: Import
    refusals: Refusals
    kept: list[str]
    is_final: bool
    moved: Callable[[int], None]
    at: Callable[[Table, str], None]


def take(taking: Taking, table: Table) -> tuple[Merged, dict[str, Any]]:
    """Take a table in; its counts and samples. Rows that are refused are left out and noted.

    Raises:
        PackageError: the file as a whole is wrong.
    """
    try:
        return _take(taking, table)
    except (Error, psycopg.Error) as error:
        if _is_of_the_server(error):
            raise
        raise PackageError.of_database(error, file=table.file_name) from error


def _is_of_the_server(error: Exception) -> bool:
    """Whether the database or its connection is in trouble, not the package."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    return isinstance(cause, psycopg.OperationalError)


def _take(taking: Taking, table: Table) -> tuple[Merged, dict[str, Any]]:
    cursor, refusals = taking.cursor, taking.refusals
    taking.at(table, "чтение")
    how = dialect.of_file(taking.package, table, taking.stated)
    staged = staging.stage(cursor, taking.package, table, how, refusals, taking.moved)
    stated_rows = taking.stated.tables[table.name].rows
    if staged.rows != stated_rows:
        words = f"{staged.rows} строк вместо {stated_rows} по описи"
        raise PackageError(words, file=table.file_name)
    taking.at(table, "проверка")
    judging.refuse_codes(cursor, table, refusals)
    merging.find_known(cursor, table)
    judging.refuse_wrong(cursor, table, refusals)
    taking.at(table, "запись")
    new, changed = _merge(taking, table)
    if table.own_parents:
        judging.refuse_left(cursor, table, refusals)
    done = _counted(cursor, table, new, changed, has_all=not refusals.of(table.name))
    samples = merging.samples(cursor, table, taking.attempt, done)
    if table.attached_file:
        kept = taking.kept if taking.is_final else None
        attached.take(cursor, table, taking.package, refusals, kept)
    _fill(taking, table, staged.dialect)
    statements.run(cursor, staging.drop(table))
    return done, samples


def _merge(taking: Taking, table: Table) -> tuple[int, int]:
    """New and changed rows; again without the rows that broke a constraint.

    Known rows change first: a meter is taken down before its successor hangs, a number is given up
    before another row takes it. In a table that has parents of its own, a changed row may name a
    new one, so there the new ones come first.

    Raises:
        PackageError: a constraint is broken, and no single row is to blame.
    """
    for _ in range(_BREACHES):
        try:
            with transaction.atomic():
                if table.own_parents:
                    return _insert(taking, table), _update(taking, table)
                changed = _update(taking, table)
                return _insert(taking, table), changed
        except IntegrityError as error:
            breaking.refuse_breaking(taking.cursor, table, error, taking.refusals)
    raise PackageError("слишком много разных нарушений", file=table.file_name)


def _update(taking: Taking, table: Table) -> int:
    return merging.update_changed(taking.cursor, table, taking.attempt)


def _insert(taking: Taking, table: Table) -> int:
    """How many rows were new; once more while rows wait for others of the same file."""
    new = merging.insert_new(taking.cursor, table, taking.attempt)
    more = new if table.own_parents else 0
    while more:
        more = merging.insert_new(taking.cursor, table, taking.attempt)
        new += more
    if new:
        target = statements.target(table)
        statements.run(taking.cursor, sql.SQL("ANALYZE {}").format(target))
    return new


def _counted(
    cursor: CursorWrapper, table: Table, new: int, changed: int, *, has_all: bool
) -> Merged:
    """What became of the staged rows; what vanished is told only if none was taken out."""
    cursor.execute(
        sql.SQL("SELECT count(*) FROM {}").format(statements.staging(table)).as_string(None)
    )
    staged = int(cursor.fetchone()[0])
    vanished = merging.count_vanished(cursor, table, staged=staged) if has_all else 0
    return Merged(new=new, changed=changed, unchanged=staged - new - changed, vanished=vanished)


def _fill(taking: Taking, table: Table, how: dialect.Dialect) -> None:
    """Keep the refused rows as they came, to be mended."""
    wanted = {refusal.row for refusal in taking.refusals.kept if refusal.table == table.name}
    rows = {row for row in wanted if row is not None}
    if rows:
        came = staging.as_they_came(taking.package, table, how, rows)
        taking.refusals.fill(table.name, came)
