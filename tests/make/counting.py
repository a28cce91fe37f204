"""Numbers that no two rows share, and requisites that pass their check digits."""

from __future__ import annotations

import itertools

_counter = itertools.count(1)


def following() -> int:
    """The next number of this run."""
    return next(_counter)


def with_check_digit_inn(nine: int) -> str:
    """A ten-digit ИНН from its first nine digits."""
    digits = f"{nine:09d}"
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    return digits + str(sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11 % 10)


def with_check_digit_ogrn(twelve: int) -> str:
    """A thirteen-digit ОГРН from its first twelve digits."""
    return f"{twelve:012d}{twelve % 11 % 10}"
