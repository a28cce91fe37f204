"""What the office does with letters that found no case, or were not published."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from messaging.incoming import publishing, reading, senders
from messaging.models import Entry, IncomingMail, Message
from messaging.thread import Person

Kind = IncomingMail.Kind
State = IncomingMail.State


class NotPossible(Exception):
    """The letter is in a state that does not allow it; the text is a sentence for people."""


def may_be_accepted(letter: IncomingMail) -> bool:
    """Whether the letter can still become a part of a case: it waits, or passed for a machine's."""
    return letter.state == State.TRAY or (
        letter.kind == Kind.AUTO_REPLY and letter.state == State.TAKEN
    )


@transaction.atomic
def accept(letter: IncomingMail, *, message: Message, kind: str, by: User) -> Entry:
    """Make the letter an answer or an addition of the case, as if it had come to its address.

    The author is whoever has the sender's address on that side, else the sender as the letter names
    him. The office answers for it: nothing else is checked.

    Raises:
        NotPossible: somebody has dealt with the letter, or there is nothing in it.
    """
    letter = _lock(letter)
    if not may_be_accepted(letter):
        raise NotPossible("Письмо уже разобрано.")
    try:
        entry = publishing.publish(
            message,
            kind=kind,
            who=_author(letter, message, kind),
            text=letter.text,
            files=_files(letter),
        )
    except publishing.Nothing as error:
        raise NotPossible(f"Принять нельзя. {error}") from None
    _handle(letter, by, state=State.TAKEN, kind=kind, message=message, entry=entry)
    return entry


@transaction.atomic
def dismiss(letter: IncomingMail, *, by: User) -> None:
    """Put the letter aside: nothing comes of it, and it can be put back.

    Raises:
        NotPossible: somebody has dealt with the letter.
    """
    letter = _lock(letter)
    if letter.state != State.TRAY:
        raise NotPossible("Письмо уже разобрано.")
    _handle(letter, by, state=State.DISMISSED)


@transaction.atomic
def put_back(letter: IncomingMail, *, by: User) -> None:
    """Undo `dismiss`.

    Raises:
        NotPossible: the letter was not put aside.
    """
    letter = _lock(letter)
    if letter.state != State.DISMISSED:
        raise NotPossible("Письмо не отложено.")
    _handle(letter, by, state=State.TRAY)


def _lock(letter: IncomingMail) -> IncomingMail:
    return IncomingMail.objects.select_for_update().get(pk=letter.pk)


def _handle(letter: IncomingMail, by: User, **values: object) -> None:
    rows = IncomingMail.objects.filter(pk=letter.pk)
    rows.update(handled_by=by, handled_at=Now(), **values)


def _author(letter: IncomingMail, message: Message, kind: str) -> Person:
    address = reading.address_in(letter.sender)
    specialist = senders.specialist_of(address, message) if kind == Kind.ANSWER else None
    member = senders.member_of(address, message) if kind == Kind.ADDITION else None
    named = specialist or member
    return Person(user=member, specialist=specialist, sender="" if named else letter.sender)


def _files(letter: IncomingMail) -> tuple[reading.File, ...]:
    """The files of the letter that was kept; none where it cannot be read."""
    with default_storage.open(letter.path, "rb") as file:
        raw = file.read()
    try:
        return reading.read(raw, recipient=letter.recipient).files
    except Exception:  # the letter waits in the tray because of this very error
        return ()
