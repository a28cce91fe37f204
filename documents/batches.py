"""The making of many PDFs: how far it is, how long it takes, stopping and going on."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from cabinet import celery, formats
from documents.models import Batch, Document

# Further than this nobody counts: «больше 50 000» is as good.
COUNTED_AT_MOST = 50_000


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A batch now. `waiting` is counted to `COUNTED_AT_MOST`; `per_minute` is 0 until known."""

    batch: Batch
    waiting: int
    per_minute: float

    @property
    def total(self) -> int:
        """What the batch has and will have done."""
        return self.batch.made + self.batch.failed + self.waiting

    @property
    def done(self) -> int:
        """Made or failed."""
        return self.batch.made + self.batch.failed

    @property
    def rate(self) -> str:
        """«42», «0,4»: documents a minute."""
        return formats.quantity(Decimal(self.per_minute), 0 if self.per_minute >= 10 else 1)

    @property
    def left(self) -> datetime.timedelta | None:
        """How long the rest takes at this rate; None when nobody can say."""
        if not self.per_minute or self.batch.stopped_at:
            return None
        return datetime.timedelta(minutes=self.waiting / self.per_minute)


def current() -> Batch | None:
    """The batch that is not finished."""
    return Batch.objects.filter(finished_at=None).first()


def begin() -> Batch | None:
    """The batch that is not finished, a new one if documents wait; None if none does.

    One that was stopped ends when the rest was made by those who opened it.
    """
    if not Document.objects.unrendered().exists():
        if (batch := current()) and batch.stopped_at:
            finish(batch)
            return None
        return batch
    Batch.objects.bulk_create([Batch()], ignore_conflicts=True)  # two workers begin one batch
    return current()


def count(batch: Batch, *, is_made: bool) -> bool:
    """Note one document done; whether to go on."""
    name = "made" if is_made else "failed"
    Batch.objects.filter(pk=batch.pk).update(**{name: F(name) + 1})
    return Batch.objects.filter(pk=batch.pk, stopped_at=None, finished_at=None).exists()


def finish(batch: Batch) -> None:
    """Close it: nothing waits any more."""
    Batch.objects.filter(pk=batch.pk, finished_at=None).update(finished_at=Now())


def progress(batch: Batch) -> Progress:
    """How far a batch is."""
    waiting = 0
    if batch.finished_at is None:
        waiting = Document.objects.unrendered().order_by()[:COUNTED_AT_MOST].count()
    made = batch.made - batch.measured_made
    moment = batch.stopped_at or batch.finished_at or timezone.now()
    seconds = (moment - batch.measured_from).total_seconds()
    per_minute = made * 60 / seconds if made and seconds > 0 else 0.0
    return Progress(batch=batch, waiting=waiting, per_minute=per_minute)


def stop(*, user: User) -> bool:
    """Let workers finish the documents in their hands and take no others; whether there was one.

    A document that somebody opens is made all the same.
    """
    running = Batch.objects.filter(finished_at=None, stopped_at=None)
    return bool(running.update(stopped_at=Now(), stopped_by=user))


def resume() -> bool:
    """Go on where it was stopped; whether it was."""
    stopped = Batch.objects.filter(finished_at=None).exclude(stopped_at=None)
    is_resumed = stopped.update(
        stopped_at=None, stopped_by=None, measured_from=Now(), measured_made=F("made")
    )
    _wake()
    return bool(is_resumed)


def retry(*, documents: list[int] | None = None) -> int:
    """Let failed documents wait again, those named or all; how many."""
    failed = Document.objects.failed().order_by()
    if documents is not None:
        failed = failed.filter(pk__in=documents)
    count = failed.update(failure="", failed_at=None)
    _wake()
    return int(count)


def _wake() -> None:
    # Not at the top: the tasks know the rendering, which counts here.
    from documents.tasks import render_missing

    transaction.on_commit(lambda: celery.wake(render_missing), robust=True)
