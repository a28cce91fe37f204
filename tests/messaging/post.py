"""Filling in «Отправить сообщение» as a browser without JavaScript does."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from contracts.models import Contract
from tests.messaging import papers

PDF = papers.pdf()
PNG = papers.png()


def pdf(name: str = "Акт замены ПУ.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    """A file to choose."""
    return SimpleUploadedFile(name, content, "application/octet-stream")


def address(contract: Contract) -> str:
    """«Отправить сообщение» of a contract."""
    return reverse("messaging:message-new", args=[contract.pk])


def key_of(response: Any) -> str:
    """The key of the form on a page."""
    found = re.search(r'name="form_key" value="([0-9a-f-]{36})"', response.content.decode())
    assert found, "the page has no form"
    return found.group(1)


def values(**changes: Any) -> dict[str, Any]:
    """A form that is right, with changes."""
    return {
        "topic": "general",
        "text": "Просим учесть замену счётчика.",
        "email": "buh@vega.example",
        "phone": "+7 900 000-00-01",
        "action": "send",
        **changes,
    }


def post(browser: Browser, contract: Contract, /, **changes: Any) -> Any:
    """Open the page, fill it in, press the button `action`."""
    if "form_key" not in changes:
        changes["form_key"] = key_of(browser.get(address(contract)))
    return browser.post(address(contract), values(**changes))


def text_of(response: Any) -> str:
    """The page, unescaped, with plain spaces."""
    return html.unescape(response.content.decode()).replace("\u00a0", " ")


def stored_files() -> list[str]:
    """Every file in the private storage."""
    root = Path(default_storage.path("attachments"))
    return sorted(str(path) for path in root.rglob("*") if path.is_file())
