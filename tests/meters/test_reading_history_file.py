"""The history as XLSX and CSV: every version, typed, never run, and never cut short in silence."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract
from meters.models import MeteringPoint
from meters.views import tables
from tests import make
from tests.meters.table import registers, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
SEPTEMBER, OCTOBER = datetime.date(2026, 9, 1), datetime.date(2026, 10, 1)


def address(contract: Contract, kind: str) -> str:
    return reverse("meters:reading-history-file", args=[contract.pk, kind])


def csv_rows(response: Any) -> list[dict[str, str]]:
    content = response.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline=""), delimiter=";"))


@pytest.fixture
def past(vega: User, vega_contract: Contract) -> None:
    """A value of September; one of October that was corrected, and answered."""
    first, _ = registers(vega_contract)
    make.reading(first, "900.1", period=SEPTEMBER)
    make.submission(vega_contract, vega, "1000.1", period=OCTOBER)
    corrected = make.submission(
        vega_contract, vega, "1011.1", period=OCTOBER, correction_reason="ошибка при вводе"
    )
    make.billing_answer(corrected, first, "rejected", reason="не читается фото")


def test_csv(vega: User, vega_contract: Contract, past: None, login: Login) -> None:
    response = login(vega).get(address(vega_contract, "csv"), {"month": "", "year": "2026"})
    assert response["Content-Type"].startswith("text/csv")
    assert "attachment" in response["Content-Disposition"]
    counting, replaced, september = csv_rows(response)
    assert counting["Показание"] == "1011,100"
    assert counting["Предыдущее"] == "900,100"
    assert counting["Расход"] == "111,000"
    assert counting["Учитывается"] == "да"
    assert counting["Исправление"] == "вместо 001 000,1: ошибка при вводе"
    assert counting["Ответ биллинга"] == "отклонено"
    assert counting["Пояснение биллинга"].startswith("не читается фото, ")
    assert counting["Кто передал"] == "Громов Андрей Ильич"
    assert replaced["Учитывается"] == "нет"
    assert replaced["Ответ биллинга"] == "ответа ещё нет"
    assert september["Период"] == "сентябрь 2026"
    assert september["Кто передал"] == "введено офисом"
    assert september["Квитанция"] == september["Ответ биллинга"] == ""


def test_xlsx(vega: User, vega_contract: Contract, past: None, login: Login) -> None:
    response = login(vega).get(address(vega_contract, "xlsx"), {"month": "10", "year": "2026"})
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    assert sheet is not None
    lines = [
        [cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)
    ]
    assert lines[0] == [f"Показания за октябрь 2026, договор № {vega_contract.number}, ООО «Вега»"]
    assert "Показание" in lines[2]
    assert 1011.1 in lines[3]
    assert len(lines) == 5


def test_one_point(vega: User, vega_contract: Contract, login: Login) -> None:
    make.submission(vega_contract, vega, "1.0", "2.0", period=OCTOBER)
    point = registers(vega_contract)[1].meter.installations.get().point
    query = {"month": "", "year": "2026", "point": str(point.pk)}
    (row,) = csv_rows(login(vega).get(address(vega_contract, "csv"), query))
    assert row["Точка учёта"] == point.name
    assert row["Показание"] == "2,000"


@pytest.mark.parametrize("point", ["0", "x", "9" * 30, "-1", "²"])
def test_no_such_point(vega: User, vega_contract: Contract, login: Login, point: str) -> None:
    query = {"year": "2026", "point": point}
    assert login(vega).get(address(vega_contract, "csv"), query).status_code == 404


def test_a_point_of_another_contract(
    vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    query = {"year": "2026", "point": str(orion_contract.points.get().pk)}
    assert login(vega).get(address(vega_contract, "csv"), query).status_code == 404


def test_other_endings_are_not_found(vega: User, vega_contract: Contract, login: Login) -> None:
    assert login(vega).get(address(vega_contract, "exe")).status_code == 404


def test_formulas_do_not_run(vega: User, vega_contract: Contract, past: None, login: Login) -> None:
    MeteringPoint.objects.filter(contract=vega_contract).update(name="=1+1")
    browser = login(vega)
    query = {"month": "", "year": "2026"}
    assert csv_rows(browser.get(address(vega_contract, "csv"), query))[0]["Точка учёта"] == "'=1+1"
    book = openpyxl.load_workbook(
        io.BytesIO(browser.get(address(vega_contract, "xlsx"), query).content)
    )
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value == "=1+1"]
    assert cells
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)


def test_a_bad_period_leads_to_the_page_that_says_so(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    response = login(vega).get(
        address(vega_contract, "csv"), {"month": "13", "year": "2026"}, follow=True
    )
    assert response.status_code == 422
    assert "из списка" in text(response)


def test_too_long_a_table_is_not_cut_in_silence(
    vega: User, vega_contract: Contract, past: None, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meters.views.history.MAX_ROWS", 2)
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    response = login(vega).get(address(vega_contract, "csv"), {"year": "2026"}, follow=True)
    assert response.redirect_chain
    assert "В таблице больше 2 строк. Выберите месяц." in text(response)


def test_other_contracts_do_not_leave(
    vega: User, orion: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    make.submission(orion_contract, orion, "31337.5", period=OCTOBER)
    make.submission(vega_contract, vega, "1.5", period=OCTOBER)
    rows = csv_rows(login(vega).get(address(vega_contract, "csv"), {"year": "2026"}))
    assert [row["Показание"] for row in rows] == ["1,500"]


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, past: None, login: Login
) -> None:
    browser = login(vega)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(address(vega_contract, "csv"), {"year": "2026"})
        return len(captured)

    statements()
    few = statements()
    for n in range(1, 9):
        make.submission(vega_contract, vega, "1", "2", period=datetime.date(2026, n, 1))
    assert statements() == few
