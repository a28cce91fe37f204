"""The messages about one contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
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
