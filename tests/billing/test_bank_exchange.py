"""The payment order's file: read back by a strict reader, whatever the words."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.bank_exchange import PaymentOrder, Side, payment_order_file
from tests.billing import client_bank

PAYER = Side(
    name="ООО «Вега»",
    inn="9601040011",
    kpp="960101001",
    account="40702810200000000001",
    bank="ПАО «Пример-банк», г. Новоборск",
    bic="044525225",
    correspondent_account="30101810400000000225",
)
PAYEE = replace(PAYER, name="АО «Северэнергосбыт»", account="40702810300000000100", bic="045909901")
ORDER = PaymentOrder(
    number="17",
    date=datetime.date(2026, 11, 3),
    amount=Decimal("1234567.80"),
    payer=PAYER,
    payee=PAYEE,
    purpose="Оплата по договору № 35-01-004217, в т.ч. НДС 22% - 222626,98 руб.",
)


def test_every_field_stands_where_a_bank_reads_it() -> None:
    exchange = client_bank.read(payment_order_file(ORDER))
    (order,) = exchange.orders
    assert exchange.head["РасчСчет"] == PAYER.account
    assert exchange.head["ДатаНачала"] == exchange.head["ДатаКонца"] == "03.11.2026"
    assert order["Номер"] == "17"
    assert order["Дата"] == "03.11.2026"
    assert order["Сумма"] == "1234567.80"
    assert order["ПлательщикРасчСчет"] == PAYER.account
    assert order["ПолучательРасчСчет"] == PAYEE.account
    assert order["ПлательщикКПП"] == "960101001"
    assert order["Плательщик"] == "ИНН 9601040011 ООО «Вега»"
    assert order["Плательщик1"] == "ООО «Вега»"
    assert order["ПолучательБИК"] == "045909901"
    assert order["НазначениеПлатежа"] == order["НазначениеПлатежа1"] == ORDER.purpose
    assert (order["ВидОплаты"], order["Очередность"], order["Код"]) == ("01", "5", "0")


def test_letters_that_windows_1251_lacks() -> None:
    payer = replace(PAYER, name="ООО «Žižkov\u202f— Ёлка»\r\nСумма=1", bank="Банк\t«Ω»")
    content = payment_order_file(replace(ORDER, payer=payer, purpose="5\u00a0000 ₽ − за\nэнергию"))
    (order,) = client_bank.read(content).orders
    assert order["Плательщик1"] == "ООО «Zizkov — Ёлка» Сумма=1"
    assert order["ПлательщикБанк1"] == "Банк «?»"
    assert order["Сумма"] == "1234567.80"
    assert order["НазначениеПлатежа"] == "5 000 руб. - за энергию"


def test_a_sole_proprietor_and_a_treasury_body() -> None:
    payer = replace(PAYER, inn="500100732259", kpp="", correspondent_account="")
    (order,) = client_bank.read(payment_order_file(replace(ORDER, payer=payer))).orders
    assert order["ПлательщикКПП"] == ""
    assert order["ПлательщикКорсчет"] == ""


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(name=WORDS, bank=WORDS, purpose=WORDS, amount=st.decimals("0.01", "9999999999.99", places=2))
def test_no_words_break_the_file(name: str, bank: str, purpose: str, amount: Decimal) -> None:
    payer = replace(PAYER, name=f"ООО {name}", bank=f"Банк {bank}")
    content = payment_order_file(
        replace(ORDER, payer=payer, purpose=f"Оплата {purpose}", amount=amount)
    )
    (order,) = client_bank.read(content).orders
    assert Decimal(order["Сумма"]) == amount
    assert order["ПолучательРасчСчет"] == PAYEE.account


def test_the_reader_is_strict() -> None:
    good = payment_order_file(ORDER)
    assert client_bank.read(good)
    for spoilt in (
        good.decode("cp1251").encode(),  # the label says Windows, the bytes are UTF-8
        good.replace(
            "СекцияДокумент=Платежное поручение".encode("cp1251"),
            "СекцияДокумент=".encode("cp1251"),
        ),
        good.replace(b"\r\n", b"\n"),
        good.replace("КонецДокумента\r\n".encode("cp1251"), b""),
        good.replace("КонецФайла\r\n".encode("cp1251"), b""),
        good.replace(b"1234567.80", b"1234567,80"),
        good.replace(b"03.11.2026", b"2026-11-03"),
        b"\r\n" + good,
    ):
        with pytest.raises((AssertionError, UnicodeDecodeError)):
            client_bank.read(spoilt)
