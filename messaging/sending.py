"""Sending a message: one transaction makes it whole, and only then somebody hears of it."""

from __future__ import annotations

import uuid

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.roles import Right
from cabinet import numbers
from contracts import access, supervision
from contracts.models import Contract, Topic
from documents import notices
from messaging import deadlines, delivery, drafts, limits, repeats
from messaging.models import Attachment, Delivery, Draft, Message


class FileMissing(Exception):
    """The topic asks for a file and there is none; the text is a sentence for the client."""


def missing_file(topic: Topic | None, draft: Draft | None) -> str:
    """What to attach before this can be sent, as a sentence; empty when nothing is missing."""
    if topic is None or not topic.required_file:
        return ""
    if draft is not None and draft.attachments.exists():
        return ""
    return (
        f"Приложите {topic.required_file}: выберите файл на компьютере и отправьте сообщение снова."
    )


@transaction.atomic
def send_message(
    *,
    author: User,
    contract: Contract,
    form_key: uuid.UUID,
    topic: Topic,
    text: str,
    email: str,
    phone: str,
) -> Message:
    """Store the message, its files, the decision who gets it and the letter to send.

    The files are those of the draft with this key. The same form again gets the same message. A
    worker is woken after COMMIT; where that fails, beat finds the letter within a minute.

    Raises:
        AlreadySent: the key carried a message with other words.
        FileMissing: the topic asks for a file, and the draft has none.
        TooMany: this person has sent as much as an account may.
    """
    repeats.take_turns(author)
    typed = repeats.Typed(topic=topic, text=text, email=email, phone=phone)
    if earlier := _find_earlier(author, contract, form_key, typed):
        return earlier
    draft = Draft.objects.filter(author=author, contract=contract, form_key=form_key).first()
    if words := missing_file(topic, draft):
        raise FileMissing(words)
    limits.check_messages(author)
    promise = deadlines.promise(topic)
    message = Message.objects.create(
        contract=contract,
        topic=topic,
        author=author,
        number=next_number(),
        notice=notices.meant(contract, topic_code=topic.code, text=text),
        text=text,
        email=email,
        phone=phone,
        form_key=form_key,
        due_on=promise.due_on,
        remind_on=promise.remind_on,
        **Message.fields_of(supervision.supervisor(contract, topic)),
    )
    if draft:
        draft.attachments.update(draft=None, message=message)
        draft.delete()
    delivery.queue(message, purpose=Delivery.Purpose.QUESTION)
    delivery.queue(message, purpose=Delivery.Purpose.RECEIPT)
    return message


def _find_earlier(
    author: User, contract: Contract, form_key: uuid.UUID, typed: repeats.Typed
) -> Message | None:
    """The message that this form already is; its draft, if any, is then thrown away."""
    if earlier := repeats.find(author=author, form_key=form_key):
        if not repeats.is_same(earlier, contract=contract, typed=typed):
            raise repeats.AlreadySent(earlier)
        return earlier
    files = Attachment.objects.filter(
        draft__author=author, draft__contract=contract, draft__form_key=form_key
    )
    twin = repeats.find_twin(
        author=author,
        contract=contract,
        typed=typed,
        sha256=files.values_list("sha256", flat=True),
    )
    if twin:
        drafts.discard(author=author, contract=contract, form_key=form_key)
    return twin


def contracts_to_write_about(user: User) -> QuerySet[Contract]:
    """The contracts about which this person's role may write: those in force first, by number."""
    return (
        access.contracts_allowing(user, Right.SEND_MESSAGES)
        .select_related("client")
        .order_by(F("terminated_on").desc(nulls_first=True), "number", "pk")
    )


def next_number() -> str:
    """«ОБ-2026-000418-3»: the retailer's year, a number that never repeats, a check digit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('messaging_message_number')")
        (number,) = cursor.fetchone()
    return numbers.with_check_digit(f"ОБ-{timezone.localdate().year}-{number:06d}")
