"""Imports that a person has ordered and a worker does: checking, applying, undoing.

The row is the order, a task only hurries it. A worker holds a lease that its progress renews; one
that died leaves a lease that ends, and the next one begins anew: nothing of a load is kept half.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from cabinet import celery
from cabinet.files import sweep_orphans, unguessable_path
from exchange.incoming import attempts, loading, mending, undoing
from exchange.incoming.errors import PackageError
from exchange.incoming.progress import LEASE
from exchange.incoming.uploading import FOLDER
from exchange.models import Import

logger = logging.getLogger(__name__)

State = Import.State
TRIES = 3
# A package that nobody has applied yet, or whose rows may still be mended, is kept for so long.
KEPT_FOR = timedelta(days=14)
_BUSY_FOR = timedelta(minutes=1)
BROKEN_OFF = "Работа прервалась (сервер остановлен или не хватило памяти). Ничего не изменилось."
DROPPED = "Отклонён сотрудником после проверки."
TOO_OLD = "Проверенный пакет никто не загрузил за 14 дней, его файл удалён."


def receive(*, upload: UploadedFile, user: User) -> Import:
    """Keep an uploaded ZIP and have it checked."""
    path = default_storage.save(unguessable_path(FOLDER, ".zip"), upload)
    return _ordered(path, upload.name or "package.zip", user)


@transaction.atomic
def _ordered(path: str, name: str, user: User, *, mends: Import | None = None) -> Import:
    attempt = Import.objects.create(
        source=Import.Source.UPLOAD, name=name[:255], path=path, created_by=user, mends=mends
    )
    _wake(attempt)
    return attempt


def mend(attempt: Import, *, files: Mapping[str, UploadedFile], user: User) -> Import:
    """Have a refused package checked again with mended rows, by the names of their tables.

    Raises:
        PackageError: the package is not kept any more, or was mended too often.
    """
    if attempt.state != State.REFUSED or not attempt.path:
        raise PackageError("файл пакета уже удалён, передайте пакет заново")
    path = unguessable_path(FOLDER, ".zip")
    source, target = (Path(default_storage.path(one)) for one in (attempt.path, path))
    mending.add(source, target, {table: file.read() for table, file in files.items()})
    return _ordered(path, attempt.name, user, mends=attempt)


def approve(attempt: Import, *, user: User) -> bool:
    """Have a checked package applied; False when it is not that any more."""
    rows = Import.objects.filter(pk=attempt.pk, state=State.CHECKED)
    taken = rows.update(
        state=State.APPLYING, applied_by=user, attempts=0, percent=0, leased_until=Now()
    )
    if taken:
        _wake(attempt)
    return bool(taken)


def drop(attempt: Import) -> bool:
    """Let a checked package go, on a person's word; False when it is not that any more."""
    rows = Import.objects.filter(pk=attempt.pk, state=State.CHECKED)
    dropped = rows.update(state=State.REFUSED, trouble=DROPPED, finished_at=Now())
    if dropped:
        attempts.forget_file(attempt)
    return bool(dropped)


def may_repeat(attempt: Import) -> bool:
    """Whether it broke off and its file is still there."""
    return attempt.state == State.FAILED and bool(attempt.path)


def repeat(attempt: Import) -> bool:
    """Have a package that broke off checked anew; False when it is not that, or is not kept."""
    rows = Import.objects.filter(pk=attempt.pk, state=State.FAILED).exclude(path="")
    taken = rows.update(
        state=State.CHECKING, trouble="", attempts=0, percent=0, finished_at=None,
        leased_until=Now(),
    )  # fmt: skip
    if taken:
        _wake(attempt)
    return bool(taken)


def undo(attempt: Import, *, user: User) -> bool:
    """Have an import undone; False when it may not be."""
    taken = undoing.begin(attempt, user=user)
    if taken:
        _wake(attempt)
    return taken


def _wake(attempt: Import) -> None:
    from exchange.tasks import go_on_with

    transaction.on_commit(partial(celery.wake, go_on_with, attempt.pk), robust=True)


# A worker's side ---------------------------------------------------------------------------------


def work_due() -> int:
    """Go on with imports that no worker has in hand; how many were looked at."""
    due = Import.objects.working().filter(leased_until__lte=Now()).order_by("pk")
    found = list(due.values_list("pk", flat=True))
    for pk in found:
        work(pk)
    return len(found)


def work(pk: int) -> None:
    """Do what the import waits for; nothing if it is in other hands."""
    attempt = _claimed(pk)
    if attempt is None:
        return
    try:
        if attempt.attempts > TRIES or not (attempt.path or attempt.state == State.UNDOING):
            _give_up(attempt)
        else:
            _work(attempt)
    except loading.Busy:
        Import.objects.filter(pk=pk).update(
            leased_until=Now() + _BUSY_FOR, attempts=F("attempts") - 1
        )
    except Exception:  # one import must not stop the others
        logger.exception("import %s broke off", pk)


def _claimed(pk: int) -> Import | None:
    rows = Import.objects.working().filter(pk=pk, leased_until__lte=Now())
    if not rows.update(attempts=F("attempts") + 1, leased_until=Now() + LEASE):
        return None
    return Import.objects.get(pk=pk)


def _work(attempt: Import) -> None:
    if attempt.state == State.UNDOING:
        with contextlib.suppress(undoing.NotUndone):
            undoing.undo(attempt)
        return
    is_final = attempt.state == State.APPLYING
    path = Path(default_storage.path(attempt.path))
    with contextlib.suppress(loading.PackageError):
        loading.go_through(attempt, path, is_final=is_final)
    if attempt.state == State.APPLIED:
        attempts.forget_file(attempt)


def _give_up(attempt: Import) -> None:
    """Its worker has died once too often, or it came by a command that nobody repeats.

    Raises:
        loading.Busy: a load is at work, maybe this very one.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        loading.prepare(cursor)
    if attempt.state == State.UNDOING:
        undoing.stand(attempt, BROKEN_OFF)
        return
    attempts.note_failed(attempt, BROKEN_OFF)


# Order -------------------------------------------------------------------------------------------


def sweep() -> None:
    """Let go what nobody will ask for: old files, rows for undoing what cannot be undone."""
    old = Import.objects.filter(created_at__lt=Now() - KEPT_FOR)
    for attempt in old.filter(state=State.CHECKED):
        Import.objects.filter(pk=attempt.pk, state=State.CHECKED).update(
            state=State.REFUSED, trouble=TOO_OLD, finished_at=Now()
        )
    for attempt in old.filter(state__in=(State.REFUSED, State.FAILED)).exclude(path=""):
        attempts.forget_file(attempt)
    undoing.forget_superseded()
    sweep_orphans(FOLDER, rows=Import.objects.exclude(path=""))
