"""«Выгрузить новые»: what has not left yet becomes a numbered batch, by one statement.

Two offices at once wait for each other, and the second gets what the first left over: nothing. What
is committed while a batch is made is in the next one. A batch that cannot be made leaves no gap in
the numbers.
"""

from __future__ import annotations

from functools import partial

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from psycopg import sql

from accounts.models import User
from cabinet import celery
from exchange.models import OutgoingBatch, OutgoingReading, WaitingReading
from exchange.outgoing import batch_content as content
from meters.models import BillingAnswer

Kind = OutgoingBatch.Kind

# Numbers of one kind are given one after another.
_LOCK = 0x6F757467
# Further than this nobody counts what is new.
COUNTED_AT_MOST = 100_000


class NothingNew(Exception):
    """Everything has left already."""


def count_new(kind: str) -> int:
    """How many rows the next batch would have, counted to `COUNTED_AT_MOST`."""
    rows = WaitingReading.objects.all() if kind == Kind.READINGS else content.new_cases(kind)
    return rows.order_by()[:COUNTED_AT_MOST].count()


@transaction.atomic
def make(*, kind: str, by: User | None = None) -> OutgoingBatch:
    """Make a batch of everything of this kind that has not left.

    Raises:
        NothingNew: there is nothing; no number is used.
    """
    with connection.cursor() as cursor:
        # The limits of a page's statement are not for a whole month of readings, nor for waiting
        # until another office has made its batch.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, Kind.values.index(kind)])
    last = OutgoingBatch.objects.filter(kind=kind).aggregate(last=Max("number"))["last"]
    batch = OutgoingBatch.objects.create(
        kind=kind,
        number=(last or 0) + 1,
        columns=[column.name for column in content.COLUMNS[kind]],
        rows=0,
        made_by=by,
    )
    batch.rows = _move_readings(batch) if kind == Kind.READINGS else _copy_cases(batch)
    if not batch.rows:
        raise NothingNew
    batch.answered = _count_answered(batch)
    batch.save(update_fields=["rows", "answered"])
    transaction.on_commit(partial(_wake, batch.pk), robust=True)
    return batch


def _move_readings(batch: OutgoingBatch) -> int:
    """Put into the batch what waits; how many. What the statement does not see goes on waiting."""
    source, parameters = content.waiting_readings().query.sql_with_params()
    statement = sql.SQL(
        """
        WITH moved AS (
            INSERT INTO exchange_outgoingreading (batch_id, row, reading_id, content)
            SELECT %s, row_number() OVER (ORDER BY key), key, ARRAY[{columns}]
            FROM ({source}) AS source (key, {columns})
            RETURNING reading_id
        )
        DELETE FROM exchange_waitingreading waiting
        USING moved WHERE waiting.reading_id = moved.reading_id
        """
    ).format(columns=_columns(batch), source=sql.SQL(source))
    with connection.cursor() as cursor:
        # A month has just come, or has just left: a guess would read all readings for a few.
        cursor.execute("ANALYZE exchange_waitingreading")
        cursor.execute(statement.as_string(None), [batch.pk, *parameters])
        return int(cursor.rowcount)


def _copy_cases(batch: OutgoingBatch) -> int:
    """Put into the batch what clients wrote and what is in none; how many."""
    source, parameters = content.new_cases(batch.kind).query.sql_with_params()
    statement = sql.SQL(
        """
        INSERT INTO exchange_outgoingcase (batch_id, row, message_id, entry_id, content)
        SELECT %s, row_number() OVER (ORDER BY key_at, key_of, key_added NULLS FIRST),
               key_of, key_added, ARRAY[{columns}]
        FROM ({source}) AS source (key_at, key_of, key_added, {columns})
        """
    ).format(columns=_columns(batch), source=sql.SQL(source))
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None), [batch.pk, *parameters])
        return int(cursor.rowcount)


def _columns(batch: OutgoingBatch) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(f"out_{name}") for name in batch.columns)


def _count_answered(batch: OutgoingBatch) -> int:
    """About how many rows billing has spoken before it got them by a batch; mostly none."""
    answers = BillingAnswer.objects.filter(
        submission=OuterRef("reading__submission"), register=OuterRef("reading__register")
    )
    return OutgoingReading.objects.filter(Exists(answers), batch=batch).count()


def _wake(pk: int) -> None:
    # Not at the top: the tasks write the files of batches that are made here.
    from exchange.tasks import write_files

    celery.wake(write_files, pk)
