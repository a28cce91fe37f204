"""Numbers that people read out over the telephone: «ОБ-2026-000418-3», «ПП-2026-11-000123-7».

The last digit is a check digit (Damm's algorithm): any single wrong digit and any swap of two
neighbours is noticed, so a mistyped number never finds somebody else's case.
"""

from __future__ import annotations

# H. M. Damm, "Totally anti-symmetric quasigroups for all orders n ≠ 2, 6", 2007, table of order 10.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def check_digit(digits: str) -> str:
    """The check digit of a string of digits; other characters (dashes, letters) do not count."""
    interim = 0
    for digit in digits:
        if digit.isascii() and digit.isdigit():
            interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def with_check_digit(number: str) -> str:
    """`number` with «-» and its check digit appended."""
    return f"{number}-{check_digit(number)}"


def is_number_valid(number: str) -> bool:
    """Whether the last digit of `number` is the check digit of the rest."""
    return number[-1:].isdigit() and check_digit(number) == "0"
