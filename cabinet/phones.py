"""Telephone numbers that a person types: of whoever writes to us, of whoever gets a login."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cabinet import tidying

PHONE_MAX = 40

# Digits, the usual signs between them, perhaps an extension: «+7 (8172) 00-00-00, доб. 214».
_PHONE = re.compile(
    r"(\+?[\d\s()./‑–-]+?)(?:\s*,?\s*(?:доб|внутр|вн|ext|#)\.?\s*\d{1,6})?", re.IGNORECASE
)
# A whole number with its code has at least ten digits, and at most fifteen (E.164).
PHONE_DIGITS = range(10, 16)


def validate_phone(phone: str) -> None:
    """A whole number that can be dialled from elsewhere."""
    found = _PHONE.fullmatch(phone) if len(phone) <= PHONE_MAX else None
    digits = re.sub(r"\D", "", found.group(1)) if found else ""
    if len(digits) not in PHONE_DIGITS:
        raise ValidationError("Введите номер полностью, с кодом: например, +7 900 000-00-00.")


class PhoneField(forms.CharField):
    """A number, kept as it was typed. No maxlength: with it, a browser cuts what is pasted."""

    widget = forms.TelInput
    default_validators = [validate_phone]

    def to_python(self, value: Any) -> str:
        """Without characters that nobody can see."""
        return tidying.tidy(super().to_python(value) or "")
