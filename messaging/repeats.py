"""A form is taken once: how a repeat of it is told from another message.

A double click, a reload and two windows of one draft post the same `form_key`. The same words
again are the same message; other words under a used key are a new one, never thrown away. «Назад»
loads a form with a new key into which the browser writes the old words: within minutes these are a
repeat too.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.functions import Now

from accounts.models import User
from contracts.models import Contract, Topic
from messaging.models import Entry, Message

# Nobody asks the same question twice in so short a time.
TWIN_WITHIN = datetime.timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a person typed into the form, right or wrong; an addition has nothing but words."""

    text: str
    topic: Topic | None = None
    email: str = ""
    phone: str = ""


class AlreadySent(Exception):
    """The form's key carried another message, or another addition, before."""

    def __init__(self, sent: Message | Entry) -> None:
        """`sent`: the one that took the key."""
        super().__init__(str(sent))
        self.sent = sent


def take_turns(author: User) -> None:
    """Let one form of a person through at a time until the transaction ends."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=author.pk)


def find(*, author: User, form_key: uuid.UUID) -> Message | None:
    """The message that was sent by this form."""
    return Message.objects.filter(author=author, form_key=form_key).first()


def find_twin(
    *, author: User, contract: Contract, typed: Typed, sha256: Iterable[str]
) -> Message | None:
    """The person's message of the last `TWIN_WITHIN` that says all this and has these files."""
    twin = Message.objects.filter(
        author=author,
        contract=contract,
        topic=typed.topic,
        text=typed.text,
        email=typed.email,
        phone=typed.phone,
        sent_at__gte=Now() - TWIN_WITHIN,
    ).first()
    return twin if twin and is_same(twin, contract=contract, typed=typed, sha256=sha256) else None


def is_same(
    message: Message, *, contract: Contract, typed: Typed, sha256: Iterable[str] = ()
) -> bool:
    """Whether `message` already says all this and has these files."""
    words = (message.contract_id, message.topic_id, message.text, message.email, message.phone)
    topic = typed.topic.pk if typed.topic else None
    if words != (contract.pk, topic, typed.text, typed.email, typed.phone):
        return False
    return set(sha256) <= set(message.attachments.values_list("sha256", flat=True))


def find_addition(*, author: User, form_key: uuid.UUID) -> Entry | None:
    """The addition that was sent by this form."""
    additions = Entry.objects.select_related("message")
    return additions.filter(author=author, form_key=form_key).first()


def find_twin_addition(
    *, author: User, message: Message, text: str, sha256: Iterable[str]
) -> Entry | None:
    """The last addition to the message, if it is as young as `TWIN_WITHIN` and says the same.

    «Да» to the next question of the specialist is another one: an answer in between ends it.
    """
    words = Entry.objects.filter(
        message=message, kind__in=(Entry.Kind.ADDITION, Entry.Kind.CLOSED, *Entry.FROM_RETAILER)
    )
    last = words.filter(at__gte=Now() - TWIN_WITHIN).first()
    if last is None or last.kind != Entry.Kind.ADDITION or last.author_id != author.pk:
        return None
    return last if is_same_addition(last, message=message, text=text, sha256=sha256) else None


def is_same_addition(
    entry: Entry, *, message: Message, text: str, sha256: Iterable[str] = ()
) -> bool:
    """Whether `entry` already says this in the course of `message` and has these files."""
    if (entry.message_id, entry.text) != (message.pk, text):
        return False
    return set(sha256) <= set(entry.attachments.values_list("sha256", flat=True))
