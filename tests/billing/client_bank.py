"""A strict reader of `1CClientBankExchange` 1.03, as a bank's program reads it."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal

HEAD = {
    "ВерсияФормата", "Кодировка", "Отправитель", "Получатель", "ДатаСоздания", "ВремяСоздания",
    "ДатаНачала", "ДатаКонца", "РасчСчет", "Документ",
}  # fmt: skip
REQUIRED = {
    "Номер", "Дата", "Сумма", "ВидОплаты", "Очередность", "Код", "НазначениеПлатежа",
    *(
        f"{role}{key}"
        for role in ("Плательщик", "Получатель")
        for key in ("", "ИНН", "1", "РасчСчет", "Банк1", "БИК", "Корсчет")
    ),
}  # fmt: skip
OPTIONAL = {
    "ПлательщикСчет", "ПолучательСчет", "ПлательщикКПП", "ПолучательКПП",
    "НазначениеПлатежа1", "ВидПлатежа",
}  # fmt: skip
LIMITS = {
    "Номер": 6, "Плательщик1": 160, "Получатель1": 160, "НазначениеПлатежа": 210,
    "ПлательщикИНН": 12, "ПолучательИНН": 12, "ПлательщикКПП": 9, "ПолучательКПП": 9,
}  # fmt: skip


@dataclass(frozen=True)
class Exchange:
    """What the file says: its head, and its payment orders."""

    head: dict[str, str]
    orders: list[dict[str, str]]


def read(content: bytes) -> Exchange:
    """The file taken apart; AssertionError for whatever a bank's program stumbles over."""
    assert not content.startswith(b"\xef\xbb\xbf")
    text = content.decode("cp1251")
    assert text.endswith("\r\n")
    lines = text.removesuffix("\r\n").split("\r\n")
    assert all(line and line == line.strip() and "\n" not in line for line in lines)
    assert lines[0] == "1CClientBankExchange"
    assert lines[-1] == "КонецФайла"
    head: dict[str, str] = {}
    orders: list[dict[str, str]] = []
    section = head
    for line in lines[1:-1]:
        if line == "КонецДокумента":
            assert section is not head
            _check(section)
            orders.append(section)
            section = head
            continue
        key, equals, value = line.partition("=")
        assert equals, line
        if key == "СекцияДокумент":
            assert section is head
            assert value == "Платежное поручение"
            section = {}
            continue
        assert key not in section, f"twice: {key}"
        section[key] = value
    assert section is head, "a section is not closed"
    assert set(head) == HEAD
    assert head["ВерсияФормата"] == "1.03"
    assert head["Кодировка"] == "Windows"
    assert re.fullmatch(r"\d\d:\d\d:\d\d", head["ВремяСоздания"])
    for key in ("ДатаСоздания", "ДатаНачала", "ДатаКонца"):
        day(head[key])
    return Exchange(head, orders)


def day(text: str) -> datetime.date:
    """дд.мм.гггг."""
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4}", text)
    return datetime.datetime.strptime(text, "%d.%m.%Y").date()


def _check(order: dict[str, str]) -> None:
    assert set(order) >= REQUIRED, REQUIRED - set(order)
    assert set(order) <= REQUIRED | OPTIONAL, set(order) - REQUIRED - OPTIONAL
    assert re.fullmatch(r"\d{1,6}", order["Номер"])
    day(order["Дата"])
    assert re.fullmatch(r"\d+\.\d\d", order["Сумма"])
    assert Decimal(order["Сумма"]) > 0
    for role in ("Плательщик", "Получатель"):
        assert re.fullmatch(r"\d{20}", order[f"{role}РасчСчет"])
        assert re.fullmatch(r"(\d{20})?", order[f"{role}Корсчет"])
        assert re.fullmatch(r"\d{9}", order[f"{role}БИК"])
        assert re.fullmatch(r"\d{10}|\d{12}", order[f"{role}ИНН"])
        assert order[f"{role}1"]
        assert order[f"{role}Банк1"]
    for key, limit in LIMITS.items():
        assert len(order.get(key, "")) <= limit, key
    assert order["НазначениеПлатежа"]
