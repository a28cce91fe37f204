"""No dead ends: whatever a page of the office links to opens for the person who sees the link."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client as Browser

from accounts import office
from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from tests import make
from tests.office import asking
from tests.office.furniture import Furniture
from tests.office.test_pages import PAGES

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
_LINK = re.compile(r'href="(/office/[^"#]*)')
# Files are asked for in pages.txt; they link to nothing, and each look at one leaves a line.
_FILES = (".pdf", ".eml", ".csv", ".xlsx", "/file/", "/files/")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def pages_of(group: str) -> list[str]:
    """What opens for the group, by the table; a row's own page stands for its history."""
    column = office.GROUPS.index(group)
    return [
        name
        for name, marks in PAGES.items()
        if marks[column] in ("r", "w") and not name.endswith(("_history", "_delete", "_add"))
    ]


@pytest.mark.parametrize("group", office.GROUPS)
def test_links_open(
    group: str,
    vega: User,
    vega_contract: Contract,
    specialist: Specialist,
    topic: Topic,
    login: Login,
) -> None:
    rooms = Furniture(contract=vega_contract, director=vega, specialist=specialist, topic=topic)
    member = make.member(group)
    Specialist.objects.filter(pk=specialist.pk).update(user=member)
    browser = login(member)
    found: dict[str, str] = {}
    for name in pages_of(group):
        where = asking.address(name, rooms)
        if any(part in where for part in _FILES):
            continue
        answer = browser.get(where)
        if answer.streaming:
            continue
        for link in _LINK.findall(answer.content.decode()):
            found.setdefault(link.partition("?")[0], name)
    found = {link: name for link, name in found.items() if not any(p in link for p in _FILES)}
    closed = {
        link: name
        for link, name in found.items()
        if browser.get(link).status_code in (403, 404) and not link.endswith("/revoke/")
    }
    assert closed == {}
    assert len(found) > 15
