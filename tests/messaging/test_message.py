"""A message's page: the confirmation right after sending, and later its course."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from messaging.models import Delivery, Message
from tests import make
from tests.messaging.post import pdf, post, text_of

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def test_the_confirmation_says_what_happens_next(
    vega: User, vega_contract: Contract, specialist: Specialist, topic: Topic, login: Login
) -> None:
    browser = login(vega)
    page = browser.get(post(browser, vega_contract, files=[pdf()])["Location"])
    text = text_of(page)
    message = Message.objects.get()
    assert "Сообщение принято" in text
    assert message.number in text
    assert f"{message.sent_at.astimezone():%H:%M:%S} (МСК)" in text
    assert f"{specialist.full_name}, {specialist.position}" in text
    assert topic.name in text
    assert f"в течение {topic.answer_days} рабочих дней" in text
    assert "buh@vega.example" in text
    assert "+7 900 000-00-01" in text
    assert "Просим учесть замену счётчика." in text
    assert "Передаётся специалисту" in text
    assert reverse("messaging:attachment-file", args=[
        vega_contract.pk, message.number, message.attachments.get().pk
    ]) in page.content.decode()  # fmt: skip


def test_the_address_later_is_the_messages_page(
    vega: User, vega_contract: Contract, specialist: Specialist, login: Login
) -> None:
    post(login(vega), vega_contract)
    text = text_of(login(vega).get(Message.objects.get().get_absolute_url()))
    assert "Сообщение принято" not in text
    assert f"Обращение {Message.objects.get().number}" in text.replace('<span class="nowrap">', "")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "sent", "sent_at": Now()}, "Отправлено специалисту"),
        ({"state": "failed", "attempts": 1}, "Письмо специалисту не доставлено"),
        ({"attempts": 1, "last_error": "451"}, "Почтовый сервер пока не принял письмо"),
    ],
)
def test_the_state_of_the_letter_in_words(
    values: dict[str, Any],
    words: str,
    vega: User,
    vega_contract: Contract,
    specialist: Specialist,
    login: Login,
) -> None:
    post(login(vega), vega_contract)
    Delivery.objects.update(**values)
    text = text_of(login(vega).get(Message.objects.get().get_absolute_url()))
    assert words in text
    assert ("рабочих дней" in text) == (values.get("state") != "failed"), "promised only if true"


def test_a_common_address_and_a_deputy_are_named(
    vega: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    browser = login(vega)
    page = browser.get(post(browser, vega_contract)["Location"])
    assert "общий адрес отделения" in text_of(page)
    holder, deputy = make.specialist(vega_contract.branch), make.specialist(vega_contract.branch)
    make.assignment(topic, holder, contract=vega_contract)
    leave = make.leave(holder, deputy)
    page = browser.get(post(browser, vega_contract, text="Ещё вопрос")["Location"])
    until = f"до {leave.ends_on:%d.%m.%Y} включительно"
    assert f"(замещает: {holder.short_name}, {until})".replace("\u00a0", " ") in text_of(page)


def test_what_a_person_wrote_is_shown_as_text(
    vega: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    message = make.message(vega_contract, vega, topic, text="<script>alert(1)</script>\n\nвторой")
    page = login(vega).get(message.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_everybody_with_the_contract_in_view_sees_it(
    vega: User, vega_reader: User, orion: User, orion_contract: Contract, vega_contract: Contract,
    topic: Topic, login: Login,
) -> None:  # fmt: skip
    message = make.message(vega_contract, vega, topic)
    assert login(vega_reader).get(message.get_absolute_url()).status_code == 200
    assert login(orion).get(message.get_absolute_url()).status_code == 404
    through_own = reverse("messaging:message", args=[orion_contract.pk, message.number])
    assert login(orion).get(through_own).status_code == 404
    unknown = reverse("messaging:message", args=[vega_contract.pk, "ОБ-2026-999999-0"])
    assert login(vega).get(unknown).status_code == 404
