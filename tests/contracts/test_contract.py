"""«Контакты»: who supervises the contract, by the rule that also routes messages."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from contracts import supervision
from contracts.models import Contract, Specialist, Topic
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def page(browser: Browser, contract: Contract) -> str:
    response = browser.get(reverse("contracts:contract", args=[contract.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_everybody_by_topic_with_all_ways_to_reach_them(
    vega: User, vega_contract: Contract, specialist: Specialist, topic: Topic, login: Login
) -> None:
    html = page(login(vega), vega_contract)
    for text in (
        topic.name,
        specialist.full_name,
        specialist.position,
        specialist.email,
        "доб. 214",
    ):
        assert text in html, text
    assert f"{reverse('messaging:message-new', args=[vega_contract.pk])}?topic={topic.code}" in html


def test_the_contracts_own_specialist_comes_before_the_branchs(
    vega_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    own = make.specialist(vega_contract.branch, last_name="Белова")
    make.assignment(topic, own, contract=vega_contract)
    found = supervision.supervisor(vega_contract, topic)
    assert found is not None
    assert (found.specialist, found.is_own) == (own, True)


def test_during_a_leave_the_client_sees_the_deputy(
    vega: User, vega_contract: Contract, specialist: Specialist, topic: Topic, login: Login
) -> None:
    deputy = make.specialist(vega_contract.branch, last_name="Кузнецов", first_name="Артём")
    leave = make.leave(specialist, deputy)
    html = page(login(vega), vega_contract)
    assert "Кузнецов Артём" in html
    assert "замещает: Мельник" in html
    assert leave.ends_on.strftime("%d.%m.%Y") in html
    assert specialist.email not in html


@pytest.mark.parametrize(
    ("starts", "ends", "is_away"), [(-1, 0, True), (0, 1, True), (1, 2, False), (-2, -1, False)]
)
def test_the_first_and_the_last_day_of_a_leave_count(
    vega_contract: Contract,
    specialist: Specialist,
    topic: Topic,
    starts: int,
    ends: int,
    is_away: bool,
) -> None:
    deputy = make.specialist(vega_contract.branch)
    today = timezone.localdate()
    make.leave(
        specialist,
        deputy,
        starts_on=today + datetime.timedelta(days=starts),
        ends_on=today + datetime.timedelta(days=ends),
    )
    found = supervision.supervisor(vega_contract, topic)
    assert found is not None
    assert (found.specialist == deputy) is is_away


def test_somebody_who_left_answers_for_nothing(
    vega_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    specialist.is_active = False
    specialist.save()
    assert supervision.supervisor(vega_contract, topic) is None


def test_when_the_contracts_own_left_the_branchs_answers(
    vega_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    gone = make.specialist(vega_contract.branch, is_active=False)
    make.assignment(topic, gone, contract=vega_contract)
    found = supervision.supervisor(vega_contract, topic)
    assert found is not None
    assert found.specialist == specialist


def test_without_specialists_the_branch_is_named(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    html = page(login(vega), vega_contract)
    assert "Специалисты ещё не закреплены" in html
    assert vega_contract.branch.email in html


def test_a_reader_is_not_offered_what_the_role_forbids(
    vega_reader: User, vega_contract: Contract, specialist: Specialist, login: Login
) -> None:
    html = page(login(vega_reader), vega_contract)
    main = html[html.index("<main") : html.index("</main>")]
    assert "Отправить сообщение" not in main


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser, url = login(vega), reverse("contracts:contract", args=[vega_contract.pk])
    for _ in range(2):
        make.assignment(make.topic(), make.specialist(make.branch()), contract=vega_contract)
    few = statements(browser, url)
    for _ in range(18):
        make.assignment(make.topic(), make.specialist(make.branch()), contract=vega_contract)
    assert statements(browser, url) == few


def test_the_branchs_hours_are_in_the_retailers_time(
    vega: User, vega_contract: Contract, login: Login, settings: Settings
) -> None:
    settings.TIME_ZONE_LABEL = "МСК+2"
    assert f"{vega_contract.branch.hours} (МСК+2)" in page(login(vega), vega_contract)
