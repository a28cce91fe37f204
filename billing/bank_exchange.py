"""A payment order as a file that the client's bank program loads: `1CClientBankExchange` 1.03.

Text in windows-1251 with CRLF: a head, one `СекцияДокумент`, `КонецФайла`. Dates are `дд.мм.гггг`,
the sum has a decimal point. Programs differ in which of `Плательщик` and `Плательщик1` they read,
so both carry the name; the same of the payee and of the purpose.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from billing import purposes
from cabinet import cp1251, formats
from cabinet.shortening import shortened

# What a payment order may hold (Положение Банка России № 762-П, приложение 11).
NAME_LIMIT = 160
_SENDER = "Личный кабинет"
_KIND = "Платежное поручение"


@dataclass(frozen=True, kw_only=True)
class Side:
    """Payer or payee with an account; a sole proprietor has no КПП."""

    name: str
    inn: str
    kpp: str
    account: str
    bank: str
    bic: str
    correspondent_account: str


@dataclass(frozen=True, kw_only=True)
class PaymentOrder:
    """Платёжное поручение for goods: вид оплаты 01, очередность 5 (ст. 855 ГК РФ), УИН 0.

    `number` as the payer's books count, `amount` in roubles.
    """

    number: str
    date: datetime.date
    amount: Decimal
    payer: Side
    payee: Side
    purpose: str


def payment_order_file(order: PaymentOrder) -> bytes:
    """The file; letters that windows-1251 lacks are replaced, names shortened at a word."""
    return "".join(f"{line}\r\n" for line in _lines(order)).encode(cp1251.ENCODING)


def _lines(order: PaymentOrder) -> list[str]:
    now = timezone.localtime()
    day = formats.day(order.date)
    purpose = shortened(cp1251.fitted(order.purpose), purposes.LIMIT)
    return [
        "1CClientBankExchange",
        "ВерсияФормата=1.03",
        "Кодировка=Windows",
        f"Отправитель={_SENDER}",
        "Получатель=",
        f"ДатаСоздания={formats.day(now)}",
        f"ВремяСоздания={now:%H:%M:%S}",
        f"ДатаНачала={day}",
        f"ДатаКонца={day}",
        f"РасчСчет={order.payer.account}",
        f"Документ={_KIND}",
        f"СекцияДокумент={_KIND}",
        f"Номер={order.number}",
        f"Дата={day}",
        f"Сумма={order.amount:.2f}",
        *_side("Плательщик", order.payer),
        *_side("Получатель", order.payee),
        "ВидПлатежа=",
        "ВидОплаты=01",
        "Очередность=5",
        "Код=0",
        f"НазначениеПлатежа={purpose}",
        f"НазначениеПлатежа1={purpose}",
        "КонецДокумента",
        "КонецФайла",
    ]


def _side(role: str, side: Side) -> list[str]:
    name = shortened(cp1251.fitted(side.name), NAME_LIMIT)
    return [
        f"{role}Счет={side.account}",
        f"{role}=ИНН {side.inn} {name}",
        f"{role}ИНН={side.inn}",
        f"{role}КПП={side.kpp}",
        f"{role}1={name}",
        f"{role}РасчСчет={side.account}",
        f"{role}Банк1={cp1251.fitted(side.bank)}",
        f"{role}БИК={side.bic}",
        f"{role}Корсчет={side.correspondent_account}",
    ]
