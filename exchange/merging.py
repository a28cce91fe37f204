"""The statements by which a staged table becomes rows, written from its declaration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from exchange.tables import Parent, Table


@dataclass(frozen=True, kw_only=True)
class Check:
    """A statement that finds (row, value) of the first wrong row, and what is wrong with it."""

    words: str
    statement: sql.Composed


def create_staging(table: Table) -> sql.Composed:
    """A temporary table with the file's columns, typed as the model's, and the row's number.

    The header is row 1, so the first row of data is 2.
    """
    types = {field.name: field.db_type(connection) for field in table.values}
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(name),
            sql.SQL(types.get(name) or ("text" if name == table.attached_file else "varchar(64)")),
            _default(table, name) if name in table.optional else sql.SQL(""),
        )
        for name in table.columns
    ]
    return sql.SQL(
        "CREATE TEMPORARY TABLE {} ({}, row bigint GENERATED ALWAYS AS IDENTITY (START WITH 2))"
        " ON COMMIT DROP"
    ).format(_staging(table), _listed(columns))


def _default(table: Table, name: str) -> sql.Composed:
    """What a column that the file leaves out holds: the default of the model's field.

    A parent is then nobody, a file none.
    """
    if name == table.attached_file:
        return sql.SQL(" DEFAULT ''").format()
    own = (field.get_default() for field in table.values if field.name == name)
    return sql.SQL(" DEFAULT {}").format(sql.Literal(next(own, None)))


def copy(table: Table, header: list[str]) -> sql.Composed:
    """COPY of a file whose columns stand in the order of `header`; empty text is not NULL."""
    texts = [field.name for field in table.values if field.empty_strings_allowed and not field.null]
    texts += [table.attached_file] if table.attached_file else []
    return sql.SQL(
        "COPY {} ({}) FROM STDIN (FORMAT csv, HEADER true, DELIMITER ';', FORCE_NOT_NULL ({}),"
        " ENCODING 'UTF8')"
    ).format(
        _staging(table),
        _names(header),
        _names([name for name in _text_columns(table, texts) if name in header]),
    )


def analyze(table: Table) -> sql.Composed:
    """Tell the planner what came: a guess would join the next tables row by row."""
    return sql.SQL("ANALYZE {}").format(_staging(table))


def analyze_target(table: Table) -> sql.Composed:
    """The same of the model's table, long before PostgreSQL would do so by itself."""
    return sql.SQL("ANALYZE {}").format(_target(table))


def drop_staging(table: Table) -> sql.Composed:
    """Make room for another load in the same transaction."""
    return sql.SQL("DROP TABLE {}").format(_staging(table))


def checks(table: Table) -> Iterator[Check]:
    """What the database's own constraints would not say with the file and the row."""
    key = sql.Identifier(table.key)
    yield Check(
        words=f"нет значения в столбце {table.key}",
        statement=_first(table, key, sql.SQL("coalesce({}, '') = ''").format(key)),
    )
    yield Check(
        words="повторяется код",
        statement=_first(
            table,
            key,
            sql.SQL(
                "EXISTS (SELECT FROM {} other"
                " WHERE other.{} = staged.{} AND other.row < staged.row)"
            ).format(_staging(table), key, key),
        ),
    )
    for parent in table.parents:
        if parent.model is not table.model:
            yield _parent_check(table, parent)
    for field in table.values:
        column = sql.Identifier(field.name)
        if not field.null and field.name != table.key:
            yield Check(
                words=f"столбец «{field.name}» не заполнен, код",
                statement=_first(table, key, sql.SQL("staged.{} IS NULL").format(column)),
            )
        if field.choices:
            allowed = [sql.Literal(value) for value, _ in field.flatchoices]
            yield Check(
                words=f"столбец «{field.name}»: неизвестное значение",
                statement=_first(
                    table,
                    column,
                    sql.SQL("staged.{} NOT IN ({})").format(column, _listed(allowed)),
                ),
            )
    for rule in table.rules:
        yield Check(
            words=rule.words, statement=_first(table, key, sql.SQL(rule.refused), joined=True)
        )
    if table.frozen != "false":
        yield Check(
            words="эта запись уже загружена и не меняется, исправление получает новый код, код",
            statement=_first(
                table,
                key,
                sql.SQL(
                    "EXISTS (SELECT FROM {} stored WHERE stored.{} = staged.{} AND ({}) AND {})"
                ).format(
                    _target(table), key, key, sql.SQL(table.frozen), _differs(table, "staged")
                ),
                joined=True,
            ),
        )


def waiting(table: Table) -> Iterator[Check]:
    """What finds rows that `merge` leaves: a row of their own table that they name is not stored
    yet, but may be after that merge.
    """
    for parent in table.parents:
        if parent.model is table.model:
            yield _parent_check(table, parent)


def merge(table: Table) -> sql.Composed:
    """One INSERT … SELECT … ON CONFLICT; gives how many rows were new, and changed.

    A row that names a row of its own table which is not stored yet is left (`waiting`).
    """
    columns = _target_columns(table)
    defaults = list(table.defaults)
    names = _names([*(target for target, _ in columns), *(str(field.column) for field in defaults)])
    values = _listed(
        [
            *(source for _, source in columns),
            *(sql.Literal(field.get_default()) for field in defaults),
        ]
    )
    assigned = _listed(
        [
            sql.SQL("{} = {}").format(sql.Identifier(name), _incoming(table, name, "excluded"))
            for name in _changing(table)
        ]
    )
    action = (
        sql.SQL("NOTHING")
        if table.frozen == "true"
        else sql.SQL("UPDATE SET {} WHERE {}").format(assigned, _differs(table, "excluded"))
    )
    ready: list[sql.Composable] = [
        sql.SQL("(staged.{} IS NULL OR {}.id IS NOT NULL)").format(
            sql.Identifier(parent.name), sql.Identifier(f"of_{parent.name}")
        )
        for parent in table.parents
        if parent.model is table.model
    ]
    return sql.SQL(
        "WITH merged AS (INSERT INTO {} AS stored ({}) SELECT {} FROM {} WHERE {}"
        " ORDER BY staged.row ON CONFLICT ({}) DO {} RETURNING stored.xmax = 0 AS is_new)"
        " SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM merged"
    ).format(
        _target(table),
        names,
        values,
        _joined(table),
        sql.SQL(" AND ").join([sql.SQL("true"), *ready]),
        sql.Identifier(table.key),
        action,
    )


def _parent_check(table: Table, parent: Parent) -> Check:
    column = sql.Identifier(parent.name)
    unknown = sql.SQL("staged.{} IS NOT NULL AND {}.id IS NULL").format(
        column, sql.Identifier(f"of_{parent.name}")
    )
    if parent.is_required:
        unknown = sql.SQL("{}.id IS NULL").format(sql.Identifier(f"of_{parent.name}"))
    return Check(
        words=f"столбец «{parent.name}»: нет такого кода",
        statement=_first(
            table, sql.SQL("coalesce(staged.{}, '')").format(column), unknown, joined=True
        ),
    )


def _first(
    table: Table, value: sql.Composable, condition: sql.Composable, *, joined: bool = False
) -> sql.Composed:
    """The first staged row that meets `condition`, with the value to name."""
    if isinstance(value, sql.Identifier):
        value = sql.SQL("staged.{}").format(value)
    source = _joined(table) if joined else sql.SQL("{} staged").format(_staging(table))
    return sql.SQL("SELECT staged.row, {} FROM {} WHERE {} ORDER BY staged.row LIMIT 1").format(
        value, source, condition
    )


def _joined(table: Table) -> sql.Composed:
    """The staged rows with their parents; a parent that is not there leaves its id empty."""
    joins = [
        sql.SQL(" LEFT JOIN {} {} ON {}.{} = staged.{}").format(
            sql.Identifier(parent.model._meta.db_table),
            sql.Identifier(f"of_{parent.name}"),
            sql.Identifier(f"of_{parent.name}"),
            sql.Identifier(parent.key),
            sql.Identifier(parent.name),
        )
        for parent in table.parents
    ]
    return sql.SQL("{} staged{}").format(_staging(table), sql.SQL("").join(joins))


def _target_columns(table: Table) -> list[tuple[str, sql.Composed]]:
    """Each column of the model's table that the file gives, and where its value comes from."""
    own = [
        (str(field.column), sql.SQL("staged.{}").format(sql.Identifier(field.name)))
        for field in table.values
    ]
    parents = [
        (
            str(table.model._meta.get_field(parent.name).column),  # type: ignore[union-attr]
            sql.SQL("{}.id").format(sql.Identifier(f"of_{parent.name}")),
        )
        for parent in table.parents
    ]
    return own + parents


def _changing(table: Table) -> list[str]:
    """The columns in which a known row may change."""
    own = {table.key, *table.given_once}
    return [target for target, _ in _target_columns(table) if target not in own]


def _incoming(table: Table, column: str, source: str) -> sql.Composed:
    """The new value of a stored row's column, read from `excluded` or from the staged row."""
    value = sql.SQL("{}.{}").format(sql.Identifier(source), sql.Identifier(column))
    if source == "staged":
        value = dict(_target_columns(table))[column]
    if column in table.kept:
        return sql.SQL("coalesce({}, stored.{})").format(value, sql.Identifier(column))
    return value


def _differs(table: Table, source: str) -> sql.Composed:
    """Whether the stored row would change."""
    names = _changing(table)
    stored = [sql.SQL("stored.{}").format(sql.Identifier(name)) for name in names]
    incoming = [_incoming(table, name, source) for name in names]
    return sql.SQL("({}) IS DISTINCT FROM ({})").format(_listed(stored), _listed(incoming))


def _text_columns(table: Table, texts: list[str]) -> list[str]:
    """Columns in which an empty value is an empty text; the key is always one of them."""
    return list(dict.fromkeys([table.key, *texts]))


def _staging(table: Table) -> sql.Identifier:
    return sql.Identifier(f"staging_{table.name}")


def _target(table: Table) -> sql.Identifier:
    return sql.Identifier(table.model._meta.db_table)


def _names(names: Iterable[str]) -> sql.Composed:
    return _listed([sql.Identifier(name) for name in names])


def _listed(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
