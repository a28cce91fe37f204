"""«История передачи показаний»: by month and year, the year alone, and which value counts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters import history
from meters.models import Reading
from tests import make
from tests.meters.table import registers, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def month(number: int, year: int = 2026) -> datetime.date:
    return datetime.date(year, number, 1)


def search(browser: Browser, contract: Contract, **query: str) -> HttpResponse:
    return browser.get(reverse("meters:reading-history", args=[contract.pk]), query)  # type: ignore[return-value]


@pytest.fixture
def past(vega: User, vega_contract: Contract) -> None:
    """September and October by Vega, one value corrected; 2025 by billing."""
    make.submission(vega_contract, vega, "900.1", "800.2", period=month(9))
    make.submission(vega_contract, vega, "1000.1", "1800.2", period=month(10))
    make.submission(vega_contract, vega, "1011.1", period=month(10))
    make.reading(registers(vega_contract)[0], "77.7", period=month(12, 2025))


def test_a_month(vega: User, vega_contract: Contract, past: None, login: Login) -> None:
    page = text(search(login(vega), vega_contract, month="10", year="2026"))
    for value in ("001 000,1", "001 800,2", "001 011,1"):
        assert value in page
    for value in ("000 900,1", "000 077,7"):
        assert value not in page
    assert "Октябрь 2026: 3 показания" in page
    assert page.count("ПП-2026-10-") == 3
    assert "Громов" in page


def test_the_year_alone(vega: User, vega_contract: Contract, past: None, login: Login) -> None:
    page = text(search(login(vega), vega_contract, month="", year="2026"))
    assert "2026 год: 5 показаний" in page
    assert page.index("За октябрь 2026") < page.index("За сентябрь 2026")
    assert "000 077,7" not in page


def test_which_value_counts(vega: User, vega_contract: Contract, past: None, login: Login) -> None:
    response = search(login(vega), vega_contract, month="10", year="2026")
    rows = {
        value: row
        for row in response.content.decode().replace("\u00a0", " ").split("<tr")
        for value in ("001 000,1", "001 800,2", "001 011,1")
        if value in row
    }
    assert "заменено" in rows["001 000,1"]
    assert "учитывается" not in rows["001 000,1"]
    assert "учитывается" in rows["001 011,1"]
    assert "учитывается" in rows["001 800,2"]
    assert "1 000<" in rows["001 800,2"].replace(" </td>", "<"), "consumption: 1800,2 − 800,2"
    assert "111<" in rows["001 011,1"]


def test_of_values_that_came_together_the_last_one_counts(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    moment = timezone.now()
    for value in ("10.0", "20.0", "30.0"):
        make.reading(registers(vega_contract)[0], value, period=month(9), received_at=moment)
    response = search(login(vega), vega_contract, month="9", year="2026")
    counted = [row for row in response.content.decode().split("<tr") if "учитывается<" in row]
    assert len(counted) == 1
    assert "000\u00a0030,0" in counted[0]


def test_billings_values_stand_there_with_their_source(
    vega: User, vega_contract: Contract, past: None, login: Login
) -> None:
    make.reading(
        registers(vega_contract)[0], "1012.0", period=month(10), source=Reading.Source.CALCULATED
    )
    page = text(search(login(vega), vega_contract, month="10", year="2026"))
    assert "001 012,0" in page
    assert "расчётное" in page
    page = text(search(login(vega), vega_contract, month="12", year="2025"))
    assert "введено офисом" in page
    assert "ПП-" not in page


def test_the_receipt_is_one_click_away(
    vega: User, vega_contract: Contract, past: None, login: Login
) -> None:
    response = search(login(vega), vega_contract, month="9", year="2026")
    number = vega_contract.submissions.get(period=month(9)).number
    assert reverse("meters:receipt", args=[vega_contract.pk, number]) in response.content.decode()


def rows(response: HttpResponse) -> list[str]:
    """The rows of the table, in words."""
    found = response.content.decode().split("<tr")[2:]
    return [" ".join(re.sub(r"<[^>]+>", " ", f"<tr{row}").split()) for row in found]


def test_versions_of_a_value_stand_together_the_counting_one_first(
    vega: User, vega_contract: Contract, past: None, login: Login
) -> None:
    found = rows(search(login(vega), vega_contract, month="10", year="2026"))
    values = [value for row in found for value in ("001 000,1", "001 800,2", "001 011,1")
              if f"сутки {value}" in row.replace("\u00a0", " ")]  # fmt: skip
    assert values == ["001 011,1", "001 000,1", "001 800,2"]


def test_a_correction_names_what_it_replaced_and_why(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.submission(vega_contract, vega, "1000.1", period=month(10))
    make.submission(
        vega_contract, vega, "1011.1", period=month(10), correction_reason="ошибка при вводе"
    )
    page = text(search(login(vega), vega_contract, month="10", year="2026"))
    assert page.count("исправление вместо 001 000,1: ошибка при вводе") == 1


def test_questions_and_their_answers(vega: User, vega_contract: Contract, login: Login) -> None:
    make.reading(
        registers(vega_contract)[0],
        "5.0",
        period=month(10),
        doubts=["more", "power"],
        explanation="новый <цех>",
        is_rollover=True,
    )
    page = text(search(login(vega), vega_contract, month="10", year="2026"))
    asked = "больше обычного, больше максимальной мощности, счётчик перешёл через ноль"
    assert f"переспросили: {asked}; ответ: новый <цех>" in page


def test_what_billing_answered(vega: User, vega_contract: Contract, login: Login) -> None:
    first, second = registers(vega_contract)
    handed = make.submission(vega_contract, vega, "1.0", "2.0", period=month(10))
    moment = timezone.now()
    earlier = moment - datetime.timedelta(days=1)
    make.billing_answer(handed, first, "accepted", answered_at=earlier)
    make.billing_answer(handed, first, "rejected", reason="нет фото табло", answered_at=moment)
    make.reading(second, "3.0", period=month(9))
    found = rows(search(login(vega), vega_contract, month="", year="2026"))
    by_value = {
        value: row for row in found for value in ("001,0", "002,0", "003,0") if value in row
    }
    assert "биллинг: отклонено , нет фото табло" in by_value["001,0"]
    assert "принято" not in by_value["001,0"], "the latest answer counts"
    assert "биллинг: ответа ещё нет" in by_value["002,0"]
    assert "биллинг" not in by_value["003,0"], "billing states its own values itself"


def test_the_first_month_of_a_meter_begins_with_its_act(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    hung = make.installation(
        make.point(vega_contract), installed_on=datetime.date(2026, 10, 12), current_ratio=40
    )
    register = hung.meter.registers.get()
    make.act_reading(hung, register, "100", "installed")
    make.reading(register, "120.5", period=month(10))
    found = rows(search(login(vega), vega_contract, month="10", year="2026"))
    assert any("120,5 820 " in row for row in found), "(120,5 − 100) × 40"


def test_late_ones_are_marked(vega: User, vega_contract: Contract, login: Login) -> None:
    make.submission(vega_contract, vega, period=month(9), is_late=True)
    assert "после срока" in text(search(login(vega), vega_contract, month="9", year="2026"))


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"month": "8", "year": "2024"}, "зарегистрирован 02.09.2024"),
        ({"month": "1", "year": "2026"}, "через кабинет ничего не передано"),
    ],
)
def test_an_empty_answer_says_why(
    vega: User, vega_contract: Contract, login: Login, query: dict[str, str], reason: str
) -> None:
    assert reason in text(search(login(vega), vega_contract, **query))


@pytest.mark.parametrize(
    "query",
    [
        {"month": "13", "year": "2026"},
        {"month": "x", "year": "2026"},
        {"month": "1", "year": "1812"},
        {"year": ""},
    ],
)
def test_nonsense_is_refused_at_its_field(
    vega: User, vega_contract: Contract, login: Login, query: dict[str, str]
) -> None:
    response = search(login(vega), vega_contract, **query)
    assert response.status_code == 422
    assert "<title>Ошибка:" in response.content.decode()
    assert "из списка" in text(response) or "Выберите год" in text(response)


def test_first_it_shows_the_year_of_the_month_asked_for(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    make.submission(vega_contract, vega, "55.5", period=period.first_day)
    assert "000 055,5" in text(search(login(vega), vega_contract))


def test_pages_of_a_long_year(vega: User, vega_contract: Contract, login: Login) -> None:
    first = registers(vega_contract)[0]
    for n in range(105):
        make.reading(first, f"{n}.5", period=month(1 + n % 9))
    browser = login(vega)
    pages = [
        text(search(browser, vega_contract, month="", year="2026", page=page))
        for page in ("1", "2", "99", "x")
    ]
    assert pages[0].count("введено офисом") >= 100
    values = [f"000 {n:03d},5" for n in range(105)]
    shown = [[value for value in values if value in page] for page in pages[:2]]
    assert len(shown[0]) == 100
    assert len(shown[1]) == 5
    assert set(shown[0]) | set(shown[1]) == set(values)


def test_no_page_skips_or_repeats_a_row(vega_contract: Contract) -> None:
    """Pages that end within a month, at its end, and over several months."""
    first, second = registers(vega_contract)
    for n in range(1, 6):
        for register in (first, second):
            for version in range(n):
                make.reading(register, f"{n}{version}.0", period=month(n))
    found = history.readings_between(vega_contract, month(1), month(12))
    whole = [row.pk for row in history.HistoryPaginator(found, 1000).page(1)]
    assert len(whole) == 30
    for size in (1, 3, 10, 18, 29, 30):
        paginator = history.HistoryPaginator(found, size)
        pages = [[row.pk for row in paginator.page(number)] for number in paginator.page_range]
        assert [pk for page in pages for pk in page] == whole
        assert all(len(page) == size for page in pages[:-1])


def test_a_page_skips_rows_of_its_own_month_alone(vega_contract: Contract) -> None:
    first = registers(vega_contract)[0]
    for n in range(1, 10):
        for version in range(10):
            make.reading(first, f"{version}.0", period=month(n))
    paginator = history.HistoryPaginator(
        history.readings_between(vega_contract, month(1), month(12)), 5
    )
    with CaptureQueriesContext(connection) as captured:
        list(paginator.page(18))
    skipped = [int(n) for query in captured for n in re.findall(r"OFFSET (\d+)", query["sql"])]
    assert skipped == [5]


def test_other_contracts_do_not_show(
    vega: User, orion: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    make.submission(orion_contract, orion, "31337.5", period=month(9))
    make.submission(vega_contract, vega, "1.5", period=month(9))
    page = text(search(login(vega), vega_contract, month="9", year="2026"))
    assert "031 337,5" not in page
    assert "000 001,5" in page


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    url = reverse("meters:reading-history", args=[vega_contract.pk]) + "?month=&year=2026"
    make.submission(vega_contract, vega, "1", "2", period=month(1))
    few = statements(browser, url)
    for n in range(9):
        make.submission(vega_contract, vega, "1", "2", period=month(1 + n))
    assert statements(browser, url) == few
