"""«По передачам»: one line a receipt, and what billing answered; the same as a table."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract
from tests import make
from tests.meters.table import registers, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
SEPTEMBER, OCTOBER = datetime.date(2026, 9, 1), datetime.date(2026, 10, 1)
YEAR = {"month": "", "year": "2026"}


def address(contract: Contract) -> str:
    return reverse("meters:submission-list", args=[contract.pk])


@pytest.fixture
def past(vega: User, vega_contract: Contract) -> None:
    """September in time; October late, and a correction of one value."""
    make.submission(vega_contract, vega, "1.0", "2.0", period=SEPTEMBER)
    make.submission(vega_contract, vega, "3.0", "4.0", period=OCTOBER, is_late=True)
    make.submission(
        vega_contract, vega, "3.5", period=OCTOBER, correction_reason="ошибка при вводе"
    )


def test_each_receipt_is_a_line(
    vega: User, vega_contract: Contract, past: None, login: Login
) -> None:
    page = text(login(vega).get(address(vega_contract), YEAR))
    assert "2026 год: 3 передачи" in page
    for submission in vega_contract.submissions.all():
        assert submission.number in page
    assert page.count("после срока") == 1
    assert "исправление: ошибка при вводе" in page
    assert page.count("ответа ещё нет") == 3


def test_a_month(vega: User, vega_contract: Contract, past: None, login: Login) -> None:
    page = text(login(vega).get(address(vega_contract), {"month": "9", "year": "2026"}))
    assert "Сентябрь 2026: 1 передача" in page


def test_what_billing_answered(vega: User, vega_contract: Contract, login: Login) -> None:
    handed = make.submission(vega_contract, vega, "1.0", "2.0", period=OCTOBER)
    first, _ = registers(vega_contract)
    make.billing_answer(handed, first, "rejected", reason="нет фото")
    assert "отклонено 1, ответа ещё нет 1" in text(login(vega).get(address(vega_contract), YEAR))
    make.billing_answer(handed, first, "counted")
    assert "учтено в счёте 1, ответа" in text(login(vega).get(address(vega_contract), YEAR))


def test_nothing_handed_in(vega: User, vega_contract: Contract, login: Login) -> None:
    make.reading(registers(vega_contract)[0], "5", period=OCTOBER)
    page = text(login(vega).get(address(vega_contract), YEAR))
    assert "За 2026 год через кабинет ничего не передано" in page
    assert "История по месяцам" in page


def test_nonsense_is_refused(vega: User, vega_contract: Contract, login: Login) -> None:
    response = login(vega).get(address(vega_contract), {"month": "13", "year": "2026"})
    assert response.status_code == 422
    assert "из списка" in text(response)


def test_others_do_not_show(
    vega: User, orion: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    foreign = make.submission(orion_contract, orion, "1", period=OCTOBER)
    assert foreign.number not in text(login(vega).get(address(vega_contract), YEAR))


def test_as_a_table(vega: User, vega_contract: Contract, past: None, login: Login) -> None:
    file = reverse("meters:submission-list-file", args=[vega_contract.pk, "csv"])
    content = login(vega).get(file, YEAR).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline=""), delimiter=";"))
    assert [row["Показаний"] for row in rows] == ["1", "2", "2"]
    assert [row["Срок"] for row in rows] == ["в срок", "после срока", "в срок"]
    assert rows[0]["Передал(а)"] == "Громов Андрей Ильич"
    assert rows[0]["Причина исправления"] == "ошибка при вводе"
    assert rows[0]["Ответ биллинга"] == "ответа ещё нет"


@pytest.mark.parametrize("name", ["meters:submission-list", "meters:submission-list-file"])
def test_the_number_of_statements_does_not_grow(
    vega: User,
    vega_contract: Contract,
    login: Login,
    statements: Callable[[Browser, str], int],
    name: str,
) -> None:
    browser = login(vega)
    kind = ["csv"] if name.endswith("file") else []
    url = reverse(name, args=[vega_contract.pk, *kind]) + "?month=&year=2026"
    for _ in range(2):
        make.submission(vega_contract, vega, "1", "2", period=SEPTEMBER)
    few = statements(browser, url)
    for _ in range(18):
        make.submission(vega_contract, vega, "1", "2", period=OCTOBER)
    assert statements(browser, url) == few
