"""«Кому придёт?»: the office tries the rule on a contract, a topic and a day."""

from __future__ import annotations

import datetime
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from contracts import calendar_file, supervision, working_days
from contracts.models import Assignment, Contract, Specialist, Topic
from tests import make
from tests.contracts.calendars import published

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
ROUTE = "admin:contracts_assignment_route"


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def ask(browser: Browser, contract: Contract, topic: Topic, **changes: Any) -> str:
    """The answer as it is read."""
    query = {"contract": contract.number, "topic": topic.pk, **changes}
    response = browser.get(reverse(ROUTE), query)
    assert response.status_code == 200
    return as_read(response)


def as_read(response: Any) -> str:
    """A page without its tags, with plain spaces."""
    page = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(html.unescape(page).replace("\u00a0", " ").split())


def test_an_empty_form_answers_nothing(desk: Browser, topic: Topic) -> None:
    page = as_read(desk.get(reverse(ROUTE)))
    assert "Номер договора" in page
    assert "Обращение получит" not in page


def test_the_branchs_specialist(
    desk: Browser, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    page = ask(desk, vega_contract, topic)
    due_on = working_days.add(timezone.localdate(), topic.answer_days)
    for words in (
        "Обращение получит: Мельник И. П.",
        f"Письмо уйдёт на {specialist.email}",
        specialist.full_name,
        vega_contract.branch.name,
        "ООО «Вега»",
        f"до {due_on:%d.%m.%Y}, рабочих дней: 5",
        "1. специалист договора тема ни за кем не закреплена пропущен",
        f"2. специалист отделения Мельник И. П., {specialist.email} получит письмо",
        f"3. группа темы группа темы «{topic.name}», {topic.email} очередь не дошла",
        "4. дежурный адрес",
    ):
        assert words in page, words
    assert page.count("получит письмо") == 1


def test_why_not_and_who_instead(
    desk: Browser,
    vega_contract: Contract,
    topic: Topic,
    specialist: Specialist,
    settings: Settings,
) -> None:
    own = make.specialist(vega_contract.branch, last_name="Белова", is_active=False)
    make.assignment(topic, own, contract=vega_contract)
    Specialist.objects.filter(pk=specialist.pk).update(refused_email=specialist.email)
    topic.email, topic.fallback_email, topic.is_active = "", "zapas@retailer.example", False
    topic.save()
    page = ask(desk, vega_contract, topic)
    for words in (
        "Обращение получит: дежурный специалист",
        f"Письмо уйдёт на {settings.RETAILER.duty_email}",
        "Белова И. П. больше не работает",
        f"ящик {specialist.email} отказался от письма",
        "у темы нет адреса группы",
        "Если сервер откажется от письма zapas@retailer.example",
        "Тема скрыта",
    ):
        assert words in page, words


def test_on_another_day(
    desk: Browser, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    calendar_file.load([published(2026)])
    deputy = make.specialist(vega_contract.branch, last_name="Кузнецов")
    day = datetime.date(2026, 12, 30)
    make.leave(specialist, deputy, starts_on=day, ends_on=day)
    page = ask(desk, vega_contract, topic, on="2026-12-30")
    assert "Обращение получит: Кузнецов И. П." in page
    assert "замещает: Мельник И. П., до 30.12.2026 включительно" in page
    assert "до 15.01.2027" in page
    assert "Обращение получит: Мельник" in ask(desk, vega_contract, topic, on="31.12.2026")


def test_it_is_the_rule_itself(
    desk: Browser, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    for holder in (None, make.specialist(vega_contract.branch, last_name="Белова")):
        if holder:
            make.assignment(topic, holder, contract=vega_contract)
        expected = supervision.supervisor(vega_contract, topic)
        assert f"Письмо уйдёт на {expected.to}" in ask(desk, vega_contract, topic)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contract": ""}, "Укажите номер договора"),
        ({"contract": "нет такого"}, "Договора с таким номером нет"),
        ({"contract": "\x00"}, "Ошибка"),
        ({"topic": "99999999999999999999999"}, "Такой темы нет"),
        ({"topic": ""}, "Выберите тему"),
        ({"on": "вчера"}, "Укажите день, например 31.12.2026"),
        ({"on": "9999-12-31"}, "Укажите день ближе к сегодняшнему"),
    ],
)
def test_what_cannot_be_tried(
    desk: Browser, vega_contract: Contract, topic: Topic, changes: dict[str, str], words: str
) -> None:
    query = {"contract": vega_contract.number, "topic": str(topic.pk), **changes}
    response = desk.get(reverse(ROUTE), query)
    assert response.status_code == 422
    assert words in as_read(response)
    assert "Обращение получит" not in as_read(response)


def test_the_lists_lead_here(desk: Browser) -> None:
    for name in ("assignment", "topic"):
        page = desk.get(reverse(f"admin:contracts_{name}_changelist")).content.decode()
        assert reverse(ROUTE) in page


def test_only_for_those_who_see_assignments(office: User, vega: User, login: Login) -> None:
    assert login(vega).get(reverse(ROUTE)).status_code == 403
    office.groups.clear()
    assert login(office).get(reverse(ROUTE)).status_code == 403


def test_the_number_of_statements_does_not_grow(
    desk: Browser,
    vega_contract: Contract,
    topic: Topic,
    statements: Callable[[Browser, str], int],
) -> None:
    url = f"{reverse(ROUTE)}?contract={vega_contract.number}&topic={topic.pk}"
    few = statements(desk, url)
    for _ in range(20):
        holder = make.specialist(vega_contract.branch)
        make.leave(holder, make.specialist(vega_contract.branch))
        make.assignment(make.topic(), holder, contract=vega_contract)
    make.assignment(topic, holder, contract=vega_contract)
    assert Assignment.objects.count() == 21
    assert statements(desk, url) == few
