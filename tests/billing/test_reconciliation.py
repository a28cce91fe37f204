"""«Акт сверки»: the period, balances and turnovers, what is too long, and how to disagree."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from billing import reconciliation
from billing.models import LedgerEntry
from contracts.models import Contract, Topic
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
DAY = datetime.date


def page(
    browser: Browser,
    contract: Contract,
    first: str = "",
    last: str = "",
    *,
    scope: str = "contract",
    status: int = 200,
) -> Tag:
    query = {"starts_on": first, "ends_on": last, "scope": scope} if first or last else {}
    response = browser.get(reverse("billing:reconciliation", args=[contract.pk]), query)
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def cells(html: Tag) -> list[list[str]]:
    return [
        [cell.text.replace("\u00a0", " ") for cell in row.select("td")]
        for row in html.select("table tbody tr")
    ]


@pytest.fixture
def booked(vega_contract: Contract) -> Contract:
    """A debt from before, two entries of the third quarter, one on each side of its edges."""
    make.charge(vega_contract, "100.00", booked_on=DAY(2026, 6, 30))
    make.charge(vega_contract, "1000.00", booked_on=DAY(2026, 7, 1))
    make.payment(vega_contract, "250.50", booked_on=DAY(2026, 9, 30))
    make.payment(vega_contract, "7.00", booked_on=DAY(2026, 10, 1))
    return vega_contract


def test_at_first_the_page_asks_for_a_period(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    html = page(login(vega), vega_contract)
    assert html.select_one("[name=starts_on]")["value"]
    assert not html.select("table")


def test_both_days_belong_to_the_period(vega_reader: User, booked: Contract, login: Login) -> None:
    html = page(login(vega_reader), booked, "2026-07-01", "2026-09-30")
    assert cells(html) == [["2", "100,00", "1 000,00", "250,50", "849,50"]]
    assert "По данным биллинга на" in html.select_one("caption").text


def test_russian_dates_are_read_too(vega: User, booked: Contract, login: Login) -> None:
    html = page(login(vega), booked, "01.07.2026", "30.09.2026")
    assert cells(html)[0][0] == "2"


def test_a_period_without_entries_still_has_a_balance(
    vega: User, booked: Contract, login: Login
) -> None:
    html = page(login(vega), booked, "2026-08-01", "2026-08-31")
    assert cells(html) == [["0", "1 100,00", "0,00", "0,00", "1 100,00"]]
    assert "За этот период операций нет" in html.text
    assert html.select_one(f"a[href*='{reverse('billing:reconciliation-act', args=[booked.pk])}']")


TOMORROW = (timezone.localdate() + datetime.timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("first", "last", "field", "words"),
    [
        ("", "2026-09-30", "starts_on", "введите первый день периода"),
        ("2026-07-01", "", "ends_on", "введите последний день периода"),
        ("июль", "2026-09-30", "starts_on", "введите первый день так"),
        ("2026-09-30", "2026-07-01", "ends_on", "не может быть раньше первого"),
        ("2026-07-01", TOMORROW, "ends_on", "не позже сегодняшнего"),
        ("2018-01-01", "2018-12-31", "ends_on", "в кабинете с 01.06.2026: выберите последний"),
    ],
)
def test_a_period_of_which_no_act_is_made(
    first: str, last: str, field: str, words: str, vega: User, booked: Contract, login: Login
) -> None:
    html = page(login(vega), booked, first, last, status=422)
    summary = html.select_one(".error-summary")
    assert words in summary.text
    assert not field or summary.select_one(f"a[href='#id_{field}']")
    assert html.select_one("[name=starts_on]").get("value", "") == first
    assert not html.select("table")


def test_all_contracts_of_the_company_that_the_person_sees(
    vega: User, booked: Contract, orion_contract: Contract, login: Login
) -> None:
    second = make.contract(booked.client, number="35-01-009999")
    later = make.contract(booked.client, number="35-01-010000", signed_on=DAY(2026, 10, 2))
    make.charge(second, "5.00", booked_on=DAY(2026, 8, 1))
    make.charge(orion_contract, "6.00", booked_on=DAY(2026, 8, 1))
    html = page(login(vega), booked, "2026-07-01", "2026-09-30", scope="company")
    names = [row.text for row in html.select("table tbody th")]
    assert len(names) == 2
    assert "35-01-004217" in names[0]
    assert "35-01-009999" in names[1]
    assert later.number not in html.select_one("table").text
    assert cells(html)[1] == ["1", "0,00", "5,00", "0,00", "5,00"]


def test_a_limited_person_reconciles_the_own_contracts_alone(
    booked: Contract, login: Login
) -> None:
    make.contract(booked.client, number="35-01-009999")
    limited = make.user("limited")
    make.limit(make.membership(limited, booked.client, Role.ACCOUNTANT), booked)
    html = page(login(limited), booked)
    assert not html.select("[name=scope]")
    html = page(login(limited), booked, "2026-07-01", "2026-09-30", scope="company")
    assert len(cells(html)) == 1


def test_a_period_that_is_too_long_is_split(
    vega: User, booked: Contract, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "MAX_ROWS", 2)
    html = page(login(vega), booked, "2026-01-01", "2026-10-31")
    assert "период слишком длинный" in html.text
    act = reverse("billing:reconciliation-act", args=[booked.pk])
    spans = [
        tuple(
            parse_qs(urlsplit(str(link["href"])).query)[name][0]
            for name in ("starts_on", "ends_on")
        )
        for link in html.select(f"ul.rows a[href^='{act}']")
    ]
    assert spans == [("2026-06-01", "2026-09-29"), ("2026-09-30", "2026-10-31")]


def test_the_spans_of_a_split_follow_one_another(
    booked: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the limit: no day is lost or twice, each act opens as the last one closed."""
    for number in range(3):  # more on one day than any act takes
        make.charge(booked, "1.00", booked_on=DAY(2026, 8, 5), number=f"д-{number}")
    first, last = DAY(2026, 6, 1), DAY(2026, 10, 31)
    for limit in (1, 2, 3, 100):
        monkeypatch.setattr(reconciliation, "MAX_ROWS", limit)
        spans = [span[1:] for span in reconciliation.parts([booked], first, last)]
        assert spans[0][0] == first
        assert spans[-1][1] == last
        for (_, end), (begin, _) in itertools.pairwise(spans):
            assert begin - end == datetime.timedelta(days=1)
        seen = [reconciliation.overviews([booked], *span)[0] for span in spans]
        assert sum(one.entries for one in seen) == LedgerEntry.objects.count()
        for before, after in itertools.pairwise(seen):
            assert before.closing == after.opening


@pytest.mark.parametrize(
    ("codes", "chosen"),
    [(["billing", "reconciliation"], "reconciliation"), (["billing"], "billing"), ([], "")],
)
def test_not_agreed_leads_to_a_message_of_the_right_topic(
    codes: list[str], chosen: str, vega: User, booked: Contract, topic: Topic, login: Login
) -> None:
    for code in codes:
        make.topic(code=code)
    browser = login(vega)
    html = page(browser, booked, "2026-07-01", "2026-09-30")
    link = next(link for link in html.select("a.btn") if link.text == "Не согласен")
    form = BeautifulSoup(browser.get(str(link["href"])).content, "html.parser")
    selected = form.select_one("[name=topic] option[selected]")
    assert (selected["value"] if selected else "") == chosen
    assert "Не согласны с актом сверки с 01.07.2026 по 30.09.2026" in form.textarea.text
    assert "35-01-004217" in form.textarea.text


def test_disagreeing_is_written_to_the_specialist_of_each_contract(
    vega: User, booked: Contract, login: Login
) -> None:
    other = make.contract(booked.client, number="35-01-004999")
    browser = login(vega)
    html = page(browser, booked, "2026-07-01", "2026-09-30", scope="company")
    assert not [link for link in html.select("a.btn") if link.text == "Не согласен"]
    for contract in (booked, other):
        form = reverse("messaging:message-new", args=[contract.pk])
        (link,) = html.select(f"a[href^='{form}?']")
        opened = BeautifulSoup(browser.get(str(link["href"])).content, "html.parser")
        assert f"по договору № {contract.number}." in opened.textarea.text


def test_no_balance_is_made_up_for_days_before_the_books(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.correction(vega_contract, "500.00", booked_on=DAY(2026, 3, 1))
    make.charge(vega_contract, "100.00", booked_on=DAY(2026, 4, 30))
    browser = login(vega)
    html = page(browser, vega_contract, "2026-02-28", "2026-04-30")
    assert html.select_one("#result").text == "С 01.03.2026 по 30.04.2026"
    assert "ведутся в кабинете с 01.03.2026: акт начинается с этого дня" in html.text
    html = page(browser, vega_contract, "2025-01-01", "2025-12-31", status=422)
    assert "ведутся в кабинете с 01.03.2026" in html.text
    assert page(browser, vega_contract, "2026-03-01", "2026-04-30").select("table tbody tr")


def test_who_may_not_write_is_not_led_to(vega_reader: User, booked: Contract, login: Login) -> None:
    html = page(login(vega_reader), booked, "2026-07-01", "2026-09-30")
    assert "Не согласен" not in html.text


def test_the_page_costs_the_same_with_many_contracts_and_entries(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    base = reverse("billing:reconciliation", args=[vega_contract.pk])
    address = f"{base}?starts_on=2026-01-01&ends_on=2026-10-31&scope=company"
    costs = []
    for _ in range(2):
        for _ in range(9):
            contract = make.contract(vega_contract.client)
            make.charge(contract, booked_on=DAY(2026, 5, 31))
        costs.append(statements(browser, address))
    assert costs[0] == costs[1]


def test_sums_are_exact(booked: Contract) -> None:
    (one,) = reconciliation.overviews([booked], DAY(2026, 7, 1), DAY(2026, 9, 30))
    assert one.closing == Decimal("849.50")
    assert one.turnover == (Decimal("1000.00"), Decimal("250.50"))
