"""Opening a JPEG and a PNG without unpacking the picture."""

from __future__ import annotations

import struct
from typing import IO

from PIL import JpegImagePlugin, PngImagePlugin
from PIL.Image import DecompressionBombError

from cabinet.opening.unfit import Unfit, damaged

# A scan of a sheet of A1 at 300 dpi has 70 million, a good camera 108 million.
PIXELS_MAX = 120_000_000

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_FAULTS = (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error)
_PIECE = 1 << 16
# Markers of a JPEG that stand alone, without a length.
_LONELY = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN, _END = 0xDA, 0xD9


def check_jpeg(file: IO[bytes]) -> None:
    """Its head and its segments make sense, and its end is there.

    Raises:
        Unfit: damaged, or too large to be shown.
    """
    _require_jpeg_end(file)
    file.seek(0)
    try:
        picture = JpegImagePlugin.JpegImageFile(file)
        picture.verify()
    except (*_FAULTS, DecompressionBombError) as error:
        raise damaged("JPEG") from error
    _check_pixels(picture.size)


def check_png(file: IO[bytes]) -> None:
    """Its chunks are whole, the check sums right, and nothing follows the last one.

    Raises:
        Unfit: damaged, too large to be shown, or something is hidden behind the picture.
    """
    _require_png_end(file)
    file.seek(0)
    try:
        picture = PngImagePlugin.PngImageFile(file)
        size = picture.size
        picture.verify()
    except (*_FAULTS, DecompressionBombError) as error:
        raise damaged("PNG") from error
    _check_pixels(size)


def _check_pixels(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > PIXELS_MAX:
        raise Unfit(
            f"картинка слишком велика: {width} × {height} точек",
            "Уменьшите её или сохраните в PDF.",
        )


def _require_jpeg_end(file: IO[bytes]) -> None:
    """Go from segment to segment up to the picture itself, then look for the end mark.

    In the picture's bytes FF is never followed by D9, so the first one found is the end.
    """
    file.seek(2)
    marker = 0
    while marker != _SCAN:
        mark = file.read(2)
        while mark[1:] == b"\xff":  # fill bytes
            mark = mark[1:] + file.read(1)
        if len(mark) < 2 or mark[0] != 0xFF or mark[1] == _END:
            raise damaged("JPEG")
        marker = mark[1]
        if marker in _LONELY:
            continue
        length = file.read(2)
        if len(length) < 2 or (skipped := int.from_bytes(length, "big")) < 2:
            raise damaged("JPEG")
        file.seek(skipped - 2, 1)
    last = b""
    while piece := file.read(_PIECE):
        if b"\xff\xd9" in last + piece:
            return
        last = piece[-1:]
    raise damaged("JPEG")


def _require_png_end(file: IO[bytes]) -> None:
    """Go from chunk to chunk: the last one is IEND, and the file ends with it."""
    if file.read(len(_PNG_HEAD)) != _PNG_HEAD:
        raise damaged("PNG")
    name = b""
    while name != b"IEND":
        head = file.read(8)
        if len(head) < 8:
            raise damaged("PNG")
        length, name = struct.unpack(">I4s", head)
        file.seek(length, 1)
        if len(file.read(4)) < 4:
            raise damaged("PNG")
    if file.read(1):
        raise Unfit(
            "после картинки в нём записано что-то ещё", "Сохраните картинку заново и приложите её."
        )
