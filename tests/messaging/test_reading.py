"""Reading letters: character sets, broken encodings, names of files."""

from __future__ import annotations

import base64
import time
from urllib.parse import quote

import pytest

from messaging.incoming import reading
from messaging.incoming.reading import Letter

WORDS = "Добрый день! Замена прибора учтена, акт приложен."


def read(body: bytes, *heads: str) -> Letter:
    """A letter with these heads."""
    fixed = ["From: a@b.example", "Subject: x", "MIME-Version: 1.0", *heads]
    return reading.read("\n".join(fixed).encode("latin-1") + b"\n\n" + body)


@pytest.mark.parametrize("codec", ["utf-8", "koi8-r", "windows-1251", "cp866", "iso-8859-5"])
def test_a_character_set_that_is_named(codec: str) -> None:
    letter = read(WORDS.encode(codec), f"Content-Type: text/plain; charset={codec}")
    assert letter.text == WORDS


@pytest.mark.parametrize("codec", ["utf-8", "koi8-r", "cp1251", "cp866"])
@pytest.mark.parametrize("named", ["", "cp-1251", "x-unknown", "us-ascii", "hex", "utf-8", "\xff"])
def test_a_character_set_that_is_not(codec: str, named: str) -> None:
    head = f'Content-Type: text/plain; charset="{named}"' if named else "X-Nothing: x"
    assert read(WORDS.encode(codec), head).text == WORDS


def test_quoted_printable_and_base64() -> None:
    raw = base64.encodebytes(WORDS.encode("koi8-r"))
    kind = "Content-Type: text/plain; charset=koi8-r"
    assert read(raw, kind, "Content-Transfer-Encoding: base64").text == WORDS
    printable = "".join(f"={byte:02X}" for byte in WORDS.encode("koi8-r")).encode()
    assert read(printable, kind, "Content-Transfer-Encoding: quoted-printable").text == WORDS


def test_broken_base64_loses_no_more_than_it_must() -> None:
    raw = base64.b64encode(WORDS.encode("cp1251"))[:-3]
    letter = read(
        raw, "Content-Type: text/plain; charset=cp1251", "Content-Transfer-Encoding: base64"
    )
    assert letter.text


@pytest.mark.parametrize(
    ("head", "subject"),
    [
        ("=?koi8-r?B?" + base64.b64encode("Ответ".encode("koi8-r")).decode() + "?=", "Ответ"),
        ("=?utf-8?q?=D0=9E?= =?utf-8?q?=D0=BA?=", "Ок"),
        ("=?x-none?q?abc?=", "abc"),
        ("=?utf-8?b?!!!?=", ""),
        ("one\n two", "one two"),
    ],
)
def test_subjects(head: str, subject: str) -> None:
    raw = f"From: a@b.example\nSubject: {head}\n\nx".encode()
    assert reading.read(raw).subject == subject


@pytest.mark.parametrize("codec", ["utf-8", "cp1251", "koi8-r"])
def test_a_subject_in_bare_bytes(codec: str) -> None:
    raw = b"From: a@b.example\nSubject: " + "ответ на обращение".encode(codec) + b"\n\nx"
    assert reading.read(raw).subject == "ответ на обращение"


def test_nothing_that_postgresql_refuses() -> None:
    letter = read(
        b"one\0two +2AA- \xed\xa0\x80 \x1b[31m",
        "Content-Type: text/plain; charset=utf-7",
        "Message-ID: <\0x@y>",
    )
    for text in (letter.text, letter.subject, letter.mail_id, letter.sender):
        assert "\0" not in text
        assert text == text.encode("utf-8", "replace").decode()


def test_a_page_only() -> None:
    letter = read(
        "<p>Добрый день!<br>Учли.</p><script>x()</script>".encode(),
        "Content-Type: text/html; charset=utf-8",
    )
    assert letter.text == "Добрый день!\nУчли."


def test_a_long_text_is_cut_with_a_note() -> None:
    letter = read(b"a" * 300_000)
    assert len(letter.text) < reading.TEXT_MAX_CHARS + 200
    assert letter.text.endswith(reading.CUT_NOTE)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('filename="act.pdf"', "act.pdf"),
        (f"filename*=utf-8''{quote('Акт замены.pdf')}", "Акт замены.pdf"),
        (
            f"filename*0*=utf-8''{quote('Акт ')};\n filename*1*={quote('замены.pdf')}",
            "Акт замены.pdf",
        ),
        (
            'filename="=?utf-8?B?' + base64.b64encode("Акт.pdf".encode()).decode() + '?="',
            "Акт.pdf",
        ),
        (f"filename*=koi8-r''{quote('Акт.pdf', encoding='koi8-r')}", "Акт.pdf"),
        ('filename="Акт замены.pdf"', "Акт замены.pdf"),
        ('filename="../../etc/passwd.pdf"', "passwd.pdf"),
        ('filename="C:\\\\a\\\\b.pdf"', "b.pdf"),
        ('filename=".."', "вложение"),
        ('filename="a\u202efdp.exe"', "afdp.exe"),
        ("filename*=none''%FF%FE.pdf", None),
        ("filename*9999=x", "x"),
        ("", "вложение"),
    ],
)
def test_names_of_files(disposition: str, name: str | None) -> None:
    raw = (
        "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        f"--x\n\nwords\n--x\nContent-Type: application/pdf\n"
        f"Content-Disposition: attachment; {disposition}\n\n%PDF\n--x--\n"
    )
    (file,) = reading.read(raw.encode()).files
    assert name is None or file.name == name
    assert "/" not in file.name


def test_a_letter_in_a_letter_is_one_file() -> None:
    raw = (
        b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"--x\n\nwords\n--x\nContent-Type: message/rfc822\n\nFrom: c@d.example\n\ninner\n--x--\n"
    )
    letter = reading.read(raw)
    assert letter.text == "words"
    assert [file.name for file in letter.files] == ["письмо.eml"]
    assert b"inner" in letter.files[0].content


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@b.example\nTo: " + b"<a@b>, " * 300_000 + b"\n\nx",
        b"From: " + b"=?utf-8?q?" * 300_000 + b"\n\nx",
        b"From: " + b"(" * 500_000 + b"\n\nx",
        b"From: a@b.example\n\n" + b"11:11 <a@" * 300_000,
        b"From: a@b.example\n\n" + "От: x\n".encode() * 300_000,
        b"From: a@b.example\n\n" + "Пишите ".encode() * 300_000,
        b"From: a@b.example\nContent-Type: text/plain; charset=x\n\n" + b"\xff" * 5_000_000,
        b"From: a@b.example\nContent-Type: text/html\n\n" + b"<a " * 1_000_000,
        b"From: a@b.example\n\n" + b"> \n" * 300_000,
    ],
    ids=range(9),
)
def test_a_letter_made_to_waste_time_wastes_little(raw: bytes) -> None:
    begun = time.monotonic()
    reading.read(raw)
    assert time.monotonic() - begun < 5
