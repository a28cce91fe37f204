"""Keys of rows in what a visitor has sent: nonsense names no row, and breaks nothing."""

from __future__ import annotations

from collections.abc import Iterable

# A bigint has nineteen digits; whatever is shorter fits.
_DIGITS_AT_MOST = 18


def read(text: str) -> int | None:
    """The key that `text` is; None for anything else."""
    if text.isascii() and text.isdecimal() and len(text) <= _DIGITS_AT_MOST:
        return int(text)
    return None


def read_all(texts: Iterable[str]) -> list[int]:
    """The keys among `texts`, in their order."""
    return [key for text in texts if (key := read(text)) is not None]
