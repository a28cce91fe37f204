"""What billing has rejected: a word on the pages, as long as nothing has replaced the value."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters import rejections
from meters.models import Reading, ReadingRule, Submission
from tests import make
from tests.meters.table import address, registers, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]

SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)
NOW = datetime.datetime.fromisoformat("2026-11-28T12:00:00+03:00")
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _today(db: None) -> Iterator[None]:
    ReadingRule.objects.all().delete()
    with time_machine.travel(NOW, tick=False):
        yield


def handed_in(
    contract: Contract, person: User, *values: str, period: Month = OCTOBER, **fields: Any
) -> Submission:
    fields = {"received_at": NOW - 3 * HOUR, **fields}
    values = values or ("1326.6", "2100.0")
    return make.submission(contract, person, *values, period=period.first_day, **fields)


def answered(
    submission: Submission, place: int = 0, state: str = "rejected", before: int = 60
) -> None:
    register = registers(submission.contract)[place]
    moment = NOW - datetime.timedelta(minutes=before)
    reason = "нет фото" if state == "rejected" else ""
    make.billing_answer(submission, register, state, reason=reason, answered_at=moment)


def on_page(browser: Browser, contract: Contract) -> str:
    response = browser.get(address(contract))
    assert response.status_code == 200
    return text(response)


def links(browser: Browser, contract: Contract) -> list[str]:
    """The addresses in the notice."""
    body = browser.get(address(contract)).content.decode()
    notice = body.split('aria-label="Отклонённые показания"')[1].split("</section>")[0]
    return [part.split('"')[0].replace("&amp;", "&") for part in notice.split('href="')[1:]]


@pytest.fixture
def rejected(vega: User, vega_contract: Contract) -> Submission:
    """Both values of October, rejected."""
    submission = handed_in(vega_contract, vega)
    answered(submission, 0)
    answered(submission, 1)
    return submission


WORDS = "Биллинг отклонил показания за октябрь по 2 точкам."


def test_the_page_says_what_was_rejected_and_leads_to_reasons_and_correction(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    page = on_page(browser, vega_contract)
    assert WORDS in page
    assert (
        f"Причины — в квитанции {rejected.number} . Передать исправление можно"
        " до 1 декабря 23:59 (МСК), с отметкой «после срока»."
    ) in page
    receipt, correction = links(browser, vega_contract)
    assert receipt == reverse("meters:receipt", args=[vega_contract.pk, rejected.number])
    assert correction == f"{address(vega_contract)}?correct=1&period=2026-10&show=attention"
    opened = browser.get(correction).content.decode()
    assert opened.count('<details class="more no-print" open>') == 2


def test_home_says_so_at_its_contract_alone(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login
) -> None:
    other = make.contract(vega_contract.client)
    body = login(vega).get(reverse("contracts:home")).content.decode()
    words = "Отклонены показания за октябрь по 2 точкам"
    assert body.replace("\u00a0", " ").count(words) == 1
    assert f'<a class="text-bad" href="{address(vega_contract)}">' in body
    assert f'<a class="text-bad" href="{address(other)}">' not in body


def test_a_stranger_hears_nothing(
    rejected: Submission, orion: User, orion_contract: Contract, login: Login
) -> None:
    browser = login(orion)
    assert "тклон" not in on_page(browser, orion_contract)
    assert "тклон" not in text(browser.get(reverse("contracts:home")))


@pytest.mark.parametrize("state", ["accepted", "counted"])
def test_it_ends_when_billing_takes_it_back(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login, state: str
) -> None:
    browser = login(vega)
    answered(rejected, 0, state, before=30)
    assert "за октябрь по 1 точке." in on_page(browser, vega_contract)
    answered(rejected, 1, state, before=30)
    assert "Биллинг отклонил" not in on_page(browser, vega_contract)


@pytest.mark.parametrize("state", ["accepted", "counted"])
def test_an_earlier_answer_does_not_end_it(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login, state: str
) -> None:
    answered(rejected, 0, state, before=90)
    assert WORDS in on_page(login(vega), vega_contract)


def test_it_ends_with_a_new_value_and_begins_again_with_a_new_rejection(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    later = handed_in(vega_contract, vega, "1300.0", received_at=NOW - 2 * HOUR)
    assert "за октябрь по 1 точке." in on_page(browser, vega_contract)
    answered(later)
    page = on_page(browser, vega_contract)
    assert WORDS in page
    assert "Причины — в истории" in page, "they stand in two receipts"
    history = reverse("meters:reading-history", args=[vega_contract.pk])
    assert links(browser, vega_contract)[0] == f"{history}?month=10&year=2026"
    assert "нет фото" in text(browser.get(links(browser, vega_contract)[0]))


def test_a_value_of_billings_own_ends_it(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login
) -> None:
    for register in registers(vega_contract):
        make.reading(
            register, "1400", period=OCTOBER.first_day, source=Reading.Source.CALCULATED,
            received_at=NOW - HOUR,
        )  # fmt: skip
    assert "Биллинг отклонил" not in on_page(login(vega), vega_contract)


def test_a_value_that_stood_before_it_or_of_another_month_does_not_end_it(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login
) -> None:
    handed_in(vega_contract, vega, received_at=NOW - 5 * HOUR)
    handed_in(vega_contract, vega, period=NOVEMBER, received_at=NOW)
    assert WORDS in on_page(login(vega), vega_contract)


def test_zones_of_one_point_are_one_point(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.installation(make.point(vega_contract), zones=("day", "night"))
    submission = handed_in(vega_contract, vega, "1", "2", "3", "4")
    answered(submission, 2)
    answered(submission, 3)
    assert "за октябрь по 1 точке." in on_page(login(vega), vega_contract)


def test_several_months_are_named_the_latest_first(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login
) -> None:
    of_last_year = handed_in(vega_contract, vega, period=Month(2025, 12))
    answered(of_last_year)
    forgotten = handed_in(vega_contract, vega, period=Month(2025, 10))
    answered(forgotten)
    browser = login(vega)
    page = on_page(browser, vega_contract)
    assert "показания за октябрь по 2 точкам, за декабрь 2025 по 1 точке." in page
    assert "За декабрь 2025 по 1 точке: причины — в квитанции" in page
    assert forgotten.number not in page, "more than a year ago"
    message = reverse("messaging:message-new", args=[vega_contract.pk])
    assert f"{message}?topic=meters" in links(browser, vega_contract)


def test_who_may_only_look_is_offered_neither_correction_nor_message(
    rejected: Submission, vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega_reader)
    assert "Исправление принимается до 1 декабря" in on_page(browser, vega_contract)
    assert len(links(browser, vega_contract)) == 1
    answered(handed_in(vega_contract, rejected.submitted_by, period=Month(2026, 8)))
    assert "Исправления здесь больше не принимаются." in on_page(browser, vega_contract)
    assert len(links(browser, vega_contract)) == 2


def test_of_a_terminated_contract_nothing_can_be_corrected(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login
) -> None:
    Contract.objects.filter(pk=vega_contract.pk).update(terminated_on=NOW.date())
    page = on_page(login(vega), vega_contract)
    assert WORDS in page
    assert "Исправления здесь больше не принимаются, напишите специалисту" in page


def test_the_pages_cost_the_same_with_many_rejections(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    home, cost = reverse("contracts:home"), []
    for count in (2, 20):
        for _ in range(count - 2):
            make.installation(make.point(vega_contract))
        for contract in [vega_contract] + [make.contract(vega_contract.client)] * (count == 20):
            if contract != vega_contract:
                make.installation(make.point(contract))
            submission = handed_in(
                contract, vega, *map(str, range(count)), received_at=NOW - HOUR / count
            )
            for place in range(submission.readings.count()):
                answered(submission, place)
        cost.append((statements(browser, home), statements(browser, address(vega_contract))))
    assert cost[0] == cost[1]


def test_many_contracts_are_asked_by_one_statement(
    rejected: Submission, vega_contract: Contract
) -> None:
    everything = list(Contract.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as captured:
        found = rejections.of_contracts(everything)
    assert len(captured) == 1
    assert list(found) == [vega_contract.pk]
    assert timezone.localdate() == NOW.date()


def test_a_month_with_a_rejected_value_is_not_called_well(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    submission = handed_in(vega_contract, vega, period=NOVEMBER)
    browser = login(vega)
    assert "Показания за ноябрь переданы. Исправить их можно" in on_page(browser, vega_contract)
    answered(submission)
    page = on_page(browser, vega_contract)
    assert "Показания за ноябрь принимаются до 1 декабря 23:59 (МСК)" in page
    assert "передано 1 из 2 точек" in page
    assert "notice--ok" not in browser.get(address(vega_contract)).content.decode()


def test_what_a_month_begins_with_says_that_it_was_rejected(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    assert "31.10.2026, передано, отклонено" in on_page(browser, vega_contract)
    answered(rejected, 0, "counted", before=30)
    answered(rejected, 1, "counted", before=30)
    page = on_page(browser, vega_contract)
    assert "31.10.2026, передано" in page
    assert "отклонено" not in page
