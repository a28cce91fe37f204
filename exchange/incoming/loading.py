"""Loading a package of the billing system: all of it in one transaction, or nothing.

A package is checked by loading it and undoing that: a check that passes has met every rule that
applying will meet. What is refused is named row by row; nothing of a package with a refused row is
kept. Loading the same package again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Deferrable
from django.db.models.functions import Now
from django.utils import timezone
from psycopg import sql

from accounts.models import User
from cabinet import celery, formats
from documents.tasks import render_missing
from exchange.incoming import attached, attempts, manifest, package, statements, taking
from exchange.incoming.attempts import Outcome
from exchange.incoming.declaration import Table
from exchange.incoming.errors import PackageError
from exchange.incoming.manifest import Manifest
from exchange.incoming.merging import Merged as Counts
from exchange.incoming.package import Package
from exchange.incoming.progress import LEASE, Progress, Tell, told
from exchange.incoming.tables import TABLES
from exchange.incoming.taking import Taking
from exchange.models import Import

__all__ = ["Busy", "Counts", "PackageError", "load"]

State = Import.State
Done = Callable[[Table, Counts], None]

# Two loads at once would wait for each other row by row; this makes one of them go away.
_LOCK = 0x7061636B
# A package of the future would make every honest one that follows an old one. Clocks differ.
_AHEAD = timedelta(minutes=10)
BROKEN_OFF = "Загрузка прервалась, ошибка записана в журнал сервера. Ничего не изменилось."


class Busy(Exception):
    """Another load, or the undoing of one, is at work."""


def _quiet(*args: object) -> None:
    pass


def load(
    *,
    folder: Path,
    is_final: bool = True,
    source: Import.Source = Import.Source.COMMAND,
    user: User | None = None,
    progress: Done = _quiet,
    tell: Tell = _quiet,
) -> dict[str, Counts]:
    """Load the package in `folder` (or ZIP); the name of each table that came → its counts.

    Without `is_final` it is only checked. `progress` is called after each table, `tell` on the way.

    Raises:
        PackageError: something in the package is wrong; the database is as it was before, and the
            import that tells of it has every refused row.
        Busy: another load is at work; nothing was noted.
    """
    attempt = begin(folder=folder, is_final=is_final, source=source, user=user)
    return finish(attempt, folder, progress=progress, tell=tell)


def begin(
    *,
    folder: Path,
    is_final: bool = True,
    source: Import.Source = Import.Source.COMMAND,
    user: User | None = None,
) -> Import:
    """The row of an attempt whose report the caller wants; `finish` does the work."""
    return Import.objects.create(
        source=source,
        name=folder.resolve().name[:255],
        state=State.APPLYING if is_final else State.CHECKING,
        created_by=user,
        leased_until=Now() + LEASE,
    )


def finish(
    attempt: Import, folder: Path, *, progress: Done = _quiet, tell: Tell = _quiet
) -> dict[str, Counts]:
    """Load, or check, what `begin` has begun; as `load`."""
    is_final = attempt.state == State.APPLYING
    try:
        outcome = go_through(attempt, folder, is_final=is_final, progress=progress, tell=tell)
    except Busy:
        attempt.delete()
        raise
    if outcome.refusals.total:
        raise outcome.refusals.first().as_error()
    return outcome.counts


def go_through(
    attempt: Import,
    path: Path,
    *,
    is_final: bool,
    progress: Done = _quiet,
    tell: Tell = _quiet,
) -> Outcome:
    """Check the package at `path`, or load it if `is_final`; the attempt says how it ended.

    Raises:
        PackageError: the package as a whole is wrong; noted in the attempt.
        Busy: another load is at work.
    """
    outcome = Outcome()
    try:
        with package.opened(path, name=attempt.name) as opened, told(attempt, tell) as telling:
            stated = _described(attempt, opened)
            _in_transaction(attempt, opened, stated, outcome, is_final, progress, telling)
    except PackageError as error:
        attempts.note_refused(attempt, outcome, str(error))
        raise
    except Busy:
        raise
    except Exception:
        attempts.note_failed(attempt, BROKEN_OFF)
        raise
    if outcome.refusals.total:
        attempts.note_refused(attempt, outcome)
    elif not is_final:
        attempts.note_checked(attempt, outcome)
    return outcome


def _described(attempt: Import, opened: Package) -> Manifest:
    """What the package says of itself, written down; every file is there and whole."""
    described = manifest.read(opened)
    stated = described.stated
    attempt.version, attempt.day, attempt.as_of = stated.version, stated.day, stated.as_of
    attempt.sha256 = described.sha256
    attempt.save(update_fields=["version", "day", "as_of", "sha256"])
    manifest.require_whole(opened, stated)
    return stated


def _in_transaction(
    attempt: Import,
    opened: Package,
    stated: Manifest,
    outcome: Outcome,
    is_final: bool,
    progress: Done,
    telling: Tell,
) -> None:
    """Take every table in; undone again when a row is refused, or it was only a check."""
    tables = [table for table in TABLES if table.name in stated.tables]  # some may be absent
    sizes = {table.name: opened.size(table.file_name) or 0 for table in tables}
    meter = Progress(sizes, telling)
    with attached.kept_on_success() as kept, transaction.atomic():
        with connection.cursor() as cursor:
            prepare(cursor)
            require_newer(stated)
            work = Taking(
                cursor=cursor,
                package=opened,
                stated=stated,
                attempt=attempt,
                refusals=outcome.refusals,
                kept=kept,
                is_final=is_final,
                moved=meter.moved,
                at=meter.at,
            )
            for table in tables:
                outcome.counts[table.name], samples = taking.take(work, table)
                if samples:
                    outcome.samples[table.name] = samples
                progress(table, outcome.counts[table.name])
            if not outcome.refusals.total:
                settle(cursor)
        if is_final and not outcome.refusals.total:
            attempts.note_applied(attempt, outcome)
            transaction.on_commit(lambda: celery.wake(render_missing), robust=True)
        else:
            transaction.set_rollback(True)
            attached.forget(kept)


def prepare(cursor: CursorWrapper) -> None:
    """What the transaction of a load, or of undoing one, needs.

    Raises:
        Busy: another one has the lock.
    """
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
    if not cursor.fetchone()[0]:
        raise Busy
    # The limits of a page are not for a whole table.
    cursor.execute("SET LOCAL statement_timeout = 0")
    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    # Who edits a row that the package changes is waited for.
    cursor.execute("SET LOCAL lock_timeout = '60s'")
    # A million rows are sorted and joined in memory, not on the disk.
    cursor.execute("SET LOCAL work_mem = '64MB'")
    # Foreign keys of Django are checked at COMMIT otherwise, where no file can be named.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def settle(cursor: CursorWrapper) -> None:
    """Constraints wait, or do not, as they did before `prepare`."""
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    at_once = [
        sql.Identifier(str(constraint.name))
        for table in TABLES
        for constraint in table.model._meta.constraints
        if getattr(constraint, "deferrable", None) == Deferrable.IMMEDIATE
    ]
    statements.run(
        cursor, sql.SQL("SET CONSTRAINTS {} IMMEDIATE").format(statements.listed(at_once))
    )


def require_newer(stated: Manifest) -> None:
    """That the package is not older than what stands in the portal, nor of the future.

    Raises:
        PackageError: it is.
    """
    as_of = stated.as_of
    if as_of > timezone.now() + _AHEAD:
        words = f"данные на {formats.moment(as_of)}: этот момент ещё не наступил"
        raise PackageError(words, file=package.NAME)
    last = Import.objects.standing().order_by("-as_of").first()
    if last is not None and last.as_of is not None and as_of < last.as_of:
        words = (
            f"данные на {formats.moment(as_of)} старше загруженных: последний пакет"
            f" «{last.name}» — на {formats.moment(last.as_of)}"
        )
        raise PackageError(words, file=package.NAME)
