"""Pages of PDFs as small grey pictures, compared with approved ones.

Two machines with the same locked packages draw the same faces, but their Pango and HarfBuzz may
place a letter a fraction of a point aside: pictures are small and blurred before they are compared,
so that a moved hair is nothing and a missing word is something.
"""

from __future__ import annotations

from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageFilter

APPROVED = Path(__file__).with_name("approved")
DPI = 60
# Of 255, after blurring; and the share of a page's pixels that may differ so much.
TONE = 24
SHARE = 0.0002


def pages(pdf: bytes, *, dpi: int = DPI) -> list[Image.Image]:
    """Every page of a PDF in grey."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.render(scale=dpi / 72).to_pil().convert("L") for page in document]


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that are visibly different: 0 the same, 1 another page."""
    if one.size != other.size:
        return 1.0
    soft = [picture.filter(ImageFilter.BoxBlur(2)) for picture in (one, other)]
    tones = ImageChops.difference(*soft).histogram()
    return sum(tones[TONE:]) / (one.width * one.height)
