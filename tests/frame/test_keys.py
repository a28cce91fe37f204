"""A key that somebody has sent: digits that fit, or nothing."""

from __future__ import annotations

import pytest

from cabinet import keys


def test_digits_are_read() -> None:
    assert keys.read("42") == 42
    assert keys.read("9" * 18) == int("9" * 18)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", " 1", "٤٢", "²", "9" * 19])
def test_nonsense_is_none(text: str) -> None:
    assert keys.read(text) is None


def test_of_several_the_nonsense_is_left_out() -> None:
    assert keys.read_all(["7", "x", "", "3"]) == [7, 3]
