"""Text that windows-1251 can hold: bank programs and bank papers know no other letters.

What the encoding lacks is written as a person would type it: another width of space as a space, a
minus as a hyphen, «₽» as «руб.», an accented Latin letter without its accent; the rest as «?».
"""

from __future__ import annotations

import unicodedata

ENCODING = "cp1251"

_TYPED = {"₽": "руб.", "−": "-", "‐": "-", "‑": "-", "‒": "-", "″": '"', "′": "'", "×": "x"}


def fitted(text: str) -> str:
    """The text in one line, without double spaces, in letters of windows-1251."""
    letters = "".join(_letter(sign) for sign in unicodedata.normalize("NFC", in_one_line(text)))
    return in_one_line(letters)  # an accent on its own falls apart into a space and nothing


def in_one_line(text: str) -> str:
    """The text without line ends, signs that cannot be seen and double or leading spaces."""
    seen = (sign for sign in text if unicodedata.category(sign) != "Cf")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in seen).split())


def _letter(sign: str) -> str:
    if sign in _TYPED:
        return _TYPED[sign]
    if _is_known(sign):
        return sign
    if unicodedata.combining(sign):  # an accent that no letter took
        return ""
    plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if _is_known(part))
    return plain or "?"


def _is_known(sign: str) -> bool:
    try:
        sign.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return True
