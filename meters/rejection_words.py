"""What a letter about rejected values says: receipt by receipt, and until when to hand in anew."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from meters import notices, table, window
from meters.checks import Display
from meters.rules import Rules

# A letter shows so many values; the rest stand on the pages of their receipts.
LISTED = 100
_NUMBERS_IN_SUBJECT = 3


class Value(NamedTuple):
    """A rejected value, in the order of `COLUMNS`."""

    answer: int
    contract: int
    number: str
    period: datetime.date
    received_at: datetime.datetime
    author: int
    point: str
    where: str
    make: str
    model: str
    serial: str
    energy: str
    zone: str
    integer_digits: int
    fraction_digits: int
    value: Decimal
    reason: str


COLUMNS = (
    "pk", "contract", "reading__submission__number", "period", "reading__submission__received_at",
    "reading__submission__submitted_by", "reading__point__name", "reading__point__place",
    "reading__register__meter__make", "reading__register__meter__model",
    "reading__register__meter__serial", "reading__register__energy", "reading__register__zone",
    "reading__register__integer_digits", "reading__register__fraction_digits", "reading__value",
    "answer__reason",
)  # fmt: skip
ORDER = (
    "contract_id", "-period", "reading__submission__number", "reading__point__number",
    "reading__point_id", "reading__register__meter_id", "reading__register__order", "pk",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """A value as the letter shows it."""

    point: str
    where: str
    meter: str
    zone: str
    value: str
    reason: str

    @property
    def place(self) -> str:
        """«ТП-14, ввод 1 (цех экструзии)»."""
        return f"{self.point} ({self.where})" if self.where else self.point


@dataclass(kw_only=True)
class Receipt:
    """The rejected values of one submission; `unshown` more of them stand on its page.

    `term` says until when a correction is taken («до 1 декабря 23:59 (МСК)»), empty when it is not
    taken any more; `correction` leads to it.
    """

    number: str
    month: str
    received: str
    author: str
    page: str
    term: str
    correction: str
    rows: list[Row] = field(default_factory=list)
    unshown: int = 0


def context(
    contract: Contract,
    values: Sequence[Value],
    known: Rules,
    people: Mapping[int, User],
    now: datetime.datetime,
) -> dict[str, Any]:
    """Of the template «rejected»: `values` of one contract in the order of `ORDER`."""
    receipts: dict[str, Receipt] = {}
    for place, value in enumerate(values):
        receipt = receipts.get(value.number)
        if receipt is None:
            receipt = _receipt(contract, value, known, people[value.author], now)
            receipts[value.number] = receipt
        if place < LISTED:
            receipt.rows.append(_row(value))
        else:
            receipt.unshown += 1
    found = list(receipts.values())
    months = list(dict.fromkeys(formats.month_name(value.period) for value in values))
    message = reverse("messaging:message-new", args=[contract.pk])
    return {
        "contract": contract,
        "subject": _subject([receipt.number for receipt in found]),
        "count": formats.counted(len(values), "показание", "показания", "показаний"),
        "months": f"за{formats.NBSP}{', '.join(months)}",
        "receipts": found,
        "may_correct": any(receipt.term for receipt in found),
        "message": f"{settings.SITE_URL}{message}?topic={settings.READINGS_TOPIC}",
    }


def _subject(numbers: Sequence[str]) -> str:
    """«квитанция ПП-2026-10-000123-7»; of many the first ones."""
    if len(numbers) == 1:
        return f"квитанция {numbers[0]}"
    named = ", ".join(numbers[:_NUMBERS_IN_SUBJECT])
    more = len(numbers) - _NUMBERS_IN_SUBJECT
    return f"квитанции {named} и ещё {more}" if more > 0 else f"квитанции {named}"


def _receipt(
    contract: Contract, value: Value, known: Rules, author: User, now: datetime.datetime
) -> Receipt:
    period = Month.of(value.period)
    page = reverse("meters:receipt", args=[contract.pk, value.number])
    table_page = reverse("meters:readings", args=[contract.pk])
    chosen = f"correct=1&period={window.code(period)}&show=attention"
    return Receipt(
        number=value.number,
        month=formats.for_month(value.period),
        received=formats.moment(value.received_at),
        author=author.full_name or author.username,
        page=f"{settings.SITE_URL}{page}",
        term=notices.until_words(known, period, now) if contract.is_active else "",
        correction=f"{settings.SITE_URL}{table_page}?{chosen}",
    )


def _row(value: Value) -> Row:
    zone, energy = table.zone_words(value.energy, value.zone)
    shown = Display(value.integer_digits, value.fraction_digits).show(value.value)
    meter = f"{value.make} {value.model}".strip()
    return Row(
        point=value.point,
        where=value.where,
        meter=f"{meter} №{formats.NBSP}{value.serial}",
        zone=f"{zone}, {energy}" if energy else zone,
        value=shown,
        reason=value.reason,
    )
