"""A file must open as what its ending says, and hold nothing that could do harm."""

from __future__ import annotations

import base64
import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from typing import IO

import openpyxl
import pypdf
import pytest
from pytest_django import Settings

from cabinet import opening
from cabinet.archives import LOCKED, OLE, is_locked_office_file
from cabinet.opening import archives, pictures
from tests.messaging import papers
from tests.messaging.papers import archive, docx, odf, packed, xlsx

Bad = tuple[str, bytes, str]


def reason(kind: str, content: bytes) -> str:
    """Why a file is not taken; empty when it is."""
    try:
        opening.check(io.BytesIO(content), kind)
    except opening.Unfit as unfit:
        return unfit.reason
    return ""


def locked_pdf(user: str) -> bytes:
    """A PDF that only its owner may change, and which `user` opens."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(papers.pdf()))
    writer.encrypt(user, "the owner's", algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def real_workbook() -> bytes:
    """What a spreadsheet program writes."""
    book = openpyxl.Workbook()
    for row in range(200):
        book.active.append([row, "ТП-14", 12.5])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


XML = '<?xml version="1.0" encoding="windows-1251"?><message>цех</message>'.encode("cp1251")
SIGNATURE = papers.signature()
PEM = b"-----BEGIN CMS-----\r\n" + base64.encodebytes(SIGNATURE) + b"-----END CMS-----\r\n"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("PDF", papers.pdf()),
        ("PDF", papers.pdf() + b"\r\n\0\0"),
        ("PDF", locked_pdf("")),
        ("JPEG", papers.jpeg()),
        ("JPEG", papers.jpeg(progressive=True) + b"a phone's own data"),
        ("PNG", papers.png()),
        ("PNG", papers.png(filler=60_000)),
        ("XML", XML),
        ("XML", "<?xml version='1.0' encoding='utf-16'?><m>цех</m>".encode("utf-16")),
        ("XML", b'<?xml version="1.0"?><a xmlns="urn:x"><html/></a>'),
        ("TXT", "Привет, это цех\r\n".encode("cp866") + b"\x1a"),
        ("TXT", "Привет".encode("utf-16")),
        ("TXT", "5 < 7 и <итого>".encode()),
        ("CSV", "\ufeffточка;показание\r\n".encode()),
        ("SIG", SIGNATURE),
        ("SIG", b"\x30\x80" + SIGNATURE[4:] + b"\0\0\0\0"),
        ("SIG", base64.b64encode(SIGNATURE)),
        ("SIG", PEM),
        ("XLSX", xlsx()),
        ("XLSX", real_workbook()),
        ("DOCX", docx({"word/embeddings/table.xlsx": xlsx()})),
        ("ODT", odf("text")),
        ("ODS", odf("spreadsheet", {"Configurations2/menu.xml": b"<m/>"})),
        ("ZIP", archive("папка/акт.pdf", "чертёж.dwg", "Scripts/план.txt")),
        ("ZIP", packed({"а/б.txt": b"x"}, zipfile.ZIP_STORED)),
        ("ZIP", packed({"акты.zip": archive("акт.pdf"), "расчёт.xlsx": xlsx()})),
    ],
)
def test_what_opens(kind: str, content: bytes) -> None:
    assert reason(kind, content) == ""


BROKEN: list[Bad] = [
    ("PDF", b"\n" + papers.pdf(), "не открывается как PDF"),
    ("PDF", papers.pdf()[:-30], "не открывается как PDF"),
    ("PDF", b"%PDF-1.7\n" + b"x" * 500 + b"startxref\n9\n%%EOF", "не открывается как PDF"),
    ("PDF", papers.pdf(page=False), "ни одной страницы"),
    ("PDF", locked_pdf("secret"), "защищён паролем"),
    ("JPEG", papers.jpeg()[:-2], "не открывается как JPEG"),
    ("JPEG", papers.jpeg()[:100], "не открывается как JPEG"),
    ("JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x01" * 100, "не открывается как JPEG"),
    ("PNG", papers.png()[:-1], "не открывается как PNG"),
    ("PNG", papers.png()[:-12], "не открывается как PNG"),
    ("PNG", papers.png().replace(b"IDAT", b"IDAT!"), "не открывается как PNG"),
    ("PNG", papers.png().replace(b"\x08\0\0\0\0", b"\x08\0\0\0\1"), "не открывается как PNG"),
    ("PNG", papers.png() + b"!", "после картинки в нём записано что-то ещё"),
    ("PNG", papers.png(size=(50_000, 50_000)), "картинка слишком велика: 50000 × 50000"),
    ("XML", XML[:-3], "не открывается как XML"),
    ("XML", b"  ", "не открывается как XML"),
    ("XML", "показания".encode(), "не открывается как XML"),
    ("XLSX", b"PK\x03\x04" + b"x" * 100, "не открывается как XLSX"),
    ("ZIP", archive("a.txt", content=b"text" * 99)[:-30], "не открывается как ZIP"),
    ("ZIP", archive(), "архив пустой"),
    ("SIG", b"", "это не электронная подпись"),
    ("SIG", b"0\x82\x01\x00" + b"\x01" * 256, "это не электронная подпись"),
    ("SIG", SIGNATURE[:-1], "это не электронная подпись"),
    ("SIG", SIGNATURE + b"MZ", "это не электронная подпись"),
    ("SIG", b"plain words", "это не электронная подпись"),
    ("SIG", base64.b64encode(b"plain words"), "это не электронная подпись"),
]  # fmt: skip

HARMFUL: list[Bad] = [
    ("XML", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "объявления DTD"),
    ("XML", b"<!DOCTYPE a SYSTEM 'http://127.0.0.1/x.dtd'><a/>", "объявления DTD"),
    ("XML", b"<svg onload='x'/>", "рисунок SVG"),
    ("XML", b"<!-- \xd0\xb0 --><HTML/>", "веб-страница"),
    ("XML", b'<s:svg xmlns:s="http://www.w3.org/2000/svg"/>', "рисунок SVG"),
    ("XML", b'<a><s xmlns="http://www.w3.org/1999/xhtml">1</s></a>', "веб-страница"),
    ("XML", "<?xml version='1.0' encoding='utf-16'?><svg/>".encode("utf-16"), "рисунок SVG"),
    ("XML", b"<a>" * 5000 + b"</a>" * 5000, "устроен слишком сложно"),
    ("TXT", b"<!DOCTYPE html><p>", "начинается не как текст"),
    ("TXT", b"\xef\xbb\xbf\n <svg/onload=x>", "начинается не как текст"),
    ("TXT", "<script>".encode("utf-16"), "начинается не как текст"),
    ("TXT", b"<?xml version='1.0'?><!-- a --><svg >", "начинается не как текст"),
    ("TXT", b"#!/bin/sh\nrm", "начинается не как текст"),
    ("TXT", b"MZ plain", "начинается не как текст"),
    ("TXT", b"words " * 5000 + b"\0", "не только текст"),
    ("TXT", "слова".encode("utf-16") + b"\1\0", "не только текст"),
    ("TXT", "слова".encode("utf-16") + b"\1", "не только текст"),
    ("CSV", b"a;b\0c", "не только текст"),
    ("PDF", papers.pdf() + archive("a.txt"), "внутри него спрятан архив"),
    ("JPEG", papers.jpeg() + archive("a.txt"), "внутри него спрятан архив"),
    ("PNG", papers.png() + archive("a.txt"), "внутри него спрятан архив"),
    ("TXT", b"words\n" + archive("a.txt"), "внутри него спрятан архив"),
    ("XLSX", xlsx({"xl/vbaProject.bin": b"x"}), "есть макросы"),
    ("XLSX", xlsx({"xl/other.bin": b"x"},
        types='<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'),
        "есть макросы"),
    ("XLSX", xlsx(main="application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "есть макросы"),
    ("XLSX", xlsx({"xl/macrosheets/sheet1.xml": b"<x/>"}), "есть макросы"),
    ("XLSX", xlsx({"xl/other.bin": OLE + b"\0" * 70_000 +
        "_VBA_PROJECT".encode("utf-16-le")}), "есть макросы"),
    ("DOCX", docx({"word/vbaData.xml": b"<x/>"}), "есть макросы"),
    ("DOCX", docx({"word/activeX/activeX1.xml": b"<x/>"}), "есть макросы"),
    ("DOCX", docx({"word/media/image1.svg": b"<svg/>"}), "рисунки SVG не принимаются"),
    ("DOCX", docx({"word/table.xlsx": xlsx({"xl/vbaProject.bin": b"x"})}), "есть макросы"),
    ("XLSX", docx(), "это не документ XLSX"),
    ("DOCX", xlsx(), "это не документ DOCX"),
    ("DOCX", archive("word/document.xml"), "это не документ DOCX"),
    ("DOCX", packed({"[Content_Types].xml": b"<!DOCTYPE a><a/>", "word/document.xml": b""}),
        "не открывается как DOCX"),
    ("DOCX", packed({"[Content_Types].xml": b"<T>" + b" " * 2**21 + b"</T>"}),
        "не открывается как DOCX"),
    ("ODS", odf("text"), "это не документ ODS"),
    ("ODT", packed({"mimetype": b"application/vnd.oasis.opendocument.text"}), "не открывается"),
    ("ODT", odf("text", {"Basic/Standard/Module1.xml": b"<x/>"}), "есть макросы"),
    ("ODS", odf("spreadsheet", {"Scripts/python/a.xml": b"<x/>"}), "есть макросы"),
    ("ODT", odf("text", {"META-INF/manifest.xml": b"<encryption-data/>"}), "защищён паролем"),
    ("ZIP", packed({"a.ods": odf("spreadsheet", {"Basic/a.xml": b"<x/>"})}), "есть макросы"),
    ("ZIP", archive("act.pdf.exe"), "внутри него «act.pdf.exe»"),
    ("ZIP", archive("папка/act.exe.pdf"), "внутри него «папка/act.exe.pdf»"),
    ("ZIP", archive("run.js"), "внутри него «run.js»"),
    ("ZIP", archive("page.html"), "внутри него «page.html»"),
    ("ZIP", archive("рисунок.SVG"), "внутри него «рисунок.SVG»"),
    ("ZIP", archive("act.pdf", content=b"MZ\x90\0"), "файл «act.pdf» внутри него — программа"),
    ("ZIP", archive("act.pdf", content=b"\x7fELF"), "— программа"),
    ("ZIP", archive("act.txt", content=b"<svg/>"), "— веб-страница или рисунок SVG"),
    ("ZIP", archive("act.7z"), "внутри него архив «act.7z»"),
    ("ZIP", archive("act.bin", content=b"Rar!\x1a\x07\0"), "внутри него архив «act.bin»"),
    ("ZIP", archive("../act.pdf"), "попал бы в чужую папку"),
    ("ZIP", archive("a/..\\../act.pdf"), "попал бы в чужую папку"),
    ("ZIP", archive("/etc/act.pdf"), "попал бы в чужую папку"),
    ("ZIP", archive("C:\\act.pdf"), "попал бы в чужую папку"),
    ("ZIP", archive("a\u202efdp.pdf"), "файла «afdp.pdf» внутри него есть невидимые знаки"),
    ("ZIP", archive("a\r\nb.pdf"), "невидимые знаки"),
    ("ZIP", packed({"a.txt": b"1"}, zipfile.ZIP_BZIP2), "сжат способом"),
    ("ZIP", packed({"a.txt": b"1"}, zipfile.ZIP_LZMA), "сжат способом"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "words"), BROKEN + HARMFUL)
def test_what_is_refused_and_why(kind: str, content: bytes, words: str) -> None:
    with pytest.raises(opening.Unfit) as refused:
        opening.check(io.BytesIO(content), kind)
    assert words in refused.value.reason
    assert refused.value.advice.endswith(".")


def test_a_name_in_the_encoding_of_windows_is_shown_as_it_was_written() -> None:
    content = archive("zzzz.exe").replace(b"zzzz", "Счёт".encode("cp866"))
    assert "внутри него «Счёт.exe»" in reason("ZIP", content)


# Archives that lie -----------------------------------------------------------------------------


def with_flag(content: bytes, head: bytes, place: int) -> bytes:
    """An archive of one file of which this head says that it is encrypted."""
    changed = bytearray(content)
    changed[content.index(head) + place] |= 1
    return bytes(changed)


def with_size(content: bytes, size: int, checksum: int) -> bytes:
    """An archive of one file that states another unpacked size and check sum."""
    changed = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        start = content.index(mark) + place
        changed[start : start + 4] = struct.pack("<I", checksum)
        changed[start + 8 : start + 12] = struct.pack("<I", size)
    return bytes(changed)


@pytest.mark.parametrize(("head", "place"), [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)])
def test_encrypted(head: bytes, place: int) -> None:
    assert reason("ZIP", with_flag(archive("a.txt"), head, place)) == "он защищён паролем"


def test_the_same_name_twice() -> None:
    content = archive("a.txt", "b.txt").replace(b"b.txt", b"A.txt")
    assert "внутри два файла с именем «A.txt»" in reason("ZIP", content)


def test_a_wrong_check_sum() -> None:
    content = archive("a.txt")
    assert reason("ZIP", with_size(content, 1, zlib.crc32(b"y"))).startswith("он не открывается")
    assert reason("ZIP", with_size(content, 1, zlib.crc32(b"x"))) == ""


def bomb(size: int) -> bytes:
    """So many zeros, packed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file, file.open("a.txt", "w") as inner:
        for _ in range(size >> 20):
            inner.write(bytes(1 << 20))
    return made.getvalue()


TOO_MUCH = "он распаковывается в слишком большой объём данных"
BOMB = bomb(300 << 20)


def nested(times: int, content: bytes) -> bytes:
    """An archive in an archive…"""
    for _ in range(times):
        content = packed({"inner.zip": content})
    return content


def test_bombs_are_small_on_disk() -> None:
    assert len(BOMB) < 400_000


@pytest.mark.parametrize(
    "make",
    [
        lambda: BOMB,
        lambda: with_size(BOMB, 1, zlib.crc32(b"\0")),
        lambda: packed({"a.zip": BOMB}),
        lambda: packed({f"{n}.zip": bomb(3 << 20) for n in range(100)}),
        lambda: xlsx({"xl/worksheets/sheet1.xml": b" " * (20 << 20)}),
    ],
    ids=["plain", "lying about its size", "nested", "many small ones", "in a workbook"],
)
def test_a_bomb_is_refused_and_never_stands_in_memory(make: Callable[[], bytes]) -> None:
    content = make()
    kind = "XLSX" if b"xl/workbook.xml" in content else "ZIP"
    tracemalloc.start()
    try:
        assert reason(kind, content) == TOO_MUCH
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_lie_about_the_size_is_found_even_when_it_is_small() -> None:
    content = packed({"a.txt": b"ab" * 500})
    assert reason("ZIP", with_size(content, 1, zlib.crc32(b"a"))).startswith("он не открывается")


def test_the_budget_is_what_the_installation_says(settings: Settings) -> None:
    content = packed({"a.txt": zlib.compress(b"x") * 100, "b.zip": archive("c", "d")})
    settings.ARCHIVE_MAX_MEMBERS = 4
    assert reason("ZIP", content) == ""
    settings.ARCHIVE_MAX_MEMBERS = 3
    assert "внутри него больше 3\u00a0файлов" in reason("ZIP", content)
    settings.ARCHIVE_MAX_MEMBERS = 4
    settings.ARCHIVE_MAX_BYTES = 1000
    assert reason("ZIP", content) == TOO_MUCH


def test_nesting_is_limited() -> None:
    assert reason("ZIP", nested(archives.DEPTH_MAX - 1, archive("a.txt"))) == ""
    said = reason("ZIP", nested(archives.DEPTH_MAX, archive("a.txt")))
    assert said == "в нём слишком много архивов один внутри другого"


def test_an_archive_that_holds_itself() -> None:
    assert reason("ZIP", nested(200, archive("a.txt"))).startswith("в нём слишком много архивов")


@pytest.mark.parametrize("count", [1001, 10_000, 150_000])
def test_too_many_members_are_refused_before_they_are_listed(count: int) -> None:
    one = archive("a")
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    lines = one[start:end] * count
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(lines), start, 0)
    tracemalloc.start()
    try:
        assert "больше 1 000 файлов" in reason("ZIP", one[:start] + lines + tail).replace(
            "\u00a0", " "
        )
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()


# Cost ------------------------------------------------------------------------------------------


class Counted(io.BytesIO):
    """A file that knows how much of it was asked for at once."""

    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.largest = max(self.largest, len(content))
        return content


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("JPEG", papers.jpeg() + bytes(3 << 20)),
        ("PNG", papers.png(filler=3 << 20)),
        ("TXT", b"words\r\n" * 400_000),
        ("XML", b"<a>" + b"words " * 500_000 + b"</a>"),
        ("ZIP", packed({"a.bin": bytes(3 << 20)}, zipfile.ZIP_STORED)),
    ],
)
def test_a_file_is_read_in_pieces(kind: str, content: bytes) -> None:
    file = Counted(content)
    opening.check(file, kind)
    assert file.largest <= 1 << 20


def test_a_picture_is_not_unpacked() -> None:
    """12 megapixels take 36 MB in memory, and a second."""
    content = papers.jpeg(size=(4000, 3000))
    tracemalloc.start()
    try:
        opening.check(io.BytesIO(content), "JPEG")
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


def test_the_limit_of_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PIXELS_MAX", 16 * 16)
    assert reason("JPEG", papers.jpeg(size=(16, 16))) == ""
    assert "картинка слишком велика: 17 × 16 точек" in reason("JPEG", papers.jpeg(size=(17, 16)))


def test_a_locked_office_file_is_recognised() -> None:
    def is_locked(content: bytes) -> bool:
        file: IO[bytes] = io.BytesIO(content)
        return is_locked_office_file(file)

    locked = OLE + b"\0" * 200_001 + LOCKED
    assert is_locked(locked)
    assert not is_locked(locked[:-1])
    assert not is_locked(b"x" + locked)


@pytest.mark.parametrize("end", [b"x", b"<b>"])
def test_a_text_of_comments_does_not_hang(end: bytes) -> None:
    """Forty comments took days while the pattern could divide them in every way."""
    assert reason("TXT", b"<!---->" * 5000 + end) == ""
    assert reason("TXT", b"<!---->" * 500 + b"<script>") != ""
