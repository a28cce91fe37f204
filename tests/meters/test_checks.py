"""What is read from what a person types."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meters.checks import Display, Refused, read_value

DISPLAY = Display(6, 1)
WHOLE = Display(6, 0)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12345,6", "12345.6"),
        ("12345.6", "12345.6"),
        ("12 345,6", "12345.6"),
        ("12\u00a0345,6", "12345.6"),
        ("12\u202f345.6", "12345.6"),
        ("12\u2009345,6", "12345.6"),
        ("012 345,6", "12345.6"),
        ("  12345,6\t", "12345.6"),
        ("\ufeff12345,6\u200b", "12345.6"),
        ("000000,0", "0"),
        ("0", "0"),
        ("999999,9", "999999.9"),
        ("123456", "123456"),
    ],
)
def test_numbers(typed: str, value: str) -> None:
    assert read_value(typed, DISPLAY) == Decimal(value)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("абв", "Это не число"),
        ("12a45", "Это не число"),
        ("1e5", "Это не число"),
        ("NaN", "Это не число"),
        ("Infinity", "Это не число"),
        ("１２３", "Это не число"),
        ("١٢٣", "Это не число"),
        ("12²", "Это не число"),
        ("+12", "Это не число"),
        ("12\x00", "Это не число"),
        (",", "Это не число"),
        ("-5", "Отрицательное"),
        ("−5", "Отрицательное"),
        ("- 5", "Отрицательное"),
        ("1.234,5", "Несколько запятых"),
        ("12,,5", "Несколько запятых"),
        ("12 34", "Непонятно"),
        ("1234 567", "Непонятно"),
        ("12345 6", "Непонятно"),
        ("12, 345", "Непонятно"),
        (",5", "Не хватает цифр"),
        ("12,", "Не хватает цифр"),
        ("1234567", "Больше разрядов"),
        ("0231964", "Больше разрядов"),
        ("12,34", "Больше разрядов"),
        ("9" * 39, "Больше разрядов"),
        ("9" * 1_000_000, "Слишком длинное"),
    ],
)
def test_nonsense_is_refused_with_what_to_do(typed: str, title: str) -> None:
    with pytest.raises(Refused) as refused:
        read_value(typed, DISPLAY)
    assert refused.value.title.startswith(title)
    assert refused.value.advice.endswith(".")


def test_a_missing_comma_is_guessed() -> None:
    with pytest.raises(Refused) as refused:
        read_value("0231964", DISPLAY)
    assert refused.value.title == "Больше разрядов, чем у счётчика."
    assert refused.value.advice.replace("\u00a0", " ") == (
        "На табло 6 цифр до запятой, введено 7. Возможно, пропущена запятая: 023 196,4."
    )


def test_a_display_without_a_comma_says_so() -> None:
    with pytest.raises(Refused) as refused:
        read_value("123,0", WHOLE)
    assert refused.value.title == "На табло нет цифр после запятой."
    assert "000\u00a0123" in refused.value.advice


@given(st.text(max_size=60), st.integers(3, 9), st.integers(0, 3))
@example("1" * 40, 9, 3)
@example("\ud800", 6, 1)
def test_any_text_is_a_value_in_range_or_refused(typed: str, whole: int, fraction: int) -> None:
    try:
        value = read_value(typed, Display(whole, fraction))
    except Refused:
        return
    assert 0 <= value < 10**whole
    assert value == round(value, fraction)


@given(
    st.decimals(0, Decimal("999999.9"), places=1),
    st.sampled_from([" ", "\u00a0", "\u2009", "\u202f", ""]),
)
def test_whatever_a_page_shows_can_be_typed_back(value: Decimal, space: str) -> None:
    shown = DISPLAY.show(value).replace("\u00a0", space)
    assert read_value(shown, DISPLAY) == value
