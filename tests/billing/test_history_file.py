"""The history of a period to save: every row of it, and nothing of anybody else."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable

import openpyxl
import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import JournalEntry, User
from billing import tables
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def ledger(vega_contract: Contract) -> None:
    """A charge, an advance and its offset, a late fee, a name that looks like a formula."""
    make.charge(vega_contract, "500.00", number="=СФ-0", booked_on=datetime.date(2025, 12, 31))
    make.advance(vega_contract, "300.00", number="ПП-1", booked_on=datetime.date(2026, 10, 9))
    make.charge(vega_contract, "1000.00", number="=СФ-1", booked_on=datetime.date(2026, 10, 31))
    make.offset(vega_contract, "300.00", number="З-1", booked_on=datetime.date(2026, 10, 31))
    make.late_fee(vega_contract, "7.00", number="П-1", booked_on=datetime.date(2026, 10, 31))


def get(browser: Browser, contract: Contract, **query: str):
    return browser.get(reverse("billing:history-file", args=[contract.pk]), query)


def test_every_entry_with_the_balance_of_its_account(
    vega: User, vega_contract: Contract, ledger: None, login: Login
) -> None:
    response = get(login(vega), vega_contract, year="2026", month="10")
    lines = [line.split(";") for line in response.content.decode("utf-8-sig").splitlines()]
    assert [line[4:8] for line in lines[1:]] == [
        ["авансы", "", "300,00", "-300,00"],
        ["основной долг", "1000,00", "", "1500,00"],
        ["основной долг", "", "300,00", "1200,00"],
        ["авансы", "300,00", "", "0,00"],
        ["пени", "7,00", "", "7,00"],
    ]
    assert lines[2][3] == "'=СФ-1", "text that looks like a formula stays text"


def test_a_workbook_says_whose_and_of_when(
    vega: User, vega_contract: Contract, ledger: None, login: Login
) -> None:
    response = get(login(vega), vega_contract, year="2026", month="", kind="xlsx", account="main")
    rows = list(openpyxl.load_workbook(io.BytesIO(response.content)).active.values)
    above = " ".join(str(row[0]) for row in rows[:5])
    for words in ("за 2026 год", "основной долг", "ООО «Вега»", "По данным биллинга на"):
        assert words in above
    assert "Основной долг: остаток на начало 500,00 ₽" in above.replace("\u00a0", " ")
    assert [row[7] for row in rows[-3:-1]] == [1500, 1200]
    total = rows[-1]
    assert (total[0], total[4:8]) == ("Итого за 2026 год", ("основной долг", 1000, 300, 1200))
    assert JournalEntry.objects.filter(details__kind="xlsx", user=vega).exists()


def test_too_long_for_one_file(
    vega: User,
    vega_contract: Contract,
    ledger: None,
    login: Login,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "ROWS_MAX", 4)
    browser = login(vega)
    assert get(browser, vega_contract, year="2026", month="").status_code == 404
    page = browser.get(
        reverse("billing:history", args=[vega_contract.pk]), {"year": "2026", "month": ""}
    ).content.decode()
    assert "для файла выберите месяц" in page
    assert "kind=csv" not in page


def test_what_the_page_does_not_offer(vega: User, vega_contract: Contract, login: Login) -> None:
    assert get(login(vega), vega_contract, year="1812").status_code == 404


def test_a_stranger_gets_nothing(orion: User, vega_contract: Contract, login: Login) -> None:
    assert get(login(orion), vega_contract, year="2026").status_code == 404
