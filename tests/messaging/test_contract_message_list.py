"""The messages about one contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from messaging import thread
from messaging.models import Message
from tests import make
from tests.messaging.post import post

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def address(contract: Contract) -> str:
    """The list."""
    return reverse("messaging:contract-message-list", args=[contract.pk])


def test_the_newest_first_with_addressee_and_state(
    vega: User, vega_contract: Contract, specialist: Specialist, login: Login
) -> None:
    browser = login(vega)
    for text in ("Первый вопрос", "Второй вопрос"):
        post(browser, vega_contract, text=text)
    page = browser.get(address(vega_contract))
    text = page.content.decode()
    assert text.index("Второй вопрос") < text.index("Первый вопрос")
    assert specialist.short_name in text
    assert "передаётся" in text


def test_an_empty_list_says_what_to_do(
    vega: User, vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    new = reverse("messaging:message-new", args=[vega_contract.pk])
    page = login(vega).get(address(vega_contract)).content.decode()
    assert "Обращений по договору ещё нет" in page
    assert f'btn-outline-secondary" href="{new}"' in page
    assert (
        f'btn-outline-secondary" href="{new}"'
        not in login(vega_reader).get(address(vega_contract)).content.decode()
    )


def test_an_unfinished_message_is_offered(
    vega: User, vega_accountant: User, vega_contract: Contract, login: Login
) -> None:
    post(login(vega), vega_contract, action="save")
    assert "черновик от" in login(vega).get(address(vega_contract)).content.decode()
    assert "черновик от" not in login(vega_accountant).get(address(vega_contract)).content.decode()


def test_pages(vega: User, vega_contract: Contract, topic: Topic, login: Login) -> None:
    for _ in range(21):
        make.message(vega_contract, vega, topic)
    page = login(vega).get(address(vega_contract), {"page": 2})
    assert len(page.context["rows"]) == 1
    assert "отправлено 21" in page.content.decode()
    beyond = login(vega).get(address(vega_contract), {"page": 99})
    assert (beyond.status_code, len(beyond.context["rows"])) == (200, 1)


def listed(page: Any) -> list[str]:
    """The texts of the rows."""
    return [row.message.text for row in page.context["rows"]]


def test_the_search(vega: User, vega_contract: Contract, topic: Topic, login: Login) -> None:
    states = ("open", "waiting", "answered", "closed")
    for state in states:
        closed_at = timezone.now() if state == "closed" else None
        make.message(vega_contract, vega, topic, text=state, state=state, closed_at=closed_at)
    browser, url = login(vega), address(vega_contract)
    searches: list[tuple[dict[str, str], set[str]]] = [
        ({}, set(states)),
        ({"state": "waiting"}, {"waiting"}),
        ({"state": "open"}, {"open", "waiting", "answered"}),
        ({"state": "closed"}, {"closed"}),
        ({"state": "nonsense"}, set(states)),
        ({"words": "ANSWER"}, {"answered"}),
        ({"words": Message.objects.get(text="open").number}, {"open"}),
        ({"words": "общие ВОПРОСЫ"}, set(states)),
        ({"words": "%"}, set()),
        ({"words": "open\0", "state": "closed"}, set()),
    ]
    for asked, shown in searches:
        assert set(listed(browser.get(url, asked))) == shown, asked
    nothing = browser.get(url, {"words": "нет такого"}).content.decode()
    assert "Таких обращений нет" in nothing
    assert 'value="нет такого"' in nothing


def test_the_search_is_kept_from_page_to_page(
    vega: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    for number in range(42):
        make.message(vega_contract, vega, topic, text="чёт" if number % 2 else "нечет")
    page = login(vega).get(address(vega_contract), {"words": "нечет", "page": "2"})
    assert listed(page) == ["нечет"]
    assert "words=%D0%BD%D0%B5%D1%87%D0%B5%D1%82" in page.content.decode()


def test_a_row_says_when_the_answer_is_due_and_that_it_came(
    vega: User, office: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    message = make.message(vega_contract, vega, topic)
    page = login(vega).get(address(vega_contract)).content.decode()
    assert f"{message.due_on:%d.%m.%Y}" in page
    assert f"<b>{topic.name}</b>" not in page
    thread.answer(message, who=thread.Person(user=office), text="Готово")
    page = login(vega).get(address(vega_contract)).content.decode()
    assert f"<b>{topic.name}</b>" in page
    assert "есть ответ" in page


def test_others_see_nothing(orion: User, vega_contract: Contract, login: Login) -> None:
    assert login(orion).get(address(vega_contract)).status_code == 404


def test_the_number_of_queries_does_not_grow(
    vega: User, vega_contract: Contract, specialist: Specialist, login: Login,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    browser = login(vega)
    for text in "аб":
        post(browser, vega_contract, text=text)
    with CaptureQueriesContext(connection) as small:
        browser.get(address(vega_contract))
    count = len(small)
    for number in range(18):
        post(browser, vega_contract, text=f"{number}")
    with django_assert_num_queries(count):
        browser.get(address(vega_contract))
