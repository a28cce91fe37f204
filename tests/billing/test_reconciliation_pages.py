"""The acts of several contracts in one file: each is a paper of its own."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import User
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]

TITLE = "Акт сверки взаимных расчётов с 01.07.2026 по 30.09.2026"


def pages(browser: Browser, contract: Contract) -> list[str]:
    """The text of each page of the acts of all contracts."""
    asked = {"starts_on": "2026-07-01", "ends_on": "2026-09-30", "scope": "company"}
    response = browser.get(reverse("billing:reconciliation-act", args=[contract.pk]), asked)
    assert response.status_code == 200
    found = PdfReader(io.BytesIO(response.content)).pages
    return [" ".join(page.extract_text().split()) for page in found]


def test_each_act_counts_its_own_pages_under_its_own_name(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    second = make.contract(vega_contract.client, number="35-02-000001")
    for n in range(50):
        make.charge(vega_contract, "100.00", booked_on=datetime.date(2026, 7, 31), number=f"СФ-{n}")
    first_page, second_page, other = pages(login(vega), vega_contract)
    assert "Страница 1 из 2" in first_page
    assert "Страница 2 из 2" in second_page
    assert "Страница 1 из 1" in other
    assert f"{TITLE}, договор № {vega_contract.number}" in second_page, "in the running head"
    for page in (first_page, second_page, other):
        assert page.count(TITLE) == 1
    for page in (first_page, other):
        assert "Личный кабинет АО «Северэнергосбыт»" in page
        assert page.startswith("АО «Северэнергосбыт» ИНН"), "each has its letterhead"
    assert second.number in other
