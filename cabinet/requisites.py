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
# The first two digits of a БИК say whose it is: 04 a bank's, these a treasury body's.
_TREASURY = {"00", "01", "02"}
# The last three of a department of the Bank of Russia.
_CENTRAL_BANK = {"000", "001", "002"}
_ROUBLES = {"810", "643"}


def validate_inn(value: str) -> None:
    """Refuse an ИНН that is not 10 or 12 digits with right check digits."""
    _by_library(
        stdnum_inn.validate,
        value,
        "Нужны 10 цифр у организации, 12 у предпринимателя; последние — контрольные.",
    )


def validate_ogrn(value: str) -> None:
    """Refuse an ОГРН (13 digits) or ОГРНИП (15 digits) whose last digit does not match."""
    _by_library(
        stdnum_ogrn.validate,
        value,
        "Нужны 13 цифр у организации, 15 у предпринимателя; последняя — контрольная.",
    )


def validate_kpp(value: str) -> None:
    """Refuse a КПП of another form than 4 digits, 2 digits or capital letters, 3 digits."""
    if not re.fullmatch(r"\d{4}[0-9A-Z]{2}\d{3}", value, re.ASCII):
        raise ValidationError("Нужны 9 знаков, например 350001001.", code="kpp")


def validate_bic(value: str) -> None:
    """Refuse a БИК that is not 9 digits."""
    if not re.fullmatch(r"\d{9}", value, re.ASCII):
        raise ValidationError("Нужны 9 цифр.", code="bic")


def is_treasury(bic: str) -> bool:
    """Whether the БИК is of a treasury body (ТОФК): there budget organisations hold accounts."""
    return bic[:2] in _TREASURY


def is_central_bank(bic: str) -> bool:
    """Whether the БИК is of the Bank of Russia itself, which has no correspondent account."""
    return bic[-3:] in _CENTRAL_BANK


def is_account_valid(account: str, bic: str) -> bool:
    """Whether a settlement account (расчётный счёт, 20 digits) fits the bank's БИК."""
    return _account_sum(f"0{bic[4:6]}" if is_central_bank(bic) else bic[-3:], account)


def is_correspondent_account_valid(account: str, bic: str) -> bool:
    """Whether a correspondent account (корреспондентский счёт) fits the БИК."""
    return _account_sum(f"0{bic[4:6]}", account)


def validate_digits(account: str, *, code: str) -> None:
    """Refuse an account that is not 20 digits: what can be said without knowing the bank."""
    if not re.fullmatch(r"\d{20}", account, re.ASCII):
        raise ValidationError(f"Нужны 20 цифр, сейчас знаков: {len(account)}.", code=code)


def validate_account(account: str, bic: str) -> None:
    """Refuse an account for payments in roubles that cannot be one at this bank.

    At a treasury body the check digit is not compared: `treasury_doubt` says when it differs.
    """
    validate_digits(account, code="account")
    if account[5:8] not in _ROUBLES:
        raise ValidationError(
            "Счёт не в рублях: у рублёвого с 6-й по 8-ю цифру стоит 810 (643 у казначейства).",
            code="currency",
        )
    if not is_treasury(bic) and not is_account_valid(account, bic):
        raise ValidationError(
            "Счёт и БИК не подходят друг к другу: контрольная цифра не сходится."
            " Сверьте их с договором банковского счёта.",
            code="account_key",
        )


def validate_correspondent_account(account: str, bic: str) -> None:
    """Refuse a correspondent account that is not the bank's; a treasury body's is not compared.

    A bank must have one; the Bank of Russia itself has none.
    """
    if is_central_bank(bic) and not is_treasury(bic):
        if account:
            raise ValidationError(
                "У подразделения Банка России корреспондентского счёта нет: оставьте поле пустым.",
                code="correspondent_account",
            )
        return
    validate_digits(account, code="correspondent_account")
    if not is_treasury(bic) and not is_correspondent_account_valid(account, bic):
        raise ValidationError(
            "Корреспондентский счёт и БИК не подходят друг к другу: контрольная цифра не сходится.",
            code="correspondent_account",
        )


def treasury_doubt(account: str, bic: str) -> str:
    """What to ask about an account of a treasury body whose check digit differs; else empty."""
    if not is_treasury(bic) or is_account_valid(account, bic):
        return ""
    return (
        "Контрольная цифра казначейского счёта не сходится с БИК."
        " Сверьте реквизиты и подтвердите, что они верны."
    )


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
