"""A message's page: the confirmation right after sending, and later its course."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from messaging import attachments, thread
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
    assert f'<p class="receipt__number">{message.number}</p>' in text
    assert f"{message.sent_at.astimezone():%H:%M:%S} (МСК)" in text
    assert f"{specialist.full_name}, {specialist.position}" in text
    assert topic.name in text
    assert f"Ответим до {message.due_on:%d.%m.%Y}, {topic.answer_days} рабочих дней" in text
    assert "buh@vega.example" in text
    assert "+7 900 000-00-01" in text
    assert "Просим учесть замену счётчика." in text
    assert "Передаётся специалисту" in text
    assert reverse("messaging:attachment-file", args=[
        vega_contract.pk, message.number, message.attachments.get().pk
    ]) in page.content.decode()  # fmt: skip


def test_the_address_later_is_the_messages_page(
    vega: User, vega_contract: Contract, specialist: Specialist, topic: Topic, login: Login
) -> None:
    post(login(vega), vega_contract)
    message = Message.objects.get()
    text = text_of(login(vega).get(message.get_absolute_url()))
    assert "Сообщение принято" not in text
    assert f"<h1>{topic.name}</h1>" in text
    assert f"<dd>{message.due_on:%d.%m.%Y}, {topic.answer_days} рабочих дней</dd>" in text
    assert f"{specialist.full_name}, {specialist.position}" in text
    assert f"доб. {specialist.extension}" in text
    assert "Дополнить обращение" in text


def test_a_letter_that_nobody_takes_is_not_promised(
    vega: User, vega_contract: Contract, specialist: Specialist, login: Login
) -> None:
    post(login(vega), vega_contract)
    Delivery.objects.update(state="failed", attempts=1, last_error="550 no such user")
    text = text_of(login(vega).get(Message.objects.get().get_absolute_url()))
    assert "поэтому позвоните" in text
    assert "550 no such user" not in text


def test_a_group_and_a_deputy_are_named(
    vega: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    browser = login(vega)
    page = browser.get(post(browser, vega_contract)["Location"])
    assert Message.objects.get().addressee_words in text_of(page)
    holder, deputy = make.specialist(vega_contract.branch), make.specialist(vega_contract.branch)
    make.assignment(topic, holder, contract=vega_contract)
    leave = make.leave(holder, deputy)
    page = browser.get(post(browser, vega_contract, text="Ещё вопрос")["Location"])
    until = f"до {leave.ends_on:%d.%m.%Y} включительно"
    assert f"(замещает: {holder.short_name}, {until})".replace("\u00a0", " ") in text_of(page)


def test_a_reader_sees_the_course_and_no_form(
    vega: User, vega_reader: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    message = make.message(vega_contract, vega, topic)
    text = text_of(login(vega_reader).get(message.get_absolute_url()))
    assert message.text in text
    assert "<textarea" not in text
    assert "Вопрос решён" not in text


def test_the_page_costs_the_same_whatever_the_length_of_the_course(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist, login: Login,
    statements: Callable[[Browser, str], int],
) -> None:  # fmt: skip
    message = make.message(vega_contract, vega, topic)
    stored, _ = attachments.store([pdf()])
    thread.answer(message, who=thread.Person(specialist=specialist), text="Ответ", files=stored)
    browser = login(vega)
    short = statements(browser, message.get_absolute_url())
    for number in range(8):
        stored, _ = attachments.store([pdf(f"{number}.pdf")])
        thread.add(message, who=thread.Person(user=vega), text="Ещё", files=stored)
        thread.answer(message, who=thread.Person(specialist=specialist), text="Ответ")
    assert statements(browser, message.get_absolute_url()) == short


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
