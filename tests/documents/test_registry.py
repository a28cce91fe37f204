"""The registry of what a search found."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import JournalEntry, User
from contracts.models import Contract
from documents import registry
from documents.models import Kind
from tests import make
from tests.contents import content_of
from tests.documents.conftest import Stated

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
    name = f"Реестр документов, договор {contract.number}, октябрь 2026.xlsx"
    assert quote(name) in response["Content-Disposition"]
    rows = list(load_workbook(io.BytesIO(response.content)).active.values)
    head = next(place for place, row in enumerate(rows) if row[0] == "Договор")
    assert f"договор № {contract.number}" in rows[0][0]
    assert [row[2] for row in rows[head + 1 :]] == ["=1+1", "СФ-1", "2 документа"]
    kind, number, day, month, amount = rows[head + 2][1:6]
    assert (kind, number, month) == (Kind.VAT_INVOICE.label, "СФ-1", "октябрь 2026")
    assert day.date() == datetime.date(2026, 10, 31)
    assert Decimal(str(amount)) == Decimal("398214.36")


def test_the_registry_of_all_says_whose_it_is(vega: User, contract: Contract, login: Login) -> None:
    second = make.contract(contract.client, number="35-01-009999")
    address = reverse("documents:registry-of-all", args=["xlsx"])
    browser = login(vega)
    for query, whose in (
        ({"year": "2026"}, "все договоры, ООО «Вега»"),
        ({"year": "2026", "contract": str(second.pk)}, f"договор № {second.number}, ООО «Вега»"),
    ):
        response = browser.get(address, query)
        rows = list(load_workbook(io.BytesIO(response.content)).active.values)
        assert rows[0][0] == f"Реестр документов, {whose}"
        page = browser.get(reverse("documents:all-documents"), query).content.decode()
        assert "ООО «Вега»." in page
        assert ("По всем договорам, которые вам доступны" in page) is ("contract" not in query)


def test_the_same_of_all_contracts_as_csv(vega: User, contract: Contract, login: Login) -> None:
    address = reverse("documents:registry-of-all", args=["csv"])
    make.contract(contract.client)
    response = login(vega).get(address, {"year": "2026"})
    assert quote("Реестр документов, все договоры, 2026 год.csv") in response["Content-Disposition"]
    text = response.content.decode("utf-8-sig")
    lines = text.split("\r\n")
    assert lines[0].startswith("Договор;Вид документа;Номер;Дата;")
    assert len(lines) == 5, "no totals"
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


# What the contents say of money -------------------------------------------------------------------


def table(browser: Browser, contract: Contract | None = None, **query: str) -> list[dict[str, Any]]:
    """The rows of the workbook, totals among them, by the head of their columns."""
    name = "registry" if contract else "registry-of-all"
    address = reverse(f"documents:{name}", args=[contract.pk, "xlsx"] if contract else ["xlsx"])
    response = browser.get(address, {"year": "2026", **query})
    rows = list(load_workbook(io.BytesIO(response.content)).active.values)
    head = next(place for place, row in enumerate(rows) if row[0] == "Договор")
    return [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :]]


def sums(row: dict[str, Any]) -> list[Any]:
    columns = ("Сумма, ₽", "Без НДС, ₽", "Ставка НДС", "НДС, ₽", "К оплате, ₽")
    return [row[column] for column in columns]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.PLANNED_BILL, [398214.36, 326405.21, "22 %", 71809.15, 398214.36]),
        (Kind.FINAL_BILL, [398214.36, 326405.21, "22 %", 71809.15, 119394.36]),
        (Kind.VAT_INVOICE, [398214.36, 326405.21, "22 %", 71809.15, None]),
        (Kind.ADVANCE_VAT_INVOICE, [398214.36, None, "22/122", 44000, None]),
        (Kind.TRANSFER_ACT, [398214.36, 326405.21, "22 %", 71809.15, None]),
        (Kind.CONSUMPTION_STATEMENT, [398214.36, 32160, None, 7075.2, None]),
        (Kind.RECONCILIATION_ACT, [398214.36, None, None, None, None]),
        (Kind.RESTRICTION_NOTICE, [398214.36, None, None, None, None]),
        (Kind.OTHER, [398214.36, None, None, None, None]),
    ],
)
def test_what_each_kind_says_of_money(
    kind: Kind, expected: list[Any], vega: User, vega_contract: Contract, stated: Stated,
    login: Login,
) -> None:  # fmt: skip
    stated(kind, period=datetime.date(2026, 10, 1))
    assert sums(table(login(vega), vega_contract)[0]) == expected


def test_several_rates_are_named_each(
    vega: User, vega_contract: Contract, stated: Stated, login: Login
) -> None:
    content = content_of(Kind.VAT_INVOICE, vega_contract)
    lines = [{**content["lines"][0], "vat_rate": rate} for rate in (22, 20, 22, None)]
    make.document(
        vega_contract, content={**content, "lines": lines}, period=datetime.date(2026, 10, 1)
    )
    assert table(login(vega), vega_contract)[0]["Ставка НДС"] == "22 %, 20 %, без НДС"


def test_a_content_that_is_not_of_its_kind_stops_no_registry(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    for wrong in ({"net": "много", "lines": 7}, {"net": "NaN", "vat": {}, "lines": [3]}, {}):
        make.document(vega_contract, content=wrong, period=datetime.date(2026, 10, 1))
    rows = table(login(vega), vega_contract)
    assert [sums(row)[1:] for row in rows[:3]] == [[None, None, None, None]] * 3


def test_a_row_of_totals_for_each_kind_whose_sums_add_up(
    vega: User, vega_contract: Contract, stated: Stated, login: Login
) -> None:
    """One supply stands in a bill, an act and an invoice; a balance is no turnover."""
    for month in (9, 10):
        period = datetime.date(2026, month, 1)
        for kind in (Kind.FINAL_BILL, Kind.VAT_INVOICE, Kind.RECONCILIATION_ACT):
            stated(kind, period=period)
    rows = table(login(vega), vega_contract)
    totals = [row for row in rows if row["Договор"] == "Итого"]
    assert totals == rows[-2:]
    assert [row["Вид документа"] for row in totals] == ["Итоговый счёт", "Счёт-фактура"]
    for row in totals:
        assert row["Номер"] == "2 документа"
        # A final bill carries what was owed before: the bills of two months ask it twice.
        assert sums(row) == [796428.72, 652810.42, None, 143618.3, None]


def test_what_final_bills_of_several_contracts_ask_is_added_up(
    vega: User, vega_contract: Contract, stated: Stated, login: Login
) -> None:
    for contract in (vega_contract, make.contract(vega_contract.client)):
        stated(Kind.FINAL_BILL, contract=contract, period=datetime.date(2026, 10, 1))
    assert table(login(vega))[-1]["К оплате, ₽"] == 238788.72


def test_a_corrected_document_is_not_in_the_totals(
    vega: User, vega_contract: Contract, stated: Stated, login: Login
) -> None:
    period = datetime.date(2026, 10, 1)
    first = stated(Kind.TRANSFER_ACT, period=period)
    stated(Kind.TRANSFER_ACT, period=period, corrects=first)
    assert sums(table(login(vega), vega_contract)[-1])[0] == 398214.36


def test_a_part_of_what_was_found_has_no_totals(
    vega: User, contract: Contract, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MAX_ROWS", 2)
    assert [row["Договор"] for row in table(login(vega), contract)] == [contract.number] * 2


def test_the_database_reads_the_contents(
    vega: User, vega_contract: Contract, stated: Stated, login: Login
) -> None:
    """No content comes over the wire, and the number of statements does not grow."""
    browser = login(vega)
    table(browser, vega_contract)

    def statements() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            table(browser, vega_contract)
        return [query["sql"] for query in captured]

    stated(Kind.FINAL_BILL, period=datetime.date(2026, 10, 1))
    few = statements()
    for _ in range(20):
        stated(Kind.FINAL_BILL, period=datetime.date(2026, 10, 1))
    many = statements()
    assert len(many) == len(few)
    assert not [sql for sql in many if '"content", "documents_document"' in sql]
