"""Opening a chosen file: it must be whole, what its ending says, and nothing else besides.

Nothing here trusts what a file says about itself. A file is read in pieces, an archive is unpacked
in pieces and thrown away, and how much of it there may be is counted while it comes out.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import IO

from cabinet.opening import archives, pdf, pictures, texts
from cabinet.opening.unfit import RUNNABLE, Unfit

__all__ = ["RUNNABLE", "Unfit", "check"]

_PIECE = 1 << 16

_OPENERS: dict[str, Callable[[IO[bytes]], None]] = {
    "PDF": pdf.check,
    "JPEG": pictures.check_jpeg,
    "PNG": pictures.check_png,
    "XML": texts.check_xml,
    "TXT": texts.check_text,
    "CSV": texts.check_text,
    "SIG": texts.check_signature,
}


def check(file: IO[bytes], kind: str) -> None:
    """Open a file as its kind («PDF», «XLSX»…); it may stand anywhere afterwards.

    Raises:
        Unfit: it does not open, or holds something that is not taken.
    """
    opener = _OPENERS.get(kind)
    if opener is None:
        archives.check(file, kind)
        return
    _require_no_archive(file)
    file.seek(0)
    opener(file)


def _require_no_archive(file: IO[bytes]) -> None:
    """Refuse a file with two faces: a document for one program, an archive for another.

    The mark of an archive's end may stand anywhere by chance, so its list must be there too.
    """
    file.seek(0)
    if not zipfile.is_zipfile(file):
        return
    file.seek(0)
    carried = b""
    while piece := file.read(_PIECE):
        window = carried + piece
        if b"PK\x01\x02" in window or b"PK\x03\x04" in window:
            raise Unfit(
                "внутри него спрятан архив", "Приложите документ и архив отдельными файлами."
            )
        carried = window[-3:]
