"""The outbox: letters are rows first, and leave when a server takes them.

A row is written in the transaction that gives it a reason. A worker claims it with a lease, sends,
and records the outcome; a worker that dies leaves a row that becomes due again. Whatever a person
was told stays true when Redis, the worker or the mail server is down.
"""

from __future__ import annotations

import enum
import logging
import smtplib
import uuid
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Self

from celery import Task
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models.functions import Now

from cabinet import celery

logger = logging.getLogger(__name__)

# How long one try may take before another worker may repeat it; longer than EMAIL_TIMEOUT.
LEASE = timedelta(minutes=5)
# Waits after the first, second, … try; the last one repeats until GIVE_UP_AFTER tries (3 days).
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
GIVE_UP_AFTER = 17


def new_message_id() -> str:
    """A Message-ID for one letter, kept with its row for ever."""
    return f"<{uuid.uuid4().hex}@{settings.MESSAGE_ID_DOMAIN}>"


class OutboxQuerySet(models.QuerySet["OutboxRow"]):
    """Rows of an outbox by what is to be done with them."""

    def due(self) -> Self:
        """Rows whose time of the next try has come, by the database's clock."""
        return self.filter(state=OutboxRow.State.QUEUED, next_try_at__lte=Now()).order_by(
            "next_try_at", "pk"
        )


class OutboxRow(models.Model):
    """One letter on its way out. A model of a room inherits it and says how the letter is built."""

    class State(models.TextChoices):
        """Where the letter is."""

        QUEUED = "queued", "в очереди"
        SENT = "sent", "отправлено"
        FAILED = "failed", "не доставлено"

    state = models.CharField("состояние", max_length=10, choices=State, default=State.QUEUED)
    mail_id = models.CharField(
        "Message-ID", max_length=255, unique=True, default=new_message_id, editable=False
    )
    attempts = models.PositiveSmallIntegerField("попыток", default=0)
    next_try_at = models.DateTimeField("следующая попытка", db_default=Now())
    sent_at = models.DateTimeField("отправлено", null=True, blank=True)
    last_error = models.TextField("последняя ошибка", blank=True)
    created_at = models.DateTimeField("создано", db_default=Now())

    objects: ClassVar = OutboxQuerySet.as_manager()

    class Meta:
        """Abstract; an inheriting model adds `due_index` under a name of its own."""

        abstract = True

    def build_letter(self) -> EmailMessage:
        """The letter to send, always with this row's Message-ID."""
        raise NotImplementedError


def due_index(name: str) -> models.Index:
    """The partial index that the sweeper reads: only queued rows, by time of the next try."""
    return models.Index(
        fields=["next_try_at"], name=name, condition=models.Q(state=OutboxRow.State.QUEUED)
    )


class _Outcome(enum.Enum):
    """How one try ended."""

    SENT = enum.auto()
    NOT_SENT = enum.auto()
    # The mail server does not answer, or not to us: the next letter would fare no better.
    NO_SERVER = enum.auto()
    # Not due, already sent, or in another worker's hands.
    NOT_OURS = enum.auto()


def send_row(model: type[OutboxRow], pk: int) -> bool:
    """Try to send one row now; True when the mail server has taken it.

    A row that is not due, already sent, or in another worker's hands is left alone.
    """
    return _try(model, pk) is _Outcome.SENT


def send_due(model: type[OutboxRow], *, limit: int = 200) -> int:
    """Try every due row, the longest waiting first, `limit` at most; the number that left.

    Stops at the first sign that there is no mail server: the rest stays due for the next call
    instead of holding a worker for a timeout each.
    """
    sent = 0
    for pk in list(model.objects.due().values_list("pk", flat=True)[:limit]):
        outcome = _try(model, pk)
        if outcome is _Outcome.NO_SERVER:
            break
        sent += outcome is _Outcome.SENT
    return sent


def retry_now(rows: models.QuerySet[Any], task: Task) -> int:
    """Put given-up rows back into the queue with all their tries; the number of rows.

    After COMMIT a worker is woken for `task`, which sends what is due.
    """
    count = rows.filter(state=OutboxRow.State.FAILED).update(
        state=OutboxRow.State.QUEUED, attempts=0, next_try_at=Now()
    )
    transaction.on_commit(partial(celery.wake, task), robust=True)
    return count


def _try(model: type[OutboxRow], pk: int) -> _Outcome:
    row = _claim(model, pk)
    if row is None:
        return _Outcome.NOT_OURS
    try:
        letter = row.build_letter()
    except Exception as error:  # one letter that cannot be built must not hold up the others
        logger.exception("letter %s cannot be built", row.mail_id)
        _record_failure(row, error, is_final=False)
        return _Outcome.NOT_SENT
    if not letter.recipients():
        _record_failure(row, ValueError("nobody to send to"), is_final=True)
        return _Outcome.NOT_SENT
    try:
        letter.send()
    except Exception as error:  # likewise one that the mail library chokes on
        _record_failure(row, error, is_final=_is_final(error))
        return _Outcome.NO_SERVER if _is_about_server(error) else _Outcome.NOT_SENT
    _record_sent(row)
    return _Outcome.SENT


@transaction.atomic
def _claim(model: type[OutboxRow], pk: int) -> OutboxRow | None:
    row: OutboxRow | None = (
        model.objects.due().select_for_update(skip_locked=True).filter(pk=pk).first()
    )
    if row is not None:
        row.attempts += 1
        model.objects.filter(pk=pk).update(attempts=row.attempts, next_try_at=Now() + LEASE)
    return row


def _is_final(error: Exception) -> bool:
    """Whether a repeat is hopeless: the server refused this letter or this mailbox for good.

    A refused login, greeting or sender is the portal's own fault, not the letter's: it is waited
    out. At MAIL FROM only 552 (larger than the server takes) speaks of the letter.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPSenderRefused):
        return error.smtp_code == 552
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _is_about_server(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPException):
        return isinstance(
            error,
            smtplib.SMTPConnectError
            | smtplib.SMTPServerDisconnected
            | smtplib.SMTPHeloError
            | smtplib.SMTPAuthenticationError,
        )
    return isinstance(error, OSError)


def _record_sent(row: OutboxRow) -> None:
    """The last error stays: with the number of tries it tells what the way was like."""
    rows = type(row).objects.filter(pk=row.pk).exclude(state=OutboxRow.State.SENT)
    rows.update(state=OutboxRow.State.SENT, sent_at=Now())


def _record_failure(row: OutboxRow, error: Exception, *, is_final: bool) -> None:
    """Only this try's own outcome: a worker that overslept its lease must not undo another's."""
    wait = RETRY_AFTER[min(row.attempts, len(RETRY_AFTER)) - 1]
    gives_up = is_final or row.attempts >= GIVE_UP_AFTER
    logger.warning("letter %s not sent (try %s): %s", row.mail_id, row.attempts, error)
    own = type(row).objects.filter(pk=row.pk, state=OutboxRow.State.QUEUED, attempts=row.attempts)
    own.update(
        state=OutboxRow.State.FAILED if gives_up else OutboxRow.State.QUEUED,
        next_try_at=Now() + wait,
        # PostgreSQL takes no zero bytes, and a server may answer with anything.
        last_error=f"{type(error).__name__}: {error}".replace("\0", "")[:2000],
    )
