"""docs/documents.md tells billing the truth: every field is there, every example is taken."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.conf import settings
from pydantic import BaseModel

from documents import content, content_errors, content_parts
from documents.models import Kind

TEXT = (settings.BASE_DIR / "docs" / "documents.md").read_text(encoding="utf-8")
PARTS = [
    part
    for part in vars(content_parts).values()
    if isinstance(part, type) and issubclass(part, content_parts.Content)
]


def section(heading: str) -> str:
    """What stands under a heading that contains these words, up to the next one."""
    found = re.search(
        rf"^#+ [^\n]*{re.escape(heading)}(?!\w)[^\n]*\n(.*?)(?=^#|\Z)", TEXT, re.M | re.S
    )
    assert found, heading
    return found[1]


def example(heading: str) -> dict[str, Any]:
    found = re.search(r"```json\n(.*?)\n```", section(heading), re.S)
    assert found, heading
    return dict(json.loads(found[1]))


@pytest.mark.parametrize("kind", Kind.values)
def test_the_example_of_a_kind_is_taken(kind: str) -> None:
    said = {**example("The head of every content"), **example(f"`{kind}`")}
    schema = content.SCHEMAS[kind].model_validate(said)
    assert content_errors.check(kind, json.dumps(said), schema.amount) == ""


@pytest.mark.parametrize("kind", Kind.values)
def test_every_field_of_a_kind_is_described(kind: str) -> None:
    head = set(content.DocumentContent.model_fields)
    described(content.SCHEMAS[kind], section(f"`{kind}`"), without=head)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_field_of_a_part_is_described(part: type[BaseModel]) -> None:
    if part is content_parts.Content:
        return
    (base,) = part.__bases__
    described(part, section(part.__name__), without=set(base.model_fields))


def described(schema: type[BaseModel], text: str, *, without: set[str]) -> None:
    rows = {
        name: (title, required)
        for name, title, required in re.findall(
            r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| (yes|no) \|$", text, re.M
        )
    }
    for name, field in schema.model_fields.items():
        if name not in without:
            expected = "yes" if field.is_required() else "no"
            assert rows.get(name) == (field.title, expected), f"{schema.__name__}.{name}"


def test_every_field_has_a_russian_name() -> None:
    for schema in (*PARTS, *content.SCHEMAS.values()):
        for name, field in schema.model_fields.items():
            assert field.title, f"{schema.__name__}.{name}"
