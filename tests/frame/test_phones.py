"""A telephone number is one rule, wherever a person types it."""

from __future__ import annotations

import pytest
from django import forms
from django.core.exceptions import ValidationError

from cabinet.phones import PhoneField

SENTENCE = "Введите номер полностью, с кодом: например, +7 900 000-00-00."


class Asking(forms.Form):
    """A form that asks for a number."""

    phone = PhoneField()


@pytest.mark.parametrize(
    "typed",
    [
        "+7 (8172) 00-00-00, доб. 214",
        "88000000100",
        "8 800 000-01-00 вн. 5",
        "+375 17 200 00 00",
        "+7\u00a0900 000‑00‑00",
    ],
)
def test_as_people_write_them(typed: str) -> None:
    assert PhoneField().clean(typed) == typed


def test_what_nobody_can_see_is_taken_out() -> None:
    assert PhoneField().clean(" +7 900\x07 000-00-00\r\n") == "+7 900 000-00-00"


@pytest.mark.parametrize("typed", ["12", "+7 900 000", "позвоните мне", "9" * 16, "0 " * 30])
def test_what_is_no_whole_number(typed: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        PhoneField(required=False).clean(typed)
    assert refusal.value.messages == [SENTENCE]


def test_a_field_for_telephones_is_one_for_the_browser_too() -> None:
    html = str(Asking()["phone"])
    assert 'type="tel"' in html
    assert "maxlength" not in html
