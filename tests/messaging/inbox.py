"""Letters as mail programs write them, and the real command that takes them."""

from __future__ import annotations

import io
import itertools
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command

from messaging import letters
from messaging.models import IncomingMail, Message

_numbers = itertools.count(1)


def letter(
    text: str = "Счётчик учтён.",
    *,
    author: str = "Кузнецов А. О. <kuznetsov@retailer.example>",
    to: str = "cabinet@severenergosbyt.example",
    subject: str = "Re: Обращение",
    page: str = "",
    files: tuple[tuple[str, str, bytes], ...] = (),
    **headers: Any,
) -> EmailMessage:
    """A letter; `files` are names, types and bytes, `headers` have «_» for «-»."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = author, to, subject
    made["Message-ID"] = f"<letter-{next(_numbers)}@elsewhere.example>"
    made["Date"] = "Mon, 23 Nov 2026 12:00:00 +0300"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    if page:
        made.add_alternative(page, subtype="html")
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return made


def to_staff(message: Message) -> str:
    """The address of the case for whoever answers."""
    return letters.staff_address(message)


def to_client(message: Message) -> str:
    """The address of the case for the client."""
    return letters.client_address(message)


def receive(source: EmailMessage | bytes | str, *, recipient: str = "") -> int:
    """Give a letter to `manage.py receive_mail`; its exit code."""
    raw = (
        source
        if isinstance(source, bytes)
        else bytes(source.encode() if isinstance(source, str) else source.as_bytes())
    )
    arguments: list[Any] = ["--recipient", recipient] if recipient else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
        try:
            call_command("receive_mail", *arguments)
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def taken(source: EmailMessage | bytes | str, *, recipient: str = "") -> IncomingMail:
    """Give a letter to the command; the row that it became."""
    before = set(IncomingMail.objects.values_list("pk", flat=True))
    assert receive(source, recipient=recipient) == 0
    return IncomingMail.objects.exclude(pk__in=before).get()
