"""PDFs: what may be read while one is made, what is embedded, what stands in its head."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from pypdf import PdfReader

from cabinet import pdf

PAGE = (
    '{% extends "pdf/base.html" %}{% block title %}Счёт № 7{% endblock %}'
    "{% block content %}<h1>Счёт № 7</h1><p>Итого 12\u00a0345,67\u00a0₽, <b>НДС</b> <i>ёж</i></p>"
    "<table><thead><tr><th>Дата</th></tr></thead><tr><td>1</td></tr></table>"
    "{{ insert|safe }}{% endblock %}"
)


@pytest.fixture(autouse=True)
def _page(tmp_path: Path) -> Iterator[None]:
    """A template `page.html` of the frame's base, besides the project's own."""
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    templates: dict[str, Any] = dict(django_settings.TEMPLATES[0])
    dirs = [*templates["DIRS"], tmp_path]
    with override_settings(TEMPLATES=[{**templates, "DIRS": dirs}]):
        yield


def reader(insert: str = "") -> PdfReader:
    return PdfReader(io.BytesIO(pdf.render("page.html", {"insert": insert})))


def fonts(document: PdfReader) -> dict[str, bool]:
    """The names of the fonts without the subset's tag, and whether the face itself is inside."""
    found = {}
    for page in document.pages:
        for font in page["/Resources"]["/Font"].values():
            (descendant,) = font.get_object()["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"]
            name = str(font.get_object()["/BaseFont"]).rpartition("+")[2].lstrip("/")
            found[name] = "/FontFile2" in descriptor or "/FontFile3" in descriptor
    return found


def test_pt_sans_is_embedded_in_three_faces() -> None:
    found = fonts(reader())
    assert all(found.values())
    assert {name.lower().replace("-", "") for name in found} == {
        "ptsans", "ptsansbold", "ptsansitalic",
    }  # fmt: skip


def test_the_text_can_be_copied_and_searched() -> None:
    text = reader().pages[0].extract_text().replace("\u00a0", " ")
    assert "Счёт № 7" in text
    assert "12 345,67 ₽" in text
    assert "Страница 1 из 1" in text


def test_title_language_and_tags() -> None:
    document = reader()
    catalog = document.trailer["/Root"]
    assert document.metadata.title == "Счёт № 7"
    assert document.metadata.author == django_settings.RETAILER.legal_name
    assert catalog["/Lang"] == "ru"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part" in catalog["/Metadata"].get_data()
    kinds = structure(catalog["/StructTreeRoot"])
    assert {"/H1", "/P", "/Table", "/TH", "/TD"} <= kinds


def structure(node: object) -> set[str]:
    """The kinds of elements that a screen reader meets."""
    node = node.get_object()
    if isinstance(node, list):
        return {kind for child in node for kind in structure(child)}
    if not isinstance(node, dict):
        return set()
    own = {str(node["/S"])} if "/S" in node else set()
    return own | (structure(node["/K"]) if "/K" in node else set())


@pytest.mark.parametrize(
    "insert",
    [
        '<img src="file:///etc/passwd" alt="x">',
        '<link rel="stylesheet" href="file:///etc/passwd">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<a rel="attachment" href="file:///etc/passwd">x</a>',
        '<p style="background: url(file:///etc/passwd)">x</p>',
        "<style>@import url(file:///etc/passwd);</style>",
        '<style>@font-face { font-family: "F"; src: url(file:///etc/passwd) } </style>',
        '<img src="../../cabinet/settings/base.py" alt="x">',
        '<img src="..%2f..%2fmanage.py" alt="x">',
        '<img src="font:../__init__.py" alt="x">',
        '<img src="file://another.host/static/pdf/pdf.css" alt="x">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="x">',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        '<object data="file:///etc/passwd"></object>',
        '<embed src="file:///etc/passwd">',
    ],
)
def test_nothing_but_the_projects_own_files_is_read(insert: str) -> None:
    with pytest.raises(pdf.ForeignResource):
        reader(insert)


@pytest.mark.parametrize(
    "insert",
    [
        '<img src="{url}" alt="x">',
        '<link rel="attachment" href="{url}">',
        '<link rel="stylesheet" href="{url}">',
        '<p style="list-style-image: url({url}); display: list-item">x</p>',
    ],
)
def test_nobody_is_asked_for_anything(insert: str) -> None:
    with Listener() as listener:
        with pytest.raises(pdf.ForeignResource):
            reader(insert.replace("{url}", f"http://127.0.0.1:{listener.port}/x"))
        assert listener.hits == 0


def test_the_listener_would_have_noticed() -> None:
    with Listener() as listener:
        socket.create_connection(("127.0.0.1", listener.port), 5).close()
        listener.noticed.wait(5)
        assert listener.hits == 1


class Listener:
    """Counts who connects."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.hits = 0
        self.noticed = threading.Event()

    def __enter__(self) -> Listener:
        threading.Thread(target=self._count, daemon=True).start()
        return self

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.hits += 1
            self.noticed.set()
            connection.close()

    def __exit__(self, *args: object) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


def test_text_of_people_is_text() -> None:
    """What stands in the data is escaped by the template: it asks for nothing."""
    (page,) = PdfReader(
        io.BytesIO(pdf.render("pdf/_letterhead.html", {"name": '<img src="file:///etc/passwd">'}))
    ).pages
    assert "<img src=" in page.extract_text()


def test_the_same_input_gives_the_same_bytes() -> None:
    """Also in another process, whose hashes differ."""
    code = (
        "import sys, django; django.setup(); from cabinet import pdf; "
        "sys.stdout.buffer.write(pdf.render('pdf/base.html', {}))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=django_settings.BASE_DIR,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    assert made.pop().startswith(b"%PDF-1.7")


def test_no_font_of_the_system_is_needed(tmp_path: Path) -> None:
    """On a machine without any font the same faces stand in the PDF."""
    (tmp_path / "fonts.conf").write_text(
        f'<?xml version="1.0"?><fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>'
    )
    code = (
        "import sys, django; django.setup(); from cabinet import pdf; "
        "sys.stdout.buffer.write(pdf.render('pdf/base.html', {}))"
    )
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf")},
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        check=True,
    ).stdout
    document = PdfReader(io.BytesIO(made))
    assert fonts(document)
    assert all(name.lower().replace("-", "").startswith("ptsans") for name in fonts(document))
    assert django_settings.RETAILER.name in document.pages[0].extract_text()


def test_weasyprint_is_not_loaded_until_a_pdf_is_made() -> None:
    code = (
        "import sys, django; django.setup(); from django.urls import get_resolver; "
        "get_resolver().url_patterns; import documents.views, documents.tasks, cabinet.pdf; "
        "sys.exit('weasyprint' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=django_settings.BASE_DIR, check=True)
