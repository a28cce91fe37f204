"""Taking a letter: it is kept whole first, then becomes what it is, or waits in the office's tray.

One transaction holds the letter's row and everything that it causes, so a letter that is delivered
again is either not there yet, or there with all of it.
"""

from __future__ import annotations

import datetime
import logging
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from cabinet import files, outbox
from cabinet.outbox import OutboxRow
from messaging import letters, limits
from messaging.incoming import automatic, bounces, publishing, reading, senders
from messaging.incoming.bounces import Report
from messaging.incoming.reading import Letter
from messaging.models import Delivery, Entry, IncomingMail, Message

logger = logging.getLogger(__name__)

FOLDER = "incoming"
DAY = datetime.timedelta(days=1)
# No correspondence of people is faster; two machines that answer each other are.
LETTERS_PER_DAY = 20

Kind = IncomingMail.Kind
State = IncomingMail.State


class NotYet(Exception):
    """The letter came before the row that it is about was finished: it is to be brought again."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a letter: the fields of its row."""

    kind: str
    state: str = State.TAKEN
    reason: str = ""
    message: Message | None = None
    entry: Entry | None = None


class _InTray(Exception):
    """The letter is not published; the text is a sentence for the office."""


def take(raw: bytes, *, recipient: str = "") -> IncomingMail:
    """Keep a letter and do what it asks for; the same letter again gets the same row.

    `recipient` is the address of the envelope; without it the letter's head is asked.

    Raises:
        NotMail: `raw` is no letter.
        NotYet: bring it again in a few minutes.
    """
    letter = _read(raw, recipient)
    fingerprint = letter.fingerprint if letter else reading.fingerprint(raw, None, "")
    if earlier := _find(fingerprint):
        return earlier
    path = files.keep(FOLDER, ".eml", raw)
    try:
        row = IncomingMail(sha256=fingerprint, path=path, recipient=recipient)
        return _record(letter, row)
    except IntegrityError:
        files.forget([path])
        if earlier := _find(fingerprint):
            return earlier
        raise
    except DatabaseError:
        raise  # whether COMMIT came through is not known: the sweep removes what has no row
    except Exception:
        files.forget([path])
        raise


def sweep_orphans() -> int:
    """Remove letters older than a day to which no row points; their number."""
    return files.sweep_orphans(FOLDER, rows=IncomingMail.objects.all())


def _read(raw: bytes, recipient: str) -> Letter | None:
    """The letter; None for one on which reading fails: it is kept for the office all the same."""
    try:
        return reading.read(raw, recipient=recipient)
    except reading.NotMail:
        raise
    except Exception:  # whatever a stranger can send must not come back for five days
        logger.exception("a letter of %s bytes cannot be read", len(raw))
        return None


def _find(fingerprint: str) -> IncomingMail | None:
    return IncomingMail.objects.filter(sha256=fingerprint).first()


@transaction.atomic
def _record(letter: Letter | None, row: IncomingMail) -> IncomingMail:
    """Store the row first: a second copy of the letter waits for it, and then fails."""
    row.kind, row.state = Kind.UNKNOWN, State.TRAY
    if letter is None:
        row.reason = "Письмо не удалось прочитать. Откройте его в почтовой программе."
        row.recipient = reading.one_line(row.recipient)[:400]
        row.save(force_insert=True)
        return row
    row.mail_id, row.sender, row.recipient = letter.mail_id, letter.sender, letter.recipient
    row.subject, row.text = letter.subject, letter.text
    row.save(force_insert=True)
    outcome = _decide(letter)
    row.kind, row.state, row.reason = outcome.kind, outcome.state, outcome.reason[:500]
    row.message, row.entry = outcome.message, outcome.entry
    row.save()
    return row


# What it is --------------------------------------------------------------------------------------


def _decide(letter: Letter) -> Outcome:
    """Machines first: whatever they write, nothing is sent because of it."""
    report = bounces.read(letter)
    if report:
        return _of_report(report)
    if automatic.is_our_own(letter):
        return Outcome(kind=Kind.AUTO_REPLY, reason="Вернулось письмо самого портала")
    kind, message = _case_of(letter)
    if why := automatic.why(letter):
        return _of_machine(letter, message or _case_of_row(bounces.of_address(letter)), why)
    if message is None:
        words = "Обращения с таким адресом нет." if letter.tag else "Письмо не об обращении."
        return Outcome(kind=Kind.UNKNOWN, state=State.TRAY, reason=words)
    message = _lock(message)
    try:
        with transaction.atomic():
            return Outcome(kind=kind, message=message, entry=_publish(letter, kind, message))
    except (_InTray, publishing.Nothing, senders.Unknown, limits.TooMany) as refusal:
        return Outcome(kind=kind, state=State.TRAY, reason=str(refusal), message=message)


def _case_of(letter: Letter) -> tuple[str, Message | None]:
    """The case whose address the letter came to, and what it is by that address."""
    tag = letter.tag
    if message := senders.find_case(tag, prefix=letters.STAFF, field="staff_token"):
        return Kind.ANSWER, message
    if message := senders.find_case(tag, prefix=letters.CLIENT, field="client_token"):
        return Kind.ADDITION, message
    return Kind.UNKNOWN, None


def _case_of_row(row: OutboxRow | None) -> Message | None:
    return row.message if isinstance(row, Delivery) else None


def _lock(message: Message) -> Message:
    """The case as it is now; its letters take turns until the transaction ends, for the count."""
    locked: Message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("contract", "author")
        .get(pk=message.pk)
    )
    return locked


def _publish(letter: Letter, kind: str, message: Message) -> Entry:
    """Add the letter to the case, unless there is a reason for the office to look at it."""
    who = senders.staff(letter, message) if kind == Kind.ANSWER else senders.client(letter, message)
    if kind == Kind.ANSWER and message.is_closed:
        raise _InTray("Обращение закрыто: ответ сам по себе его не открывает.")
    if _count_of_day(message) >= LETTERS_PER_DAY:
        raise _InTray(f"За сутки по обращению пришло больше {LETTERS_PER_DAY} писем.")
    if letter.text and _taken_of_day(message).filter(kind=kind, text=letter.text).exists():
        raise _InTray("Такое же письмо по обращению уже пришло в эти сутки.")
    if kind == Kind.ADDITION and who.user:
        limits.check_messages(who.user)
    return publishing.publish(message, kind=kind, who=who, text=letter.text, files=letter.files)


def _taken_of_day(message: Message) -> QuerySet[IncomingMail]:
    return message.incoming.filter(received_at__gt=Now() - DAY, state=State.TAKEN)


def _count_of_day(message: Message) -> int:
    return message.incoming.filter(received_at__gt=Now() - DAY)[:LETTERS_PER_DAY].count()


def _of_machine(letter: Letter, message: Message | None, why: str) -> Outcome:
    """A line in the case that the client does not see; beyond the day's number not even that."""
    if message is None:
        return Outcome(kind=Kind.AUTO_REPLY, reason=f"{why}. Не об обращении")
    message = _lock(message)
    if _count_of_day(message) >= LETTERS_PER_DAY:
        return Outcome(kind=Kind.AUTO_REPLY, reason=f"{why}. Писем уже много", message=message)
    entry = Entry.objects.create(
        message=message, kind=Entry.Kind.AUTO_REPLY, sender=letter.sender, text=letter.text
    )
    return Outcome(kind=Kind.AUTO_REPLY, reason=why, message=message, entry=entry)


def _of_report(report: Report) -> Outcome:
    """A letter of ours that was given back goes another way; other reports are only noted."""
    row = report.row
    if row is None:
        words = "Почтовый сервер пишет о письме, которого портал не знает."
        return Outcome(kind=Kind.BOUNCE, state=State.TRAY, reason=words)
    message = _case_of_row(row)
    if report.action != "failed":
        words = _NOTED.get(report.action, "Почтовый сервер сообщает о письме")
        return Outcome(kind=Kind.BOUNCE, reason=words, message=message)
    is_news = outbox.bounce(row, report.answer, is_mailbox_dead=report.is_mailbox_dead)
    if not is_news:
        row.refresh_from_db()
        if row.state == OutboxRow.State.QUEUED and row.attempts:
            raise NotYet("the worker that sent the letter has not recorded it yet")
    return Outcome(
        kind=Kind.BOUNCE, reason=f"Письмо не доставлено: {report.answer}", message=message
    )


_NOTED = {
    "delayed": "Письмо задерживается, почтовый сервер пробует ещё",
    "delivered": "Почтовый сервер сообщает: письмо доставлено",
    "relayed": "Почтовый сервер сообщает: письмо передано дальше",
    "expanded": "Почтовый сервер сообщает: письмо разослано по списку",
}
