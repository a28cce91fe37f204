"""«Контакты»: who supervises the contract, by the rule that also routes messages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
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


def test_where_no_specialist_answers_the_group_and_its_address_stand(
    vega: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    topic.group_name = "отдел расчётов"
    topic.save()
    html = page(login(vega), vega_contract)
    for text in (topic.name, "Отдел расчётов", f"mailto:{topic.email}"):
        assert text in html, text
    assert f"?topic={topic.code}" in html


def test_without_a_group_too_the_duty_address_stands(
    vega: User, vega_contract: Contract, topic: Topic, login: Login, settings: Settings
) -> None:
    topic.email = ""
    topic.save()
    html = page(login(vega), vega_contract)
    assert "Дежурный специалист" in html
    assert f"mailto:{settings.RETAILER.duty_email}" in html


def test_a_specialist_whose_mailbox_refused_is_not_shown(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist, login: Login
) -> None:
    specialist.refused_email = specialist.email
    specialist.save()
    html = page(login(vega), vega_contract)
    assert specialist.email not in html
    assert topic.email in html


def test_without_topics_the_branch_is_named(
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
