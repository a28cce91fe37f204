"""What a document states, as tables for people: the schema names everything in it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel

from cabinet import formats
from documents.content import DocumentContent
from documents.content_parts import AdvanceLine, Line


class Cell(NamedTuple):
    """A cell of a table or the head of a column; numbers stand to the right."""

    words: str
    is_number: bool


@dataclass(frozen=True, kw_only=True)
class Block:
    """A part of a content: names with values, or a table, or a plain list of texts."""

    title: str
    values: list[tuple[str, str]] = field(default_factory=list)
    columns: list[Cell] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def blocks(content: DocumentContent) -> list[Block]:
    """The content's parts: what stands by itself first, then sides, lines, lists in their order."""
    parts = [
        _block(info.title or name, getattr(content, name))
        for name, info in type(content).model_fields.items()
        if _is_part(getattr(content, name)) and getattr(content, name)
    ]
    return [Block(title="", values=_values(content)), *parts]


def _block(title: str, value: Any) -> Block:
    if isinstance(value, BaseModel):
        return Block(title=title, values=_values(value))
    if isinstance(value[0], BaseModel):
        return _table(title, value)
    return Block(title=title, texts=[_words(one) for one in value])


def _table(title: str, rows: Sequence[BaseModel]) -> Block:
    """A row for each; columns in which nothing is stated are left out."""
    shown = {
        name: all(isinstance(getattr(row, name), Decimal | int) for row in rows)
        for name in type(rows[0]).model_fields
        if any(getattr(row, name) not in (None, "") for row in rows)
    }
    fields = type(rows[0]).model_fields
    return Block(
        title=title,
        columns=[Cell(fields[name].title or name, is_number) for name, is_number in shown.items()],
        rows=[
            [Cell(_said(row, name), is_number) for name, is_number in shown.items()] for row in rows
        ],
    )


def _values(part: BaseModel) -> list[tuple[str, str]]:
    """Names and values of what is stated; the parts of a whole content have blocks of their own."""
    is_whole = isinstance(part, DocumentContent)
    return [
        (info.title or name, _said(part, name))
        for name, info in type(part).model_fields.items()
        if getattr(part, name) not in (None, "")
        and not (is_whole and _is_part(getattr(part, name)))
    ]


def _is_part(value: Any) -> bool:
    return isinstance(value, BaseModel | list)


def _said(part: BaseModel, name: str) -> str:
    """A field's value in words; a rate as papers write it, for «без НДС» is no empty value."""
    if name == "vat_rate" and isinstance(part, Line | AdvanceLine):
        return part.rate_words
    return _words(getattr(part, name))


def _words(value: Any) -> str:
    match value:
        case None | "":
            return formats.ABSENT
        case BaseModel():
            return ", ".join(words for _, words in _values(value))
        case Decimal():
            exponent = value.as_tuple().exponent
            return formats.quantity(value, -exponent if isinstance(exponent, int) else 2)
        case datetime.datetime():
            return f"{formats.moment(value)} ({formats.time_zone_label()})"
        case datetime.date():
            return formats.day(value)
    return str(value)
