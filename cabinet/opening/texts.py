"""Opening XML, plain text, tables in text, and electronic signatures."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from typing import IO, Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from cabinet.opening.unfit import HEAD_BYTES, Unfit, damaged, is_program, is_web_page

_PIECE = 1 << 16
_DEPTH_MAX = 200
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

# All but tab, line ends, form feed, the DOS end of file and the printers' ESC.
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\v\f\r\x1a\x1b"})
_NO_CONTROLS = str.maketrans("", "", _CONTROLS.decode())

_WEB_ROOTS = frozenset({"html", "svg"})
_WEB_NAMESPACES = frozenset({"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"})

# SEQUENCE { OBJECT IDENTIFIER signedData (1.2.840.113549.1.7.2), … }: CMS, RFC 5652.
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_ARMOUR = re.compile(rb"-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----")


def check_xml(file: IO[bytes]) -> None:
    """Well-formed, with no entities of its own, and nothing that a browser would run.

    Raises:
        Unfit: anything else.
    """
    parser: Any = make_parser()
    parser.forbid_dtd = True
    parser.setContentHandler(_Elements())
    try:
        while piece := file.read(_PIECE):
            parser.feed(piece)
        parser.close()
    except DefusedXmlException as error:
        raise Unfit(
            "в нём есть объявления DTD, такие файлы небезопасны",
            "Выгрузите XML без DTD и приложите ещё раз.",
        ) from error
    except (SAXException, ValueError, LookupError) as error:
        raise damaged("XML") from error


def check_text(file: IO[bytes]) -> None:
    """Text in any encoding, and no page or program.

    Raises:
        Unfit: anything else.
    """
    head = file.read(HEAD_BYTES)
    if is_web_page(head) or is_program(head) or head.startswith(b"MZ"):
        raise _no_text("он начинается не как текст, а как веб-страница или программа")
    file.seek(0)
    is_wide = head.startswith(_UTF16)
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        while piece := file.read(_PIECE):
            if _has_controls(decoder.decode(piece)) if is_wide else _has_control_bytes(piece):
                raise _no_text("в нём не только текст")
        if is_wide:
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _no_text("в нём не только текст") from error


def check_signature(file: IO[bytes]) -> None:
    """A signature (CMS) in DER, or the same in base64, with or without PEM lines.

    Raises:
        Unfit: anything else.
    """
    content = file.read()
    if not _is_signed_data(content) and not _is_signed_data(_unarmoured(content)):
        raise Unfit(
            "это не электронная подпись",
            "Приложите файл подписи, который создала программа подписи.",
        )


class _Elements(ContentHandler):
    """Looks at elements as they come and keeps none."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0

    def startElement(self, name: str, attrs: Any) -> None:
        """An element begins."""
        is_web = self.depth == 0 and name.rpartition(":")[2].lower() in _WEB_ROOTS
        if attrs.getLength():
            is_web = is_web or not _WEB_NAMESPACES.isdisjoint(attrs.values())
        if is_web:
            raise Unfit(
                "внутри веб-страница или рисунок SVG, такие файлы небезопасны",
                "Сохраните документ в PDF и приложите его.",
            )
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            raise Unfit("он устроен слишком сложно", "Проверьте, тот ли это документ.")

    def endElement(self, name: str) -> None:
        """An element ends."""
        self.depth -= 1


def _no_text(reason: str) -> Unfit:
    return Unfit(reason, "Сохраните его как обычный текст (UTF-8) и приложите ещё раз.")


def _has_controls(text: str) -> bool:
    return len(text) != len(text.translate(_NO_CONTROLS))


def _has_control_bytes(piece: bytes) -> bool:
    return len(piece) != len(piece.translate(None, _CONTROLS))


def _unarmoured(content: bytes) -> bytes:
    """What base64 stands for; empty when it is none."""
    text = b"".join(_ARMOUR.sub(b"", content.removeprefix(b"\xef\xbb\xbf")).split())
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _is_signed_data(content: bytes) -> bool:
    """Whether this is one sequence of just this length that says it holds signed data."""
    if len(content) < 20 or content[0] != 0x30:
        return False
    if content[1] == 0x80:  # a length that only the end tells
        body = content[2:]
        return body.startswith(_SIGNED_DATA) and content.rstrip(b"\r\n").endswith(b"\0\0")
    if content[1] < 0x80:
        start, length = 2, content[1]
    else:
        start = 2 + (content[1] & 0x7F)
        length = int.from_bytes(content[2:start], "big")
    is_whole = len(content) - start == length or content[start + length :].strip() == b""
    return is_whole and len(content) >= start + length and content[start:].startswith(_SIGNED_DATA)
