"""Check digits and formats of Russian requisites.

ИНН and ОГРН are checked by python-stdnum; КПП, БИК and bank accounts have no library that checks
them, so their rules stand here (domain.md, section 6).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.core.exceptions import ValidationError
from stdnum.exceptions import ValidationError as NumberError
from stdnum.ru import inn as stdnum_inn
from stdnum.ru import ogrn as stdnum_ogrn

_ACCOUNT_WEIGHTS = (7, 1, 3)


def validate_inn(value: str) -> None:
    """Refuse an ИНН that is not 10 or 12 digits with right check digits."""
    _by_library(
        stdnum_inn.validate,
        value,
        "ИНН: 10 цифр у организации, 12 у предпринимателя, последние — контрольные.",
    )


def validate_ogrn(value: str) -> None:
    """Refuse an ОГРН (13 digits) or ОГРНИП (15 digits) whose last digit does not match."""
    _by_library(stdnum_ogrn.validate, value, "ОГРН: 13 цифр (ОГРНИП: 15), последняя — контрольная.")


def validate_kpp(value: str) -> None:
    """Refuse a КПП of another form than 4 digits, 2 digits or capital letters, 3 digits."""
    if not re.fullmatch(r"\d{4}[0-9A-Z]{2}\d{3}", value, re.ASCII):
        raise ValidationError("КПП: 9 знаков, например 350001001.", code="kpp")


def validate_bic(value: str) -> None:
    """Refuse a БИК that is not 9 digits."""
    if not re.fullmatch(r"\d{9}", value, re.ASCII):
        raise ValidationError("БИК: 9 цифр.", code="bic")


def is_account_valid(account: str, bic: str) -> bool:
    """Whether a settlement account (расчётный счёт, 20 digits) fits the bank's БИК."""
    return _account_sum(bic[-3:], account)


def is_correspondent_account_valid(account: str, bic: str) -> bool:
    """Whether a correspondent account (корреспондентский счёт) fits the БИК."""
    return _account_sum(f"0{bic[4:6]}", account)


def _account_sum(prefix: str, account: str) -> bool:
    digits = prefix + account
    if len(digits) != 23 or not digits.isascii() or not digits.isdigit():
        return False
    weighted = (int(digit) * _ACCOUNT_WEIGHTS[place % 3] % 10 for place, digit in enumerate(digits))
    return sum(weighted) % 10 == 0


def _by_library(validate: Callable[[str], str], value: str, words: str) -> None:
    try:
        clean = validate(value)
    except NumberError as error:
        raise ValidationError(words, code="requisite") from error
    if clean != value:
        raise ValidationError(words, code="requisite")
