"""Bodies that are too large, and requests that make no sense; names of files as they were sent."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract
from messaging.models import Attachment

BOUNDARY = "----portal"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.mark.django_db
def test_a_body_that_no_form_needs_is_refused_in_words(
    vega: User, vega_contract: Contract, login: Callable[[User], Browser], settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 10_000
    browser = login(vega)
    browser.raise_request_exception = False
    file = SimpleUploadedFile("Акт.txt", b"x" * 20_000)
    response = browser.post(
        reverse("messaging:message-new", args=[vega_contract.pk]), {"files": file}
    )
    assert response.status_code == 413
    assert "Файлы слишком велики" in response.content.decode()
    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_a_body_that_is_too_large_is_heard_out(
    vega: User, vega_contract: Contract, login: Callable[[User], Browser], settings: Settings
) -> None:
    """A browser that is cut off while it sends never shows the answer."""
    settings.UPLOAD_MAX_BYTES = 10_000
    browser = login(vega)
    browser.raise_request_exception = False
    file = SimpleUploadedFile("Акт.txt", b"x" * 200_000)
    address = reverse("messaging:message-new", args=[vega_contract.pk])
    response = browser.post(address, {"files": file})
    assert response.status_code == 413
    assert response.wsgi_request.read(1) == b""


def test_a_request_for_another_host_is_refused_in_words(db: None) -> None:
    response = Browser(raise_request_exception=False).get("/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert "<h1" in response.content.decode()


# The parser ------------------------------------------------------------------------------------


def file_part(name: bytes, content: bytes = b"words", *, field: bytes = b"files") -> bytes:
    """A file as a browser sends it."""
    head = b'Content-Disposition: form-data; name="%s"; filename="%s"' % (field, name)
    return head + b"\r\nContent-Type: text/plain\r\n\r\n" + content


def field_part(name: str, value: str, *, encoding: str = "utf-8") -> bytes:
    """A field as a browser sends it."""
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode(encoding)


def body(*parts: bytes) -> bytes:
    """A whole form."""
    edge = b"--" + BOUNDARY.encode()
    return b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"


def request(*parts: bytes, **headers: Any) -> HttpRequest:
    """A posted form."""
    return RequestFactory().post("/", body(*parts), content_type=TYPE, **headers)


def names(*sent: bytes) -> list[str]:
    """What the form hears of names that were sent."""
    files = request(*(file_part(name) for name in sent)).FILES.getlist("files")
    return [str(file.name) for file in files]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("Акт № 1.pdf", "Акт № 1.pdf"),
        ("a\u202efdp.exe", "a\u202efdp.exe"),
        ("a\u2066b\u200bc.pdf", "a\u2066b\u200bc.pdf"),
        ("a\tb\x7f.pdf", "a\tb\x7f.pdf"),
        ("a\x00b.p\x00df", "a\x00b.p\x00df"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\Акт.pdf", "Акт.pdf"),
        ("a&quot;b&#10;.pdf", 'a"b\n.pdf'),
        ("\u202e", "\u202e"),
    ],
)
def test_a_name_comes_as_it_was_sent_but_without_folders(sent: str, name: str) -> None:
    assert names(sent.encode()) == [name]


@pytest.mark.parametrize("sent", [b"", b".", b"..", b"a/..", b"a\\."])
def test_what_is_no_name_is_no_file(sent: bytes) -> None:
    assert names(sent) == []


def test_a_name_is_cut_but_keeps_its_ending() -> None:
    (name,) = names(("Ж" * 300 + ".pdf").encode())
    assert name == "Ж" * 251 + ".pdf"
    (name,) = names(("a." + "Ж" * 300).encode())
    assert len(name) <= 255


def test_fields_and_files_come_whole() -> None:
    content = bytes(range(256)) * 1000
    posted = request(
        field_part("text", "Цех"), file_part(b"a.txt", content), file_part(b"b.txt"),
        field_part("text", "ещё"), file_part(b"c.txt", field=b"other"),
    )  # fmt: skip
    assert posted.POST.getlist("text") == ["Цех", "ещё"]
    first, second = posted.FILES.getlist("files")
    assert isinstance(first, TemporaryUploadedFile)
    assert (first.read(), first.size, first.content_type) == (content, len(content), "text/plain")
    assert (second.name, second.read()) == ("b.txt", b"words")
    assert posted.FILES["other"].name == "c.txt"


def test_a_form_without_anything() -> None:
    posted = request()
    assert (dict(posted.POST), dict(posted.FILES)) == ({}, {})


def test_the_encoding_of_the_form() -> None:
    posted = request(field_part("text", "Цех", encoding="cp1251"), file_part(b"a.txt"))
    posted.encoding = "cp1251"
    assert (posted.POST["text"], posted.FILES["files"].name) == ("Цех", "a.txt")


def test_too_many_fields(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    with pytest.raises(TooManyFieldsSent):
        _ = request(*(field_part(f"f{n}", "x") for n in range(9))).POST


def test_too_many_files(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    with pytest.raises(TooManyFilesSent):
        _ = request(*(file_part(b"a.txt") for _ in range(9))).FILES


def test_fields_that_are_too_large(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    with pytest.raises(RequestDataTooBig):
        _ = request(field_part("text", "x" * 200)).POST
    assert request(field_part("text", "x"), file_part(b"a.txt", b"x" * 200)).FILES


def test_a_body_that_is_too_large_is_not_read(settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    posted = request(file_part(b"a.txt", b"x" * 1000))
    stream = io.BytesIO(body(file_part(b"a.txt", b"x" * 1000)))
    posted._stream = stream  # type: ignore[attr-defined]
    with pytest.raises(RequestDataTooBig):
        _ = posted.FILES
    assert stream.tell() == 0


def test_base64_that_is_cut() -> None:
    part = file_part(b"a.txt", b"QUJDR").replace(
        b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1
    )
    with pytest.raises(MultiPartParserError):
        _ = request(part).FILES


def test_base64_takes_no_more_than_its_length() -> None:
    """Spaces between its letters made Django's parser slow once, a whole file in memory large."""
    pieces = b"QUJD" + b" \r\n" * 700_000 + b"REVG"
    part = file_part(b"a.txt", pieces).replace(
        b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1
    )
    posted = request(part)
    tracemalloc.start()
    started = time.process_time()
    try:
        assert posted.FILES["files"].read() == b"ABCDEF"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 5
    assert peak < len(pieces) * 2


def test_a_large_file_stands_on_the_disk() -> None:
    posted = request(file_part(b"a.txt", b"x" * 20_000_000))
    tracemalloc.start()
    try:
        assert posted.FILES["files"].size == 20_000_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_a_second_form_of_the_same_kind() -> None:
    """Each request has handlers of its own."""
    assert names(b"a\x01.txt") == names(b"a\x01.txt") == ["a\x01.txt"]
