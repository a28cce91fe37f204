"""Opening a PDF."""

from __future__ import annotations

import logging
from typing import IO, Any

import pypdf
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject

from cabinet.opening.unfit import Unfit, damaged

_TAIL_BYTES = 2048
# No tree of pages is deeper, and none has so many empty branches before its first page.
_NODES_MAX = 200

# It tells of every small fault of a file that opens all the same.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def check(file: IO[bytes]) -> None:
    """The head, the end, and a page; the pages' content is not read.

    A PDF that is only protected from being changed opens without a password and is taken.

    Raises:
        Unfit: damaged, or under a password.
    """
    if not file.read(8).startswith(b"%PDF-"):
        raise damaged("PDF")
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    if b"startxref" not in tail or b"%%EOF" not in tail:
        raise damaged("PDF")
    file.seek(0)
    try:
        is_locked, has_page = _look(file)
    except (PyPdfError, RecursionError, MemoryError, ArithmeticError) as error:
        raise damaged("PDF") from error
    except (LookupError, ValueError, TypeError, AttributeError, OSError) as error:
        # What the library lets through from a file that is built wrong.
        raise damaged("PDF") from error
    if is_locked:
        raise Unfit("он защищён паролем", "Снимите защиту и приложите файл ещё раз.")
    if not has_page:
        raise Unfit("в нём нет ни одной страницы", "Проверьте, тот ли это документ.")


def _look(file: IO[bytes]) -> tuple[bool, bool]:
    """Whether it asks for a password, and whether it has a page."""
    reader = pypdf.PdfReader(file, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        return True, False
    return False, _has_page(reader.root_object.get("/Pages"))


def _has_page(tree: Any) -> bool:
    """Whether a page hangs on the tree, found without walking through all of it."""
    waiting = [tree]
    for _ in range(_NODES_MAX):
        if not waiting:
            return False
        node = waiting.pop()
        node = node.get_object() if node is not None else None
        if not isinstance(node, DictionaryObject):
            continue
        kids = node.get("/Kids")
        if kids is None:
            return node.get("/Type") == "/Page"
        # The first of them is looked at first.
        waiting.extend(reversed(kids.get_object()[:_NODES_MAX]))
    return False
