"""What Chromium puts on paper: the contract's number on every sheet, nothing that is a form."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from playwright.sync_api import Page
from pypdf import PdfReader

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from tests import make
from tests.browser.test_manual import log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MONTH = Month(2026, 10)


@pytest.fixture
def printing(vega: User, vega_contract: Contract, page: Page) -> Page:
    """Vega's director, who has much to print."""
    for number in range(60):
        make.charge(vega_contract, "1.00", booked_on=MONTH.last_day, number=f"С-{number}")
        make.document(vega_contract, number=f"Д-{number}", period=MONTH.first_day)
    page.goto("/")
    log_in(page)
    page.wait_for_url("**/home/")
    return page


def sheets(page: Page, name: str, contract: Contract, query: str = "") -> list[str]:
    """The text of each sheet."""
    page.goto(reverse(name, args=[contract.pk]) + query)
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    return [" ".join(sheet.extract_text().split()) for sheet in printed.pages]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("billing:history", "?year=2026&month=10"),
        ("documents:document-list", "?year=2026&month=10&print=1"),
    ],
)
def test_every_sheet_of_a_long_table_names_the_contract(
    name: str, query: str, printing: Page, vega_contract: Contract, complaints: list[str]
) -> None:
    found = sheets(printing, name, vega_contract, query)
    assert len(found) > 2
    head = f"Договор энергоснабжения № {vega_contract.number}, {vega_contract.client.short_name}"
    for number, text in enumerate(found, 1):
        assert text.startswith(f"Страница {number} из {len(found)} {head}")
        assert text.count(head) == 1
    columns = "Дата Период" if "document" in name else "Дата Расчёты"
    assert all(columns in text for text in found), "the head of the table is there too"
    assert complaints == []


def test_what_is_only_a_form_is_not_printed(printing: Page, vega_contract: Contract) -> None:
    paper = " ".join(sheets(printing, "billing:debt", vega_contract))
    assert "Последние оплаты" in paper
    assert "Остаток на дату" not in paper
    found = " ".join(sheets(printing, "billing:debt", vega_contract, "?on=2026-10-31"))
    assert "Остаток на дату" in found


def test_the_screen_is_as_it_was(printing: Page, vega_contract: Contract) -> None:
    printing.goto(reverse("billing:debt", args=[vega_contract.pk]))
    assert not printing.locator(".running-head").is_visible()
