"""Making a letter a part of its case: the words, the files, and a note about what was not taken."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile

from cabinet import formats
from cabinet.accepting import Stored
from messaging import attachments, thread
from messaging.incoming.reading import File
from messaging.models import Entry, IncomingMail, Message
from messaging.thread import Person

Kind = IncomingMail.Kind


class Nothing(Exception):
    """The letter says nothing and brings no file that is taken; the text is a sentence."""


def publish(message: Message, *, kind: str, who: Person, text: str, files: Iterable[File]) -> Entry:
    """Add the letter to the case as an answer or an addition; call it in a transaction.

    Files that a page would refuse are refused here too: an internal note names them.

    Raises:
        Nothing: no words, and no file that is taken.
    """
    stored, refusals = _store(files)
    if not text and not stored:
        raise Nothing(" ".join(["В письме нет ни текста, ни файлов.", *refusals]))
    act = thread.answer if kind == Kind.ANSWER else thread.add
    entry = act(message, who=who, text=text, files=stored)
    if refusals:
        words = "Из письма взято не всё, целиком оно лежит среди входящих писем."
        thread.note(message, who=Person(), text="\n".join([words, *refusals]))
    return entry


def _store(files: Iterable[File]) -> tuple[list[Stored], list[str]]:
    """Write the good files; sentences about the others and about those beyond the limits."""
    chosen: list[UploadedFile] = []
    refusals: list[str] = []
    total = 0
    for file in files:
        upload = SimpleUploadedFile(file.name, file.content, file.content_type)
        if len(chosen) >= settings.ATTACHMENTS_MAX_COUNT:
            refusals.append(f"Файл «{file.name}» не взят: в письме слишком много файлов.")
        elif total + len(file.content) > settings.ATTACHMENTS_MAX_BYTES:
            limit = formats.file_size(settings.ATTACHMENTS_MAX_BYTES)
            refusals.append(f"Файл «{file.name}» не взят: вместе файлы занимают больше {limit}.")
        else:
            chosen.append(upload)
            total += len(file.content)
    stored, refused = attachments.store(chosen)
    return stored, refused + refusals
