"""Files to attach: small ones that really open, and what they are made of."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image

_OOXML = "application/vnd.openxmlformats-officedocument"
_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


def pdf(*, page: bool = True) -> bytes:
    """A PDF of one empty page, or of none, with every byte in a stream."""
    stream = bytes(range(256)) * 8
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>" if page else b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    ]
    made = b"%PDF-1.7\r\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    list_of_places = b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
    ending = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(made))
    return made + list_of_places + ending


def png(*, size: tuple[int, int] = (1, 1), filler: int = 0) -> bytes:
    """A grey PNG; `filler`: so many bytes in a chunk that no program looks at.

    With another `size` than it has points, its head says what its body does not.
    """
    head = _chunk(b"IHDR", struct.pack(">2I5B", *size, 8, 0, 0, 0, 0))
    body = _chunk(b"IDAT", zlib.compress(b"\0\x80"))
    more = _chunk(b"teSt", b"\1" * filler) if filler else b""
    return b"\x89PNG\r\n\x1a\n" + head + more + body + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def jpeg(*, size: tuple[int, int] = (16, 16), **options: object) -> bytes:
    """A JPEG."""
    made = io.BytesIO()
    Image.new("RGB", size, "white").save(made, "JPEG", **options)
    return made.getvalue()


def archive(*names: str, content: bytes = b"x", **members: bytes) -> bytes:
    """A ZIP with members of these names."""
    return packed({**dict.fromkeys(names, content), **members})


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP with these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return made.getvalue()


def _types(part: str, content_type: str, more: str) -> bytes:
    return (
        f'<?xml version="1.0"?><Types xmlns="{_CONTENT_TYPES}">'
        f'<Override PartName="/{part}" ContentType="{content_type}"/>{more}</Types>'
    ).encode()


def xlsx(more: dict[str, bytes] | None = None, *, types: str = "", main: str = "") -> bytes:
    """A workbook; `more` parts, `types` added to its list, another `main` type."""
    main = main or f"{_OOXML}.spreadsheetml.sheet.main+xml"
    return packed(
        {
            "[Content_Types].xml": _types("xl/workbook.xml", main, types),
            "_rels/.rels": b"<Relationships/>",
            "xl/workbook.xml": b"<workbook/>",
            **(more or {}),
        }
    )


def docx(more: dict[str, bytes] | None = None, *, types: str = "", main: str = "") -> bytes:
    """A text document; `more` parts, `types` added to its list, another `main` type."""
    main = main or f"{_OOXML}.wordprocessingml.document.main+xml"
    return packed(
        {
            "[Content_Types].xml": _types("word/document.xml", main, types),
            "_rels/.rels": b"<Relationships/>",
            "word/document.xml": b"<document/>",
            **(more or {}),
        }
    )


def odf(kind: str, more: dict[str, bytes] | None = None) -> bytes:
    """An ODF document; `kind`: «text», «spreadsheet»."""
    return packed(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}".encode(),
            "content.xml": b"<content/>",
            "META-INF/manifest.xml": b"<manifest/>",
            **(more or {}),
        },
        zipfile.ZIP_STORED,
    )


def signature() -> bytes:
    """What a program for signatures writes, as far as a reader looks: CMS signed data in DER."""
    body = bytes.fromhex("06092a864886f70d010702") + b"\xa0\x82\x01\x00" + b"\x01" * 256
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body
