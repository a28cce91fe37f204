"""docs/exchange-out.md tells billing the truth: every column is there, and no other."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from exchange.models import CaseAnswer
from exchange.outgoing import batch_content as content
from meters.models import BillingAnswer, Doubt

TEXT = (settings.BASE_DIR / "docs" / "exchange-out.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    return TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("Columns of readings", content.READING_COLUMNS),
        ("Columns of cases and requests", content.CASE_COLUMNS),
    ],
)
def test_every_column_is_described_in_its_order(
    heading: str, columns: tuple[content.Column, ...]
) -> None:
    rows = [line.split("|")[1] for line in section(heading).splitlines() if line.startswith("| `")]
    described = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(described) == sorted(column.name for column in columns)


def test_every_verdict_and_question_is_described() -> None:
    answer = section("Billing's answer")
    for state in (*BillingAnswer.State, *CaseAnswer.State):
        assert f"`{state.value}`" in answer
    for doubt in Doubt:
        assert f"`{doubt.value}`" in section("Columns of readings")
