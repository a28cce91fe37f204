"""What is wrong with a document's content, in words for the people who made it."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from documents import content

# By the beginning of pydantic's type of error; `{…}` come from its context.
_WORDS = {
    "missing": "не заполнено",
    "extra_forbidden": "такого поля в схеме нет",
    "decimal_max_places": "больше {decimal_places} знаков после запятой",
    "decimal_max_digits": "слишком много знаков",
    "decimal_whole_digits": "слишком много знаков",
    "decimal": "не число",
    "finite_number": "не число",
    "int": "не целое число",
    "date_": "не дата вида 2026-10-31",
    "datetime": "не момент вида 2026-10-31T12:00:00+03:00",
    "timezone": "нет смещения от UTC",
    "string_too_short": "пусто",
    "string": "не текст",
    "list": "не список",
    "too_short": "список пуст",
    "model": "не объект",
    "greater_than_equal": "меньше {ge}",
    "less_than_equal": "больше {le}",
    "json_invalid": "не JSON",
}


def check(kind: str, text: str, amount: Decimal | None) -> str:
    """Why a document of `kind` with this JSON and this sum is refused; empty when it is right.

    The sum is that of the list of documents: it must be what the content says.
    """
    try:
        stated = content.SCHEMAS[kind].model_validate_json(text)
    except ValidationError as error:
        return explain(error, content.SCHEMAS[kind])
    if amount is not None and stated.amount != amount:
        return f"сумма (amount) {amount} не равна сумме в содержании: {stated.amount or 'её нет'}"
    return ""


def explain(error: ValidationError, schema: type[BaseModel]) -> str:
    """The first mistake: «поле «строки → строка 3 → сумма НДС» (lines.2.vat): не число»."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    if not place:
        return _reason(first)
    return f"поле «{' → '.join(_titles(first['loc'], schema))}» ({place}): {_reason(first)}"


def _reason(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    for kind, words in _WORDS.items():
        if error["type"].startswith(kind):
            return words.format(**error.get("ctx", {}))
    return error["msg"]


def _titles(loc: tuple[int | str, ...], schema: type[BaseModel]) -> list[str]:
    """The Russian name of each step of a place; a step that no schema knows stands for itself."""
    titles = []
    model: type[BaseModel] | None = schema
    for part in loc:
        if isinstance(part, int):
            titles.append(f"строка {part + 1}")
            continue
        field = model.model_fields.get(part) if model else None
        titles.append((field.title if field else None) or part)
        model = _model_in(field.annotation) if field else None
    return titles


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The schema inside `list[Line]` or `Reference | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
