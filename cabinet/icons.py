"""The icons of the pages, written into the page itself.

An icon never speaks alone: a word stands beside it, so screen readers skip it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe

SPRITE = Path(__file__).with_name("icons.svg")
_SYMBOL = re.compile(r'<symbol id="([a-z0-9-]+)">(.*?)</symbol>', re.DOTALL)

# By the end of a file's name; everything else is a plain sheet.
_FILES = {
    "pdf": "file-earmark-pdf",
    "jpg": "file-earmark-image",
    "jpeg": "file-earmark-image",
    "png": "file-earmark-image",
    "tif": "file-earmark-image",
    "tiff": "file-earmark-image",
    "heic": "file-earmark-image",
    "xls": "file-earmark-spreadsheet",
    "xlsx": "file-earmark-spreadsheet",
    "csv": "file-earmark-spreadsheet",
    "ods": "file-earmark-spreadsheet",
    "doc": "file-earmark-word",
    "docx": "file-earmark-word",
    "odt": "file-earmark-word",
    "rtf": "file-earmark-text",
    "txt": "file-earmark-text",
    "xml": "file-earmark-text",
    "zip": "file-earmark-zip",
    "7z": "file-earmark-zip",
}


@cache
def all_icons() -> dict[str, SafeString]:
    """Every icon by its name, ready for a page."""
    return {
        name: mark_safe(  # noqa: S308 — our own file
            '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
            + "".join(line.strip() for line in paths.splitlines())
            + "</svg>"
        )
        for name, paths in _SYMBOL.findall(SPRITE.read_text(encoding="utf-8"))
    }


def icon(name: str) -> SafeString:
    """The icon as inline SVG, as high as the text around it; KeyError for an unknown name."""
    return all_icons()[name]


def file_icon(file_name: str) -> SafeString:
    """The icon of a file by the end of its name."""
    return icon(_FILES.get(file_name.rpartition(".")[2].lower(), "file-earmark"))
