"""Undoing the latest import: what it added goes, what it changed gets its old values back.

Only while nothing has built on it. The database is asked what points to its rows, so that a table
of tomorrow is asked as well; what the office or the portal has changed since stands in the way too.
Readings, billing's answers and published documents are never deleted otherwise: their triggers let
go of the rows of an import that is being undone, and of no others (migration 0001). What a person
has opened, was written about, handed in or answered points to such a row and keeps it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import (
    IntegrityError,
    InternalError,
    ProgrammingError,
    connection,
    models,
    transaction,
)
from django.db.backends.utils import CursorWrapper
from django.db.models.functions import Now
from psycopg import sql

from accounts.models import User
from cabinet import formats
from exchange.incoming import attempts, loading, merging, statements
from exchange.incoming.declaration import Table
from exchange.incoming.tables import TABLES
from exchange.models import AddedRows, ChangedRow, Import

State = Import.State
# Further nobody counts.
_COUNTED = 1_000
# Codes of billing's that a sentence names.
_NAMED = 3
_ADDED = sql.Identifier(AddedRows._meta.db_table)
_CHANGED = sql.Identifier(ChangedRow._meta.db_table)
# Kept by triggers of the entries or the answers, gone with them.
_DERIVED = frozenset({"billing.monthturnover", "meters.rejection"})


class NotUndone(Exception):
    """Something has built on the import. `reasons` are sentences for the office."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__(" ".join(reasons))


def why_not(attempt: Import) -> str:
    """Why it cannot be undone, as far as that is known at a glance; empty when it may be tried."""
    if attempt.state != State.APPLIED:
        return "Отменить можно только загруженный пакет."
    if not attempt.has_changed:
        return "Этот пакет ничего не изменил: отменять нечего."
    if later := _later(attempt):
        return later
    if not (attempt.added.exists() or attempt.changed.exists()):
        return "Прежние значения уже не хранятся."
    return ""


def _later(attempt: Import) -> str:
    """A sentence about the package that came after it and stands, if one does."""
    changing = Import.objects.standing().filter(has_changed=True)
    later = changing.filter(applied_at__gt=attempt.applied_at).exclude(pk=attempt.pk).first()
    if later is None:
        return ""
    return f"После него загружен пакет «{later.name}». Сначала отмените его."


def begin(attempt: Import, *, user: User) -> bool:
    """Take an import that may be undone in hand; False when it may not, or was taken."""
    if why_not(attempt):
        return False
    rows = Import.objects.filter(pk=attempt.pk, state=State.APPLIED)
    return bool(
        rows.update(state=State.UNDOING, undone_by=user, trouble="", attempts=0, leased_until=Now())
    )


def undo(attempt: Import) -> None:
    """Undo an import that `begin` has taken in hand, all of it or nothing.

    Raises:
        NotUndone: something has built on it; it stands applied again, with the reasons.
        loading.Busy: a load is at work.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            loading.prepare(cursor)
            # A package may have come in between `begin` and the lock.
            if later := _later(attempt):
                raise NotUndone([later])
            if reasons := list(_obstacles(cursor, attempt)):
                raise NotUndone(reasons)
            for table in reversed(TABLES):
                _take_back(cursor, table, attempt)
            attempt.added.all().delete()
            attempt.changed.all().delete()
            loading.settle(cursor)
            Import.objects.filter(pk=attempt.pk).update(
                state=State.UNDONE, undone_at=Now(), percent=100, stage=""
            )
            undone = Import.objects.select_related("undone_by").get(pk=attempt.pk)
            attempts.journalled(undone, "загрузка отменена", user=undone.undone_by)
    except (IntegrityError, InternalError, ProgrammingError) as error:
        words = f"База не отпускает строки пакета: {str(error).splitlines()[0]}."
        stand(attempt, words)
        raise NotUndone([words]) from error
    except NotUndone as refused:
        stand(attempt, " ".join(refused.reasons))
        raise


def stand(attempt: Import, words: str) -> None:
    """It stays what it was; the page says why."""
    Import.objects.filter(pk=attempt.pk).update(
        state=State.APPLIED, undone_by=None, trouble=f"Не отменена. {words}"
    )


@transaction.atomic
def forget_superseded() -> int:
    """Forget what no import can be undone by any more: all but the latest that changed anything.

    Returns how many imports that were.
    """
    latest = Import.objects.applied().filter(has_changed=True).values_list("pk", flat=True).first()
    noted = models.Q(
        models.Exists(AddedRows.objects.filter(attempt=models.OuterRef("pk")))
    ) | models.Q(models.Exists(ChangedRow.objects.filter(attempt=models.OuterRef("pk"))))
    old = Import.objects.filter(noted, state=State.APPLIED).exclude(pk=latest or 0)
    found = list(old.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        # A package may have changed a million rows: the limit of a page is not for these.
        cursor.execute("SET LOCAL statement_timeout = 0")
        for notes in (_ADDED, _CHANGED):
            statement = sql.SQL("DELETE FROM {} WHERE attempt_id = ANY(%s)").format(notes)
            cursor.execute(statement.as_string(None), [found])
    return len(found)


def _obstacles(cursor: CursorWrapper, attempt: Import) -> Iterator[str]:
    """What has built on the import, a sentence for each kind of rows."""
    for table in TABLES:
        count, codes = _changed_since(cursor, table, attempt)
        if count:
            words = formats.counted(count, "строка", "строки", "строк")
            yield f"Изменено после загрузки — {table.title}: {words}{_named(codes)}."
        if not attempt.added.filter(table=table.name).exists():
            continue
        if _has_changed_added(cursor, table, attempt):
            yield f"Добавлено этим пакетом, а потом изменено или удалено — {table.title}."
        for relation in _pointing_here(table.model):
            count, codes = _pointing(cursor, table, relation, attempt)
            if count:
                what = relation.related_model._meta.verbose_name_plural
                words = f"{count} или больше" if count >= _COUNTED else str(count)
                yield f"На {table.title} этого пакета опираются {what}: {words}{_named(codes)}."


def _named(codes: list[str]) -> str:
    """« (коды «vega-1», «vega-2»…)», nothing where no code is left."""
    if not codes:
        return ""
    more = "…" if len(codes) > _NAMED else ""
    head = "код" if len(codes) == 1 else "коды"
    return f" ({head} {', '.join(f'«{code}»' for code in codes[:_NAMED])}{more})"


def _pointing_here(model: type[models.Model]) -> Iterator[models.ForeignObjectRel]:
    """The relations of others to `model`, those without a name included."""
    for field in model._meta.get_fields(include_hidden=True):
        if not isinstance(field, models.ForeignObjectRel):
            continue
        pointing = field.related_model._meta
        # A table between two models is asked once, by the relation that it makes; a view never.
        is_table = pointing.managed and not pointing.auto_created
        if is_table and pointing.label_lower not in _DERIVED:
            yield field


def _pointing(
    cursor: CursorWrapper, table: Table, relation: models.ForeignObjectRel, attempt: Import
) -> tuple[int, list[str]]:
    """How many rows of others point to rows that the import has added, `_COUNTED` at most.

    And the codes of some of these, one more than a sentence names.

    Its own do not count: those that it has added go as well, those that it has changed point
    elsewhere again.
    """
    field: Any = relation.field
    if field.many_to_many:
        holder, column = field.remote_field.through, field.m2m_reverse_name()
    else:
        holder, column = relation.related_model, field.column
    own = next((one.name for one in TABLES if one.model is holder), "")
    cursor.execute(
        sql.SQL(
            "SELECT count(*), (array_agg(DISTINCT code))[:{named}] FROM"
            " (SELECT stored.{code} AS code FROM {holder} pointing JOIN {added} added"
            ' ON added.attempt_id = %s AND added."table" = %s'
            " AND pointing.{column} BETWEEN added.first_id AND added.last_id"
            " JOIN {target} stored ON stored.id = pointing.{column}"
            " WHERE NOT EXISTS (SELECT FROM {added} own WHERE own.attempt_id = %s"
            ' AND own."table" = %s AND pointing.{key} BETWEEN own.first_id AND own.last_id)'
            " AND NOT EXISTS (SELECT FROM {changed} own WHERE own.attempt_id = %s"
            ' AND own."table" = %s AND own.row_id = pointing.{key})'
            " LIMIT {limit}) found"
        )
        .format(
            holder=sql.Identifier(holder._meta.db_table),
            added=_ADDED,
            changed=_CHANGED,
            target=statements.target(table),
            column=sql.Identifier(column),
            code=sql.Identifier(table.key),
            key=sql.Identifier(holder._meta.pk.column),
            limit=sql.Literal(_COUNTED),
            named=sql.Literal(_NAMED + 1),
        )
        .as_string(None),
        [attempt.pk, table.name, attempt.pk, own, attempt.pk, own],
    )
    return _count_and_codes(cursor)


def _has_changed_added(cursor: CursorWrapper, table: Table, attempt: Import) -> bool:
    """Whether rows that the import has added no longer hold what it wrote into them."""
    cursor.execute(
        sql.SQL(
            "SELECT EXISTS (SELECT FROM {added} added LEFT JOIN {target} stored"
            " ON stored.id BETWEEN added.first_id AND added.last_id WHERE added.attempt_id = %s"
            ' AND added."table" = %s AND added.digest IS NOT NULL GROUP BY added.id'
            " HAVING bit_xor({digest}) FILTER (WHERE stored.id IS NOT NULL)"
            " IS DISTINCT FROM added.digest)"
        )
        .format(
            added=_ADDED,
            target=statements.target(table),
            digest=merging.digest(table, sql.Identifier("stored")),
        )
        .as_string(None),
        [attempt.pk, table.name],
    )
    return bool(cursor.fetchone()[0])


def _changed_since(cursor: CursorWrapper, table: Table, attempt: Import) -> tuple[int, list[str]]:
    """How many rows no longer hold what the import wrote into them, and the codes of some."""
    columns = {
        name: sql.SQL("stored.{}").format(sql.Identifier(name))
        for name in statements.changing(table)
    }
    cursor.execute(
        sql.SQL(
            "SELECT count(*), (array_agg(noted.key ORDER BY noted.id))[:{named}]"
            " FROM {changed} noted LEFT JOIN {target} stored"
            ' ON stored.id = noted.row_id WHERE noted.attempt_id = %s AND noted."table" = %s'
            " AND {now} IS DISTINCT FROM noted.after"
        )
        .format(
            changed=_CHANGED,
            target=statements.target(table),
            now=statements.as_object(columns),
            named=sql.Literal(_NAMED + 1),
        )
        .as_string(None),
        [attempt.pk, table.name],
    )
    return _count_and_codes(cursor)


def _count_and_codes(cursor: CursorWrapper) -> tuple[int, list[str]]:
    count, codes = cursor.fetchone()
    return int(count), list(codes or [])


def _take_back(cursor: CursorWrapper, table: Table, attempt: Import) -> None:
    """What was added goes, then what was changed holds its old values again.

    A number that a new row has taken is free by then. In a table that has parents of its own a
    changed row may name an added one, so there the old values come first. A table without notes is
    not touched: the application may have no right to.
    """
    steps = [_let_go, _give_back]
    for step in reversed(steps) if table.own_parents else steps:
        step(cursor, table, attempt)


def _let_go(cursor: CursorWrapper, table: Table, attempt: Import) -> None:
    if not attempt.added.filter(table=table.name).exists():
        return
    if table.model in merging.APPEND_ONLY:
        cursor.execute("SELECT exchange_let_go(%s, %s)", [attempt.pk, table.name])
        return
    cursor.execute(
        sql.SQL(
            "DELETE FROM {target} stored USING {added} added WHERE added.attempt_id = %s"
            ' AND added."table" = %s AND stored.id BETWEEN added.first_id AND added.last_id'
        )
        .format(target=statements.target(table), added=_ADDED)
        .as_string(None),
        [attempt.pk, table.name],
    )


def _give_back(cursor: CursorWrapper, table: Table, attempt: Import) -> None:
    if attempt.changed.filter(table=table.name).exists():
        merging.write(cursor, table, attempt, "before")
