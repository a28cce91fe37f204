"""Texts that must fit into a field of fixed length."""

from __future__ import annotations


def shortened(text: str, limit: int) -> str:
    """The text in at most `limit` characters, cut after a whole word where there is one.

    A first word longer than the field is cut in the middle.
    """
    if len(text) <= limit:
        return text
    head = text[: limit + 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > 0 else text[:limit]).rstrip(" ,;:–—-(«") or text[:limit]
