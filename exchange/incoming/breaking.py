"""Which staged rows break a constraint of the database, after it has refused all of them.

PostgreSQL names the constraint and stops. Here the same condition is asked of each row, so that
each is refused with its own number; a constraint that compares rows is asked how all of them end
(`clashing.py`).
"""

from __future__ import annotations

import psycopg
from django.db import IntegrityError, connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from exchange.incoming import clashing, judging, statements
from exchange.incoming.clashing import Uniqueness
from exchange.incoming.declaration import Table
from exchange.incoming.errors import PackageError
from exchange.incoming.refusals import KEPT, Refusal, Refusals

_FOUND = sql.Identifier("broken")


def refuse_breaking(
    cursor: CursorWrapper, table: Table, error: IntegrityError, refusals: Refusals
) -> None:
    """Refuse the rows that break the constraint which `error` names, and take them out.

    Raises:
        PackageError: no single row can be blamed.
    """
    cause = error.__cause__
    name = (cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None) or ""
    conditions = _conditions(cursor, table)
    if name in conditions:
        is_told = _refuse_unmet(cursor, table, name, conditions[name], refusals)
    elif constraint := clashing.read(cursor, table, name):
        # A term that ends before it begins is none: it cannot be compared with others.
        unmet = [_refuse_unmet(cursor, table, *other, refusals) for other in conditions.items()]
        is_told = _refuse_clashing(cursor, table, constraint, refusals) or any(unmet)
    else:
        is_told = False
    if not is_told:
        raise PackageError.of_database(error, file=table.file_name) from error


def _conditions(cursor: CursorWrapper, table: Table) -> dict[str, str]:
    """What each row must meet by itself, by the constraint's name."""
    cursor.execute(
        "SELECT conname::text, substring(pg_get_constraintdef(oid) FROM 6) FROM pg_constraint"
        " WHERE contype = 'c' AND conrelid = %s::regclass ORDER BY conname",
        [table.model._meta.db_table],
    )
    return dict(cursor.fetchall())


def _refuse_unmet(
    cursor: CursorWrapper, table: Table, name: str, condition: str, refusals: Refusals
) -> bool:
    """Refuse the rows that do not meet a condition; whether there are any."""
    count = statements.run(
        cursor,
        sql.SQL(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT row FROM {} LEFT JOIN"
            " (SELECT row, is_changed FROM {}) known USING (row)"
            " WHERE coalesce(is_changed, true) AND NOT ({})"
        ).format(_FOUND, _candidates(table), statements.known(table), sql.SQL(condition)),
    )
    words = f"{_own_words(table, name)}не соблюдено условие {name}, код"
    if count:
        refusals.add(table.name, _named(cursor, table, words), more=max(0, count - KEPT))
    _take_out(cursor, table)
    return count > 0


def _refuse_clashing(
    cursor: CursorWrapper, table: Table, constraint: Uniqueness, refusals: Refusals
) -> bool:
    """Refuse the rows that clash with others; whether the trouble is accounted for.

    The rest clashes with nothing but what refused rows still hold in the database. Of a package
    with a refused row nothing is kept, so that the constraint need not be met any more.
    """
    words = _own_words(table, constraint.name)
    count = clashing.refuse(
        cursor,
        table,
        constraint,
        refusals,
        candidates=_candidates(table),
        found=_FOUND,
        words=words,
    )
    _take_out(cursor, table)
    if not constraint.is_deferrable or not refusals.of(table.name):
        return count > 0
    name = sql.Identifier(constraint.name)
    statements.run(cursor, sql.SQL("SET CONSTRAINTS {} DEFERRED").format(name))
    return True


def _own_words(table: Table, name: str) -> str:
    """What the model says of a broken constraint, if it says anything."""
    for constraint in table.model._meta.constraints:
        told = constraint.violation_error_message
        if constraint.name == name and told != constraint.default_violation_error_message:
            return f"{str(told).removesuffix('.')}: "
    return ""


def _take_out(cursor: CursorWrapper, table: Table) -> None:
    judging.take_out(cursor, table, sql.SQL("SELECT row FROM {}").format(_FOUND))
    statements.run(cursor, sql.SQL("DROP TABLE {}").format(_FOUND))


def _candidates(table: Table) -> sql.Composed:
    """The staged rows as rows of the model's table; what the file does not give is empty."""
    given = {
        **statements.incoming(table),
        **{str(field.column): statements.default_of(field) for field in table.defaults},
    }
    columns = [
        sql.SQL("({})::{} AS {}").format(
            given.get(str(field.column), sql.SQL("NULL").format()),
            sql.SQL(str(field.db_type(connection))),
            sql.Identifier(str(field.column)),
        )
        for field in table.model._meta.concrete_fields
        if not field.generated and not field.primary_key
    ]
    return sql.SQL("(SELECT staged.row, {} FROM {}) candidate").format(
        statements.listed(columns), statements.joined(table)
    )


def _named(cursor: CursorWrapper, table: Table, words: str) -> list[Refusal]:
    cursor.execute(
        sql.SQL(
            "SELECT staged.row, staged.{} FROM {} staged JOIN {} USING (row)"
            " ORDER BY staged.row LIMIT {}"
        )
        .format(sql.Identifier(table.key), statements.staging(table), _FOUND, sql.Literal(KEPT))
        .as_string(None)
    )
    return [
        Refusal(
            table=table.name,
            row=row,
            column="",
            key=key[:100],
            reason=f"{words} «{key}»",
        )
        for row, key in cursor.fetchall()
    ]
