"""A form is taken once: double clicks, reloads, «Назад», two windows."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from messaging.models import Delivery, Draft, Message
from tests import make
from tests.messaging.post import PDF, address, key_of, pdf, post, stored_files, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("specialist")]

Login = Callable[[User], Browser]


def test_a_repeat_gets_the_same_confirmation(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    key = key_of(browser.get(address(vega_contract)))
    first, second = (post(browser, vega_contract, files=[pdf()], form_key=key) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert (Message.objects.count(), Draft.objects.count()) == (1, 0)
    assert Delivery.objects.filter(purpose=Delivery.Purpose.QUESTION).count() == 1
    assert len(stored_files()) == 1


def test_back_and_send_again_is_a_repeat(
    vega: User, vega_contract: Contract, login: Login, django_capture_on_commit_callbacks: Any
) -> None:
    """The page comes anew with another key, and the browser writes the old words into it."""
    browser = login(vega)
    with django_capture_on_commit_callbacks(execute=True):
        first = post(browser, vega_contract, files=[pdf()])
        assert post(browser, vega_contract)["Location"] == first["Location"]
        assert post(browser, vega_contract, files=[pdf()])["Location"] == first["Location"]
    assert (Message.objects.count(), Draft.objects.count(), len(stored_files())) == (1, 0, 1)
    post(browser, vega_contract, files=[pdf("другой.pdf", PDF + b"!")])
    assert Message.objects.count() == 2, "another file makes another message"
    Message.objects.update(sent_at=timezone.now() - datetime.timedelta(minutes=11))
    post(browser, vega_contract)
    assert Message.objects.count() == 3, "and so does time"


def test_other_words_under_a_used_key_are_not_thrown_away(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    """«Назад», one more sentence, «Отправить»: asked once, then a message of its own."""
    browser = login(vega)
    key = key_of(browser.get(address(vega_contract)))
    post(browser, vega_contract, text="Первое", form_key=key)
    response = post(browser, vega_contract, text="Первое и второе", files=[pdf()], form_key=key)
    assert response.status_code == 409
    assert "Эта форма уже отправлена" in text_of(response)
    assert Message.objects.get().number in text_of(response)
    assert Message.objects.count() == 1
    post(browser, vega_contract, text="Первое и второе", form_key=key_of(response))
    second = Message.objects.first()
    assert second is not None
    assert (second.text, second.attachments.count()) == ("Первое и второе", 1)


def test_a_spoilt_key_is_replaced(vega: User, vega_contract: Contract, login: Login) -> None:
    assert post(login(vega), vega_contract, form_key="nonsense").status_code == 302
    assert Message.objects.count() == 1


def test_a_key_of_another_contracts_draft(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    other = make.contract(vega_contract.client, branch=vega_contract.branch)
    browser = login(vega)
    key = key_of(browser.get(address(vega_contract)))
    post(browser, vega_contract, action="save", text="О первом", form_key=key)
    assert post(browser, other, text="О втором", form_key=key).status_code == 302
    assert Message.objects.get().contract == other
    assert Draft.objects.get().text == "О первом"


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_are_one_message(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    key = str(uuid.uuid4())
    cookies = browser.cookies
    answers: list[tuple[int, str]] = []
    barrier = threading.Barrier(20)

    def click() -> None:
        own = Browser()
        own.cookies = cookies
        barrier.wait()
        try:
            response = post(own, vega_contract, files=[pdf()], form_key=key)
            answers.append((response.status_code, response["Location"]))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    message = Message.objects.get()
    assert answers == [(302, f"{message.get_absolute_url()}?sent=1")] * 20
    questions = Delivery.objects.filter(purpose=Delivery.Purpose.QUESTION)
    assert (questions.count(), Draft.objects.count()) == (1, 0)
    assert [file.name for file in message.attachments.all()] == ["Акт замены ПУ.pdf"]
    assert len(stored_files()) == 1
