"""The registry of what a search found."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.test import Client as Browser
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import JournalEntry, User
from contracts.models import Contract
from documents.models import Kind
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def contract(vega_contract: Contract, orion_contract: Contract) -> Contract:
    """Vega's, with two documents of October and one of September; Orion's has one too."""
    for number, month in (("СФ-1", 10), ("=1+1", 10), ("СФ-9", 9)):
        make.document(vega_contract, number=number, period=datetime.date(2026, month, 1))
    make.document(orion_contract, number="ЧУЖОЙ", period=datetime.date(2026, 10, 1))
    return vega_contract


def test_a_workbook_of_what_was_found(vega: User, contract: Contract, login: Login) -> None:
    address = reverse("documents:registry", args=[contract.pk, "xlsx"])
    response = login(vega).get(address, {"year": "2026", "month": "10"})
    assert quote("Реестр документов, октябрь 2026.xlsx") in response["Content-Disposition"]
    rows = list(load_workbook(io.BytesIO(response.content)).active.values)
    head = next(place for place, row in enumerate(rows) if row[0] == "Договор")
    assert f"договор № {contract.number}" in rows[0][0]
    assert [row[2] for row in rows[head + 1 :]] == ["=1+1", "СФ-1"]
    kind, number, day, month, amount = rows[head + 2][1:6]
    assert (kind, number, month) == (Kind.VAT_INVOICE.label, "СФ-1", "октябрь 2026")
    assert day.date() == datetime.date(2026, 10, 31)
    assert Decimal(str(amount)) == Decimal("398214.36")


def test_the_same_of_all_contracts_as_csv(vega: User, contract: Contract, login: Login) -> None:
    address = reverse("documents:registry-of-all", args=["csv"])
    text = login(vega).get(address, {"year": "2026"}).content.decode("utf-8-sig")
    lines = text.split("\r\n")
    assert lines[0].startswith("Договор;Вид документа;Номер;Дата;")
    assert len(lines) == 5
    assert ";'=1+1;" in text, "a formula goes out as text"
    assert "398214,36" in text
    assert "ЧУЖОЙ" not in text


def test_it_leaves_a_line_in_the_journal(vega: User, contract: Contract, login: Login) -> None:
    address = reverse("documents:registry", args=[contract.pk, "xlsx"])
    login(vega).get(address, {"year": "2026", "month": ""})
    entry = JournalEntry.objects.get(action=JournalEntry.Action.FILE_OPENED)
    assert (entry.user, entry.client) == (vega, contract.client)
    assert entry.subject.startswith("Реестр документов, 2026 год (XLSX): договор №")


def test_a_search_that_is_none_leads_to_the_list(
    vega: User, contract: Contract, login: Login
) -> None:
    address = reverse("documents:registry", args=[contract.pk, "csv"])
    response = login(vega).get(address, {"year": "1812"})
    assert response["Location"] == (
        reverse("documents:document-list", args=[contract.pk]) + "?year=1812"
    )
