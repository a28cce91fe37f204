"""What all statements about a staged table have in common: names, joins, candidates."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from exchange.incoming.declaration import Table


def run(cursor: CursorWrapper, statement: sql.Composed) -> int:
    """Execute it; the number of rows it made or gave."""
    cursor.execute(statement.as_string(None))
    return int(cursor.rowcount)


def staging(table: Table) -> sql.Identifier:
    """The temporary table that holds the file's rows."""
    return sql.Identifier(f"staging_{table.name}")


def known(table: Table) -> sql.Identifier:
    """The temporary table of those that are stored already: row, id, is_changed, is_frozen."""
    return sql.Identifier(f"known_{table.name}")


def target(table: Table) -> sql.Identifier:
    """The model's table."""
    return sql.Identifier(table.model._meta.db_table)


def names(columns: Iterable[str]) -> sql.Composed:
    """Columns after one another."""
    return listed([sql.Identifier(name) for name in columns])


def listed(parts: Iterable[sql.Composable]) -> sql.Composed:
    """Parts after one another."""
    return sql.SQL(", ").join(parts)


def either(conditions: Iterable[sql.Composable]) -> sql.Composed:
    """Conditions of which one is enough."""
    parts = [sql.SQL("({})").format(condition) for condition in conditions]
    return sql.SQL(" OR ").join([sql.SQL("false"), *parts])


def joined(table: Table) -> sql.Composed:
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
    return sql.SQL("{} staged{}").format(staging(table), sql.SQL("").join(joins))


def with_known(table: Table) -> sql.Composed:
    """The same, and what is known of each (`known`)."""
    return sql.SQL("{} LEFT JOIN {} known ON known.row = staged.row").format(
        joined(table), known(table)
    )


def column_of(table: Table, name: str) -> str:
    """The column of the model's table that the field or the parent called `name` has."""
    return str(table.model._meta.get_field(name).column)  # type: ignore[union-attr]


def in_file(table: Table, column: str) -> str:
    """What the file calls a column of the model's table."""
    parents = {column_of(table, parent.name): parent.name for parent in table.parents}
    return parents.get(column, column)


def incoming(table: Table) -> dict[str, sql.Composed]:
    """Each column of the model's table that the file gives, and where its value comes from."""
    own = {
        str(field.column): sql.SQL("staged.{}").format(sql.Identifier(field.name))
        for field in table.values
    }
    parents = {
        column_of(table, parent.name): sql.SQL("{}.id").format(sql.Identifier(f"of_{parent.name}"))
        for parent in table.parents
    }
    return {**own, **parents}


def changing(table: Table) -> dict[str, sql.Composed]:
    """The columns in which a known row (`stored`) may change, and what they become."""
    kept = {table.key, *table.given_once}
    return {
        name: (
            sql.SQL("coalesce({}, stored.{})").format(value, sql.Identifier(name))
            if name in table.kept
            else value
        )
        for name, value in incoming(table).items()
        if name not in kept
    }


def differs(table: Table) -> sql.Composed:
    """Whether the stored row would change."""
    columns = changing(table)
    stored = [sql.SQL("stored.{}").format(sql.Identifier(name)) for name in columns]
    return sql.SQL("({}) IS DISTINCT FROM ({})").format(listed(stored), listed(columns.values()))


def what_differs(table: Table) -> sql.Composed:
    """The file's columns in which a known row (`known.id`) would change, after one another."""
    named = [
        sql.SQL("CASE WHEN stored.{} IS DISTINCT FROM {} THEN {} END").format(
            sql.Identifier(name), value, sql.Literal(in_file(table, name))
        )
        for name, value in changing(table).items()
    ]
    return sql.SQL("(SELECT concat_ws(', ', {}) FROM {} stored WHERE stored.id = known.id)").format(
        listed(named), target(table)
    )


def as_object(values: dict[str, sql.Composed]) -> sql.Composed:
    """A JSON object of named values."""
    pairs = [sql.SQL("{}, {}").format(sql.Literal(name), value) for name, value in values.items()]
    return sql.SQL("jsonb_build_object({})").format(listed(pairs))


def default_of(field: models.Field) -> sql.Literal:
    """What a new row holds in a field that the file does not give."""
    return sql.Literal(field.get_default())
