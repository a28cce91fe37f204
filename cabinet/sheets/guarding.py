"""Text that a spreadsheet program would run as a formula (OWASP, «CSV Injection»)."""

from __future__ import annotations

import re

# What begins a formula, also after spaces, invisible characters and quotes; the wide forms too.
_DANGEROUS = r"[\s\u200b-\u200f\u2060\ufeff\"'«»“”„]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(_DANGEROUS)
_GUARDED = re.compile(f"'(?={_DANGEROUS})")

# Excel's own limit of a cell.
_TEXT_MAX = 32_767
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LIKE_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_LINE_END = re.compile(r"\r\n?")


def guarded(text: str) -> str:
    """The text with an apostrophe before it when it could be run; only text, never numbers."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text as it was before `guarded`."""
    return text[1:] if _GUARDED.match(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program could run the text."""
    return _FORMULA.match(text) is not None


def cell_text(text: str) -> str:
    """The text as a cell of a workbook holds it: what XML cannot say is gone, too long is cut."""
    clean = _LIKE_ESCAPE.sub("_x005F_", without_controls(_LINE_END.sub("\n", text)))
    return clean if len(clean) <= _TEXT_MAX else f"{clean[: _TEXT_MAX - 1]}…"


def without_controls(text: str) -> str:
    """The text without the characters that XML does not know."""
    return _NO_XML.sub("", text)
