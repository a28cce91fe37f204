"""Rules for every template: nothing inline, so that the strict policy may stay."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Letters and PDFs are no pages: their readers know no stylesheet of ours.
PAGES = [
    path
    for path in sorted((ROOT / "templates").rglob("*.html"))
    if not {"letters", "pdf"} & set(path.relative_to(ROOT).parts)
]
FORBIDDEN = {
    "style attribute": r"<[^>]+\sstyle\s*=",
    "style element": r"<style\b",
    "inline script": r"<script(?![^>]*\ssrc=)",
    "handler in an attribute": r"<[^>]+\son[a-z]+\s*=",
    "data: address": r"""["'(]\s*data:""",
    "javascript: address": r"javascript:",
    "foreign address": r"""(?:src|href)\s*=\s*["'](?:https?:)?//""",
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_nothing_inline_and_nothing_foreign(path):
    text = path.read_text()
    assert [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text)] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "static").rglob("*.css")), ids=lambda path: path.name
)
def test_stylesheets_draw_no_data_images(path):
    assert not re.search(r"url\(\s*[\"']?(data:|https?:|//)", path.read_text())
