"""What a person typed, without what nobody can see."""

from __future__ import annotations

import re


def tidy(typed: str) -> str:
    """What was typed, with one kind of line ends and without characters that nobody can see."""
    lines = re.sub(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", typed)
    return re.sub(
        r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]", "", lines
    ).strip()
