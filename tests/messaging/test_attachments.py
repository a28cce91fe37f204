"""Which files are accepted, under which names, and that none is left behind."""

from __future__ import annotations

import datetime
import os
import time
import uuid
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from cabinet import accepting, files
from contracts.models import Contract, Topic
from messaging import attachments, tasks
from messaging.models import Attachment, Draft
from tests import make
from tests.messaging import papers
from tests.messaging.post import PDF, PNG, pdf, post, stored_files, text_of

XML = '<?xml version="1.0" encoding="windows-1251"?><message>цех</message>'.encode("cp1251")
LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 9000 + "EncryptedPackage".encode("utf-16-le")
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
        ("фото.jpg", papers.jpeg()),
        ("фото.jpeg", papers.jpeg()),
        ("фото.png", PNG),
        ("расчёт.xlsx", papers.xlsx()),
        ("письмо.docx", papers.docx()),
        ("письмо.odt", papers.odf("text")),
        ("таблица.ods", papers.odf("spreadsheet")),
        ("80020_3500000013_20260131_17.xml", XML),
        ("текст.txt", "Привет".encode("cp866")),
        ("текст.txt", "Привет".encode("utf-16")),
        ("показания.csv", "\ufeffточка;показание\r\n".encode()),
        ("акты.zip", papers.archive("a.pdf")),
        ("акт.pdf.sig", papers.signature()),
        ("письмо с сайта example.com.pdf", PDF),
        ("перенос\u00adсловами.pdf", PDF),
        ("Ж" * 300 + ".pdf", PDF),
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
        ("письмо.xlsx", papers.docx(), "не похоже на XLSX"),
        ("текст.txt", EXE, "не похоже на TXT"),
        ("текст.csv", b"a;b\0c", "Файл «текст.csv» не принят: в нём не только текст"),
        ("данные.xml", b"\xef\xbb\xbf \n<SVG onload='x'/>", "внутри веб-страница или рисунок SVG"),
        ("данные.txt", b"<!DOCTYPE html><script>", "начинается не как текст"),
        ("подпись.sig", EXE, "не похоже на SIG"),
        ("подпись.sig", b"words", "Файл «подпись.sig» не принят: это не электронная подпись."),
        ("отчёт.xlsx", LOCKED, "Файл «отчёт.xlsx» не принят: он защищён паролем. Снимите защиту"),
        ("старый.xlsx", LOCKED[:99], "не похоже на XLSX"),
        ("скан.pdf", PDF[:-30], "Файл «скан.pdf» не принят: он не открывается как PDF"),
        ("скан.pdf", PDF + papers.archive("a.txt"), "внутри него спрятан архив"),
        ("пустой.pdf", b"", "Файл «пустой.pdf» пустой"),
        ("a\u202efdp.exe", EXE, "Файл «afdp.exe» не такого вида"),
        ("a\u202egpj.pdf", PDF, "В имени файла «agpj.pdf» есть невидимые знаки"),
        ("a\u2066b\u2069.pdf", PDF, "В имени файла «ab.pdf» есть невидимые знаки"),
        ("a\r\nBcc: x.pdf", PDF, "В имени файла «a Bcc: x.pdf» есть невидимые знаки"),
        ("a\tb.pdf", PDF, "есть невидимые знаки"),
        ("a\x7fb.pdf", PDF, "есть невидимые знаки"),
        ("a\x00b.pdf", PDF, "есть невидимые знаки"),
        ("a\u2028b.pdf", PDF, "есть невидимые знаки"),
        ("акт.e\u200bxe.pdf", PDF, "Файл «акт.exe.pdf» назван как программа"),
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


@pytest.mark.django_db
@pytest.mark.usefixtures("topic")
def test_a_page_hears_of_the_characters_that_a_browser_sent(
    vega: User, vega_contract: Contract, login: Callable[[User], Browser]
) -> None:
    browser = login(vega)
    response = post(browser, vega_contract, action="add", files=[pdf("акт\u202efdp.pdf")])
    assert response.status_code == 422
    assert "В имени файла «актfdp.pdf» есть невидимые знаки" in text_of(response)
    assert stored_files() == []


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
    assert accepting.clean_name(raw) == name


@hypothesis_settings(deadline=None)
@given(st.text(max_size=400))
def test_any_name_is_made_harmless(raw: str) -> None:
    name = accepting.clean_name(raw)
    assert len(name) <= 255
    assert not set(name) & set("/\\\r\n\t\0\u202e\u2066\ud800")
    assert accepting.clean_name(name) == name


def test_the_stored_file_says_nothing_and_is_whole() -> None:
    (stored,), _ = attachments.store([SimpleUploadedFile("Секрет.pdf", PDF)])
    assert "Секрет" not in stored.path
    assert stored.content_type == "application/pdf"
    with default_storage.open(stored.path) as file:
        assert file.read() == PDF
    assert (stored.size, len(stored.sha256)) == (len(PDF), 64)


# A day's limit ------------------------------------------------------------------------------------


@pytest.fixture
def draft(vega: User, vega_contract: Contract) -> Draft:
    """An empty draft."""
    return Draft.objects.create(author=vega, contract=vega_contract, form_key=uuid.uuid4())


def attach(draft: Draft, *names: str) -> list[str]:
    """The sentences about the files that were not added."""
    uploads = [SimpleUploadedFile(name, PDF + name.encode()) for name in names]
    stored, _ = attachments.store(uploads)
    refusals, unused = attachments.attach(draft, stored)
    assert len(refusals) == len(unused)
    files.forget(file.path for file in unused)
    return refusals


@pytest.mark.django_db
def test_what_is_beyond_the_day_is_refused(
    draft: Draft, vega_contract: Contract, vega_accountant: User, settings: Settings
) -> None:
    settings.ATTACHMENTS_BYTES_PER_DAY = len(PDF) * 2 + 100
    (sentence,) = attach(draft, "1.pdf", "2.pdf", "3.pdf")
    assert sentence.replace("\u00a0", " ").startswith(
        "Файл «3.pdf» не добавлен: за сутки можно приложить не больше 5 КБ, осталось"
    )
    assert settings.RETAILER.phone in sentence
    assert [one.name for one in draft.attachments.all()] == ["1.pdf", "2.pdf"]
    other = Draft.objects.create(
        author=vega_accountant, contract=vega_contract, form_key=uuid.uuid4()
    )
    assert attach(other, "3.pdf") == []


@pytest.mark.django_db
def test_yesterday_does_not_count(draft: Draft, settings: Settings) -> None:
    settings.ATTACHMENTS_BYTES_PER_DAY = len(PDF) + 5
    assert attach(draft, "1.pdf") == []
    assert "сегодня они исчерпаны" in attach(draft, "2.pdf")[0]
    Attachment.objects.update(added_at=timezone.now() - datetime.timedelta(hours=25))
    assert attach(draft, "2.pdf") == []


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
