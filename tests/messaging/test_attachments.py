"""Which files are accepted, under which names, and that none is left behind."""

from __future__ import annotations

import io
import os
import time
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from cabinet import files
from contracts.models import Contract, Topic
from messaging import attachments, tasks
from tests import make
from tests.messaging.post import PDF, PNG

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x01" * 100


def archive(*names: str, first: bytes = b"") -> bytes:
    """A ZIP with members of these names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, first)
    return buffer.getvalue()


DOCX = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")
XLSX = archive("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
ODT = archive("mimetype", "content.xml", first=b"application/vnd.oasis.opendocument.text")
ODS = archive("mimetype", first=b"application/vnd.oasis.opendocument.spreadsheet")
XML = '<?xml version="1.0" encoding="windows-1251"?><message>цех</message>'.encode("cp1251")
EXE = b"MZ\x90\x00" + b"\x00" * 200


def refusal(name: str, content: bytes) -> str:
    """Why a file is not taken; empty when it is."""
    stored, refusals = attachments.store([SimpleUploadedFile(name, content)])
    assert len(stored) + len(refusals) == 1
    files.forget(file.path for file in stored)
    return refusals[0] if refusals else ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("скан.pdf", PDF),
        ("СКАН.PDF", PDF),
        ("фото.jpg", JPEG),
        ("фото.jpeg", JPEG),
        ("фото.png", PNG),
        ("расчёт.xlsx", XLSX),
        ("письмо.docx", DOCX),
        ("письмо.odt", ODT),
        ("таблица.ods", ODS),
        ("80020_3500000013_20260131_17.xml", XML),
        ("текст.txt", "Привет".encode("cp866")),
        ("текст.txt", "Привет".encode("utf-16")),
        ("показания.csv", "\ufeffточка;показание\r\n".encode()),
        ("акты.zip", archive("a.pdf")),
        ("акт.pdf.sig", b"0\x82\x01\x00" + b"\x01" * 100),
        ("письмо с сайта example.com.pdf", PDF),
    ],
)  # fmt: skip
def test_what_is_accepted(name: str, content: bytes) -> None:
    assert refusal(name, content) == ""


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("вирус.exe", EXE, "Файл «вирус.exe» не такого вида, какие принимаются: PDF, JPEG"),
        ("act.pdf.exe", EXE, "Файл «act.pdf.exe» не такого вида"),
        ("act.pdf   .exe", EXE, "не такого вида"),
        ("act.exe.pdf", PDF, "Файл «act.exe.pdf» назван как программа"),
        ("act. EXE .pdf", PDF, "назван как программа"),
        ("без расширения", PDF, "не такого вида"),
        (".pdf", PDF, "Файл «.pdf» не такого вида"),
        ("страница.html", b"<html>", "не такого вида"),
        ("рисунок.svg", b"<svg/>", "не такого вида"),
        ("программа.pdf", EXE, "Содержимое файла «программа.pdf» не похоже на PDF"),
        ("картинка.pdf", PNG, "не похоже на PDF"),
        ("скан.png", PDF, "не похоже на PNG"),
        ("архив.docx", PDF, "не похоже на DOCX"),
        ("письмо.xlsx", DOCX, "не похоже на XLSX"),
        ("текст.txt", EXE, "не похоже на TXT"),
        ("текст.csv", b"a;b\0c", "не похоже на CSV"),
        ("данные.xml", b"\xef\xbb\xbf \n<SVG onload='x'/>", "не похоже на XML"),
        ("данные.txt", b"<!DOCTYPE html><script>", "не похоже на TXT"),
        ("подпись.sig", EXE, "не похоже на SIG"),
        ("пустой.pdf", b"", "Файл «пустой.pdf» пустой"),
        ("a\u202efdp.exe", EXE, "Файл «afdp.exe» не такого вида"),
    ],
)
def test_what_is_refused_and_why(name: str, content: bytes, sentence: str) -> None:
    assert sentence in refusal(name, content)


def test_a_file_that_is_too_large(settings: Settings) -> None:
    settings.ATTACHMENT_MAX_BYTES = 2048
    sentence = refusal("большой.pdf", PDF + b"0" * 2048)
    assert "Файл «большой.pdf» занимает 4 КБ, а можно не больше 2 КБ" in sentence.replace(
        "\u00a0", " "
    )


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("C:\\Users\\me\\Акт.pdf", "Акт.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\r\nBcc: x.pdf", "a Bcc: x.pdf"),
        ("a\u202egpj.pdf", "agpj.pdf"),
        ("a\u200b\u2066b\x00c.pdf", "abc.pdf"),
        ("и\u0306.pdf", "й.pdf"),
        ("  два   пробела.pdf ", "два пробела.pdf"),
        ("Ж" * 400 + ".pdf", "Ж" * 247 + ".pdf"),
    ],
)
def test_names_are_cleaned(raw: str, name: str) -> None:
    assert attachments.clean_name(raw) == name


@hypothesis_settings(deadline=None)
@given(st.text(max_size=400))
def test_any_name_is_made_harmless(raw: str) -> None:
    name = attachments.clean_name(raw)
    assert len(name) <= 255
    assert not set(name) & set("/\\\r\n\t\0\u202e\u2066\ud800")
    assert attachments.clean_name(name) == name


def test_the_stored_file_says_nothing_and_is_whole() -> None:
    (stored,), _ = attachments.store([SimpleUploadedFile("Секрет.pdf", PDF)])
    assert "Секрет" not in stored.path
    assert stored.content_type == "application/pdf"
    with default_storage.open(stored.path) as file:
        assert file.read() == PDF
    assert (stored.size, len(stored.sha256)) == (len(PDF), 64)


@pytest.mark.django_db
def test_orphans_are_swept_after_a_day(vega: User, vega_contract: Contract, topic: Topic) -> None:
    owned = make.attachment(make.message(vega_contract, vega, topic))
    old, fresh = (attachments.store([SimpleUploadedFile("a.pdf", PDF)])[0][0] for _ in range(2))
    two_days_ago = time.time() - 2 * 86_400
    for path in (owned.path, old.path):
        os.utime(default_storage.path(path), (two_days_ago, two_days_ago))
    tasks.sweep_stale_drafts()
    assert default_storage.exists(owned.path)
    assert default_storage.exists(fresh.path)
    assert not default_storage.exists(old.path)


@pytest.mark.django_db
def test_sweeping_nothing() -> None:
    assert attachments.sweep_orphans() == 0
