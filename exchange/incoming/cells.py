"""Values of a file as PostgreSQL takes them, read one by one: the careful way.

Files go to PostgreSQL as they are; only one in which something does not fit is read here, row by
row, so that every row that is wrong is found, not just the first.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn

from django.db import models
from django.utils.dateparse import parse_datetime

from exchange.incoming.declaration import Table

Reader = Callable[[str], str]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_SPACES = re.compile(r"[\s\u00a0\u202f]")
_RUSSIAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_YES = frozenset({"true", "t", "1", "да", "yes"})
_NO = frozenset({"false", "f", "0", "нет", "no"})


class Wrong(ValueError):
    """The value does not fit its column; the text says why."""


def readers(table: Table, header: tuple[str, ...]) -> list[Reader]:
    """For each column of the file what makes its text fit for COPY, or raises `Wrong`."""
    fields = {field.name: field for field in table.values}
    return [_reader(fields.get(name)) for name in header]


def _reader(field: models.Field | None) -> Reader:
    if isinstance(field, models.DecimalField):
        return number
    if isinstance(field, models.BooleanField):
        return boolean
    if isinstance(field, models.DateTimeField):
        return moment
    if isinstance(field, models.DateField):
        return day
    if isinstance(field, models.JSONField):
        return content
    if isinstance(field, models.IntegerField):
        return integer
    return words


def number(text: str) -> str:
    """«12 345,60» is 12345.60; empty is no value."""
    plain = _SPACES.sub("", text).replace(",", ".").replace("\u2212", "-")
    if plain and not _NUMBER.fullmatch(plain):
        raise Wrong(f"не число «{_shown(text)}»")
    return plain


def integer(text: str) -> str:
    """«1 200» is 1200; empty is no value."""
    plain = number(text)
    if not plain:
        return plain
    whole = Decimal(plain)
    if whole != whole.to_integral_value() or abs(whole) > 2**31 - 1:
        raise Wrong(f"не целое число «{_shown(text)}»")
    return str(int(whole))


def boolean(text: str) -> str:
    """`true` or `false`, also as 1 and 0, «да» and «нет»; empty is no value."""
    plain = text.strip().lower()
    if plain in _YES:
        return "true"
    if plain in _NO:
        return "false"
    if plain:
        raise Wrong(f"не true и не false «{_shown(text)}»")
    return plain


def day(text: str) -> str:
    """«2026-11-23» or «23.11.2026»; empty is no value."""
    plain = text.strip()
    if not plain:
        return plain
    try:
        return datetime.date.fromisoformat(_iso(plain)).isoformat()
    except ValueError:
        _refuse_date(text)


def moment(text: str) -> str:
    """«2026-11-23T06:00:00+03:00» or «23.11.2026 06:00»; empty is no value."""
    plain = text.strip()
    if not plain:
        return plain
    try:
        read = parse_datetime(_iso(plain))
    except ValueError:
        read = None
    if read is None:
        _refuse_date(text)
    return read.isoformat()


def content(text: str) -> str:
    """JSON, as it is."""
    try:
        json.loads(words(text), parse_constant=_no_number)
    except ValueError as error:
        raise Wrong("не JSON") from error
    return text


def words(text: str) -> str:
    """Text, as it is."""
    if "\0" in text:
        raise Wrong("нулевой байт")
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Wrong("байты, которых нет в кодировке файла")
    return text


def _iso(text: str) -> str:
    """The day at the beginning as ISO writes it."""
    found = _RUSSIAN_DAY.match(text)
    if found is None:
        return text
    number, month, year = found.groups()
    return f"{year}-{month:0>2}-{number:0>2}{text[found.end() :]}"


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_date(text: str) -> NoReturn:
    raise Wrong(f"не дата «{_shown(text)}»")


def _shown(text: str) -> str:
    """As much of it as a sentence takes, without what cannot be stored."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in text[:60])
    return f"{shown}…" if len(text) > 60 else shown


def storable(text: str) -> str:
    """Text that PostgreSQL takes: what it has no place for becomes «?»."""
    if text.isascii() and "\0" not in text:
        return text
    return "".join("?" if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign for sign in text)
