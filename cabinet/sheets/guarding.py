"""Text that a spreadsheet program would run as a formula (OWASP, «CSV Injection»)."""

from __future__ import annotations

import re

# What begins a formula, also after spaces, invisible characters and quotes; the wide forms too.
_DANGEROUS = r"[\s\u200b-\u200f\u2060\ufeff\"'«»“”„]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(_DANGEROUS)
_GUARDED = re.compile(f"'(?={_DANGEROUS})")


def guarded(text: str) -> str:
    """The text with an apostrophe before it when it could be run; only text, never numbers."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text as it was before `guarded`."""
    return text[1:] if _GUARDED.match(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program could run the text."""
    return _FORMULA.match(text) is not None
