"""Building a letter from its templates.

A letter `accounts/letters/password_changed` is three files: `.subject.txt`, `.txt` and `.html`.
Text typed by people appears in bodies and in names of attachments only; headers hold fixed words,
numbers and checked addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email import encoders
from email.mime.base import MIMEBase
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string

# What the tag of an address begins with: a letter given back.
BOUNCE = "b"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A letter's words: one line of subject, the plain body, the HTML body."""

    subject: str
    plain: str
    html: str


def compose(letter: str, context: Mapping[str, Any]) -> Text:
    """The words of `letter` (a template path without endings) for this context."""
    values = {"retailer": settings.RETAILER, "site_url": settings.SITE_URL, **context}
    return Text(
        subject=" ".join(render_to_string(f"{letter}.subject.txt", values).split()),
        plain=render_to_string(f"{letter}.txt", values).strip() + "\n",
        html=render_to_string(f"{letter}.html", values),
    )


def address_with(tag: str) -> str:
    """The portal's own mailbox with a tag that says what a letter to it is about.

    «cabinet+s…@example.org»: mail servers deliver it to «cabinet@example.org» (RFC 5233).
    """
    name, _, domain = settings.REPLY_EMAIL.rpartition("@")
    return f"{name}+{tag}@{domain}"


def tag_of(address: str) -> str:
    """The tag of an address that `address_with` made, in lower case; empty for any other."""
    name, _, domain = settings.REPLY_EMAIL.lower().rpartition("@")
    local, _, host = address.strip().lower().rpartition("@")
    own, plus, tag = local.partition("+")
    return tag if plus and (own, host) == (name, domain) else ""


def bounce_address(message_id: str) -> str:
    """The envelope sender of one letter: a server that gives it back names it by this (VERP)."""
    return address_with(f"{BOUNCE}{message_id.strip('<>').partition('@')[0]}")


def build(
    text: Text,
    *,
    to: str,
    message_id: str,
    reply_to: Iterable[str] = (),
    references: str = "",
    is_automatic: bool = True,
) -> EmailMultiAlternatives:
    """A letter ready to send, with a fixed Message-ID: a repeat of it is recognisable as one.

    `references` is the Message-ID of the letter that began the conversation, so that mail programs
    keep them together. `is_automatic`: nobody wrote it, so nobody's machine should answer it
    (RFC 3834); off for a letter that carries a person's words.
    """
    # Django takes `from_email` for the envelope and the header «From» for the reader.
    headers = {"Message-ID": message_id, "From": settings.DEFAULT_FROM_EMAIL}
    if references and references != message_id:
        headers |= {"In-Reply-To": references, "References": references}
    if is_automatic:
        headers["Auto-Submitted"] = "auto-generated"
    message = EmailMultiAlternatives(
        subject=text.subject,
        body=text.plain,
        from_email=bounce_address(message_id),
        to=[to],
        reply_to=list(reply_to),
        headers=headers,
    )
    message.attach_alternative(text.html, "text/html")
    return message


def attach(letter: EmailMessage, *, name: str, content: bytes, content_type: str) -> None:
    """Add a file that arrives byte for byte under its name, Cyrillic or not.

    Text files travel in base64 too: Django's own `attach` would change their line ends.
    """
    main_type, _, subtype = content_type.partition("/")
    part = MIMEBase(main_type, subtype)
    part.set_payload(content)
    encoders.encode_base64(part)
    part["Content-Disposition"] = f"attachment; {_filename_parameter(name)}"
    letter.attach(part)


def _filename_parameter(name: str) -> str:
    """`filename` as RFC 2183 has it, or by RFC 2231 in pieces.

    The pieces keep each line far below the 998 bytes that a mail server takes: 255 Cyrillic letters
    are 1530 characters.
    """
    if re.fullmatch(r"[A-Za-z0-9._-]{1,60}", name):
        return f'filename="{name}"'
    encoded = quote(name, safe="", errors="replace")
    # Never cut inside %D0: some programs decode piece by piece.
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,20}", encoded)
    if len(pieces) == 1:
        return f"filename*=utf-8''{encoded}"
    pieces[0] = f"utf-8''{pieces[0]}"
    return "; ".join(f"filename*{number}*={piece}" for number, piece in enumerate(pieces))
