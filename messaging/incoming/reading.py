"""Reading a letter as it came: its head, its words and its files, whatever its bytes are.

Nothing here trusts the sender: character sets may be wrong or unknown, base64 cut, names hostile.
What leaves this module is text that PostgreSQL takes.
"""

from __future__ import annotations

import email
import email.header
import email.utils
import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.message import Message as Source

from cabinet import accepting, mail
from messaging.incoming import quotes

# A longer text is nobody's answer; the letter itself is kept whole.
TEXT_MAX_CHARS = 100_000
# So much is looked through for the words: a letter made to waste time wastes little.
_READ_MAX_CHARS = 1_000_000
_HEAD_MAX_CHARS = 20_000
_NESTED_MAX = 100
CUT_NOTE = "[Письмо длиннее, чем показывает портал. Целиком оно хранится у оператора.]"
# A picture of a signature: smaller than this, and shown inside the text.
ORNAMENT_MAX_BYTES = 50_000

_HEADS_OF_MAIL = frozenset(
    {
        "from", "to", "cc", "subject", "date", "message-id", "received", "return-path",
        "delivered-to", "reply-to", "sender",
    }
)  # fmt: skip
# Where mail servers write down for whom a letter was, the surest first; To and Cc come last.
_RECIPIENT_HEADS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
# What mail programs add for each other.
_NOT_FILES = frozenset(
    {
        "application/ms-tnef",
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
)


class NotMail(Exception):
    """What came is no letter; the text is a sentence."""


class TooDeep(Exception):
    """The letter is built to keep a reader busy for hours."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a letter."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A letter that was read.

    `sender` is shown to people, `address` compared (lower case; empty where the head names nobody
    or several). `text` are the author's own words, `tag` is what the recipient's address says.
    """

    source: Source
    fingerprint: str
    mail_id: str
    sender: str
    address: str
    recipient: str
    tag: str
    subject: str
    text: str
    files: tuple[File, ...]


def read(raw: bytes, *, recipient: str = "") -> Letter:
    """Read a letter that came for `recipient` (where it is not known, the head says it).

    Raises:
        NotMail: nothing, or not a letter.
    """
    source = parse(raw)
    to = recipient.strip() or _recipient(source)
    address, sender = _sender(source)
    tag = mail.tag_of(to)
    full = _text(source)
    return Letter(
        source=source,
        fingerprint=fingerprint(raw, source, tag),
        mail_id=one_line(head(source, "Message-ID"))[:255],
        sender=sender[:400],
        address=address,
        recipient=one_line(to)[:400],
        tag=tag,
        subject=one_line(head(source, "Subject"))[:500],
        text=_shortened(quotes.own_words(full)),
        files=tuple(_files(source)),
    )


def parse(raw: bytes) -> Source:
    """The parts of a letter.

    Raises:
        NotMail: nothing, or not a letter.
        TooDeep: parts within parts without end.
    """
    if not raw.strip():
        raise NotMail("Пустое письмо.")
    if len(re.findall(rb"multipart/", raw, re.IGNORECASE)) > _NESTED_MAX:
        raise TooDeep("parts within parts")
    source = email.message_from_bytes(raw)
    if not any(name.lower() in _HEADS_OF_MAIL for name, _ in source.raw_items()):
        raise NotMail("Это не письмо: нет ни одного почтового заголовка.")
    return source


def fingerprint(raw: bytes, source: Source | None, tag: str) -> str:
    """What a repeated delivery of the letter has in common with it.

    Servers on the way add lines to the head, so only what the sender's program wrote counts, and
    the body. The same letter for two cases (`tag`) is two.
    """
    if source is None:
        return hashlib.sha256(raw).hexdigest()
    names = ("Message-ID", "Date", "From", "Subject")
    heads = [tag, *(value for name in names for value in _raw_heads(source, name))]
    flat = raw.replace(b"\r\n", b"\n")
    _, _, body = flat.partition(b"\n\n")
    known = "\n".join(heads).encode(errors="surrogateescape")
    return hashlib.sha256(known + b"\n\n" + body.rstrip(b"\n")).hexdigest()


# The head ----------------------------------------------------------------------------------------


def head(source: Source, name: str) -> str:
    """The first header of this name, decoded; empty when there is none."""
    return next((_decoded_words(value) for value in _raw_heads(source, name)), "")


def addresses(source: Source, name: str) -> list[tuple[str, str]]:
    """Names and addresses of every header of this name.

    Words are decoded after the addresses are found: an encoded «<…>» is part of a name.
    """
    try:
        found = email.utils.getaddresses(_raw_heads(source, name))
    except RecursionError:  # thousands of open parentheses
        return []
    return [(one_line(_decoded_words(title)), one_line(address)) for title, address in found]


def address_in(shown: str) -> str:
    """The address in «Мельник Ирина <melnik@example.org>», in lower case; empty without one."""
    return email.utils.parseaddr(shown)[1].lower()


def clean(text: str) -> str:
    """The text with plain line ends, without what PostgreSQL or a page cannot hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = text.encode(errors="replace").decode()
    return "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs")
    )


def one_line(text: str) -> str:
    """The text in one line, without control and direction-changing characters."""
    words = " ".join(clean(text).split())
    return "".join(char for char in words if unicodedata.category(char) != "Cf")


def _raw_heads(source: Source, name: str) -> list[str]:
    wanted = name.lower()
    found = (str(value) for key, value in source.raw_items() if key.lower() == wanted)
    return [_unescaped(value[:_HEAD_MAX_CHARS]) for value in itertools.islice(found, 20)]


def _unescaped(value: str) -> str:
    """Bytes that should not be in a head, as letters."""
    raw = value.encode(errors="surrogateescape")
    return value if value.isascii() else _decoded(raw, "")


def _decoded_words(value: str) -> str:
    """«=?utf-8?B?…?=» as words; what cannot be decoded stays as it is."""
    if "=?" not in value:
        return value
    try:
        pieces = email.header.decode_header(value.encode("ascii", "ignore").decode())
    except (HeaderParseError, ValueError):
        return value
    return "".join(
        piece if isinstance(piece, str) else _decoded(piece, charset or "")
        for piece, charset in pieces
    )


def _sender(source: Source) -> tuple[str, str]:
    """The author's address, and how he is shown: «Мельник Ирина <melnik@example.org>»."""
    found = [(name, address) for name, address in addresses(source, "From") if "@" in address]
    if not found:
        return "", one_line(head(source, "From"))
    shown = ", ".join(f"{name} <{address}>" if name else address for name, address in found)
    return (found[0][1].lower() if len(found) == 1 else ""), shown


def _recipient(source: Source) -> str:
    """The address with a tag, else the first one."""
    known = [address for name in _RECIPIENT_HEADS for _, address in addresses(source, name)]
    return next((address for address in known if mail.tag_of(address)), next(iter(known), ""))


# The words ---------------------------------------------------------------------------------------


def parts(source: Source) -> Iterator[Source]:
    """The letter's own parts; letters inside it are one part each."""
    if source.get_content_maintype() != "multipart" or not source.is_multipart():
        yield source
        return
    for part in source.get_payload():
        if isinstance(part, Source):
            yield from parts(part)


def content(part: Source) -> bytes:
    """The bytes of a part."""
    if part.is_multipart():
        inner = (one for one in part.get_payload() if isinstance(one, Source))
        return b"\n".join(bytes(one.as_bytes()) for one in inner)
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(source: Source) -> str:
    """The plain text, else the words of the web page."""
    plain: list[str] = []
    pages: list[str] = []
    for part in parts(source):
        if _is_words(part):
            words = _decoded(content(part), parameter(part, "charset"))[:_READ_MAX_CHARS]
            (plain if part.get_content_subtype() != "html" else pages).append(words)
    text = clean("\n".join(plain)[:_READ_MAX_CHARS]).strip()
    if text:
        return text
    return clean(quotes.from_html("<br>".join(pages)[:_READ_MAX_CHARS])).strip()


def _shortened(text: str) -> str:
    if len(text) <= TEXT_MAX_CHARS:
        return text
    return f"{text[:TEXT_MAX_CHARS]}\n\n{CUT_NOTE}"


def _is_words(part: Source) -> bool:
    return (
        part.get_content_type() in ("text/plain", "text/html", "text/enriched")
        and not _name(part)
        and part.get_content_disposition() != "attachment"
    )


def _decoded(raw: bytes, charset: str) -> str:
    """Bytes as text: by the named set where it fits, else UTF-8, else the likeliest Cyrillic."""
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name) if name else raw.decode("ascii")
        except (LookupError, ValueError):  # an unknown set, or not this one
            continue
    sample = raw[:_HEAD_MAX_CHARS]
    guess = max(
        ("cp1251", "koi8-r", "cp866"),
        key=lambda name: len(re.findall("[а-яё ]", sample.decode(name, "replace"))),
    )
    return raw.decode(guess, "replace")


# The files ---------------------------------------------------------------------------------------


def _files(source: Source) -> Iterator[File]:
    """Everything that is not words, but for pictures of signatures and what programs add."""
    shown = _shown_inside(source)
    for part in parts(source):
        kind = part.get_content_type()
        name = _name(part)
        if _is_words(part) or kind in _NOT_FILES or name.lower() == "winmail.dat":
            continue
        if source.get_content_type() == "multipart/report" and not name:
            continue
        inside = content(part)
        is_ornament = kind.startswith("image/") and len(inside) < ORNAMENT_MAX_BYTES
        if is_ornament and head(part, "Content-ID").strip().strip("<>") in shown:
            continue
        if inside or name:
            yield File(name=name or _nameless(kind), content_type=kind, content=inside)


def _shown_inside(source: Source) -> set[str]:
    """The Content-IDs to which the letter's pages refer."""
    pages = (content(part) for part in parts(source) if part.get_content_subtype() == "html")
    return {
        _decoded(name, "")
        for page in pages
        for name in re.findall(rb"cid:([^\"'\s>)]+)", page, re.IGNORECASE)
    }


def _name(part: Source) -> str:
    """The file's name, safe to show; empty when it has none."""
    name = parameter(part, "filename", "Content-Disposition") or parameter(part, "name")
    name = accepting.clean_name(clean(_decoded_words(name)))
    return "" if name.strip(". ") == "" else name


def _nameless(kind: str) -> str:
    known = {"message/rfc822": "письмо.eml", "image/jpeg": "фото.jpg", "image/png": "снимок.png"}
    return known.get(kind, "вложение")


def parameter(part: Source, name: str, header: str = "Content-Type") -> str:
    """A parameter of a header, by RFC 2231 too; empty where it is missing or spoilt."""
    values = _raw_heads(part, header)
    if not values:
        return ""
    # A head with letters in place of bare bytes: Python puts question marks there instead.
    readable = Source()
    readable[header] = values[0]
    try:
        value = readable.get_param(name, "", header)
        return _unescaped(email.utils.collapse_rfc2231_value(value)) if value else ""
    except (LookupError, ValueError, TypeError):
        return ""
