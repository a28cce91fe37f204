"""The outbox: letters are rows first, and leave when a server takes them.

A row is written in the transaction that gives it a reason. A worker claims it with a lease, sends,
and records the outcome; a worker that dies leaves a row that becomes due again. Whatever a person
was told stays true when Redis, the worker or the mail server is down.
"""

from __future__ import annotations

import contextlib
import enum
import logging
import smtplib
import time
import uuid
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Self

from celery import Task
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from cabinet import celery

logger = logging.getLogger(__name__)

# How long one try may take before another worker may repeat it; longer than EMAIL_TIMEOUT.
LEASE = timedelta(minutes=5)
# Waits after the first, second, … try; the last one repeats until GIVE_UP_AFTER tries (3 days).
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
GIVE_UP_AFTER = 17
# How long one call of `send_due` goes on, and how many due rows deserve a second worker.
DRAIN_SECONDS = 30.0
MANY = 20
# Mail servers end conversations that go on for ever.
LETTERS_PER_CONNECTION = 100


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

        HELD = "held", "на проверке"
        QUEUED = "queued", "в очереди"
        SENT = "sent", "отправлено"
        FAILED = "failed", "не доставлено"
        BOUNCED = "bounced", "отскок"

    state = models.CharField("состояние", max_length=10, choices=State, default=State.QUEUED)
    mail_id = models.CharField(
        "Message-ID", max_length=255, unique=True, default=new_message_id, editable=False
    )
    attempts = models.PositiveSmallIntegerField("попыток", default=0)
    next_try_at = models.DateTimeField("следующая попытка", db_default=Now())
    sent_at = models.DateTimeField("отправлено", null=True, blank=True)
    last_error = models.TextField("последняя ошибка", blank=True)
    # One {"at", "outcome", "answer"} for each try.
    trail = models.JSONField("попытки", default=list, blank=True, editable=False)
    created_at = models.DateTimeField("создано", db_default=Now())

    objects: ClassVar = OutboxQuerySet.as_manager()

    class Meta:
        """Abstract; an inheriting model adds `indexes` under a name of its own."""

        abstract = True

    def build_letter(self) -> EmailMessage:
        """The letter to send, always with this row's Message-ID."""
        raise NotImplementedError

    def make_smaller(self) -> bool:
        """Whether the letter, too large for its mailbox, is now a smaller one worth a try."""
        return False

    def give_up(self, *, is_mailbox_dead: bool) -> None:
        """What is to be done about a letter that nobody will take; in the row's transaction.

        `is_mailbox_dead`: the server knows no such mailbox, or takes nothing for it.
        """


def indexes(name: str) -> list[models.Index]:
    """Partial indexes of an outbox: what is asked often reads no letter that left long ago.

    What is due by time of the next try (the sweeper's), what is held and what was given up (the
    office's), and the moments at which letters left.
    """
    state = OutboxRow.State
    given_up = models.Q(state__in=[state.FAILED, state.BOUNCED])
    return [
        models.Index(
            fields=["next_try_at", "id"],
            name=f"{name}_due",
            condition=models.Q(state=state.QUEUED),
        ),
        models.Index(fields=["id"], name=f"{name}_held", condition=models.Q(state=state.HELD)),
        models.Index(fields=["-id"], name=f"{name}_given_up", condition=given_up),
        models.Index(
            fields=["sent_at"], name=f"{name}_sent", condition=models.Q(sent_at__isnull=False)
        ),
    ]


class _Outcome(enum.Enum):
    """How one try ended; the values are kept in a row's `trail`."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    TOO_LARGE = "too_large"
    # The mail server does not answer, or not to us: the next letter would fare no better.
    NO_SERVER = "no_server"
    # Not due, already sent, or in another worker's hands.
    NOT_OURS = "not_ours"


def send_row(model: type[OutboxRow], pk: int) -> bool:
    """Try to send one row now; True when the mail server has taken it.

    A row that is not due, already sent, or in another worker's hands is left alone.
    """
    with _Line() as line:
        return _try(_claim(model.objects.due().filter(pk=pk)), line) is _Outcome.SENT


def send_due(model: type[OutboxRow], *, seconds: float = DRAIN_SECONDS) -> int:
    """Try every due row, the longest waiting first, for so long at most; the number that left.

    Several workers may do it at once: each takes the next row that is in nobody's hands. Stops at
    the first sign that there is no mail server: the rest stays due for the next call instead of
    holding a worker for a timeout each.
    """
    sent = 0
    until = time.monotonic() + seconds
    with _Line() as line:
        while time.monotonic() < until:
            outcome = _try(_claim(model.objects.due()), line)
            if outcome in (_Outcome.NO_SERVER, _Outcome.NOT_OURS):
                break
            sent += outcome is _Outcome.SENT
    return sent


def has_many_due(model: type[OutboxRow]) -> bool:
    """Whether more is due than one worker sends in a few seconds."""
    return model.objects.due()[: MANY + 1].count() > MANY


def retry_now(rows: models.QuerySet[Any], task: Task) -> int:
    """Put given-up rows back into the queue with all their tries; the number of rows.

    After COMMIT a worker is woken for `task`, which sends what is due.
    """
    given_up = (OutboxRow.State.FAILED, OutboxRow.State.BOUNCED)
    count = rows.filter(state__in=given_up).update(
        state=OutboxRow.State.QUEUED, attempts=0, next_try_at=Now()
    )
    transaction.on_commit(partial(celery.wake, task), robust=True)
    return count


def outboxes() -> list[type[OutboxRow]]:
    """Every model whose rows are letters on their way out."""
    return [model for model in apps.get_models() if issubclass(model, OutboxRow)]


def find(name: str) -> OutboxRow | None:
    """The row whose Message-ID has `name` before the «@», in whichever outbox it is."""
    for model in outboxes():
        row: OutboxRow | None = model.objects.filter(mail_id__startswith=f"<{name}@").first()
        if row is not None:
            return row
    return None


@transaction.atomic
def bounce(row: OutboxRow, answer: str, *, is_mailbox_dead: bool) -> bool:
    """Record that a mail server gave the letter back after taking it; False if it was known.

    `answer` is what the server wrote. The row then gives up as after a refusal.
    """
    rows = type(row).objects.filter(pk=row.pk, state=OutboxRow.State.SENT)
    is_news = rows.update(
        state=OutboxRow.State.BOUNCED,
        last_error=_storable(answer),
        trail=_with_try("bounced", answer),
    )
    if is_news:
        row.refresh_from_db()
        row.give_up(is_mailbox_dead=is_mailbox_dead)
    return bool(is_news)


class _Line:
    """A connection to the mail server that several letters share, opened when one needs it."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._sent = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    def send(self, letter: EmailMessage) -> None:
        """Hand the letter over; whatever the server answers but «taken» is raised."""
        if self._sent >= LETTERS_PER_CONNECTION:
            self.hang_up()
        if self._connection is None:
            self._connection = mail.get_connection()
            self._connection.open()
        letter.connection = self._connection
        try:
            letter.send()
        except Exception:
            self.hang_up()
            raise
        self._sent += 1

    def hang_up(self) -> None:
        """End the conversation; the next letter begins another."""
        connection, self._connection, self._sent = self._connection, None, 0
        if connection is not None:
            # The server may have gone: what was taken was recorded by then.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.close()


def _try(row: OutboxRow | None, line: _Line) -> _Outcome:
    if row is None:
        return _Outcome.NOT_OURS
    try:
        letter = row.build_letter()
        if not letter.recipients():
            raise _Nobody("nobody to send to")
        line.send(letter)
    except Exception as error:  # one letter that cannot be built or sent must not hold up others
        outcome = _outcome_of(error)
        if outcome is _Outcome.LATER and not isinstance(error, smtplib.SMTPException):
            logger.exception("letter %s cannot be built", row.mail_id)
        _record_failure(row, error, outcome)
        return outcome
    _record_sent(row)
    return _Outcome.SENT


class _Nobody(Exception):
    """A letter without an address."""


@transaction.atomic
def _claim(rows: models.QuerySet[Any]) -> OutboxRow | None:
    """The first of these rows that nobody has, with a lease on it."""
    row: OutboxRow | None = rows.select_for_update(skip_locked=True).first()
    if row is not None:
        row.attempts += 1
        if row.attempts > GIVE_UP_AFTER:  # every try ended with the worker: it is not tried again
            _abandon(row)
            return _claim(rows)
        type(row).objects.filter(pk=row.pk).update(attempts=row.attempts, next_try_at=Now() + LEASE)
    return row


def _abandon(row: OutboxRow) -> None:
    words = "Ни одна попытка не была доведена до конца."
    type(row).objects.filter(pk=row.pk).update(
        state=OutboxRow.State.FAILED, last_error=words, trail=_with_try("refused", words)
    )
    row.refresh_from_db()
    row.give_up(is_mailbox_dead=False)


def _outcome_of(error: Exception) -> _Outcome:
    """What a failed try means for this letter.

    A refused login, greeting or sender is the portal's own fault, not the letter's: it is waited
    out. 552 at MAIL FROM or after DATA is about the letter's size, at RCPT about a full mailbox.
    """
    match error:
        case _Nobody():
            return _Outcome.REFUSED
        case smtplib.SMTPRecipientsRefused():
            is_final = all(code >= 500 for code, _ in error.recipients.values())
            return _Outcome.REFUSED if is_final else _Outcome.LATER
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError() if error.smtp_code == 552:
            return _Outcome.TOO_LARGE
        case smtplib.SMTPDataError():
            return _Outcome.REFUSED if error.smtp_code >= 500 else _Outcome.LATER
        case (
            smtplib.SMTPConnectError()
            | smtplib.SMTPServerDisconnected()
            | smtplib.SMTPHeloError()
            | smtplib.SMTPAuthenticationError()
        ):
            return _Outcome.NO_SERVER
        case smtplib.SMTPException():
            return _Outcome.LATER
        case FileNotFoundError():
            return _Outcome.LATER
        case OSError():
            return _Outcome.NO_SERVER
    return _Outcome.LATER


def _is_mailbox_dead(error: Exception) -> bool:
    """Whether later letters to this address would be refused as well; 552 is a full mailbox."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and any(
        code >= 500 and code != 552 for code, _ in error.recipients.values()
    )


def _record_sent(row: OutboxRow) -> None:
    """The last error stays: with the trail it tells what the way was like."""
    rows = type(row).objects.filter(pk=row.pk).exclude(state=OutboxRow.State.SENT)
    rows.update(state=OutboxRow.State.SENT, sent_at=Now(), trail=_with_try(_Outcome.SENT.value, ""))


@transaction.atomic
def _record_failure(row: OutboxRow, error: Exception, outcome: _Outcome) -> None:
    """Only this try's own outcome: a worker that overslept its lease must not undo another's."""
    answer = _words_of(error)
    logger.warning("letter %s not sent (try %s): %s", row.mail_id, row.attempts, answer)
    own = type(row).objects.filter(pk=row.pk, state=OutboxRow.State.QUEUED, attempts=row.attempts)
    is_smaller = outcome is _Outcome.TOO_LARGE and row.make_smaller()
    is_final = not is_smaller and (
        outcome in (_Outcome.REFUSED, _Outcome.TOO_LARGE) or row.attempts >= GIVE_UP_AFTER
    )
    wait = RETRY_AFTER[min(row.attempts, len(RETRY_AFTER)) - 1]
    is_ours = own.update(
        state=OutboxRow.State.FAILED if is_final else OutboxRow.State.QUEUED,
        next_try_at=Now() if is_smaller else Now() + wait,
        last_error=_storable(answer),
        trail=_with_try(outcome.value, answer),
    )
    if is_final and is_ours:
        row.refresh_from_db()
        row.give_up(is_mailbox_dead=_is_mailbox_dead(error))


def _with_try(outcome: str, answer: str) -> models.Func:
    """The trail with one more try."""
    step = {
        "at": timezone.now().isoformat(timespec="seconds"),
        "outcome": outcome,
        "answer": _storable(answer)[:500],
    }
    return models.Func(
        models.F("trail"),
        models.Value([step], models.JSONField()),
        template="(%(expressions)s)",
        arg_joiner=" || ",
        output_field=models.JSONField(),
    )


def _words_of(error: Exception) -> str:
    """What the server said, as it said it: «550 5.1.1 no such user»; else the error itself."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            answers: list[tuple[int, Any]] = list(error.recipients.values())
        case smtplib.SMTPResponseException():
            answers = [(error.smtp_code, error.smtp_error)]
        case _:
            return f"{type(error).__name__}: {error}"
    return "; ".join(f"{code} {_decoded(text)}" for code, text in answers)


def _decoded(text: str | bytes) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


def _storable(answer: str) -> str:
    """PostgreSQL takes no zero bytes and no halves of characters; a server may answer anything."""
    return answer.encode(errors="replace").decode().replace("\0", "")[:2000]
