#!/usr/bin/env python3
"""Cut the portal's typeface out of IBM Plex Sans: `bin/subset_fonts.py`, then commit static/fonts/.

Three weights, each one file with Latin, Cyrillic and the signs that sums and readings need. The
files are not divided by unicode-range: WeasyPrint mixes such parts up, and a page of this portal
needs both alphabets anyway.

IBM Plex Sans is under the SIL Open Font License with the reserved name «Plex». A cut-out counts as
a modified version, which may not carry that name: the cut-outs are called «Kabinet Sans», inside
the files and in static/css/fonts.css. Written twice from the same source, the files are the same.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import fontpkg_ibm_plex_sans  # type: ignore[import-untyped]
from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.varLib import instancer  # type: ignore[import-untyped]

FAMILY = "Kabinet Sans"
WEIGHTS = {400: "Regular", 500: "Medium", 600: "SemiBold"}
SOURCE = fontpkg_ibm_plex_sans.ROOT / "files" / "IBMPlexSans[wdth,wght].ttf"
TARGET = Path(__file__).resolve().parents[1] / "static" / "fonts"

RANGES = [
    (0x0020, 0x007E),  # Latin
    (0x00A0, 0x00FF),  # NBSP, «», №'s neighbours, accented Latin
    (0x0400, 0x045F),  # Cyrillic
    (0x0490, 0x0491),
    (0x2007, 0x200A),  # spaces: of a digit's width, of punctuation's width, thin, hair
    (0x2010, 0x2015),  # hyphens and dashes
    (0x2018, 0x201E),  # quotation marks
    (0x2190, 0x2193),  # arrows
]
SIGNS = "•…\u202f‰′″₽№™−≈≠≤≥✓"
FEATURES = ["kern", "liga", "locl", "ccmp", "mark", "mkmk", "lnum", "tnum", "zero", "sups", "subs"]


def unicodes() -> list[int]:
    """Every code point that the portal's pages may show."""
    return [code for first, last in RANGES for code in range(first, last + 1)] + [
        ord(sign) for sign in SIGNS
    ]


def cut(weight: int, style: str) -> TTFont:
    """One weight of the family, at normal width, under the family's own name."""
    font = TTFont(SOURCE, recalcTimestamp=False)
    font = instancer.instantiateVariableFont(font, {"wght": weight, "wdth": 100}, inplace=False)
    options = Options()
    options.layout_features = FEATURES
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=unicodes())
    subsetter.subset(font)
    rename(font, weight, style)
    font["head"].modified = font["head"].created
    font.flavor = "woff2"
    return font


def rename(font: TTFont, weight: int, style: str) -> None:
    """Take the reserved name off; copyright, trademark and licence (0, 7, 13, 14) stay."""
    names = font["name"]
    postscript = f"{FAMILY.replace(' ', '')}-{style}"
    names.names = [record for record in names.names if record.nameID in {0, 5, 7, 13, 14}]
    for number, text in {
        1: f"{FAMILY} {style}",
        2: "Regular",
        3: postscript,
        4: f"{FAMILY} {style}",
        6: postscript,
    }.items():
        names.setName(text, number, 3, 1, 0x409)
    names.setName(FAMILY, 16, 3, 1, 0x409)
    names.setName(style, 17, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    if "STAT" in font:
        del font["STAT"]


def main() -> None:
    """Write the three files and the licence."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for weight, style in WEIGHTS.items():
        path = TARGET / f"kabinet-sans-{weight}.woff2"
        cut(weight, style).save(path)
        print(f"{path.relative_to(TARGET.parents[1])}: {path.stat().st_size / 1024:.1f} KiB")
    shutil.copyfile(fontpkg_ibm_plex_sans.ROOT / "LICENSE", TARGET / "OFL.txt")


if __name__ == "__main__":
    main()
