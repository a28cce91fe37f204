"""The QR code of a payment, ГОСТ Р 56042-2014: a bank's program reads the whole order from it.

A service block (`ST`, version `0001`, a digit of encoding, the separator), then `Key=Value` pairs.
Name, PersonalAcc, BankName, BIC and CorrespAcc come first and take 300 bytes at most; every field
has a limit of its own. The order is written in UTF-8 (`ST00012`); where the required block would
overflow, in windows-1251 (`ST00011`), in which it always fits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import segno
from django.utils.safestring import SafeString

from cabinet import cp1251, qr
from cabinet.shortening import shortened

# The most that a field may hold, in characters (ГОСТ Р 56042-2014, tables 2–4).
LIMITS = {
    "Name": 160,
    "PersonalAcc": 20,
    "BankName": 45,
    "BIC": 9,
    "CorrespAcc": 20,
    "Sum": 18,
    "Purpose": 210,
    "PayeeINN": 12,
    "PayerINN": 12,
    "KPP": 9,
    "Contract": 40,
}
REQUIRED = ("Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc")
REQUIRED_BYTES = 300
# The first one that no value holds is taken; «|» is what every reader expects.
SEPARATORS = "|#;:^_~"

# A module of a printed code: a telephone reads 0.4 mm from the hand's distance.
_MODULE_MM = 0.4
_SMALLEST_MM = 25


class Unpayable(ValueError):
    """Requisites or a sum of which no order can be written."""


@dataclass(frozen=True, kw_only=True)
class Payment:
    """What a payment order says. `amount` is in roubles; without it the payer enters the sum.

    `contract` is the number of the contract, by which the payee finds whose money it is.
    """

    payee: str
    account: str
    bank: str
    bic: str
    correspondent_account: str = ""
    amount: Decimal | None = None
    purpose: str = ""
    payee_inn: str = ""
    payee_kpp: str = ""
    payer_inn: str = ""
    contract: str = ""


def payload(payment: Payment) -> bytes:
    """The bytes that the code holds.

    Names and the purpose are shortened at a word, the others never.

    Raises:
        Unpayable: a required requisite is missing or malformed, a number is longer than its field,
            or the sum is not positive whole kopecks.
    """
    values = _values(payment)
    text, encoding = _written(values, "2"), "utf-8"
    if len(_required_block(values).encode()) > REQUIRED_BYTES:
        values = {
            key: shortened(cp1251.fitted(value), LIMITS[key]) for key, value in values.items()
        }
        text, encoding = _written(values, "1"), cp1251.ENCODING
    return text.encode(encoding)


def svg(payment: Payment) -> SafeString:
    """The code as inline SVG for a page or a PDF: sizes by attributes, never by styles.

    Black on white in every colour scheme, with its quiet zone; at least 25 mm wide in print, more
    where the order is long. On a page, the class `payment-qr` decides.

    Raises:
        Unpayable: as `payload`.
    """
    code = segno.make_qr(payload(payment), error="m")
    modules = code.symbol_size(border=qr.QUIET)[0]
    size = max(modules * _MODULE_MM, _SMALLEST_MM * modules / (modules - 2 * qr.QUIET))
    return qr.svg(
        code,
        size=f"{size:.1f}mm",
        css_class="payment-qr",
        title="QR-код для оплаты в приложении банка",
    )


def _values(payment: Payment) -> dict[str, str]:
    """The fields in their order, the empty ones left out."""
    if not re.fullmatch(r"\d{20}", payment.account, re.ASCII):
        raise Unpayable("account: 20 digits")
    if not re.fullmatch(r"\d{9}", payment.bic, re.ASCII):
        raise Unpayable("bic: 9 digits")
    values = {
        "Name": payment.payee,
        "PersonalAcc": payment.account,
        "BankName": payment.bank,
        "BIC": payment.bic,
        "CorrespAcc": payment.correspondent_account or "0",
        "Sum": _kopecks(payment.amount),
        "Purpose": payment.purpose,
        "PayeeINN": payment.payee_inn,
        "PayerINN": payment.payer_inn,
        "KPP": payment.payee_kpp,
        "Contract": payment.contract,
    }
    clean = {key: cp1251.in_one_line(value) for key, value in values.items()}
    return {key: _limited(key, value) for key, value in clean.items() if value or key in REQUIRED}


def _limited(key: str, value: str) -> str:
    if not value:
        raise Unpayable(f"{key} is missing")
    if key in ("Name", "BankName", "Purpose"):
        return shortened(value, LIMITS[key])
    if len(value) > LIMITS[key]:
        raise Unpayable(f"{key} is longer than {LIMITS[key]}")
    return value


def _kopecks(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    kopecks = amount.scaleb(2)
    if kopecks <= 0 or kopecks != kopecks.to_integral_value():
        raise Unpayable("amount: positive, in whole kopecks")
    return f"{kopecks:.0f}"


def _required_block(values: dict[str, str]) -> str:
    return "".join(f"{key}={values[key]}|" for key in REQUIRED)


def _written(values: dict[str, str], encoding: str) -> str:
    used = set("".join(values.values()))
    separator = next((sign for sign in SEPARATORS if sign not in used), "")
    if not separator:  # values that hold them all lose the usual one
        separator = SEPARATORS[0]
        values = {key: value.replace(separator, "/") for key, value in values.items()}
    pairs = (f"{key}={value}" for key, value in values.items())
    return separator.join((f"ST0001{encoding}", *pairs))
