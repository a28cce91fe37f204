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


def test_a_page_of_one_form_says_what_failed_what_is_done_and_the_way_back():
    children = [path for path in PAGES if '{% extends "admin/one_form.html" %}' in path.read_text()]
    assert len(children) > 10
    for path in children:
        said = set(re.findall(r"{% block (\w+) %}(?!{% endblock)", path.read_text()))
        assert {"refused", "button", "back"} <= said, path


@pytest.mark.parametrize(
    "path", sorted((ROOT / "static").rglob("*.css")), ids=lambda path: path.name
)
def test_stylesheets_draw_no_data_images(path):
    assert not re.search(r"url\(\s*[\"']?(data:|https?:|//)", path.read_text())
