"""A message in words for the client: its state, its promise, its course and its row in a list.

The client hears who has the message and whether it arrived; of mail servers, addresses inside the
retailer and internal notes nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from accounts.models import Membership
from cabinet import formats
from messaging import deadlines, letters
from messaging.models import Attachment, Delivery, Entry, Message

State = Delivery.State
Purpose = Delivery.Purpose
Kind = Entry.Kind
Scan = Attachment.Scan


@dataclass(frozen=True, kw_only=True)
class Status:
    """One word of state and its colour (look.md, `status--…`)."""

    text: str
    modifier: str


def status(delivery: Delivery | None) -> Status:
    """The state of a letter, for the office; «принято» while there is no letter."""
    if delivery is None:
        return Status(text="принято", modifier="plain")
    return {
        State.HELD: Status(text="на проверке", modifier="info"),
        State.QUEUED: Status(text="передаётся", modifier="info"),
        State.SENT: Status(text="отправлено", modifier="ok"),
        State.FAILED: Status(text="не доставлено", modifier="bad"),
        State.BOUNCED: Status(text="не доставлено", modifier="bad"),
    }[State(delivery.state)]


def case_status(message: Message) -> Status:
    """The state of a message that was loaded `with_route`, for the client."""
    match message.state:
        case Message.State.CLOSED:
            return Status(text="закрыто", modifier="plain")
        case Message.State.ANSWERED:
            return Status(text="есть ответ", modifier="ok")
        case Message.State.WAITING:
            return Status(text="ждём ваш ответ", modifier="warn")
    letter = message.delivery
    if any(one.is_carrying and one.state == State.HELD for one in message.deliveries.all()):
        return Status(text="на проверке", modifier="info")
    if letter and letter.state in (State.FAILED, State.BOUNCED):
        return status(letter)
    if message.due_on < timezone.localdate():
        return Status(text="ответ задерживается", modifier="bad")
    if letter and letter.state == State.QUEUED:
        return status(letter)
    if letter and letter.redirects_id:
        return Status(text="передано в отдел", modifier="info")
    return Status(text="в работе", modifier="info")


def promised(message: Message) -> str:
    """«03.12.2026, 5 рабочих дней»: the promised day, and how it was counted if it was so."""
    days = message.topic.answer_days
    first = deadlines.promise(message.topic, on=timezone.localdate(message.sent_at))
    day = formats.day(message.due_on)
    if first.due_on != message.due_on:
        return day
    return f"{day}, {formats.counted(days, 'рабочий день', 'рабочих дня', 'рабочих дней')}"


# The course --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened: the parameters of components/timeline_item.html."""

    title: str
    at: datetime.datetime
    note: str = ""
    body: str = ""
    author: str = ""
    is_them: bool = False
    files: tuple[dict[str, Any], ...] = ()


def events(message: Message) -> list[Event]:
    """The course of a message that was loaded `with_course`, newest first."""
    files: dict[int | None, list[Attachment]] = {}
    for file in message.attachments.all():
        files.setdefault(file.entry_id, []).append(file)
    positions = _positions(message)
    found = [_registered(message), _asked(message, positions, files.get(None, ()))]
    for entry in message.course:
        found.append(_of_entry(entry, positions, files.get(entry.pk, ())))
    for letter in reversed(list(message.deliveries.all())):
        found.extend(_of_letter(letter))
    # What has one moment stays in the order of its causes.
    found.sort(key=lambda event: event.at)
    return found[::-1]


def _positions(message: Message) -> Mapping[int, str]:
    """What each of the client's people is, by their login's key."""
    memberships = (
        Membership.objects.filter(client=message.contract.client_id)
        .select_related("user")
        .order_by("pk")
    )
    return {one.user_id: f"{one.user.short_name}, {one.title}" for one in memberships}


def _registered(message: Message) -> Event:
    receipts = [one for one in message.deliveries.all() if one.purpose == Purpose.RECEIPT]
    is_sent = any(one.state == State.SENT for one in receipts)
    note = f"Копия отправлена на {message.email}" if is_sent else ""
    return Event(title="Обращение зарегистрировано", at=message.sent_at, note=note)


def _asked(message: Message, positions: Mapping[int, str], files: Iterable[Attachment]) -> Event:
    return Event(
        title=positions.get(message.author_id, message.author.short_name),
        at=message.sent_at,
        body=message.text,
        files=_shown(message, files),
    )


def _of_entry(entry: Entry, positions: Mapping[int, str], files: Iterable[Attachment]) -> Event:
    message = entry.message
    shown = _shown(message, files)
    match entry.kind:
        case Kind.ADDITION:
            title = _client(entry, positions)
            return Event(title=title, at=entry.at, body=entry.text, files=shown)
        case Kind.ANSWER | Kind.REQUEST:
            return Event(
                title="Ответ" if entry.kind == Kind.ANSWER else "Нужны сведения от вас",
                at=entry.at,
                author=_answerer(entry),
                body=entry.text,
                is_them=True,
                files=shown,
            )
        case Kind.HANDED_OVER:
            return Event(title=f"Передано: {_to(entry, message)}", at=entry.at)
        case Kind.REDIRECTED:
            return Event(title="Передано в отдел", at=entry.at)
        case Kind.TOPIC_CHANGED:
            names = entry.details
            note = f"Была «{names.get('from', '')}», стала «{names.get('to', '')}»"
            return Event(title="Изменена тема", at=entry.at, note=note)
        case Kind.CLOSED:
            is_own = bool(entry.details.get("is_by_client"))
            return Event(
                title="Обращение закрыто",
                at=entry.at,
                note=_client(entry, positions) if is_own else "",
                author="" if is_own or not entry.text else _answerer(entry),
                body=entry.text,
                is_them=not is_own,
                files=shown,
            )
    return Event(title="Обращение открыто снова", at=entry.at)


def _of_letter(letter: Delivery) -> list[Event]:
    """How the client's words reach the retailer; letters to the client are told of elsewhere."""
    if not letter.is_carrying:
        return []
    who = letter.addressee_words
    whom = "специалисту" if letter.specialist else "в отдел"
    match letter.state:
        case State.SENT:
            is_first = letter.purpose == Purpose.QUESTION and not letter.redirects_id
            title = f"Передано {whom}" if is_first else "Доставлено"
            return [Event(title=title, at=letter.sent_at or letter.created_at, note=who)]
        case State.QUEUED:
            note = f"{who}. Портал повторяет попытки сам" if letter.last_error else who
            return [Event(title=f"Передаётся {whom}", at=letter.created_at, note=note)]
        case State.HELD:
            note = f"Файлы проверяются антивирусом, затем обращение получит: {who}"
            return [Event(title="На проверке", at=letter.created_at, note=note)]
    if any(other.redirects_id == letter.pk for other in letter.message.deliveries.all()):
        return []  # «Передано в отдел» says it
    note = f"{who}. Обращение сохранено, сотрудники видят его в списке недоставленных"
    return [Event(title="Пока не доставлено", at=letter.created_at, note=note)]


def _client(entry: Entry, positions: Mapping[int, str]) -> str:
    """Who of the client's people: by login, else by the letter that came."""
    if entry.author:
        return positions.get(entry.author.pk, entry.author.short_name)
    name, address = parseaddr(entry.sender)
    return name or address or "Дополнение по электронной почте"


def _answerer(entry: Entry) -> str:
    """Who of the retailer: never an address inside it."""
    message = entry.message
    if entry.specialist_id and entry.specialist_id == message.specialist_id:
        return message.addressee_words
    return letters.answered_by(entry)


def _to(entry: Entry, message: Message) -> str:
    """The new addressee; where only an address was noted, who answers the topic."""
    name = str(entry.details.get("to", ""))
    return name if name and "@" not in name else message.topic.group_label


def _shown(message: Message, files: Iterable[Attachment]) -> tuple[dict[str, Any], ...]:
    """Rows of components/file_row.html: no link to what may not be opened."""
    words = {Scan.PENDING: "на проверке", Scan.INFECTED: "найден вирус, файл не передан"}
    return tuple(
        {
            "name": file.name,
            "size": file.size,
            "state": words.get(Scan(file.scan), ""),
            "url": reverse(
                "messaging:attachment-file", args=[message.contract_id, message.number, file.pk]
            )
            if file.may_be_opened
            else "",
        }
        for file in files
    )


# Lists -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Row:
    """A message in a list, formatted; `has_answer`: the client has the next word."""

    message: Message
    url: str
    sent_at: str
    due_on: str
    excerpt: str
    addressee: str
    status: Status
    has_answer: bool


def rows(messages: Iterable[Message]) -> list[Row]:
    """Messages that were loaded `with_route`, for a table."""
    asked = (Message.State.ANSWERED, Message.State.WAITING)
    return [
        Row(
            message=message,
            url=message.get_absolute_url(),
            sent_at=formats.moment(message.sent_at),
            due_on=formats.day(message.due_on),
            excerpt=Truncator(" ".join(message.text.split())).chars(90),
            addressee=message.addressee,
            status=case_status(message),
            has_answer=message.state in asked,
        )
        for message in messages
    ]
