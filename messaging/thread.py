"""The course of a message: whatever the client, the specialist or the office does with it.

Each function writes an `Entry`, moves the message to its new state and puts letters into the
outbox, all in one transaction. Pages, the office's admin and incoming mail call the same functions.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from cabinet.accepting import Stored
from contracts import supervision
from contracts.models import Specialist, Topic
from contracts.supervision import Rule, Supervisor
from messaging import attachments, deadlines, delivery, routing
from messaging.models import Delivery, Draft, Entry, Message

Kind = Entry.Kind
Purpose = Delivery.Purpose
State = Message.State

# What no person does.
_BY_ITSELF = (Kind.REMINDED, Kind.ESCALATED, Kind.AUTO_REPLY, Kind.REDIRECTED)


class NotPossible(Exception):
    """The message is in a state that does not allow it; the text is a sentence for people."""


class Overtaken(Exception):
    """Somebody else has said or done something since the page was shown."""

    def __init__(self, entry: Entry) -> None:
        """`entry`: the latest of what this person has not seen."""
        super().__init__(str(entry))
        self.entry = entry


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who did it: a login, a specialist who answers by mail, or the sender of a letter."""

    user: User | None = None
    specialist: Specialist | None = None
    sender: str = ""


@transaction.atomic
def add(
    message: Message,
    *,
    who: Person,
    text: str,
    form_key: uuid.UUID | None = None,
    files: Sequence[Stored] = (),
) -> Entry:
    """Add the client's words to the message; it is then the retailer's turn, with a new deadline.

    With a `form_key` the files are those of the draft with this key, and the same form again gets
    the same entry. A closed message opens again.
    """
    message = _lock(message)
    if form_key and (earlier := _find(who.user, form_key)):
        return earlier
    entry = _write(message, Kind.ADDITION, who, text=text, form_key=form_key, files=files)
    if form_key:
        _take_files(entry, form_key)
    if message.state != State.OPEN:
        _open(message)
    give_to_living(message)
    delivery.queue(message, purpose=Purpose.ADDITION, entry=entry)
    return entry


@transaction.atomic
def answer(
    message: Message,
    *,
    who: Person,
    text: str,
    asks: bool = False,
    closes: bool = False,
    keeps_ended: bool = False,
    settles: bool = True,
    files: Sequence[Stored] = (),
    form_key: uuid.UUID | None = None,
) -> Entry:
    """Answer the client, in the cabinet and by a letter.

    `asks`: something is needed from the client; `closes`: nothing more is, the message ends with
    this letter; `keeps_ended`: so does one that has ended already, which else is open again.
    `settles` is False for a word on the way: what was asked is still owed, by the same day.
    """
    message = _lock(message)
    closes = closes or (keeps_ended and message.is_closed)
    if form_key and (earlier := _find(who.user, form_key)):
        return earlier
    kind = Kind.REQUEST if asks else Kind.ANSWER
    entry = _write(message, kind, who, text=text, files=files, form_key=form_key)
    if settles:
        _change(
            message,
            state=State.WAITING if asks else State.ANSWERED,
            closed_at=None,
            **({} if message.answered_at else {"answered_at": Now()}),
        )
    delivery.queue(message, purpose=Purpose.ANSWER, entry=entry)
    if closes and settles:
        _write(message, Kind.CLOSED, who)
        _change(message, state=State.CLOSED, closed_at=Now())
    return entry


@transaction.atomic
def note(
    message: Message,
    *,
    who: Person,
    text: str,
    files: Sequence[Stored] = (),
    form_key: uuid.UUID | None = None,
) -> Entry:
    """Write what only the office and the specialists may read."""
    message = _lock(message)
    if form_key and (earlier := _find(who.user, form_key)):
        return earlier
    return _write(message, Kind.NOTE, who, text=text, files=files, form_key=form_key)


@transaction.atomic
def hand_over(
    message: Message,
    *,
    who: Person,
    specialist: Specialist,
    text: str = "",
    form_key: uuid.UUID | None = None,
) -> Entry:
    """Give the message to another specialist, with its whole course; the deadline stays.

    `text` is for the new holder, the client does not see it.

    Raises:
        NotPossible: the message is closed, or it is already this specialist's, or nobody reads the
            specialist's mail.
    """
    message = _lock(message)
    if form_key and (earlier := _find(who.user, form_key)):
        return earlier
    _require_open(message)
    step = supervision.of_person(message.topic, Rule.MANUAL, specialist)
    if step.found is None:
        raise NotPossible(f"Передать нельзя: {step.reason}.")
    if message.to == step.found.to:
        raise NotPossible(f"Обращение уже у этого адресата: {message.addressee}.")
    if text:
        _write(message, Kind.NOTE, who, text=text)
    entry = _give(message, step.found, who, form_key=form_key)
    delivery.queue(message, purpose=Purpose.HANDOVER, entry=entry)
    return entry


@transaction.atomic
def change_topic(
    message: Message, *, who: Person, topic: Topic, form_key: uuid.UUID | None = None
) -> Entry:
    """Move the message to another topic and to whoever answers it.

    The client's date is never moved to a later one.

    Raises:
        NotPossible: the message is closed, or has this topic.
    """
    message = _lock(message)
    if form_key and (earlier := _find(who.user, form_key)):
        return earlier
    _require_open(message)
    if message.topic == topic:
        raise NotPossible(f"Тема обращения и так «{topic.name}».")
    details = {"from": message.topic.name, "to": topic.name}
    entry = _write(message, Kind.TOPIC_CHANGED, who, details=details, form_key=form_key)
    promise = deadlines.promise(topic)
    _change(
        message,
        topic=topic,
        due_on=min(message.due_on, promise.due_on),
        remind_on=min(message.remind_on, promise.remind_on, message.due_on),
    )
    found = routing.route(message)
    if found.to != message.to:
        handed = _give(message, found, who)
        delivery.queue(message, purpose=Purpose.HANDOVER, entry=handed)
    return entry


@transaction.atomic
def close(
    message: Message,
    *,
    who: Person,
    text: str = "",
    is_by_client: bool = False,
    form_key: uuid.UUID | None = None,
) -> Entry:
    """End the message; the client gets a letter unless it was the client who ended it.

    Raises:
        NotPossible: it is closed already.
    """
    message = _lock(message)
    if form_key and (earlier := _find(who.user, form_key)):
        return earlier
    _require_open(message)
    details = {"is_by_client": is_by_client}
    entry = _write(message, Kind.CLOSED, who, text=text, details=details, form_key=form_key)
    _change(message, state=State.CLOSED, closed_at=Now())
    if not is_by_client:
        delivery.queue(message, purpose=Purpose.CLOSURE, entry=entry)
    return entry


@transaction.atomic
def reopen(
    message: Message, *, who: Person, text: str = "", form_key: uuid.UUID | None = None
) -> Entry:
    """Open a closed message again, with a new deadline; whoever answers it now gets a letter.

    Raises:
        NotPossible: it is not closed.
    """
    message = _lock(message)
    if form_key and (earlier := _find(who.user, form_key)):
        return earlier
    if not message.is_closed:
        raise NotPossible("Обращение не закрыто.")
    entry = _write(message, Kind.REOPENED, who, text=text, form_key=form_key)
    _open(message)
    give_to_living(message)
    delivery.queue(message, purpose=Purpose.HANDOVER, entry=entry)
    return entry


@transaction.atomic
def send_again(message: Message, *, who: Person, form_key: uuid.UUID | None = None) -> Entry:
    """Send the whole course once more to whoever has the message now; a note says who wanted it.

    Raises:
        NotPossible: it is closed.
    """
    message = _lock(message)
    if form_key and (earlier := _find(who.user, form_key)):
        return earlier
    _require_open(message)
    give_to_living(message)
    text = f"Отправлено ещё раз: {message.addressee}."
    entry = _write(message, Kind.NOTE, who, text=text, form_key=form_key)
    delivery.queue(message, purpose=Purpose.HANDOVER, entry=entry)
    return entry


def give_to_living(message: Message) -> Entry | None:
    """Give the message to whoever answers now, if its specialist is away or cannot be reached.

    Call it with the message locked; None when it stays where it is.
    """
    found = routing.living(message)
    if found is None or found.to == message.to:
        return None
    return _give(message, found, Person())


@transaction.atomic
def require_seen(message: Message, *, by: User, latest: int) -> None:
    """Hold the message until the transaction ends, if `by` has seen all that others did to it.

    `latest` is the key of the newest entry on the page that this person was looking at; what the
    portal itself notes down in the meantime does not count.

    Raises:
        Overtaken: somebody did something later.
    """
    _lock(message)
    later = message.entries.filter(pk__gt=latest).exclude(author=by).exclude(kind__in=_BY_ITSELF)
    if entry := later.select_related("author", "specialist").first():
        raise Overtaken(entry)


# Steps -------------------------------------------------------------------------------------------


def _lock(message: Message) -> Message:
    """The message as it is now, in this transaction's hands alone."""
    locked: Message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("topic", "contract__branch", "specialist__branch", "deputy_for")
        .get(pk=message.pk)
    )
    return locked


def _require_open(message: Message) -> None:
    if message.is_closed:
        raise NotPossible("Обращение закрыто. Сначала откройте его снова.")


def _write(
    message: Message, kind: Kind, who: Person, *, files: Sequence[Stored] = (), **values: object
) -> Entry:
    entry = Entry.objects.create(
        message=message,
        kind=kind,
        author=who.user,
        specialist=who.specialist,
        sender=who.sender,
        **values,
    )
    attachments.record(files, message=message, entry=entry, uploaded_by=who.user)
    return entry


def _find(author: User | None, form_key: uuid.UUID) -> Entry | None:
    return Entry.objects.filter(author=author, form_key=form_key).first()


def _take_files(entry: Entry, form_key: uuid.UUID) -> None:
    """Turn the draft's files into the entry's."""
    draft = Draft.objects.filter(
        author=entry.author, message=entry.message, form_key=form_key
    ).first()
    if draft:
        draft.attachments.update(draft=None, message=entry.message, entry=entry)
        draft.delete()


def _change(message: Message, **values: object) -> None:
    """Store these fields, and have them on the object."""
    Message.objects.filter(pk=message.pk).update(**values)
    for name, value in values.items():
        setattr(message, name, value)


def _open(message: Message) -> None:
    promise = deadlines.promise(message.topic)
    _change(
        message,
        state=State.OPEN,
        closed_at=None,
        due_on=promise.due_on,
        remind_on=promise.remind_on,
        reminded_at=None,
        escalated_at=None,
    )


def _give(
    message: Message, found: Supervisor, who: Person, *, form_key: uuid.UUID | None = None
) -> Entry:
    details = {"from": message.addressee, "to": found.name}
    _change(message, **Message.fields_of(found))
    return _write(message, Kind.HANDED_OVER, who, details=details, form_key=form_key)
