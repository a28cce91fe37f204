"""The whole course of a case as the office sees it: entries, internal ones too, and letters."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from cabinet import formats
from messaging import letters, timeline
from messaging.models import Attachment, Delivery, Entry, Message

# The outcomes of tries, cabinet/outbox.py.
_OUTCOMES = {
    "sent": "принято сервером",
    "later": "сервер просит повторить позже",
    "refused": "отказ",
    "too_large": "письмо слишком большое",
    "no_server": "сервер не отвечает",
    "bounced": "письмо вернулось",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that happened; `mark` is a state with its colour, `trail` the tries of a letter."""

    at: datetime.datetime
    title: str
    who: str = ""
    text: str = ""
    is_internal: bool = False
    mark: timeline.Status | None = None
    files: tuple[Attachment, ...] = ()
    trail: tuple[str, ...] = ()


def steps(message: Message) -> list[Step]:
    """Everything, newest first, in a number of statements that does not grow."""
    files: dict[int | None, list[Attachment]] = defaultdict(list)
    for file in message.attachments.all():
        files[file.entry_id].append(file)
    found = [_question(message, files[None])]
    entries = message.entries.select_related("author", "specialist").order_by("pk")
    found += [_of_entry(entry, files[entry.pk]) for entry in entries]
    deliveries = message.deliveries.select_related("specialist", "deputy_for", "message__topic")
    found += [_of_letter(delivery) for delivery in deliveries.order_by("pk")]
    return sorted(found, key=lambda step: step.at, reverse=True)


def _question(message: Message, files: list[Attachment]) -> Step:
    author = message.author
    return Step(
        at=message.sent_at,
        title="Вопрос клиента",
        who=author.full_name or author.username,
        text=message.text,
        files=tuple(files),
    )


def _of_entry(entry: Entry, files: list[Attachment]) -> Step:
    title = title_of(entry)
    return Step(
        at=entry.at,
        title=title,
        who=letters.who_wrote(entry),
        text=entry.text,
        is_internal=entry.is_internal,
        files=tuple(files),
    )


def title_of(entry: Entry) -> str:
    """«Передано: Рогов С. Н. → Новиков А. А.», «Ответ»."""
    label = str(entry.get_kind_display())
    title = label[:1].upper() + label[1:]
    to = entry.details.get("to")
    if not to:
        return title
    source = entry.details.get("from")
    return f"{title}: {source} → {to}" if source else f"{title}: {to}"


def _of_letter(delivery: Delivery) -> Step:
    who = delivery.to if delivery.is_to_client else f"{delivery.addressee_words}, {delivery.to}"
    status = timeline.status(delivery)
    return Step(
        at=delivery.created_at,
        title=f"Письмо: {delivery.get_purpose_display()}",
        who=who,
        mark=timeline.Status(text=str(delivery.get_state_display()), modifier=status.modifier),
        trail=trail_of(delivery),
    )


def trail_of(delivery: Delivery) -> tuple[str, ...]:
    """Each try of a letter in words: when, how it ended, what the server said."""
    return tuple(_try(step) for step in delivery.trail)


def _try(step: dict[str, Any]) -> str:
    at = datetime.datetime.fromisoformat(step["at"])
    outcome = _OUTCOMES.get(step["outcome"], step["outcome"])
    answer = f": {step['answer']}" if step["answer"] else ""
    return f"{formats.moment_seconds(at)} — {outcome}{answer}"
