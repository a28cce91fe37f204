"""Letters that bank programs know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet import cp1251
from cabinet.shortening import shortened


@pytest.mark.parametrize(
    ("text", "fitted"),
    [
        ("АО «Ёлка» № 5 — „так“", "АО «Ёлка» № 5 — „так“"),
        ("12\u202f345,67\u00a0₽", "12 345,67 руб."),
        ("\u22125", "-5"),
        ("две\r\nстроки\tи\x00знак", "две строки и знак"),
        ("Müller & Šmíd", "Muller & Smid"),
        ("бу\u00adхгал\u200bтерия", "бухгалтерия"),
        ("и\u0306 е\u0308", "й ё"),
        ("ﬁрма 10²", "fiрма 102"),
        ("漢字 \U0001f600", "?? ?"),
        ("  ", ""),
    ],
)
def test_written_as_a_person_would_type_it(text: str, fitted: str) -> None:
    assert cp1251.fitted(text) == fitted


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_can_be_encoded_and_is_one_line(text: str) -> None:
    fitted = cp1251.fitted(text)
    assert fitted.encode(cp1251.ENCODING).decode(cp1251.ENCODING) == fitted
    assert "\n" not in fitted
    assert "\r" not in fitted


@given(st.text(max_size=60), st.integers(1, 50))
def test_a_shortened_text_fits_and_begins_as_the_whole_one(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short) <= limit
    assert text.startswith(short)
    assert bool(short) == bool(text)


def test_a_text_is_cut_after_a_word() -> None:
    assert shortened("Оплата по договору", 14) == "Оплата по"
    assert shortened("Оплата по договору", 18) == "Оплата по договору"
    assert shortened("Электроэнергия", 5) == "Элект"
    assert shortened("АО «Вега» («Заря»)", 12) == "АО «Вега»"
