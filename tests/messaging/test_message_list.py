"""The messages of every contract in view, and the contracts one may write about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, User
from contracts.models import Contract, Topic
from tests import make
from tests.messaging.post import post

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
ADDRESS = "/messages/"


def numbers(page: Any) -> set[str]:
    """What is listed."""
    return {row.message.number for row in page.context["rows"]}


def test_only_messages_of_contracts_in_view(
    vega: User,
    orion: User,
    vega_contract: Contract,
    orion_contract: Contract,
    topic: Topic,
    login: Login,
) -> None:
    own, foreign = (
        make.message(vega_contract, vega, topic),
        make.message(orion_contract, orion, topic),
    )
    assert reverse("messaging:message-list") == ADDRESS
    assert numbers(login(vega).get(ADDRESS)) == {own.number}
    assert numbers(login(orion).get(ADDRESS)) == {foreign.number}


def test_a_limited_membership_sees_less(
    vega: User, vega_engineer: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    other = make.contract(vega_contract.client)
    make.limit(Membership.objects.get(user=vega_engineer), other)
    seen = make.message(other, vega, topic)
    make.message(vega_contract, vega, topic)
    page = login(vega_engineer).get(ADDRESS)
    assert numbers(page) == {seen.number}
    assert list(page.context["contracts"]) == [other]


def test_a_way_to_write(
    vega: User, vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    page = login(vega).get(ADDRESS)
    assert "Обращений ещё нет" in page.content.decode()
    assert page.context["contracts"] == [vega_contract]
    assert reverse("messaging:message-new", args=[vega_contract.pk]) in page.content.decode()
    assert login(vega_reader).get(ADDRESS).context["contracts"] == []


def test_the_list_offers_what_the_page_takes(
    vega: User, vega_reader: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    """A terminated contract raises questions too; those in force come first."""
    ended = make.contract(
        vega_contract.client, number="00-01", terminated_on=vega_contract.signed_on
    )
    offered = login(vega).get(ADDRESS)
    assert offered.context["contracts"] == [vega_contract, ended]
    assert ended.status_label in offered.content.decode()
    for user, status in ((vega, 200), (vega_reader, 403)):
        browser = login(user)
        for contract in (vega_contract, ended):
            new = reverse("messaging:message-new", args=[contract.pk])
            assert browser.get(new).status_code == status
            assert (contract in browser.get(ADDRESS).context["contracts"]) == (status == 200)
    assert post(login(vega), ended, topic=topic.code).status_code == 302


@pytest.mark.parametrize(("asked", "shown"), [("99", 2), ("0", 2), ("first", 1)])
def test_a_page_that_is_gone_shows_the_nearest(
    asked: str, shown: int, vega: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    for _ in range(21):
        make.message(vega_contract, vega, topic)
    page = login(vega).get(ADDRESS, {"page": asked})
    assert page.status_code == 200
    assert page.context["page_obj"].number == shown


def test_the_number_of_queries_does_not_grow(
    vega: User, vega_contract: Contract, topic: Topic, login: Login, django_assert_num_queries: Any
) -> None:
    browser = login(vega)
    post(browser, vega_contract, text="а")
    with CaptureQueriesContext(connection) as small:
        browser.get(ADDRESS)
    count = len(small)
    for number in range(5):
        other = make.contract(vega_contract.client)
        for part in "аб":
            post(browser, other, text=f"{number}{part}")
    with django_assert_num_queries(count):
        browser.get(ADDRESS)
