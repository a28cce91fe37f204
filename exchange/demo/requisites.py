"""Requisites that pass their check digits and belong to nobody (domain.md, section 6).

ИНН, КПП and ОГРН carry the region 96, which the tax service never gave out; БИК carries the
territory 59, which ОКАТО does not have.
"""

from __future__ import annotations

from dataclasses import dataclass

REGION = "96"
TERRITORY = "59"

_INN_WEIGHTS = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_ACCOUNT_WEIGHTS = (7, 1, 3)


@dataclass(frozen=True, kw_only=True)
class Bank:
    """A bank with its БИК and correspondent account."""

    name: str
    bic: str
    correspondent_account: str


def inn(number: int) -> str:
    """The ИНН of the organisation number so many, below 10⁵."""
    digits = f"{REGION}01{number:05d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _INN_WEIGHTS, strict=True))
    return f"{digits}{total % 11 % 10}"


def kpp() -> str:
    """The КПП of an organisation registered where it is."""
    return f"{REGION}0101001"


def ogrn(number: int, *, year: int) -> str:
    """The ОГРН given in `year` under a number below 10⁷."""
    digits = f"1{year % 100:02d}{REGION}{number:07d}"
    return f"{digits}{int(digits) % 11 % 10}"


def bank(name: str, number: int) -> Bank:
    """A bank whose БИК ends with a number from 50 to 999."""
    bic = f"04{TERRITORY}09{number:03d}"
    account = _with_key(f"0{bic[4:6]}", "30101810", f"00000000{bic[-3:]}")
    return Bank(name=name, bic=bic, correspondent_account=account)


def account(number: int, bic: str) -> str:
    """The settlement account in roubles number so many at the bank with this БИК."""
    return _with_key(bic[-3:], "40702810", f"0000{number:07d}")


def _with_key(prefix: str, head: str, tail: str) -> str:
    """The account whose ninth digit, the key, makes the control sum end with zero."""
    for key in range(10):
        digits = f"{prefix}{head}{key}{tail}"
        weighted = (int(digit) * _ACCOUNT_WEIGHTS[n % 3] for n, digit in enumerate(digits))
        if sum(weighted) % 10 == 0:
            return f"{head}{key}{tail}"
    raise AssertionError("the weight of the key is prime to 10")
