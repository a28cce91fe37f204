"""Staged rows become rows of the portal: new ones are inserted, changed ones updated.

What an import adds and changes is noted on the way (`AddedRows`, `ChangedRow`), so that it can be
shown and undone. The number of statements does not depend on the number of rows.
"""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from psycopg import sql

from exchange.incoming import statements
from exchange.incoming.declaration import Table
from exchange.models import AddedRows, ChangedRow, Import
from meters.models import BillingAnswer, Reading

# Examples for the preview.
SAMPLES = 20
NEW_SAMPLES = 5
# The application may delete no row of these: functions of their owner's note what an import has
# added to them, and take it away again (migration 0003).
APPEND_ONLY = frozenset({Reading, BillingAnswer})
_ADDED = sql.Identifier(AddedRows._meta.db_table)
_CHANGED = sql.Identifier(ChangedRow._meta.db_table)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What became of the staged rows; `vanished` are known ones that the package lacks."""

    new: int
    changed: int
    unchanged: int
    vanished: int


def find_known(cursor: CursorWrapper, table: Table) -> None:
    """Find which staged rows are stored already, which of them would change and may not."""
    statements.run(
        cursor,
        sql.SQL(
            "CREATE TEMPORARY TABLE {known} ON COMMIT DROP AS SELECT row, id, is_changed,"
            " is_changed AND is_frozen AS is_frozen FROM (SELECT staged.row, stored.id,"
            " {differs} AS is_changed, ({frozen}) AS is_frozen FROM {joined}"
            " JOIN {target} stored ON stored.{key} = staged.{key}) compared"
        ).format(
            known=statements.known(table),
            differs=statements.differs(table),
            frozen=sql.SQL(table.frozen),
            joined=statements.joined(table),
            target=statements.target(table),
            key=sql.Identifier(table.key),
        ),
    )
    statements.run(cursor, sql.SQL("ANALYZE {}").format(statements.known(table)))


def insert_new(cursor: CursorWrapper, table: Table, attempt: Import) -> int:
    """Insert rows that are not stored yet; those whose parent of the same table waits are left.

    Returns how many were inserted; a table without parents of its own needs one call.
    """
    columns = statements.incoming(table)
    defaults = {str(field.column): statements.default_of(field) for field in table.defaults}
    given = {**columns, **defaults}
    is_ready: list[sql.Composable] = [
        sql.SQL("(staged.{} IS NULL OR {}.id IS NOT NULL)").format(
            sql.Identifier(parent.name), sql.Identifier(f"of_{parent.name}")
        )
        for parent in table.own_parents
    ]
    if table.own_parents:
        # What an earlier call has stored is not in `known`.
        is_ready.append(
            sql.SQL("NOT EXISTS (SELECT FROM {} stored WHERE stored.{key} = staged.{key})").format(
                statements.target(table), key=sql.Identifier(table.key)
            )
        )
    inserted = sql.SQL(
        "INSERT INTO {target} ({names}) SELECT {values} FROM {joined}"
        " WHERE NOT EXISTS (SELECT FROM {known} known WHERE known.row = staged.row) AND {ready}"
        " ORDER BY staged.row"
    ).format(
        target=statements.target(table),
        names=statements.names(given),
        values=statements.listed(given.values()),
        joined=statements.joined(table),
        known=statements.known(table),
        ready=sql.SQL(" AND ").join([sql.SQL("true"), *is_ready]),
    )
    if table.model in APPEND_ONLY:
        return _noted_by_triggers(cursor, inserted, attempt)
    return _noted(cursor, table, inserted, attempt)


def _noted(cursor: CursorWrapper, table: Table, inserted: sql.Composed, attempt: Import) -> int:
    """Insert, and note the keys of the rows and what they hold; how many."""
    cursor.execute(
        sql.SQL(
            "WITH added AS ({inserted} RETURNING id, {digest} AS digest), noted AS (INSERT INTO"
            ' {notes} (attempt_id, "table", first_id, last_id, digest)'
            " SELECT %s, %s, min(id), max(id), bit_xor(digest) FROM"
            " (SELECT id, digest, id - row_number() OVER (ORDER BY id) AS island FROM added) placed"
            " GROUP BY island RETURNING last_id - first_id + 1 AS rows)"
            " SELECT coalesce(sum(rows), 0) FROM noted"
        )
        .format(inserted=inserted, digest=digest(table, statements.target(table)), notes=_ADDED)
        .as_string(None),
        [attempt.pk, table.name],
    )
    return int(cursor.fetchone()[0])


def _noted_by_triggers(cursor: CursorWrapper, inserted: sql.Composed, attempt: Import) -> int:
    """Insert under the import's name; the database notes the keys itself (migration 0003)."""
    cursor.execute("SELECT set_config('cabinet.import', %s, true)", [str(attempt.pk)])
    count = statements.run(cursor, inserted)
    cursor.execute("SELECT set_config('cabinet.import', '', true)")
    return count


def digest(table: Table, row: sql.Composable) -> sql.Composed:
    """A fingerprint of a stored row, by what a package gives; those of many rows are XORed."""
    columns = ["id", *statements.incoming(table)]
    values = [sql.SQL("{}.{}").format(row, sql.Identifier(name)) for name in columns]
    return sql.SQL("hash_record_extended(ROW({}), 0)").format(statements.listed(values))


def update_changed(cursor: CursorWrapper, table: Table, attempt: Import) -> int:
    """Note what changed rows hold and will hold, then change them; how many."""
    columns = statements.changing(table)
    if not columns or table.frozen == "true":
        return 0
    stored = {name: sql.SQL("stored.{}").format(sql.Identifier(name)) for name in columns}
    source = sql.SQL(
        "{joined} JOIN {known} known ON known.row = staged.row AND known.is_changed"
        " JOIN {target} stored ON stored.id = known.id"
    ).format(
        joined=statements.joined(table),
        known=statements.known(table),
        target=statements.target(table),
    )
    cursor.execute(
        sql.SQL(
            'INSERT INTO {} (attempt_id, "table", row_id, key, before, after)'
            " SELECT %s, %s, stored.id, stored.{}, {}, {} FROM {}"
        )
        .format(
            _CHANGED,
            sql.Identifier(table.key),
            statements.as_object(stored),
            statements.as_object(columns),
            source,
        )
        .as_string(None),
        [attempt.pk, table.name],
    )
    changed = int(cursor.rowcount)
    if changed:
        write(cursor, table, attempt, "after")
    return changed


def write(cursor: CursorWrapper, table: Table, attempt: Import, side: str) -> int:
    """Give the rows that an import has changed what they held `before`, or hold `after` it."""
    columns = list(statements.changing(table))
    cursor.execute(
        sql.SQL(
            "UPDATE {target} AS stored SET ({names}) = ROW({values}) FROM {notes} AS noted,"
            " LATERAL jsonb_populate_record(NULL::{target}, noted.{side}) AS held"
            ' WHERE noted.attempt_id = %s AND noted."table" = %s AND stored.id = noted.row_id'
        )
        .format(
            target=statements.target(table),
            names=statements.names(columns),
            values=statements.listed(
                sql.SQL("held.{}").format(sql.Identifier(name)) for name in columns
            ),
            notes=_CHANGED,
            side=sql.Identifier(side),
        )
        .as_string(None),
        [attempt.pk, table.name],
    )
    return int(cursor.rowcount)


def count_vanished(cursor: CursorWrapper, table: Table, *, staged: int) -> int:
    """How many rows of billing's the portal has beyond the `staged` ones, which it has all."""
    key = sql.Identifier(table.key)
    cursor.execute(
        sql.SQL("SELECT count({}) FROM {}").format(key, statements.target(table)).as_string(None)
    )
    return int(cursor.fetchone()[0]) - staged


def samples(cursor: CursorWrapper, table: Table, attempt: Import, done: Merged) -> dict[str, Any]:
    """Some new rows, some changed ones with what they held and hold, codes of some that vanished.

    Before the staged rows are dropped.
    """
    found: dict[str, Any] = {}
    if done.new:
        found["new"] = _new_samples(cursor, table)
    if done.changed:
        found["changed"] = _changed_samples(cursor, table, attempt)
    if done.vanished:
        cursor.execute(
            sql.SQL(
                "SELECT stored.{key} FROM {target} stored WHERE stored.{key} IS NOT NULL AND NOT"
                " EXISTS (SELECT FROM {staging} staged WHERE staged.{key} = stored.{key}) LIMIT {}"
            )
            .format(
                sql.Literal(SAMPLES),
                key=sql.Identifier(table.key),
                target=statements.target(table),
                staging=statements.staging(table),
            )
            .as_string(None)
        )
        found["vanished"] = sorted(key for (key,) in cursor.fetchall())
    return found


def _new_samples(cursor: CursorWrapper, table: Table) -> list[dict[str, Any]]:
    """The first new rows: the code, and [column of the file, value] of what is filled in."""
    cursor.execute(
        sql.SQL(
            "SELECT to_jsonb(first)::text FROM (SELECT staged.* FROM {} staged WHERE NOT EXISTS"
            " (SELECT FROM {} known WHERE known.row = staged.row) ORDER BY staged.row LIMIT {})"
            " first ORDER BY first.row"
        )
        .format(statements.staging(table), statements.known(table), sql.Literal(NEW_SAMPLES))
        .as_string(None)
    )
    names = [*(parent.name for parent in table.parents), *(field.name for field in table.values)]
    rows = [_read(text) for (text,) in cursor.fetchall()]
    return [
        {
            "key": row[table.key],
            "fields": [
                [name, _cut(table, name, row[name])]
                for name in names
                if name != table.key and row[name] not in (None, "")
            ],
        }
        for row in rows
    ]


def _changed_samples(cursor: CursorWrapper, table: Table, attempt: Import) -> list[dict[str, Any]]:
    """Some changed rows: the code, and [column of the file, before, after] of what differs."""
    cursor.execute(
        sql.SQL(
            "SELECT key, before::text, after::text FROM {}"
            ' WHERE attempt_id = %s AND "table" = %s ORDER BY id LIMIT {}'
        )
        .format(_CHANGED, sql.Literal(SAMPLES))
        .as_string(None),
        [attempt.pk, table.name],
    )
    # As text: a float would show other digits than the file.
    rows = [(key, _read(before), _read(after)) for key, before, after in cursor.fetchall()]
    shown = []
    for key, before, after in rows:
        names = [name for name in after if before[name] != after[name]]
        fields = [
            [
                statements.in_file(table, name),
                *(_shown(table, name, side[name]) for side in (before, after)),
            ]
            for name in names
        ]
        shown.append({"key": key, "fields": fields})
    return shown


def _read(text: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return values


def _shown(table: Table, column: str, value: Any) -> str:
    """A value for the preview as the file has it, not more than a line of it."""
    for parent in table.parents:
        if value is not None and column == statements.column_of(table, parent.name):
            keys = parent.model._default_manager.filter(pk=value).values_list(parent.key, flat=True)
            value = keys.first()
    return _cut(table, column, value)


def _cut(table: Table, name: str, value: Any) -> str:
    """A value as a file writes it, moments by the retailer's clock."""
    field = next((one for one in table.values if name in (one.name, one.column)), None)
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(field, models.DateTimeField) and value:
        value = timezone.localtime(datetime.datetime.fromisoformat(value)).isoformat()
    elif isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = "" if value is None else str(value)
    return f"{text[:80]}…" if len(text) > 80 else text
