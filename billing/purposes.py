"""What a payment says it is for: the words by which the supplier finds whose money has come.

Written for bank programs, not for pages: plain spaces and hyphens, a decimal comma, no more than
210 characters (Положение Банка России № 762-П), the number of the contract never cut off.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from cabinet import cp1251, formats
from cabinet.shortening import shortened

LIMIT = 210
_KOPECK = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Vat:
    """The tax within a payment: roubles, and per cent.

    No `rate` where several mix, no `amount` where none is known.
    """

    amount: Decimal | None
    rate: int | None


def vat_within(amount: Decimal, rate: int | None) -> Vat:
    """The tax that a sum with tax holds, to the kopeck: sum × rate ÷ (100 + rate)."""
    if rate is None:
        return Vat(amount=None, rate=None)
    vat = (amount * rate / (100 + rate)).quantize(_KOPECK, ROUND_HALF_UP)
    return Vat(amount=vat, rate=rate)


def vat_of_rates(paid: Mapping[int | None, Decimal]) -> Vat:
    """The tax of a payment whose parts are of several rates; unknown where one of them is."""
    if None in paid or not paid:
        return Vat(amount=None, rate=None)
    taxes = [vat_within(amount, rate).amount or Decimal(0) for rate, amount in paid.items()]
    return Vat(amount=sum(taxes, Decimal(0)), rate=next(iter(paid)) if len(paid) == 1 else None)


def share(vat: Vat, *, of: Decimal, paid: Decimal) -> Vat:
    """The tax of a payment of `paid` towards a sum `of` that holds `vat`."""
    if paid == of or vat.amount is None:
        return vat
    if not of:  # a month without cost, whose bill asks for a debt of before
        return Vat(amount=None, rate=None)
    if vat.rate is not None:
        return vat_within(paid, vat.rate)
    return Vat(amount=(vat.amount * paid / of).quantize(_KOPECK, ROUND_HALF_UP), rate=None)


def purpose(
    *, what: str, contract_number: str, contract_date: datetime.date, detail: str, vat: Vat | None
) -> str:
    """«Оплата по договору № 35-01-004217 от 14.03.2019 за электроэнергию…, в т.ч. НДС 22% - …».

    `what`: the beginning («Оплата», «Аванс»); `detail`: what follows the contract, shortened where
    the whole is too long; no `vat`: «НДС не облагается».
    """
    head = f"{what} по договору № {contract_number} от {formats.day(contract_date)}"
    tail = "НДС не облагается" if vat is None else _in_words(vat)
    separator = ". " if vat is None else ", "
    room = LIMIT - len(head) - len(separator) - len(tail) - 1
    middle = shortened(cp1251.fitted(detail), room)
    return cp1251.fitted(f"{head} {middle}{separator}{tail}")


def _in_words(vat: Vat) -> str:
    if vat.amount is None:
        return "в т.ч. НДС"
    rate = "" if vat.rate is None else f" {vat.rate}%"
    roubles = f"{vat.amount:.2f}".replace(".", ",")
    return f"в т.ч. НДС{rate} - {roubles} руб."
