"""Pages of the office: text is text, nothing stands inline, and every answer is guarded."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client as Browser

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from tests import hostile
from tests.frame.test_headers import EXPECTED
from tests.look.test_templates import FORBIDDEN
from tests.office import asking
from tests.office.furniture import Furniture

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture(autouse=True)
def _in_silence() -> Iterator[None]:
    """Hundreds of pages, some of which answer 403 or 405."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def rooms(vega: User, vega_contract: Contract, specialist: Specialist, topic: Topic) -> Furniture:
    """A row of everything."""
    return Furniture(contract=vega_contract, director=vega, specialist=specialist, topic=topic)


def test_no_text_becomes_markup(rooms: Furniture, superuser: User, login: Login) -> None:
    browser = login(superuser)
    addresses = {name: asking.address(name, rooms) for name in asking.names()}
    filled = hostile.fill()
    shown = set()
    for name, address in addresses.items():
        answer = browser.get(address)
        if answer.get("Content-Type", "").startswith("text/html"):
            html = answer.content.decode()
            assert hostile.MARK not in html, name
            if hostile.ESCAPED in html:
                shown.add(name)
    assert len(filled) > 100
    assert len(shown) > 200, "the words are there"


def test_every_answer_is_guarded(rooms: Furniture, superuser: User, login: Login) -> None:
    """The pages of Django's own admin too: the same policy, and nothing that it would refuse."""
    browser = login(superuser)
    looked_at = 0
    for name in asking.names():
        answer = browser.get(asking.address(name, rooms))
        for header, value in EXPECTED.items():
            assert answer[header] == value, (name, header)
        assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", ")), name
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy, name
        assert "unsafe" not in policy, name
        if answer.get("Content-Type", "").startswith("text/html"):
            looked_at += 1
            html = answer.content.decode()
            inline = [what for what, pattern in FORBIDDEN.items() if re.search(pattern, html)]
            assert inline == [], name
    assert looked_at > 200
