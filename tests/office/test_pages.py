"""Group × page × right: every address of the office's resolver, asked by everybody.

pages.txt is the table. It is written by hand, apart from accounts/office.py: a right given there by
mistake, or a page that forgets to ask, differs from it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.template.response import SimpleTemplateResponse
from django.test import Client as Browser
from django.urls import reverse

from accounts import office
from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from tests import make
from tests.office import asking
from tests.office.furniture import Furniture

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def read_table() -> dict[str, list[str]]:
    """Page or action → its marks, one a group."""
    lines = (Path(__file__).parent / "pages.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    assert all(len(row) == 1 + len(office.GROUPS) for row in rows)
    return {name: marks for name, *marks in rows}


TABLE = read_table()
PAGES = {name: marks for name, marks in TABLE.items() if "!" not in name}
ACTIONS = {name: marks for name, marks in TABLE.items() if "!" in name}


@pytest.fixture
def rooms(vega: User, vega_contract: Contract, specialist: Specialist, topic: Topic) -> Furniture:
    """A row of everything."""
    return Furniture(contract=vega_contract, director=vega, specialist=specialist, topic=topic)


@pytest.fixture(autouse=True)
def _statuses_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only statuses are asked for here, thousands of them: nothing is drawn, nothing is logged."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_every_page_and_action_stands_in_the_table(office: User) -> None:
    assert set(PAGES) == set(asking.names())
    assert set(ACTIONS) == {name for name, _ in asking.actions(office)}


@pytest.mark.parametrize("group", office.GROUPS)
def test_each_group_gets_what_the_table_says(group: str, rooms: Furniture, login: Login) -> None:
    member = make.member(group)
    Specialist.objects.filter(pk=rooms.specialist.pk).update(user=member)
    browser, column = login(member), office.GROUPS.index(group)
    found = {name: asking.mark(browser, name, rooms) for name in PAGES}
    found |= dict(asking.actions(member))
    wrong = {
        name: f"{found[name]}, table: {marks[column]}"
        for name, marks in TABLE.items()
        if found[name] != marks[column]
    }
    assert wrong == {}


def test_clients_and_visitors_get_none(rooms: Furniture, login: Login) -> None:
    client, visitor = login(rooms.director), Browser()
    entrances = (reverse("admin:login"), reverse("account_login"))
    for name in PAGES:
        where = asking.address(name, rooms)
        for method in ("get", "post"):
            assert getattr(client, method)(where).status_code == 403, name
            answer = getattr(visitor, method)(where)
            assert answer.status_code == 302, name
            assert answer["Location"].startswith(entrances), name


def test_staff_of_no_group_see_the_first_pages_and_nothing_on_them(
    rooms: Furniture, login: Login
) -> None:
    browser = login(make.user("new", is_staff=True))
    open_to_all = {name for name, marks in PAGES.items() if "-" not in marks}
    for name in PAGES:
        if name not in {"index", "jsi18n", "board", "find"}:
            status = browser.get(asking.address(name, rooms)).status_code
            assert status in (403, 404, 405), (name, status, name in open_to_all)
