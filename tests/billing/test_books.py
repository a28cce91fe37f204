"""Where a contract's books begin, and what is said of the time before: nothing."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client as Browser
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import Client, User
from billing import books
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
DAY = datetime.date


@pytest.fixture
def old_contract(vega_contract: Contract) -> Contract:
    """Concluded 14.03.2019, with entries since the autumn of 2024, when the portal came."""
    Client.objects.filter(pk=vega_contract.client_id).update(registered_on=DAY(2024, 11, 1))
    make.advance(vega_contract, "300.00", booked_on=DAY(2024, 11, 7))
    make.charge(vega_contract, "1000.00", booked_on=DAY(2024, 11, 30))
    return vega_contract


@pytest.mark.parametrize(
    ("signed_on", "registered_on", "first_on", "expected"),
    [
        pytest.param("2019-03-14", "2024-11-01", "2024-11-07", "2024-11-01", id="with the portal"),
        pytest.param("2019-03-14", "2024-11-01", "2024-12-31", "2024-11-01", id="a month later"),
        pytest.param("2019-03-14", "2024-11-15", "2024-11-07", "2024-11-01", id="days before it"),
        pytest.param("2019-03-14", "2026-11-20", "2024-11-07", "2024-11-01", id="long before it"),
        pytest.param("2019-03-14", "2020-02-01", "2024-11-07", "2024-11-01", id="long after it"),
        pytest.param("2019-03-14", None, "2024-11-07", "2024-11-01", id="no portal yet"),
        pytest.param("2019-03-14", "2024-11-01", "2019-04-30", "2019-03-14", id="whole"),
        pytest.param("2025-05-20", "2024-11-01", "2026-02-28", "2025-05-20", id="a newer contract"),
        pytest.param("2025-05-20", "2024-11-01", "2025-05-12", "2025-05-12", id="paid before it"),
        pytest.param("2019-03-14", "2024-11-01", None, "2024-11-01", id="nothing booked"),
        pytest.param("2025-05-20", "2024-11-01", None, "2025-05-20", id="new, nothing booked"),
    ],
)
def test_the_first_day(
    signed_on: str,
    registered_on: str | None,
    first_on: str | None,
    expected: str,
    vega_client: Client,
) -> None:
    Client.objects.filter(pk=vega_client.pk).update(registered_on=registered_on)
    contract = make.contract(vega_client, signed_on=DAY.fromisoformat(signed_on))
    if first_on:
        make.charge(contract, booked_on=DAY.fromisoformat(first_on))
        make.charge(contract, booked_on=DAY.fromisoformat(first_on) + datetime.timedelta(days=40))
    assert books.first_day(contract) == DAY.fromisoformat(expected)


def test_a_balance_carried_over_begins_the_books(vega_contract: Contract) -> None:
    make.correction(vega_contract, "500.00", booked_on=DAY(2026, 3, 12))
    make.charge(vega_contract, booked_on=DAY(2026, 3, 31))
    assert books.first_day(vega_contract) == DAY(2026, 3, 12)


def test_many_contracts_cost_one_statement(
    vega_contract: Contract, django_assert_num_queries: Callable[[int], object]
) -> None:
    contracts = [vega_contract, *(make.contract(vega_contract.client) for _ in range(5))]
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert len(books.begin_on(contracts)) == 6


# An act ------------------------------------------------------------------------------------------


def ask(browser: Browser, contract: Contract, first: str, last: str, **more: str) -> Tag:
    query = {"starts_on": first, "ends_on": last, "scope": "contract", **more}
    response = browser.get(reverse("billing:reconciliation", args=[contract.pk]), query)
    return BeautifulSoup(response.content, "html.parser")


def test_an_act_of_years_without_data_is_refused_at_its_field(
    vega: User, old_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    html = ask(browser, old_contract, "2023-01-01", "2023-12-31")
    assert not html.select("table")
    error = html.select_one(".error-summary a[href='#id_ends_on']")
    assert "ведутся в кабинете с 01.11.2024: выберите последний день не раньше" in error.text
    first = html.select_one(".presets a")
    assert first.text == "с начала расчётов, 01.11.2024"
    html = BeautifulSoup(browser.get(str(first["href"])).content, "html.parser")
    assert html.select_one("#result").text.startswith("С 01.11.2024 по")


def test_no_paper_certifies_years_without_data(
    vega: User, old_contract: Contract, login: Login
) -> None:
    address = reverse("billing:reconciliation-act", args=[old_contract.pk])
    query = {"starts_on": "2023-01-01", "ends_on": "2023-12-31", "scope": "contract"}
    assert login(vega).get(address, query).status_code == 302


def test_an_act_that_would_begin_earlier_begins_with_the_books(
    vega: User, old_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    html = ask(browser, old_contract, "2018-01-01", "2024-12-31")
    assert html.select_one("#result").text == "С 01.11.2024 по 31.12.2024"
    words = "Расчёты ведутся в кабинете с 01.11.2024: акт начинается с этого дня."
    assert html.select_one("section .notice").text.strip() == words
    act = reverse("billing:reconciliation-act", args=[old_contract.pk])
    link = html.select_one(f"a[href^='{act}']")
    assert "starts_on=2024-11-01" in str(link["href"])
    asked = "?starts_on=2018-01-01&ends_on=2024-12-31&scope=contract"
    for address in (str(link["href"]), act + asked):
        response = browser.get(address)
        pages = PdfReader(io.BytesIO(response.content)).pages
        text = " ".join(" ".join(page.extract_text().split()) for page in pages)
        assert "Акт сверки взаимных расчётов с 01.11.2024 по 31.12.2024" in text
        assert "ведутся в кабинете с 01.11.2024: более ранние операции в акт не входят." in text
        assert "Сальдо на 01.11.2024" in text
        assert "2018" not in text
        assert "%D1%81%2001.11.2024%20" in response["Content-Disposition"]
    disagree = next(one for one in html.select("a.btn") if one.text == "Не согласен")
    assert "01.11.2024" in str(disagree["href"])


def test_an_act_of_the_time_after_says_nothing_of_it(
    vega: User, old_contract: Contract, login: Login
) -> None:
    html = ask(login(vega), old_contract, "2024-11-02", "2024-12-31")
    assert html.select_one("#result").text == "С 02.11.2024 по 31.12.2024"
    assert not html.select("section .notice")


def test_acts_of_all_contracts_begin_each_with_its_books(
    vega: User, old_contract: Contract, login: Login
) -> None:
    newer = make.contract(old_contract.client, number="35-01-009999", signed_on=DAY(2025, 5, 20))
    later = make.contract(old_contract.client, number="35-01-010000", signed_on=DAY(2026, 2, 1))
    make.charge(newer, "70.00", booked_on=DAY(2025, 5, 31))
    html = ask(login(vega), old_contract, "2018-01-01", "2025-12-31", scope="company")
    rows = [row.text for row in html.select("table tbody th")]
    assert len(rows) == 2
    assert "с " not in rows[0]
    assert rows[1].endswith("с 20.05.2025")
    notice = html.select_one("section .notice").text
    assert "первый день стоит под номером договора" in notice
    assert f"акта нет: № {later.number}." in notice
    (total,) = html.select("table tfoot tr")
    assert [cell.text.replace("\u00a0", " ") for cell in total.select("td")] == [
        "3", "0,00", "1 070,00", "300,00", "770,00",
    ]  # fmt: skip


def test_acts_of_contracts_that_begin_on_one_day_say_it(
    vega: User, old_contract: Contract, login: Login
) -> None:
    for number in ("35-01-009999", "35-01-010000"):
        other = make.contract(old_contract.client, number=number)
        make.charge(other, booked_on=DAY(2024, 11, 30))
    html = ask(login(vega), old_contract, "2018-01-01", "2025-12-31", scope="company")
    words = "Расчёты ведутся в кабинете с 01.11.2024: акты начинаются с него."
    assert html.select_one("section .notice").text.strip() == words
    alone = ask(login(vega), old_contract, "2018-01-01", "2025-12-31")
    assert "по договору № 35-01-004217 ведутся" in alone.select_one("section .notice").text


def test_totals_of_all_contracts_keep_late_fees_apart(
    vega: User, old_contract: Contract, login: Login
) -> None:
    other = make.contract(old_contract.client, number="35-01-009999")
    for contract in (old_contract, other):
        make.late_fee(contract, "1.50", booked_on=DAY(2025, 3, 3))
    make.charge(other, "10.00", booked_on=DAY(2025, 3, 3))
    html = ask(login(vega), old_contract, "2025-03-01", "2025-03-31", scope="company")
    energy, fees = (
        [cell.text.replace("\u00a0", " ") for cell in row.select("td")]
        for row in html.select("table tfoot tr")
    )
    assert energy == ["1", "700,00", "10,00", "0,00", "710,00"]
    assert fees == ["2", "0,00", "3,00", "0,00", "3,00"]


def test_one_contract_has_no_total(vega: User, old_contract: Contract, login: Login) -> None:
    assert not ask(login(vega), old_contract, "2025-03-01", "2025-03-31").select("tfoot")


# A balance ---------------------------------------------------------------------------------------


def test_no_balance_of_a_day_before_the_books(
    vega: User, old_contract: Contract, login: Login
) -> None:
    browser, url = login(vega), reverse("billing:debt", args=[old_contract.pk])
    response = browser.get(url, {"on": "2018-05-01"})
    html = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 422
    error = html.select_one(".error-summary a[href='#id_on']")
    assert "ведутся в кабинете с 01.11.2024: укажите день не раньше" in error.text
    assert not html.select("dl[role=status]")
    first = html.select_one("#day .presets a")
    found = BeautifulSoup(browser.get(str(first["href"])).content, "html.parser")
    assert "На конец дня 01.11.2024" in found.text


def test_the_history_says_no_balance_of_before_the_books(
    vega: User, old_contract: Contract, login: Login
) -> None:
    browser, url = login(vega), reverse("billing:history", args=[old_contract.pk])
    html = BeautifulSoup(browser.get(url, {"year": "2024", "month": ""}).content, "html.parser")
    opening = html.select_one("table tbody tr")
    assert "01.11.2024" in opening.text
    assert "01.01.2024" not in html.select_one("table").text
    assert "ведутся в кабинете с 01.11.2024" in html.select_one("caption").text
    empty = browser.get(url, {"year": "2023", "month": ""}).content.decode()
    assert "ведутся в кабинете с 01.11.2024: более ранних данных в кабинете нет" in empty
    assert "Остаток на начало" not in empty


def test_turnovers_begin_with_the_books(vega: User, vega_contract: Contract, login: Login) -> None:
    make.charge(vega_contract, booked_on=DAY(2026, 10, 31))
    page = login(vega).get(reverse("billing:turnovers", args=[vega_contract.pk]))
    assert page.context["rows"][0].month.first_day == DAY(2026, 10, 1)
