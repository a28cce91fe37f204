"""Papers look as they were approved: tests/documents/approved/<kind>-<page>.png.

    APPROVE=1 make test ARGS=tests/documents/test_approved_pictures.py     approve what is drawn now

Look at the changed pictures before they are committed.
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from contracts.models import Contract
from documents import papers
from documents.models import Document, Kind
from tests import make
from tests.documents import pictures
from tests.documents.conftest import Stated

pytestmark = pytest.mark.django_db

ROWS = {Kind.CONSUMPTION_STATEMENT: 40}


@pytest.fixture
def approvable(stated: Stated, vega_contract: Contract) -> Stated:
    """A document in which nothing depends on the day or on other tests."""
    vega_contract.number = "35-01-004217"
    vega_contract.client.inn = "3501000017"

    def document(kind: str) -> Document:
        day = datetime.date(2026, 10, 31)
        row = stated(
            kind,
            rows=ROWS.get(Kind(kind), 2),
            number="10-17",
            period=day.replace(day=1),
            issued_on=day,
            published_at=datetime.datetime(2026, 11, 2, 9, tzinfo=datetime.UTC),
        )
        if kind == Kind.TRANSFER_ACT:
            row.corrects = make.document(
                row.contract, kind, number="10-16", issued_on=day.replace(day=30)
            )
        return row

    return document


@pytest.mark.parametrize("kind", Kind.values)
def test_a_paper_looks_as_approved(kind: str, approvable: Stated, tmp_path: Path) -> None:
    drawn = pictures.pages(papers.make(approvable(kind)))
    files = [pictures.APPROVED / f"{kind}-{number}.png" for number in range(1, len(drawn) + 1)]
    if os.environ.get("APPROVE"):
        for file in pictures.APPROVED.glob(f"{kind}-*.png"):
            file.unlink()
        for file, picture in zip(files, drawn, strict=True):
            picture.save(file, optimize=True)
    assert sorted(pictures.APPROVED.glob(f"{kind}-*.png")) == sorted(files), "number of pages"
    for file, picture in zip(files, drawn, strict=True):
        share = pictures.difference(Image.open(file), picture)
        if share > pictures.SHARE:
            picture.save(tmp_path / file.name)
            pytest.fail(f"{share:.2%} of {file.name} differ, now it is {tmp_path / file.name}")


def test_a_missing_word_would_be_noticed() -> None:
    page = Image.open(pictures.APPROVED / "transfer_act-1.png").convert("L")
    spoilt = page.copy()
    # One number of the table.
    box = (428, 211, 462, 217)
    assert min(page.crop(box).tobytes()) < 160, "a number stands there"
    ImageDraw.Draw(spoilt).rectangle(box, fill=255)
    assert pictures.difference(page, spoilt) > pictures.SHARE


def test_a_hair_s_breadth_is_nothing() -> None:
    page = Image.open(pictures.APPROVED / "transfer_act-1.png").convert("L")
    moved = page.transform(page.size, Image.Transform.AFFINE, (1, 0, 0.25, 0, 1, 0.25), 2)
    assert pictures.difference(page, moved) <= pictures.SHARE
