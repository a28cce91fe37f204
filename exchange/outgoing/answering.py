"""Billing's answer to a batch: a verdict on each of its rows, all of a file or nothing.

What is said of a reading becomes a `BillingAnswer`, as if a package had brought it: the client sees
it in the history and on the receipt. What is said of a case goes into its course
(exchange/outgoing/case_answers.py). The same file again changes nothing; a verdict that stands
already is not written twice.
"""

from __future__ import annotations

import hashlib
from typing import IO

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from psycopg import sql

from accounts.models import User
from cabinet import formats
from exchange import telling
from exchange.models import AnswerFile, CaseAnswer, OutgoingBatch
from exchange.outgoing import batch_content as content
from exchange.outgoing import case_answers
from exchange.outgoing.answer_rows import PROBLEMS_SHOWN, AnswerRefused, Problem, Reader
from exchange.telling import Say
from meters.models import BillingAnswer

__all__ = ["AnswerRefused", "Problem", "checksum", "take"]

Kind = OutgoingBatch.Kind

_BLOCK = 1 << 20
_TOLD_EVERY = 500

_READING_STATES: dict[str, str] = {
    "accepted": BillingAnswer.State.ACCEPTED, "принято": BillingAnswer.State.ACCEPTED,
    "rejected": BillingAnswer.State.REJECTED, "отклонено": BillingAnswer.State.REJECTED,
    "counted": BillingAnswer.State.COUNTED, "учтено": BillingAnswer.State.COUNTED,
    "учтено в счёте": BillingAnswer.State.COUNTED,
}  # fmt: skip
_CASE_STATES: dict[str, str] = {
    "counted": CaseAnswer.State.COUNTED, "учтено": CaseAnswer.State.COUNTED,
    "done": CaseAnswer.State.DONE, "исполнено": CaseAnswer.State.DONE,
    "rejected": CaseAnswer.State.REJECTED, "отклонено": CaseAnswer.State.REJECTED,
}  # fmt: skip
# What a file repeats of the batch, if it does, must agree: a wrong file is noticed at once.
_COMPARED: dict[str, tuple[str, ...]] = {
    Kind.READINGS: ("receipt", "register", "value"),
    Kind.CASES: ("case",),
    Kind.REQUESTS: ("case",),
}

_STAGING = """
    CREATE TEMPORARY TABLE staging_answers (
        number int, row int, state varchar(10), reason text, answered_at timestamptz,
        document text, compared text[]
    ) ON COMMIT DROP
"""
_COPY = """
    COPY staging_answers (number, row, state, reason, answered_at, document, compared) FROM STDIN
"""
_UNKNOWN = """
    SELECT number, row FROM staging_answers WHERE row NOT BETWEEN 1 AND %(rows)s
    ORDER BY number LIMIT %(limit)s
"""
_REPEATED = """
    SELECT number, row FROM (
        SELECT number, row, row_number() OVER (PARTITION BY row ORDER BY number) AS nth
        FROM staging_answers
    ) AS numbered WHERE nth > 1 ORDER BY number LIMIT %(limit)s
"""
# A mistyped year, which would lose to what was said before. A day without hours begins it.
_EARLY = """
    SELECT staged.number, staged.answered_at, came.at FROM staging_answers staged
    JOIN ({came}) AS came(row, at) USING (row)
    WHERE staged.answered_at < came.at - interval '1 day'
    ORDER BY staged.number LIMIT %(limit)s
"""
_READINGS_CAME = """
    SELECT outgoing.row, submission.received_at FROM exchange_outgoingreading outgoing
    JOIN meters_reading reading ON reading.id = outgoing.reading_id
    JOIN meters_submission submission ON submission.id = reading.submission_id
    WHERE outgoing.batch_id = %(batch)s
"""
_CASES_CAME = """
    SELECT outgoing.row, message.sent_at FROM exchange_outgoingcase outgoing
    JOIN messaging_message message ON message.id = outgoing.message_id
    WHERE outgoing.batch_id = %(batch)s
"""
# 50 and 50,000 are one value: what reads as a number is compared as one.
_DIFFERENT = r"""
    SELECT staged.number, came, kept FROM (
        SELECT number, row, compared[%(place)s] AS came,
               translate(compared[%(place)s], ', ', '.') AS came_number
        FROM staging_answers
    ) AS staged
    JOIN (
        SELECT row, content[%(position)s] AS kept FROM {rows} WHERE batch_id = %(batch)s
    ) AS outgoing USING (row)
    WHERE came <> '' AND CASE
        WHEN came_number ~ '^\d+(\.\d+)?$' AND kept ~ '^\d+(\.\d+)?$'
        THEN came_number::numeric <> kept::numeric ELSE came <> kept END
    ORDER BY staged.number LIMIT %(limit)s
"""
_INSERT = """
    INSERT INTO meters_billinganswer
        (external_id, submission_id, register_id, state, reason, answered_at)
    SELECT %(code)s || staged.row || '-' || left(md5(concat_ws(
               chr(10), staged.state, staged.reason, extract(epoch FROM staged.answered_at))), 12),
           reading.submission_id, reading.register_id, staged.state, staged.reason,
           staged.answered_at
    FROM staging_answers staged
    JOIN exchange_outgoingreading outgoing
        ON outgoing.batch_id = %(batch)s AND outgoing.row = staged.row
    JOIN meters_reading reading ON reading.id = outgoing.reading_id
    LEFT JOIN LATERAL (
        SELECT state, reason FROM meters_billinganswer stored
        WHERE stored.submission_id = reading.submission_id
          AND stored.register_id = reading.register_id
        ORDER BY answered_at DESC, id DESC LIMIT 1
    ) latest ON true
    WHERE (latest.state, latest.reason) IS DISTINCT FROM (staged.state, staged.reason)
    ORDER BY staged.row
    ON CONFLICT (external_id) DO NOTHING
"""


@transaction.atomic
def take(
    *,
    batch: OutgoingBatch,
    stream: IO[bytes],
    name: str,
    by: User | None = None,
    say: Say = telling.nobody,
) -> tuple[AnswerFile, bool]:
    """Take the answer in `stream`; the record of it, and whether it is new.

    Rows that the file does not name, or names without a verdict, go on waiting for theirs. `say` is
    told how far it is.

    Raises:
        AnswerRefused: something in the file is wrong; nothing is taken.
    """
    with connection.cursor() as cursor:
        # The limits of a page are not for a whole month, nor for waiting until a package is loaded
        # that answers to the same batch.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = 0")
    # Whoever orders an answer to this batch meanwhile need not wait.
    batch = OutgoingBatch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    sha256 = checksum(stream)
    if known := batch.answer_files.filter(sha256=sha256).first():
        return known, False
    with connection.cursor() as cursor:
        cursor.execute(_STAGING)
        rows, problems = _stage(cursor, batch, stream, name, say)
        say(None, "сверяем с партией")
        cursor.execute("ANALYZE staging_answers")
        problems += _problems(cursor, batch)
        if problems:
            raise AnswerRefused(sorted(problems, key=lambda problem: problem.number))
        taken = AnswerFile.objects.create(
            batch=batch, name=name[:255], sha256=sha256, taken_by=by, rows=rows, new=0
        )
        say(None, "записываем ответы")
        if batch.kind == Kind.READINGS:
            cursor.execute(_INSERT, {"code": f"{batch.stem}-", "batch": batch.pk})
            taken.new = cursor.rowcount
        else:
            taken.new = case_answers.answer(cursor, taken, say)
        taken.save(update_fields=["new"])
        cursor.execute("DROP TABLE staging_answers")
    return taken, True


def _stage(
    cursor: CursorWrapper, batch: OutgoingBatch, stream: IO[bytes], name: str, say: Say
) -> tuple[int, list[Problem]]:
    """Copy the rows of the file beside the batch's; how many, and what is wrong with them.

    No more than one is in memory.

    Raises:
        AnswerRefused: it is no table of answers at all.
    """
    compared = _COMPARED[batch.kind]
    columns = content.columns_of(batch)
    reader = Reader(
        states=_READING_STATES if batch.kind == Kind.READINGS else _CASE_STATES,
        titles={
            **{column.title: column.name for column in columns},
            **{column.name: column.name for column in columns},
        },
        compared=compared,
    )
    now = timezone.now()
    rows = 0
    with cursor.copy(_COPY) as copying:
        copying.set_types(["int4", "int4", "text", "text", "timestamptz", "text", "text[]"])
        for rows, row in enumerate(reader.rows(stream, name), 1):
            copying.write_row((
                row.number, row.row, row.state, row.reason, row.answered_at or now, row.document,
                [row.compared.get(column) for column in compared],
            ))  # fmt: skip
            if rows % _TOLD_EVERY == 0:
                say(min(99, rows * 100 // batch.rows), "читаем файл")
    if not rows and not reader.problems:
        raise AnswerRefused([Problem(words="в файле нет ни одного ответа")])
    return rows, reader.problems


def _problems(cursor: CursorWrapper, batch: OutgoingBatch) -> list[Problem]:
    """Answers to rows that the batch does not have, or to other rows or documents than they name.

    A kind of mistake is looked for whatever other kinds there are: the office mends a file once.
    """
    problems = []
    named = {"batch": batch.pk, "rows": batch.rows, "limit": PROBLEMS_SHOWN}
    cursor.execute(_UNKNOWN, named)
    for number, row in cursor.fetchall():
        words = f"в партии строк {batch.rows}, а ответ дан на строку {row}"
        problems.append(Problem(words=words, number=number))
    cursor.execute(_REPEATED, named)
    for number, row in cursor.fetchall():
        problems.append(Problem(words=f"второй ответ на строку партии {row}", number=number))
    came = _READINGS_CAME if batch.kind == Kind.READINGS else _CASES_CAME
    cursor.execute(_EARLY.format(came=came), named)
    for number, answered_at, at in cursor.fetchall():
        moments = formats.moment(answered_at), formats.moment(at)
        words = "ответ дан {}, раньше, чем пришло то, на что он дан: {}".format(*moments)
        problems.append(Problem(words=words, number=number))
    rows = "exchange_outgoingreading" if batch.kind == Kind.READINGS else "exchange_outgoingcase"
    different = sql.SQL(_DIFFERENT).format(rows=sql.Identifier(rows)).as_string(None)
    for place, name in enumerate(_COMPARED[batch.kind], 1):
        position = batch.columns.index(name) + 1
        cursor.execute(different, {**named, "place": place, "position": position})
        for number, came, kept in cursor.fetchall():
            words = f"в столбце {name} «{came}», а в партии «{kept}»"
            problems.append(Problem(words=words, number=number))
    if batch.kind != Kind.READINGS:
        problems += case_answers.problems(cursor, batch, limit=PROBLEMS_SHOWN)
    return problems


def checksum(stream: IO[bytes]) -> str:
    """SHA-256 of the whole file, by which it is known again."""
    found = hashlib.sha256()
    stream.seek(0)
    while block := stream.read(_BLOCK):
        found.update(block)
    return found.hexdigest()
