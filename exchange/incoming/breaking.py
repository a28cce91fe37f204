"""Which staged rows break a constraint of the database, after it has refused all of them.

PostgreSQL names the constraint and stops. Here the same conditions are asked of every row, so that
each is refused with its own number; a constraint that cannot be asked so (an exclusion of
overlapping terms, say) is named for the file as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from django.db import IntegrityError, connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from exchange.incoming import judging, statements
from exchange.incoming.declaration import Table
from exchange.incoming.errors import PackageError
from exchange.incoming.refusals import KEPT, Refusal, Refusals

_FOUND = sql.Identifier("broken")


@dataclass(frozen=True, kw_only=True)
class _Breach:
    """What breaks a constraint: a condition on rows of `source`, its column, and the words."""

    words: str
    column: str
    source: sql.Composed
    condition: sql.Composable


def refuse_breaking(
    cursor: CursorWrapper, table: Table, error: IntegrityError, refusals: Refusals
) -> None:
    """Refuse the rows that break the constraint which `error` names, and take them out.

    Raises:
        PackageError: no single row can be blamed.
    """
    cause = error.__cause__
    name = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
    breach = _breach(cursor, table, name or "")
    count = _find(cursor, table, breach) if breach else 0
    if breach is None or not count:
        raise PackageError.of_database(error, file=table.file_name) from error
    refusals.add(table.name, _named(cursor, table, breach), more=max(0, count - KEPT))
    judging.take_out(cursor, table, sql.SQL("SELECT row FROM {}").format(_FOUND))
    statements.run(cursor, sql.SQL("DROP TABLE {}").format(_FOUND))


def _breach(cursor: CursorWrapper, table: Table, name: str) -> _Breach | None:
    """What to look for; None when the constraint cannot be asked of single rows."""
    cursor.execute(
        "SELECT contype::text, substring(pg_get_constraintdef(oid) FROM 6), ARRAY("
        " SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS of_key (number, place)"
        " JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place)"
        " FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass",
        [name, table.model._meta.db_table],
    )
    kind, definition, columns = cursor.fetchone() or ("", "", [])
    words = _own_words(table, name)
    if kind == "c":
        return _Breach(
            words=f"{words}не соблюдено условие {name}, код",
            column="",
            source=_candidates(table),
            condition=sql.SQL("NOT ({})").format(sql.SQL(definition)),
        )
    return _repeated(table, columns, name, words) if kind == "u" else None


def _own_words(table: Table, name: str) -> str:
    """What the model says of a broken constraint, if it says anything."""
    for constraint in table.model._meta.constraints:
        told = constraint.violation_error_message
        if constraint.name == name and told != constraint.default_violation_error_message:
            return f"{str(told).removesuffix('.')}: "
    return ""


def _repeated(table: Table, columns: Sequence[str], name: str, words: str) -> _Breach:
    shown = ", ".join(statements.in_file(table, column) for column in columns)
    same = sql.SQL(" AND ").join(
        sql.SQL("stored.{name} = numbered.{name}").format(name=sql.Identifier(column))
        for column in columns
    )
    return _Breach(
        words=f"{words}такая запись уже есть, совпадает {shown} ({name}), код",
        column=statements.in_file(table, columns[0]),
        source=sql.SQL(
            "(SELECT candidate.*, row_number() OVER (PARTITION BY {} ORDER BY EXISTS (SELECT FROM"
            " {known} known WHERE known.row = candidate.row AND NOT known.is_changed) DESC, row)"
            " AS place FROM {}) numbered"
        ).format(statements.names(columns), _candidates(table), known=statements.known(table)),
        # A stored row that the file has too is compared as the file has it.
        condition=sql.SQL(
            "place > 1 OR EXISTS (SELECT FROM {target} stored WHERE {same}"
            " AND stored.{key} IS DISTINCT FROM numbered.{key} AND NOT EXISTS (SELECT FROM"
            " {staging} coming WHERE coming.{key} = stored.{key}))"
        ).format(
            target=statements.target(table),
            same=same,
            key=sql.Identifier(table.key),
            staging=statements.staging(table),
        ),
    )


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


def _find(cursor: CursorWrapper, table: Table, breach: _Breach) -> int:
    return statements.run(
        cursor,
        sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT row FROM {} WHERE {}").format(
            _FOUND, breach.source, breach.condition
        ),
    )


def _named(cursor: CursorWrapper, table: Table, breach: _Breach) -> list[Refusal]:
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
            column=breach.column,
            key=key[:100],
            reason=f"{breach.words} «{key}»",
        )
        for row, key in cursor.fetchall()
    ]
