"""The course of a message in words: what happened to it, newest first."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.text import Truncator

from cabinet import formats
from messaging.models import Delivery, Message

State = Delivery.State


@dataclass(frozen=True, kw_only=True)
class Status:
    """One word of state and its colour (look.md, `status--…`)."""

    text: str
    modifier: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened: the parameters of components/timeline_item.html."""

    title: str
    at: datetime.datetime
    note: str = ""
    body: str = ""
    author: str = ""
    files: tuple[dict[str, Any], ...] = ()


def status(delivery: Delivery | None) -> Status:
    """«передаётся», «отправлено» or «не доставлено»; «принято» while there is no letter."""
    if delivery is None:
        return Status(text="принято", modifier="plain")
    return {
        State.QUEUED: Status(text="передаётся", modifier="info"),
        State.SENT: Status(text="отправлено", modifier="ok"),
        State.FAILED: Status(text="не доставлено", modifier="bad"),
    }[State(delivery.state)]


def events(message: Message) -> list[Event]:
    """The course of a message that was loaded `with_route`."""
    return [*(_of_delivery(delivery) for delivery in message.deliveries.all()), _sent(message)]


def _of_delivery(delivery: Delivery) -> Event:
    whom = "специалисту" if delivery.specialist else "на общий адрес"
    note = delivery.addressee_words
    if delivery.state == State.SENT:
        at = delivery.sent_at or delivery.created_at
        return Event(title=f"Отправлено {whom}", at=at, note=note)
    if delivery.state == State.FAILED:
        note += ". Сообщение сохранено, офис видит его в списке недоставленных"
        return Event(title=f"Письмо {whom} не доставлено", at=delivery.created_at, note=note)
    if delivery.last_error:
        note += ". Почтовый сервер пока не принял письмо, портал повторяет попытки сам"
    return Event(title=f"Передаётся {whom}", at=delivery.created_at, note=note)


def _sent(message: Message) -> Event:
    files = tuple(
        {
            "name": file.name,
            "size": file.size,
            "url": reverse(
                "messaging:attachment-file", args=[message.contract_id, message.number, file.pk]
            ),
        }
        for file in message.attachments.all()
    )
    return Event(
        title="Обращение зарегистрировано",
        at=message.sent_at,
        author=message.author.full_name or message.author.username,
        body=message.text,
        files=files,
    )


@dataclass(frozen=True, kw_only=True)
class Row:
    """A message in a list, formatted."""

    message: Message
    url: str
    sent_at: str
    excerpt: str
    addressee: str
    status: Status


def rows(messages: Iterable[Message]) -> list[Row]:
    """Messages that were loaded `with_route`, for a table."""
    return [
        Row(
            message=message,
            url=message.get_absolute_url(),
            sent_at=formats.moment(message.sent_at),
            excerpt=Truncator(" ".join(message.text.split())).chars(90),
            addressee=message.delivery.addressee if message.delivery else formats.ABSENT,
            status=status(message.delivery),
        )
        for message in messages
    ]
