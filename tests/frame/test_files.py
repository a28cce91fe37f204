"""Handing files out: whatever a file is called, the answer has one header about it."""

from __future__ import annotations

import email.policy
from email.message import EmailMessage
from email.parser import Parser

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http.response import HttpResponseBase
from pytest_django import Settings

from cabinet import files

NAMES = [
    "Акт № 1.pdf",
    "plain.pdf",
    'кавычки "1"; filename="2".exe',
    'quotes "1"; filename="2".exe',
    "back\\slash, comma; semicolon.pdf",
    "a\r\nX-Evil: 1\r\n\r\n<html>.pdf",
    "a\u202egpj.exe",
    "Ж" * 300 + ".pdf",
]


def answers(name: str) -> list[HttpResponseBase]:
    """The same name on each way out."""
    path = default_storage.save("any/name", ContentFile(b"x"))
    return [
        *(
            files.hand_out(
                storage=default_storage,
                path=path,
                filename=name,
                content_type="application/pdf",
                inline=inline,
            )
            for inline in (False, True)
        ),
        files.made_response(b"x", filename=name, content_type="text/csv"),
        files.pdf_response(b"x", filename=name),
    ]


def read(answer: HttpResponseBase) -> EmailMessage:
    """The heads of the answer as a browser takes them apart."""
    heads = "".join(f"{name}: {value}\r\n" for name, value in answer.items())
    return Parser(policy=email.policy.HTTP).parsestr(f"{heads}\r\n")  # type: ignore[return-value]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_one_header(name: str) -> None:
    for answer in answers(name):
        heads = read(answer)
        assert "X-Evil" not in heads
        assert heads.get_filename() == name
        assert heads.get_content_disposition() in {"attachment", "inline"}


def test_the_proxy_gets_a_path_and_no_more(settings: Settings) -> None:
    settings.X_ACCEL_PREFIX = "/_protected/"
    for path in ("a b", "a\r\nX-Evil: 1", "ж%2e%2e?x"):
        answer = files.hand_out(
            storage=default_storage, path=path, filename="x", content_type="text/plain"
        )
        assert "X-Evil" not in answer
        assert answer["X-Accel-Redirect"].isascii()
        assert " " not in answer["X-Accel-Redirect"]
