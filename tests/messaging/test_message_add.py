"""«Дополнить обращение»: the form on a message's page, and that it is taken once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from messaging import thread
from messaging.models import Delivery, Draft, Entry, Message
from tests import make
from tests.messaging.post import address, key_of, pdf, stored_files, text_of
from tests.messaging.post import post as post_new

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Message:
    """Vega's message, which the specialist has."""
    return make.message(vega_contract, vega, topic)


def add_address(message: Message) -> str:
    """Where the form posts to."""
    return reverse("messaging:message-add", args=[message.contract_id, message.number])


def add(browser: Browser, message: Message, /, **changes: Any) -> Any:
    """Open the message's page, write, press the button `action`."""
    if "form_key" not in changes:
        changes["form_key"] = key_of(browser.get(message.get_absolute_url()))
    values = {"text": "Вот фото табло крупнее.", "action": "send", **changes}
    return browser.post(add_address(message), values)


def test_an_addition_with_a_file(
    vega: User, message: Message, specialist: Specialist, login: Login
) -> None:
    thread.answer(message, who=thread.Person(specialist=specialist), text="Пришлите", asks=True)
    browser = login(vega)
    response = add(browser, message, files=[pdf("Фото.pdf")])
    assert response.status_code == 302
    assert response["Location"] == message.get_absolute_url()
    entry = Entry.objects.get(kind=Entry.Kind.ADDITION)
    assert (entry.author, entry.text) == (vega, "Вот фото табло крупнее.")
    assert [file.name for file in entry.attachments.all()] == ["Фото.pdf"]
    letter = message.deliveries.get(purpose=Delivery.Purpose.ADDITION)
    assert (letter.to, letter.entry) == (specialist.email, entry)
    message.refresh_from_db()
    assert message.state == Message.State.OPEN
    assert Draft.objects.count() == 0
    text = text_of(browser.get(response["Location"]))
    assert f"Обращение {message.number} дополнено." in text
    assert text.index("Вот фото табло крупнее.") < text.index("Нужны сведения от вас")
    assert "Фото.pdf" in text


def test_a_closed_message_opens_again(vega: User, message: Message, login: Login) -> None:
    thread.close(message, who=thread.Person(user=vega), is_by_client=True)
    page = text_of(login(vega).get(message.get_absolute_url()))
    assert "Если дополнить его, оно откроется снова" in page
    add(login(vega), message)
    message.refresh_from_db()
    assert (message.state, message.closed_at) == (Message.State.OPEN, None)


def test_a_mistake_keeps_everything(vega: User, message: Message, login: Login) -> None:
    browser = login(vega)
    bad = pdf("план.exe")
    response = add(browser, message, text=" ", files=[pdf("Фото.pdf"), bad])
    text = text_of(response)
    assert response.status_code == 422
    assert "Обращение не дополнено" in text
    assert "напишите, что добавить к обращению." in text
    assert "Файл «план.exe» не такого вида" in text
    assert text.index("Обращение не дополнено") < text.index("Обращение зарегистрировано")
    assert Entry.objects.count() == 0
    restored = browser.get(message.get_absolute_url())
    assert [file.name for file in restored.context["files"]] == ["Фото.pdf"]


def test_drafts_of_the_two_forms_do_not_meet(
    vega: User, message: Message, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    response = add(browser, message, action="save", text="К обращению")
    assert response["Location"].startswith(message.get_absolute_url())
    assert browser.get(address(vega_contract)).context["draft"] is None
    lists = reverse("messaging:contract-message-list", args=[vega_contract.pk])
    assert "черновик от" not in text_of(browser.get(lists))
    post_new(browser, vega_contract, action="save", text="Новое")
    assert browser.get(message.get_absolute_url()).context["draft"].text == "К обращению"
    assert browser.get(address(vega_contract)).context["draft"].text == "Новое"
    other = make.message(vega_contract, vega, message.topic)
    assert browser.get(other.get_absolute_url()).context["draft"] is None
    # A draft's key on the other form neither moves nor sends it.
    key = str(Draft.objects.get(message=message).form_key)
    post_new(browser, vega_contract, text="Новое", form_key=key)
    assert Draft.objects.filter(message=message, text="К обращению").count() == 1
    add(browser, message, action="discard", form_key=key)
    assert not Draft.objects.filter(message=message).exists()


def test_buttons_for_files_and_the_scripts_saving(
    vega: User, message: Message, login: Login
) -> None:
    browser = login(vega)
    response = add(browser, message, action="add", text="Начало", files=[pdf()])
    page = browser.get(response["Location"])
    assert page.context["form"].initial["text"] == "Начало"
    key, file = key_of(page), page.context["files"][0]
    assert add(browser, message, remove=file.pk, text="Начало", form_key=key).status_code == 302
    assert Draft.objects.get().attachments.count() == 0
    assert add(browser, message, action="autosave", text="Пишу", form_key=key).status_code == 204
    assert Draft.objects.get().text == "Пишу"
    add(browser, message, text="Готово", form_key=key)
    assert add(browser, message, action="autosave", text="Пишу", form_key=key).status_code == 204
    assert Draft.objects.count() == 0, "nothing is left over of what was sent"


def test_a_repeat_is_the_same_addition(
    vega: User, message: Message, login: Login, django_capture_on_commit_callbacks: Any
) -> None:
    """A double click; then «Назад»: the old words under a new key."""
    browser = login(vega)
    key = key_of(browser.get(message.get_absolute_url()))
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            add(browser, message, form_key=key, files=[pdf()])
        add(browser, message, files=[pdf()])
    assert Entry.objects.count() == 1
    assert message.deliveries.filter(purpose=Delivery.Purpose.ADDITION).count() == 1
    assert (len(stored_files()), Draft.objects.count()) == (1, 0)


def test_the_same_word_to_another_question_is_another_addition(
    vega: User, message: Message, specialist: Specialist, login: Login
) -> None:
    browser = login(vega)
    for question in ("Заменён?", "Опломбирован?"):
        thread.answer(message, who=thread.Person(specialist=specialist), text=question, asks=True)
        add(browser, message, text="Да")
    assert Entry.objects.filter(kind=Entry.Kind.ADDITION).count() == 2


def test_other_words_under_a_used_key_are_asked_about(
    vega: User, message: Message, login: Login
) -> None:
    browser = login(vega)
    key = key_of(browser.get(message.get_absolute_url()))
    add(browser, message, text="Первое", form_key=key)
    response = add(browser, message, text="Первое и второе", files=[pdf()], form_key=key)
    assert response.status_code == 409
    assert "Эта форма уже отправлена" in text_of(response)
    add(browser, message, text="Первое и второе", form_key=key_of(response))
    entry = Entry.objects.first()
    assert (entry.text, entry.attachments.count()) == ("Первое и второе", 1)


def test_more_than_an_account_may_send_waits_as_a_draft(
    vega: User, message: Message, login: Login, settings: Settings
) -> None:
    settings.MESSAGES_PER_HOUR = 1
    response = add(login(vega), message)
    assert response.status_code == 429
    assert "Вы уже отправили 1 сообщение за час" in text_of(response)
    assert Entry.objects.count() == 0
    assert Draft.objects.get().text == "Вот фото табло крупнее."


def test_who_may_add(
    vega_reader: User, orion: User, message: Message, orion_contract: Contract, login: Login
) -> None:
    for method in ("get", "post"):
        assert getattr(login(vega_reader), method)(add_address(message)).status_code == 403
        assert getattr(login(orion), method)(add_address(message)).status_code == 404
    through_own = reverse("messaging:message-add", args=[orion_contract.pk, message.number])
    assert login(orion).post(through_own, {"text": "Чужое"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_ten_clicks_at_once_are_one_addition(vega: User, message: Message, login: Login) -> None:
    browser = login(vega)
    key = key_of(browser.get(message.get_absolute_url()))
    answers: list[int] = []
    barrier = threading.Barrier(10)

    def click() -> None:
        own = Browser()
        own.cookies = browser.cookies
        barrier.wait()
        try:
            answers.append(add(own, message, files=[pdf()], form_key=key).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == [302] * 10
    entry = Entry.objects.get()
    assert [file.name for file in entry.attachments.all()] == ["Акт замены ПУ.pdf"]
    assert message.deliveries.filter(purpose=Delivery.Purpose.ADDITION).count() == 1
    assert (len(stored_files()), Draft.objects.count()) == (1, 0)
