"""What the office orders of a worker: a batch of what is new, taking billing's answer to one.

The row is the order, a task only hurries it. A worker holds a lock on it that goes with its
connection: whoever finds the order unfinished and the lock free takes it up, at once or when beat
looks. What an order does and that it is done are one transaction, so it makes one batch at most.
"""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from accounts import journal
from accounts.models import User
from cabinet import alone, celery, files
from exchange import telling
from exchange.models import OutgoingBatch, OutgoingOrder
from exchange.outgoing import answering, batching
from exchange.telling import Say

logger = logging.getLogger(__name__)

Deed = OutgoingOrder.Deed
State = OutgoingOrder.State

# In the private storage: files with billing's answers on their way in.
FOLDER = "billing-answers"
TRIES = 3
# The file of an order that was not carried out, for «Повторить».
KEPT_FOR = timedelta(days=14)
# The first half of the advisory locks' keys, the second one is the order's.
_LOCKS = 0x6F726472
_BEGINS = {Deed.MAKE: "собираем новые строки", Deed.TAKE: "читаем файл"}
_AGAIN = "не получилось, повторим через минуту"
BROKEN_OFF = "Работа прервалась (сервер остановлен или не хватило памяти). Ничего не изменилось."
NOT_DONE = "Выполнить не удалось, ошибка записана в журнал сервера. Ничего не изменилось."
_TOLD = """
    UPDATE exchange_outgoingorder SET percent = %(percent)s, stage = %(stage)s WHERE id = %(pk)s
"""


class Busy(Exception):
    """Another answer to this batch is being taken."""

    def __init__(self, order: OutgoingOrder) -> None:
        """`order`: the one that takes it."""
        super().__init__(str(order))
        self.order = order


class _NotOurs(Exception):
    """The order has ended in other hands."""


# Ordering ----------------------------------------------------------------------------------------


def order_batch(*, kind: str, by: User) -> OutgoingOrder:
    """Order a batch of everything of this kind that has not left; or find the order in work."""
    return _placed(OutgoingOrder(deed=Deed.MAKE, kind=kind, ordered_by=by))


def order_taking(*, batch: OutgoingBatch, upload: UploadedFile, by: User) -> OutgoingOrder:
    """Keep the uploaded answer and have it taken; the same file twice at once is one order.

    Raises:
        Busy: another file is being taken; this one was not kept.
    """
    path = default_storage.save(files.unguessable_path(FOLDER, ".upload"), upload)
    kept = Path(default_storage.path(path))
    files.settle(kept)
    with kept.open("rb") as stream:
        sha256 = answering.checksum(stream)
    placed = _placed(
        OutgoingOrder(
            deed=Deed.TAKE,
            kind=batch.kind,
            batch=batch,
            name=(upload.name or "")[:255],
            sha256=sha256,
            path=path,
            ordered_by=by,
        )
    )
    if placed.path != path:
        files.forget([path])
        if placed.sha256 != sha256:
            raise Busy(placed)
    return placed


@transaction.atomic
def _placed(order: OutgoingOrder) -> OutgoingOrder:
    """Store the order, or find the one in work whose place it would take; a worker is woken."""
    found = None
    while found is None:  # the one that was in the way may have ended a moment ago
        OutgoingOrder.objects.bulk_create([order], ignore_conflicts=True)
        found = _in_place_of(order).first()
    _wake(found)
    return found


def _in_place_of(order: OutgoingOrder) -> QuerySet[OutgoingOrder]:
    """The one in work of the same deed: of the kind, or of the batch that is answered."""
    rows: QuerySet[OutgoingOrder] = OutgoingOrder.objects.in_work().filter(deed=order.deed)
    if order.deed == Deed.MAKE:
        return rows.filter(kind=order.kind)
    return rows.filter(batch=order.batch_id)


def may_repeat(order: OutgoingOrder) -> bool:
    """Whether it was not carried out and everything for it is still there."""
    return order.state == State.FAILED and (order.deed == Deed.MAKE or bool(order.path))


def repeat(order: OutgoingOrder, *, by: User) -> OutgoingOrder | None:
    """Order anew what was not carried out; the order in work. None: there is nothing to repeat."""
    rows = OutgoingOrder.objects.filter(pk=order.pk, state=State.FAILED)
    if order.deed == Deed.TAKE:
        rows = rows.exclude(path="")
    # Somebody may have ordered the same meanwhile.
    with contextlib.suppress(IntegrityError), transaction.atomic():
        rows.update(
            state=State.WAITING, ordered_by=by, ordered_at=Now(), finished_at=None,
            trouble="", stage="", attempts=0,
        )  # fmt: skip
    found = _in_place_of(order).first()
    if found is not None:
        _wake(found)
    return found


def _wake(order: OutgoingOrder) -> None:
    # Not at the top: the tasks know this module.
    from exchange.tasks import carry_out

    transaction.on_commit(partial(celery.wake, carry_out, order.pk), robust=True)


# A worker's side ---------------------------------------------------------------------------------


def carry_out_due() -> int:
    """Go on with orders whose worker was not woken or has died; how many were looked at."""
    found = list(OutgoingOrder.objects.in_work().order_by("pk").values_list("pk", flat=True))
    for pk in found:
        carry_out(pk)
    return len(found)


def carry_out(pk: int) -> None:
    """Do what was ordered; nothing if it is done, or in other hands."""
    with alone.at(_LOCKS, pk % 2**31) as is_ours:
        order = _begun(pk) if is_ours else None
        if order is None:
            return
        try:
            with telling.aside(_TOLD, {"pk": pk}) as say, transaction.atomic():
                if order.deed == Deed.MAKE:
                    _make(order)
                else:
                    _take(order, say)
        except _NotOurs:
            logger.warning("order %s has ended in other hands", pk)
        except Exception:  # one order must not stop the others
            logger.exception("order %s broke off", pk)
            _note_broken_off(order)


def _begun(pk: int) -> OutgoingOrder | None:
    """The order, with one more attempt counted; None: it has ended, or does so now."""
    order: OutgoingOrder | None = OutgoingOrder.objects.in_work().filter(pk=pk).first()
    if order is None:
        return None
    if order.attempts >= TRIES:  # every one of them ended with its worker
        _fail(order, BROKEN_OFF)
        return None
    OutgoingOrder.objects.filter(pk=pk).update(
        state=State.WORKING, attempts=F("attempts") + 1, percent=None,
        stage=_BEGINS[Deed(order.deed)],
    )  # fmt: skip
    order.attempts += 1
    return order


def _make(order: OutgoingOrder) -> None:
    try:
        batch = batching.make(kind=order.kind, by=order.ordered_by)
    except batching.NothingNew:
        _finish(order, State.NOTHING)
        return
    _finish(order, State.DONE, batch=batch)
    _journalled(order, f"{batch}: выгружена", {"batch": batch.stem, "rows": batch.rows})


def _take(order: OutgoingOrder, say: Say) -> None:
    batch = order.batch
    assert batch is not None  # noqa: S101 - a constraint of the table
    try:
        with default_storage.open(order.path, "rb") as stream:
            taken, is_new = answering.take(
                batch=batch, stream=stream, name=order.name, by=order.ordered_by, say=say
            )
    except answering.AnswerRefused as refusal:
        _finish(order, State.REFUSED, problems=[str(problem) for problem in refusal.problems])
        return
    _finish(order, State.DONE if is_new else State.NOTHING)
    if is_new:
        details = {"batch": batch.stem, "sha256": taken.sha256, "rows": taken.rows}
        _journalled(order, f"{batch}: ответ принят", {**details, "new": taken.new})


def _finish(order: OutgoingOrder, state: State, **values: Any) -> None:
    """Write down how it ended, in the transaction of its work; its file is not needed any more.

    Raises:
        _NotOurs: somebody else has written how it ended.
    """
    rows = OutgoingOrder.objects.filter(pk=order.pk, state=State.WORKING, attempts=order.attempts)
    ended = {"finished_at": Now(), "percent": None, "stage": "", "path": ""}
    if not rows.update(state=state, **ended, **values):
        raise _NotOurs
    if order.path:
        transaction.on_commit(partial(files.forget, [order.path]), robust=True)


def _note_broken_off(order: OutgoingOrder) -> None:
    """It is tried again when beat looks, but not for ever."""
    if order.attempts >= TRIES:
        _fail(order, NOT_DONE)
        return
    rows = OutgoingOrder.objects.filter(pk=order.pk, state=State.WORKING)
    rows.update(state=State.WAITING, percent=None, stage=_AGAIN)


def _fail(order: OutgoingOrder, words: str) -> None:
    OutgoingOrder.objects.in_work().filter(pk=order.pk).update(
        state=State.FAILED, trouble=words, finished_at=Now(), percent=None, stage=""
    )


def _journalled(order: OutgoingOrder, subject: str, details: dict[str, Any]) -> None:
    """The request that ordered it has a line of its own; this one says that it was done."""
    journal.record(
        journal.Action.OFFICE_DID,
        user=order.ordered_by,
        subject=subject,
        details={"order": order.pk, **details},
    )


# Order among the files ---------------------------------------------------------------------------


def sweep() -> None:
    """Let go files that nobody will ask for."""
    old = OutgoingOrder.objects.filter(state=State.FAILED, finished_at__lt=Now() - KEPT_FOR)
    for order in old.exclude(path=""):
        if old.filter(pk=order.pk).update(path=""):
            files.forget([order.path])
    files.sweep_orphans(FOLDER, rows=OutgoingOrder.objects.exclude(path=""))
