"""«Вопрос решён»: the client ends the message."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract, Topic
from messaging.models import Delivery, Entry, Message
from tests import make
from tests.messaging.post import text_of

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic) -> Message:
    """Vega's message."""
    return make.message(vega_contract, vega, topic)


def close_address(message: Message) -> str:
    """Where the button posts to."""
    return reverse("messaging:message-close", args=[message.contract_id, message.number])


def test_closing_twice_is_closing_once(
    vega_accountant: User, message: Message, login: Login
) -> None:
    browser = login(vega_accountant)
    for words in ("закрыто. Если вопрос вернётся", "уже закрыто"):
        response = browser.post(close_address(message))
        assert response["Location"] == message.get_absolute_url()
        assert words in text_of(browser.get(response["Location"]))
    entry = Entry.objects.get()
    assert (entry.kind, entry.author) == (Entry.Kind.CLOSED, vega_accountant)
    message.refresh_from_db()
    assert message.is_closed
    assert not Delivery.objects.exists(), "who closed it needs no letter about it"
    assert "Вопрос решён" not in text_of(browser.get(message.get_absolute_url()))


def test_only_by_a_button_and_only_by_those_who_write(
    vega: User, vega_reader: User, orion: User, message: Message, login: Login
) -> None:
    assert login(vega).get(close_address(message)).status_code == 405
    assert login(vega_reader).post(close_address(message)).status_code == 403
    assert login(orion).post(close_address(message)).status_code == 404
    message.refresh_from_db()
    assert not message.is_closed
