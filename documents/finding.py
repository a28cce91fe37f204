"""Which documents a search of the office means (cabinet/finding.py)."""

from __future__ import annotations

from cabinet import finding
from documents.models import Document

DOCUMENT_COLUMNS = ("number",)


def documents(term: str) -> list[int]:
    """Documents by number."""
    return finding.keys(Document.objects.filter(finding.condition(DOCUMENT_COLUMNS, term)))
