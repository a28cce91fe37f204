"""PDFs that billing made itself: such a document is handed out as it came, never rendered."""

from __future__ import annotations

import hashlib
import io

from pypdf import PdfReader

from cabinet import files
from documents.models import Document

FOLDER = "given-documents"
# A scan of a contract with its annexes is smaller.
MAX_BYTES = 25 * 1024 * 1024


class Refused(Exception):
    """The file is not taken; the text says why, for the people who made it."""


def checked(content: bytes, *, sha256: str) -> bytes:
    """The bytes of a PDF that is what billing says it is; whoever reads them minds `MAX_BYTES`.

    Raises:
        Refused: it is of another SHA-256, no PDF, encrypted or without pages.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Refused("SHA-256 не совпадает с указанной")
    if not content.startswith(b"%PDF-"):
        raise Refused("это не PDF")
    try:
        document = PdfReader(io.BytesIO(content))
        is_locked = document.is_encrypted
        has_pages = is_locked or len(document.pages) > 0
    except Exception as error:  # pypdf raises whatever a broken file leads it to
        raise Refused("PDF повреждён и не открывается") from error
    if is_locked:
        raise Refused("PDF закрыт паролем")
    if not has_pages:
        raise Refused("в PDF нет страниц")
    return content


def keep(content: bytes) -> str:
    """Write it into the private storage; its path. It is on the disk before a row names it."""
    return files.keep(FOLDER, ".pdf", content)


def sweep_orphans() -> int:
    """Remove given PDFs older than a day that no document has; their number."""
    return files.sweep_orphans(FOLDER, rows=Document.objects.exclude(path=""))
