"""Rows of a file that cannot stand beside another row: one number twice, days that overlap.

What counts is how all rows end: the file's own as the file has them, the others as they are stored.
Values that rows exchange clash with nothing. Of two rows that clash each is named, with the other;
a row that stays as it is, is never to blame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper
from psycopg import sql

from exchange.incoming import statements
from exchange.incoming.declaration import Table
from exchange.incoming.refusals import KEPT, Refusal, Refusals

# The temporary table of all rows as they end: what the constraint compares stands in e1, e2, ….
_ENDING = sql.Identifier("ending")


@dataclass(frozen=True, kw_only=True)
class Uniqueness:
    """A UNIQUE or EXCLUDE constraint, as PostgreSQL itself reads it.

    No two rows may agree in all `compared` by their `operators`; `among`: the condition on rows
    that it is for. `columns` of the table are those it looks at. `is_deferrable`: it judges how
    rows end, not each row on the way.
    """

    name: str
    columns: Sequence[str]
    compared: Sequence[str]
    operators: Sequence[str]
    among: str
    is_deferrable: bool


def read(cursor: CursorWrapper, table: Table, name: str) -> Uniqueness | None:
    """The constraint of this name; None when the table has none that compares rows."""
    cursor.execute(
        "SELECT condeferrable, coalesce(pg_get_expr(indpred, indrelid), 'true'),"
        " ARRAY(SELECT pg_get_indexdef(conindid, place, false)"
        " FROM generate_series(1, indnkeyatts) place ORDER BY place),"
        " ARRAY(SELECT coalesce((SELECT oprname::text FROM pg_operator"
        " WHERE oid = conexclop[place]), '=')"
        " FROM generate_series(1, indnkeyatts) place ORDER BY place),"
        # Those that stand alone, then those inside expressions.
        " ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid"
        " AND attnum IN (SELECT refobjsubid FROM pg_depend WHERE refclassid = 'pg_class'::regclass"
        " AND refobjid = conrelid AND (classid, objid) IN"
        " (('pg_constraint'::regclass, pg_constraint.oid), ('pg_class'::regclass, conindid)))"
        " ORDER BY array_position(conkey, attnum) NULLS LAST, attnum)"
        " FROM pg_constraint JOIN pg_index ON indexrelid = conindid"
        " WHERE conname = %s AND conrelid = %s::regclass AND contype IN ('u', 'x')",
        [name, table.model._meta.db_table],
    )
    if (found := cursor.fetchone()) is None:
        return None
    is_deferrable, among, compared, operators, columns = found
    return Uniqueness(
        name=name,
        columns=columns,
        compared=compared,
        operators=operators,
        among=among,
        is_deferrable=is_deferrable,
    )


def refuse(
    cursor: CursorWrapper,
    table: Table,
    constraint: Uniqueness,
    refusals: Refusals,
    *,
    candidates: sql.Composed,
    found: sql.Identifier,
    words: str,
) -> int:
    """Refuse the rows that clash and leave their numbers in the table `found`; how many.

    `candidates`: the file's rows as rows of the model's table; `words` say what is wrong.
    """
    _gather(cursor, table, constraint, candidates, refusals)
    clash = _clash(constraint)
    count = statements.run(
        cursor,
        sql.SQL(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT one.row FROM {ending} one"
            " WHERE one.is_coming AND EXISTS (SELECT FROM {ending} other WHERE {clash})"
        ).format(found, ending=_ENDING, clash=clash),
    )
    if count:
        named = _named(cursor, table, constraint, found, words)
        refusals.add(table.name, named, more=count - len(named))
    statements.run(cursor, sql.SQL("DROP TABLE {}").format(_ENDING))
    return count


def _gather(
    cursor: CursorWrapper,
    table: Table,
    constraint: Uniqueness,
    candidates: sql.Composed,
    refusals: Refusals,
) -> None:
    """All rows as they end, the file's new and changed ones marked as coming."""
    compared = statements.listed(
        sql.SQL("{} AS {}").format(sql.SQL(expression), name)
        for expression, name in zip(constraint.compared, _names(constraint), strict=True)
    )
    # A row that was refused gives up what it has: nobody can tell what it would have been. What is
    # checked on the way stands in the way all the same.
    gone = sorted(refusals.keys_of(table.name)) if constraint.is_deferrable else []
    statements.run(
        cursor,
        sql.SQL(
            "CREATE TEMPORARY TABLE {ending} ON COMMIT DROP AS"
            " SELECT row, {key}::text AS key, coalesce(is_changed, true) AS is_coming, {compared}"
            " FROM {candidates} LEFT JOIN (SELECT row, is_changed FROM {known}) known USING (row)"
            " WHERE {among} UNION ALL SELECT NULL, {key}, false, {compared} FROM {target} stored"
            " WHERE {among} AND (stored.{key} = ANY({gone}::text[])) IS NOT TRUE AND NOT EXISTS"
            " (SELECT FROM {staging} staged WHERE staged.{key} = stored.{key})"
        ).format(
            ending=_ENDING,
            key=sql.Identifier(table.key),
            compared=compared,
            candidates=candidates,
            known=statements.known(table),
            among=sql.SQL(constraint.among),
            target=statements.target(table),
            staging=statements.staging(table),
            gone=sql.Literal(gone),
        ),
    )
    same = [
        name
        for name, operator in zip(_names(constraint), constraint.operators, strict=True)
        if operator == "="
    ]
    statements.run(
        cursor,
        sql.SQL("CREATE INDEX ON {} ({})").format(
            _ENDING, statements.listed([*same, sql.Identifier("row")])
        ),
    )
    statements.run(cursor, sql.SQL("ANALYZE {}").format(_ENDING))


def _names(constraint: Uniqueness) -> list[sql.Identifier]:
    return [sql.Identifier(f"e{place}") for place, _ in enumerate(constraint.compared, 1)]


def _clash(constraint: Uniqueness) -> sql.Composed:
    """That `one` row and an `other` cannot both be."""
    alike = [
        sql.SQL("one.{name} {} other.{name}").format(sql.SQL(operator), name=name)
        for name, operator in zip(_names(constraint), constraint.operators, strict=True)
    ]
    return sql.SQL(" AND ").join([*alike, sql.SQL("other.row IS DISTINCT FROM one.row")])


def _named(
    cursor: CursorWrapper,
    table: Table,
    constraint: Uniqueness,
    found: sql.Identifier,
    words: str,
) -> list[Refusal]:
    """The first of them, each with the first row of the file that it clashes with, else another."""
    cursor.execute(
        sql.SQL(
            "SELECT one.row, one.key, other.row, other.key FROM"
            " (SELECT row FROM {} ORDER BY row LIMIT {}) first JOIN {ending} one USING (row)"
            " CROSS JOIN LATERAL (SELECT other.row, other.key FROM {ending} other WHERE {clash}"
            " ORDER BY other.row LIMIT 1) other ORDER BY one.row"
        )
        .format(found, sql.Literal(KEPT), ending=_ENDING, clash=_clash(constraint))
        .as_string(None)
    )
    shown = [statements.in_file(table, column) for column in constraint.columns]
    is_same = set(constraint.operators) == {"="}
    same = "совпадает" if words else "такая запись уже есть, совпадает"
    clashes = same if is_same else "пересекается с другой записью по"
    return [
        Refusal(
            table=table.name,
            row=row,
            column=shown[0],
            key=key[:100],
            reason=f"{words}{clashes} {', '.join(shown)} ({constraint.name};"
            f" {_place(other, other_key)}), код «{key}»",
        )
        for row, key, other, other_key in cursor.fetchall()
    ]


def _place(row: int | None, key: str | None) -> str:
    """Where the other row is to be found."""
    code = f"код «{key}»" if key else "без кода биллинга"
    return f"строка {row}, {code}" if row else f"в портале, {code}"
