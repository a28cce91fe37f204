"""Documents with content of their kind, and the text of their PDFs."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader

from contracts.models import Contract
from documents.models import Document
from tests import make
from tests.contents import content_of

Stated = Callable[..., Document]


@pytest.fixture
def stated(vega_contract: Contract) -> Stated:
    """`stated(kind, **values)`: a document of Vega's that makes a PDF."""

    def document(kind: str, *, rows: int = 2, **values: Any) -> Document:
        content = content_of(kind, values.get("contract", vega_contract), rows=rows)
        return make.document(
            values.pop("contract", vega_contract), kind, **{"content": content, **values}
        )

    return document


def body(response: Any) -> bytes:
    """What was handed out."""
    if response.streaming:
        return b"".join(response.streaming_content)
    return bytes(response.content)


def text_of(pdf: bytes) -> str:
    """The text of all pages, spaces and line breaks evened out."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    text = "\n".join(page.extract_text() for page in pages)
    return " ".join(text.replace("\u00a0", " ").replace("\u00ad", "").split())
