"""What is wrong with staged rows: every row that is refused, with its column and the reason.

One statement asks whether any row is wrong at all; only then they are named one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from exchange.incoming import refusals as refused
from exchange.incoming import statements
from exchange.incoming.declaration import Parent, Table
from exchange.incoming.refusals import Refusal, Refusals
from exchange.incoming.tables import TABLES

_NAMES = {table.model: table.name for table in TABLES}
_DOUBTFUL = sql.Identifier("doubtful")
_SHOWN = 100
# A day outside of these is a mistyped one, whatever it is about.
_YEARS = (1900, 2100)
# Contents of documents are large: so many come from the server at a time.
_JUDGED_AT_ONCE = 50
_REFUSED_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class Check:
    """A condition on a joined staged row that refuses it.

    `value` is shown behind the words, and `detail` behind that.
    """

    words: str
    column: str
    value: sql.Composable
    condition: sql.Composable
    parent: Parent | None = None
    detail: sql.Composable | None = None


def refuse_codes(cursor: CursorWrapper, table: Table, refusals: Refusals) -> None:
    """Refuse rows without a code, and all but the first row of a code."""
    key = sql.Identifier(table.key)
    _judge(
        cursor,
        table,
        refusals,
        [
            Check(
                words=f"нет значения в столбце {table.key}",
                column=table.key,
                value=sql.SQL("''"),
                condition=sql.SQL("coalesce(staged.{}, '') = ''").format(key),
            ),
            Check(
                words="повторяется код",
                column=table.key,
                value=sql.SQL("staged.{}").format(key),
                condition=sql.SQL(
                    "staged.row IN (SELECT row FROM (SELECT row, row_number() OVER"
                    " (PARTITION BY {key} ORDER BY row) AS place FROM {staging} WHERE {key} IN"
                    " (SELECT {key} FROM {staging} GROUP BY {key} HAVING count(*) > 1)) numbered"
                    " WHERE place > 1)"
                ).format(key=key, staging=statements.staging(table)),
            ),
        ],
        source=sql.SQL("{} staged").format(statements.staging(table)),
        among=sql.SQL("true"),
    )


def refuse_wrong(cursor: CursorWrapper, table: Table, refusals: Refusals) -> None:
    """Refuse new and changed rows that one of the table's checks does not let in."""
    _judge(
        cursor,
        table,
        refusals,
        list(checks(table)),
        source=statements.with_known(table),
        among=sql.SQL("coalesce(known.is_changed, true)"),
    )
    if table.refusal is not None:
        _judge_values(cursor, table, refusals)


def refuse_left(cursor: CursorWrapper, table: Table, refusals: Refusals) -> None:
    """Refuse rows whose parent of their own table did not come: they name each other."""
    source = statements.with_known(table)
    checked = [_parent_check(table, parent) for parent in table.own_parents]
    _judge(cursor, table, refusals, checked, source=source, among=sql.SQL("true"))


def checks(table: Table) -> Iterator[Check]:
    """What the database's own constraints would not say with the file and the row."""
    key = sql.SQL("staged.{}").format(sql.Identifier(table.key))
    for parent in table.parents:
        yield _parent_check(table, parent, is_first=True)
    for field in table.values:
        column = sql.SQL("staged.{}").format(sql.Identifier(field.name))
        if not field.null and field.name != table.key:
            yield Check(
                words=f"столбец «{field.name}» не заполнен, код",
                column=field.name,
                value=key,
                condition=sql.SQL("{} IS NULL").format(column),
            )
        for words, condition in _misfits(field, column):
            yield Check(
                words=f"столбец «{field.name}»: {words}",
                column=field.name,
                value=column,
                condition=condition,
            )
    for rule in table.rules:
        yield Check(
            words=rule.words, column=rule.column, value=key, condition=sql.SQL(rule.refused)
        )
    if table.frozen != "false":
        yield Check(
            words="эта запись уже загружена и не меняется, исправление получает новый код, код",
            column=table.key,
            value=key,
            detail=sql.SQL("concat('; отличается: ', {})").format(statements.what_differs(table)),
            condition=sql.SQL("known.is_frozen"),
        )


def _misfits(field: models.Field, column: sql.Composed) -> Iterator[tuple[str, sql.Composable]]:
    """What of a staged value would not fit the model's column."""
    if field.choices:
        allowed = [sql.Literal(value) for value, _ in field.flatchoices]
        yield (
            "неизвестное значение",
            sql.SQL("{} NOT IN ({})").format(column, statements.listed(allowed)),
        )
    elif isinstance(field, models.CharField) and field.max_length:
        yield (
            f"длиннее {field.max_length} знаков",
            sql.SQL("char_length({}) > {}").format(column, sql.Literal(field.max_length)),
        )
    elif isinstance(field, models.DecimalField):
        whole = (field.max_digits or 0) - (field.decimal_places or 0)
        yield (
            "слишком большое число",
            sql.SQL("abs({}) >= 10::numeric ^ {} OR {} = 'NaN'").format(
                column, sql.Literal(whole), column
            ),
        )
        yield (
            f"больше {field.decimal_places} знаков после запятой",
            sql.SQL("scale({}) > {} AND {} <> round({}, {})").format(
                *(column, sql.Literal(field.decimal_places), column, column),
                sql.Literal(field.decimal_places),
            ),
        )
    elif isinstance(field, models.IntegerField):
        least, most = connection.ops.integer_field_range(field.get_internal_type())
        yield (
            f"не от {least} до {most}",
            sql.SQL("{} NOT BETWEEN {} AND {}").format(
                column, sql.Literal(least), sql.Literal(most)
            ),
        )
    elif isinstance(field, models.DateField):
        yield "не дата", sql.SQL("NOT isfinite({})").format(column)
        yield (
            f"не от {_YEARS[0]} до {_YEARS[1]} года",
            sql.SQL("{} < {} OR {} >= {}").format(
                *(column, sql.Literal(f"{_YEARS[0]}-01-01")),
                *(column, sql.Literal(f"{_YEARS[1] + 1}-01-01")),
            ),
        )


def _parent_check(table: Table, parent: Parent, *, is_first: bool = False) -> Check:
    """That a parent is there; one of the same table may stand in the same file (`is_first`)."""
    column, of_parent = sql.Identifier(parent.name), sql.Identifier(f"of_{parent.name}")
    unknown = sql.SQL("{}.id IS NULL").format(of_parent)
    if not parent.is_required:
        unknown = sql.SQL("staged.{} IS NOT NULL AND {}").format(column, unknown)
    if is_first and parent.model is table.model:
        unknown = sql.SQL(
            "{} AND NOT EXISTS (SELECT FROM {} other WHERE other.{} = staged.{})"
        ).format(unknown, statements.staging(table), sql.Identifier(parent.key), column)
    return Check(
        words=f"столбец «{parent.name}»: нет такого кода",
        column=parent.name,
        value=sql.SQL("coalesce(staged.{}, '')").format(column),
        condition=unknown,
        parent=parent,
    )


def _judge(
    cursor: CursorWrapper,
    table: Table,
    refusals: Refusals,
    checks: list[Check],
    *,
    source: sql.Composed,
    among: sql.Composable,
) -> None:
    """Name the rows of `source` that one of `checks` refuses, and take them out."""
    count = statements.run(
        cursor,
        sql.SQL(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT staged.row FROM {}"
            " WHERE {} AND ({})"
        ).format(_DOUBTFUL, source, among, statements.either(check.condition for check in checks)),
    )
    if count:
        named = list(_named(cursor, table, refusals, checks, source))
        refusals.add(table.name, named, more=count - len(named))
        take_out(cursor, table, sql.SQL("SELECT row FROM {}").format(_DOUBTFUL))
    statements.run(cursor, sql.SQL("DROP TABLE {}").format(_DOUBTFUL))


def _named(
    cursor: CursorWrapper,
    table: Table,
    refusals: Refusals,
    checks: list[Check],
    source: sql.Composed,
) -> Iterator[Refusal]:
    """The first of the doubtful rows, each with all its reasons."""
    reasons: dict[int, list[tuple[str, str]]] = defaultdict(list)
    keys: dict[int, str] = {}
    for check in checks:
        cursor.execute(
            sql.SQL(
                "SELECT staged.row, staged.{}, left(({})::text, {}), {} FROM {} WHERE staged.row IN"
                " (SELECT row FROM {} ORDER BY row LIMIT {}) AND ({}) ORDER BY staged.row"
            )
            .format(
                sql.Identifier(table.key),
                check.value,
                sql.Literal(_SHOWN),
                check.detail or sql.SQL("''"),
                source,
                _DOUBTFUL,
                sql.Literal(refused.KEPT),
                check.condition,
            )
            .as_string(None)
        )
        taken = refusals.keys_of(_NAMES.get(check.parent.model, "")) if check.parent else set()
        for row, key, value, detail in cursor.fetchall():
            words = f"столбец «{check.column}»: отклонена строка" if value in taken else check.words
            reasons[row].append((check.column, f"{words} «{value}»{detail}"))
            keys[row] = (key or "")[:100]
    for row in sorted(reasons):
        yield Refusal(
            table=table.name,
            row=row,
            column=reasons[row][0][0],
            key=keys[row],
            reason="; ".join(words for _, words in reasons[row]),
        )


def _judge_values(cursor: CursorWrapper, table: Table, refusals: Refusals) -> None:
    """Ask the table's own judge about each new or changed row; nothing is kept in memory."""
    assert table.refusal is not None  # noqa: S101 - the caller looked
    wanted = statements.listed(
        sql.SQL("coalesce(staged.{}::text, '')").format(sql.Identifier(name))
        for name in table.refusal_of
    )
    found: list[Refusal] = []

    def refuse() -> None:
        refusals.add(table.name, found)
        rows = sql.SQL("SELECT unnest({}::bigint[])").format(
            sql.Literal([refusal.row for refusal in found])
        )
        take_out(cursor, table, rows)
        found.clear()

    with connection.chunked_cursor() as reading:
        reading.cursor.itersize = _JUDGED_AT_ONCE
        reading.execute(
            sql.SQL(
                "SELECT staged.row, staged.{}, {} FROM {} staged LEFT JOIN {} known USING (row)"
                " WHERE coalesce(known.is_changed, true) ORDER BY staged.row"
            )
            .format(
                sql.Identifier(table.key), wanted,
                statements.staging(table), statements.known(table),
            )
            .as_string(None)
        )  # fmt: skip
        for row, key, *values in reading:
            if wrong := table.refusal(dict(zip(table.refusal_of, values, strict=True))):
                column, words = wrong
                reason = f"столбец «{column}»: {words}, код «{key}»"
                found.append(
                    Refusal(table=table.name, row=row, column=column, key=key, reason=reason)
                )
            if len(found) == _REFUSED_AT_ONCE:
                refuse()
    if found:
        refuse()


def take_out(cursor: CursorWrapper, table: Table, rows: sql.Composed) -> None:
    """Refused rows go out of the staged table: what names them is then refused as well."""
    statements.run(
        cursor,
        sql.SQL("DELETE FROM {} WHERE row IN ({})").format(statements.staging(table), rows),
    )
