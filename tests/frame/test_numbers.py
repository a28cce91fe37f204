"""Check digits: any single wrong digit and any swap of neighbours is noticed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cabinet import numbers

digits = st.text("0123456789", min_size=1, max_size=20)


def test_the_example_of_the_algorithm() -> None:
    assert numbers.check_digit("572") == "4"


@given(digits)
def test_a_number_is_valid_with_its_check_digit(text: str) -> None:
    assert numbers.is_number_valid(numbers.with_check_digit(f"ОБ-2026-{text}"))


@given(digits, st.data())
def test_a_single_wrong_digit_is_noticed(text: str, data: st.DataObject) -> None:
    number = numbers.with_check_digit(text)
    place = data.draw(st.sampled_from([i for i, sign in enumerate(number) if sign.isdigit()]))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert not numbers.is_number_valid(number[:place] + other + number[place + 1 :])


@given(digits)
def test_swapped_neighbours_are_noticed(text: str) -> None:
    number = text + numbers.check_digit(text)
    for i in range(len(number) - 1):
        if number[i] != number[i + 1]:
            swapped = number[:i] + number[i + 1] + number[i] + number[i + 2 :]
            assert not numbers.is_number_valid(swapped)


def test_no_number_at_all() -> None:
    assert not numbers.is_number_valid("")
    assert not numbers.is_number_valid("ОБ-")
