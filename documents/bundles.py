"""Many documents as one ZIP: ordered on a page, made by a worker, kept for a while.

The row in the database is the order; a task only hurries it. A worker holds a lease while it works
and gives the order back after a minute, so that one long order does not keep others waiting; what
it has rendered by then stays rendered.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from cabinet import celery, files, formats
from contracts.access import File
from contracts.models import Contract
from documents import opening, rendering
from documents.models import Bundle, Document
from documents.models.document import safe_name

logger = logging.getLogger(__name__)

FOLDER = "bundles"
MAX_DOCUMENTS = 500
MAX_BYTES = 300 * 1024 * 1024
# So many unfinished ones of a person at a time.
MAX_UNFINISHED = 3
KEPT_FOR = timedelta(days=3)
# Beyond what one document may take (`PDF_SECONDS`); a worker that died is noticed after it.
LEASE_BEYOND = timedelta(minutes=1)
# A document in another worker's hands is looked for again after so long.
WAIT = timedelta(seconds=15)
# A run ends before beat starts the next one.
RUN_SECONDS = 50.0
TRIES = 3
_DUE_AT_ONCE = 20
_PROGRESS_EVERY = 10
_BLOCK = 1 << 20

State = Bundle.State
UNFINISHED = (State.QUEUED, State.MAKING)


class Refused(Exception):
    """The ZIP is not made of this; the text is a sentence for the person."""


class _TooLarge(Exception):
    """The documents together are more than `MAX_BYTES`."""


class _NotOurs(Exception):
    """The order was cancelled, or another worker has it."""


def visible_to(user: User) -> QuerySet[Bundle]:
    """The person's own orders, as long as every contract in them is still in view."""
    inside = Document.objects.filter(bundles=OuterRef("pk"))
    hidden = inside.exclude(contract__in=Contract.objects.visible_to(user))
    return Bundle.objects.filter(~Exists(hidden), user=user)


def recent(user: User, *, contract: Contract | None = None) -> QuerySet[Bundle]:
    """The person's orders that are on their way or lie ready, newest first.

    Of all contracts in view; with `contract`, which is in view, those of its documents alone.
    """
    rows = Bundle.objects.filter(user=user, state__in=(*UNFINISHED, State.READY))
    if contract is None:
        in_view = Contract.objects.visible_to(user)
        rows = rows.filter(Q(contract__isnull=True) | Q(contract__in=in_view))
    else:
        rows = rows.filter(contract=contract)
    return rows.select_related("contract")[:MAX_UNFINISHED]


# Ordering ---------------------------------------------------------------------------------------


def order(
    *, user: User, key: uuid.UUID, documents: Sequence[Document], title: str, came_from: str
) -> Bundle:
    """Order these documents; a repeat with the same key gives the first order.

    `title` says what they are: «октябрь 2026»; `came_from` is the address of the list.

    Raises:
        Refused: nothing was chosen, or too much, or the person has others on their way.
    """
    known = Bundle.objects.filter(key=key, user=user).first()
    if known is not None:
        return known
    _check(user, documents)
    owners = {document.contract_id for document in documents}
    row = Bundle(
        key=key,
        user=user,
        contract_id=owners.pop() if len(owners) == 1 else None,
        title=title[:200],
        came_from=came_from[:500],
        total=len(documents),
    )
    return _create(row, documents)


@transaction.atomic
def _create(row: Bundle, documents: Sequence[Document]) -> Bundle:
    """Store the order, or find the one that a double click has stored a moment ago."""
    made = Bundle.objects.bulk_create([row], ignore_conflicts=True)
    bundle: Bundle = Bundle.objects.select_for_update().get(key=made[0].key, user=row.user)
    if not bundle.documents.exists():
        bundle.documents.add(*(document.pk for document in documents))
        transaction.on_commit(partial(_wake, bundle.pk), robust=True)
    return bundle


def _check(user: User, documents: Sequence[Document]) -> None:
    if not documents:
        raise Refused("Отметьте хотя бы один документ.")
    if len(documents) > MAX_DOCUMENTS:
        raise Refused(
            f"В один архив входит не больше {MAX_DOCUMENTS} документов. Сузьте поиск:"
            " выберите месяц или вид документа."
        )
    if sum(document.size or 0 for document in documents) > MAX_BYTES:
        raise Refused(_too_large())
    if Bundle.objects.filter(user=user, state__in=UNFINISHED).count() >= MAX_UNFINISHED:
        raise Refused(
            "Предыдущие архивы ещё собираются. Дождитесь их или отмените лишние: они видны на"
            " странице документов всех договоров."
        )


def _too_large() -> str:
    return (
        f"Вместе эти документы больше {formats.file_size(MAX_BYTES)}. Скачайте их"
        " несколькими архивами."
    )


def _wake(pk: int) -> None:
    from documents.tasks import make_bundle

    celery.wake(make_bundle, pk)


def cancel(bundle: Bundle) -> bool:
    """Stop an order that is not ready yet; False when it was too late."""
    rows = Bundle.objects.filter(pk=bundle.pk, state__in=UNFINISHED)
    return bool(rows.update(state=State.CANCELLED))


# Making -----------------------------------------------------------------------------------------


def make_due(*, seconds: float = RUN_SECONDS) -> int:
    """Go on with orders whose worker was not woken or has died; how many were looked at."""
    until = time.monotonic() + seconds
    due = Bundle.objects.filter(state__in=UNFINISHED, leased_until__lte=Now())
    count = 0
    for pk in list(due.order_by("leased_until", "pk").values_list("pk", flat=True)[:_DUE_AT_ONCE]):
        if time.monotonic() >= until:
            break
        make(pk)
        count += 1
    return count


def make(pk: int, *, seconds: float = RUN_SECONDS) -> None:
    """Make the ZIP, or as much of it as `seconds` allow; nothing if it is in other hands."""
    bundle = _claim(pk)
    if bundle is None:
        return
    try:
        _make(bundle, time.monotonic() + seconds)
    except _NotOurs:
        return
    except _TooLarge:
        _fail(bundle, _too_large())
    except Exception:  # one order must not stop the others
        logger.exception("bundle %s cannot be made", pk)
        if bundle.attempts >= TRIES:
            _fail(bundle, "Архив собрать не удалось, ошибка записана. Закажите его ещё раз позже.")


def _claim(pk: int) -> Bundle | None:
    rows = Bundle.objects.filter(pk=pk, state__in=UNFINISHED, leased_until__lte=Now())
    lease = Now() + _lease()
    if not rows.update(state=State.MAKING, attempts=F("attempts") + 1, leased_until=lease):
        return None
    bundle = Bundle.objects.get(pk=pk)
    if bundle.attempts > TRIES:  # every try ended with its worker
        _fail(bundle, "Архив собрать не удалось. Закажите его ещё раз, разделив на части.")
        return None
    return bundle


def _lease() -> timedelta:
    return timedelta(seconds=settings.PDF_SECONDS) + LEASE_BEYOND


def _fail(bundle: Bundle, words: str) -> None:
    Bundle.objects.filter(pk=bundle.pk, state=State.MAKING).update(
        state=State.FAILED, trouble=words
    )


def _hold(bundle: Bundle, **changed: Any) -> None:
    """Note the progress and go on holding the order.

    Raises:
        _NotOurs: it was cancelled meanwhile.
    """
    rows = Bundle.objects.filter(pk=bundle.pk, state=State.MAKING, attempts=bundle.attempts)
    if not rows.update(leased_until=Now() + _lease(), **changed):
        raise _NotOurs


def _make(bundle: Bundle, deadline: float) -> None:
    documents = list(
        bundle.documents.select_related("contract").defer("content").order_by(
            "contract__number", "-period", "-issued_on", "-pk"
        )
    )  # fmt: skip
    made: list[Document] = []
    missing: list[Document] = []
    for number, document in enumerate(documents):
        if time.monotonic() >= deadline and not document.path:
            return _give_back(bundle, number)
        if not document.path or number % _PROGRESS_EVERY == 0:
            _hold(bundle, done=number)
        try:
            made.append(_rendered(document))
        except rendering.BeingRendered:
            return _give_back(bundle, number, after=WAIT)
        except rendering.RenderingFailed:
            missing.append(document)
    if not made:
        _fail(bundle, "Ни один документ подготовить не удалось. Закажите архив ещё раз позже.")
        return
    path = files.unguessable_path(FOLDER, ".zip")
    with _written(path, made, missing):
        _finish(bundle, path, missing=missing)


def _rendered(document: Document) -> Document:
    contract = document.contract
    document = rendering.render_document(document=document)
    document.contract = contract
    return document


def _give_back(bundle: Bundle, done: int, *, after: timedelta = timedelta()) -> None:
    """Let others have the worker; what is rendered needs no second time."""
    rows = Bundle.objects.filter(pk=bundle.pk, state=State.MAKING, attempts=bundle.attempts)
    rows.update(state=State.QUEUED, attempts=0, done=done, leased_until=Now() + after)
    if not after:
        _wake(bundle.pk)


@transaction.atomic
def _finish(bundle: Bundle, path: str, *, missing: Sequence[Document]) -> None:
    """What did not go in is no longer of the order: nobody has been handed it."""
    full_path = Path(default_storage.path(path))
    with full_path.open("rb") as stream:
        checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    _hold(
        bundle,
        state=State.READY,
        path=path,
        size=full_path.stat().st_size,
        sha256=checksum,
        done=F("total"),
        missing=len(missing),
        ready_at=Now(),
        expires_at=Now() + KEPT_FOR,
    )
    bundle.documents.remove(*missing)


@contextlib.contextmanager
def _written(
    path: str, documents: Sequence[Document], missing: Sequence[Document]
) -> Iterator[None]:
    """The ZIP stands whole under its name before the row says so, and goes if the row cannot."""
    target = Path(default_storage.path(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        # PDFs are compressed already.
        with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as archive:
            for name, document in _named(documents):
                archive.write(default_storage.path(document.path), name)
                if archive.fp is not None and archive.fp.tell() > MAX_BYTES:
                    raise _TooLarge
            if missing:
                lines = "".join(f"{document}\r\n" for document in missing)
                # Windows' own editor takes the mark for UTF-8.
                archive.writestr("Не вошли в архив.txt", lines.encode("utf-8-sig"))
        files.settle(target)
        yield
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _named(documents: Sequence[Document]) -> Iterator[tuple[str, Document]]:
    """Each document with its own name in the ZIP, in a folder where there are several contracts.

    Windows does not tell small letters from capital ones.
    """
    has_folders = len({document.contract_id for document in documents}) > 1
    taken: set[str] = set()
    for document in documents:
        stem, _, ending = document.filename.rpartition(".")
        folder = f"Договор {safe_name(document.contract.number)}/" if has_folders else ""
        name, number = f"{folder}{stem}.{ending}", 1
        while name.casefold() in taken:
            number += 1
            name = f"{folder}{stem} ({number}).{ending}"
        taken.add(name.casefold())
        yield name, document


# Handing out and throwing away ------------------------------------------------------------------


def contracts_of(bundle: Bundle, *, user: User) -> list[Contract]:
    """The contracts whose documents are in it, all in this person's view."""
    own = Contract.objects.visible_to(user).filter(documents__bundles=bundle)
    return list(own.select_related("client").distinct())


def file_of(bundle: Bundle) -> File:
    """How a ready ZIP is handed out; the journal has a line for each of its documents."""
    documents = list(bundle.documents.defer("content").order_by("pk"))
    count = formats.counted(len(documents), "документ", "документа", "документов")
    whose = bundle.whose.replace("№ ", "")
    return File(
        path=bundle.path,
        filename=f"{safe_name(f'Документы, {whose}, {bundle.title}')}.zip",
        content_type="application/zip",
        title=f"Архив ZIP, {count}",
        details={"bundle": str(bundle.key), "documents": len(documents), "sha256": bundle.sha256},
        on_leaving=partial(opening.note, documents=documents, means=opening.Means.BUNDLED),
    )


def expire() -> int:
    """Throw away what has lain long enough; how many."""
    rows = Bundle.objects.filter(state=State.READY, expires_at__lte=Now())
    paths = dict(rows.values_list("pk", "path"))
    Bundle.objects.filter(pk__in=paths, state=State.READY).update(
        state=State.EXPIRED, path="", sha256="", size=None
    )
    files.forget(paths.values())
    return len(paths)


def sweep_orphans() -> int:
    """Remove ZIPs that a killed worker has left behind; their number."""
    return files.sweep_orphans(FOLDER, rows=Bundle.objects.exclude(path=""))
