"""«Отправить сообщение»: the form, its mistakes, and who may use it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from messaging import sending
from messaging.models import Attachment, Delivery, Draft, Message
from tests import make
from tests.messaging.post import address, key_of, pdf, post, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("specialist")]

Login = Callable[[User], Browser]


def test_the_form_knows_the_person_and_who_answers(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    page = login(vega).get(address(vega_contract))
    assert page.context["form"].initial["email"] == vega.email
    assert page.context["form"].initial["phone"] == vega.phone
    text = text_of(page)
    assert "Договор и общие вопросы — Мельник И. П." in text
    for label in (
        "Тема",
        "Ваш вопрос",
        "Добавить файл",
        "Адрес электронной почты",
        "Номер телефона",
    ):
        assert label in text
    assert text.index("Тема") < text.index("Ваш вопрос") < text.index("Добавить файл")
    assert Draft.objects.count() == 0, "looking at a form changes nothing"


def test_the_address_may_choose_the_topic(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    page = login(vega).get(address(vega_contract), {"topic": "general"})
    assert '<option value="general" selected>' in page.content.decode()


def test_a_message_without_files(
    vega: User, vega_contract: Contract, login: Login, specialist: Specialist
) -> None:
    response = post(login(vega), vega_contract)
    message = Message.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"{message.get_absolute_url()}?sent=1"
    assert (message.contract, message.author, message.topic.code) == (
        vega_contract,
        vega,
        "general",
    )
    assert message.text == "Просим учесть замену счётчика."
    assert Draft.objects.count() == 0
    delivery = message.deliveries.get(purpose=Delivery.Purpose.QUESTION)
    assert (delivery.message, delivery.to, delivery.specialist) == (
        message,
        specialist.email,
        specialist,
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"topic": ""}, "выберите тему: по ней сообщение найдёт своего специалиста."),
        ({"topic": "no-such"}, "выберите тему из списка."),
        ({"text": " \r\n "}, "напишите, о чём вы спрашиваете."),
        ({"text": "ы" * 10_001}, "вопрос длиннее 10 000 знаков: сейчас 10 001."),
        ({"email": "buh@vega"}, "введите адрес полностью, например name@company.ru."),
        ({"email": '"a b"@vega.example'}, "введите адрес полностью, например name@company.ru."),
        ({"email": "a@vega.example\r\nBcc: x@x.example"}, "введите адрес полностью"),
        ({"email": ""}, "введите адрес, на который прислать ответ."),
        ({"phone": "+7 900 000"}, "введите номер полностью, с кодом"),
        ({"phone": "позвоните мне"}, "введите номер полностью, с кодом"),
        ({"phone": " " * 50 + "9" * 30}, "введите номер полностью, с кодом"),
        ({"phone": ""}, "введите номер, по которому вам можно позвонить."),
    ],
)
def test_a_mistake_is_explained_and_nothing_is_lost(
    changes: dict[str, str], sentence: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    response = post(browser, vega_contract, **{"text": "Мой вопрос", "files": [pdf()], **changes})
    text = text_of(response)
    assert response.status_code == 422
    assert "<title>Ошибка: " in text
    assert "Сообщение не отправлено" in text
    assert sentence in text
    assert "Акт замены ПУ.pdf" in text
    assert Message.objects.count() == 0
    kept = {name: value for name, value in response.context["form"].data.items() if name in changes}
    assert kept == {name: value.replace("\r\n", "\n").strip() for name, value in changes.items()}
    restored = browser.get(address(vega_contract))
    assert [file.name for file in restored.context["files"]] == ["Акт замены ПУ.pdf"]
    assert restored.context["draft"].text == changes.get("text", "Мой вопрос").strip()


@pytest.mark.parametrize(
    "phone",
    ["+7 (8172) 00-00-00, доб. 214", "88000000100", "8 800 000-01-00 вн. 5", "+375 17 200 00 00"],
)
def test_telephones_as_people_write_them(
    phone: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    assert post(login(vega), vega_contract, phone=phone).status_code == 302
    assert Message.objects.get().phone == phone


def test_invisible_characters_do_not_break_anything(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    assert post(login(vega), vega_contract, text="до\0сле\r\nвторая\x1b строка").status_code == 302
    assert Message.objects.get().text == "досле\nвторая строка"


def test_fields_of_others_are_ignored(
    vega: User, orion: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    post(
        login(vega),
        vega_contract,
        contract=orion_contract.pk,
        author=orion.pk,
        number="ОБ-1",
        sent_at="2020-01-01",
    )
    message = Message.objects.get()
    assert (message.contract, message.author) == (vega_contract, vega)
    assert message.number != "ОБ-1"


def test_more_than_an_account_may_send_waits_as_a_draft(
    vega: User, vega_contract: Contract, login: Login, settings: Settings
) -> None:
    settings.MESSAGES_PER_HOUR = 1
    browser = login(vega)
    post(browser, vega_contract, text="Первый вопрос")
    response = post(browser, vega_contract, text="Второй вопрос", files=[pdf()])
    assert response.status_code == 429
    assert "Вы уже отправили 1 сообщение за час" in text_of(response)
    assert Message.objects.count() == 1
    draft = Draft.objects.get()
    assert (draft.text, draft.attachments.count()) == ("Второй вопрос", 1)
    settings.MESSAGES_PER_HOUR = 2
    assert post(browser, vega_contract, text="Второй вопрос", form_key=key_of(response))
    assert Message.objects.first().attachments.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_reader_may_not_write(
    method: str, vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    assert getattr(login(vega_reader), method)(address(vega_contract)).status_code == 403


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_foreign_contract_is_not_found(
    method: str, orion: User, vega_contract: Contract, login: Login
) -> None:
    assert getattr(login(orion), method)(address(vega_contract)).status_code == 404


def test_a_topic_that_the_office_closed(
    vega: User, vega_contract: Contract, login: Login, topic: Topic
) -> None:
    Topic.objects.filter(pk=topic.pk).update(is_active=False)
    response = post(login(vega), vega_contract)
    assert response.status_code == 422
    assert "выберите тему из списка" in text_of(response)


def test_the_number_of_queries_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, django_assert_num_queries: Any
) -> None:
    browser = login(vega)
    post(browser, vega_contract, action="save", files=[pdf()])
    with CaptureQueriesContext(connection) as small:
        browser.get(address(vega_contract))
    count = len(small)
    for n in range(9):
        holder = make.specialist(vega_contract.branch)
        make.assignment(make.topic(), holder, branch=vega_contract.branch)
        Attachment.objects.create(
            draft=Draft.objects.get(),
            name=f"{n}.pdf",
            content_type="application/pdf",
            size=n,
            path=f"{n}",
        )
    with django_assert_num_queries(count):
        browser.get(address(vega_contract))


def test_nothing_is_lost_without_a_broker(
    vega: User,
    vega_contract: Contract,
    login: Login,
    no_broker: None,
    django_capture_on_commit_callbacks: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        response = post(login(vega), vega_contract)
    assert response.status_code == 302
    assert len(callbacks) >= 1
    assert "broker is down" in caplog.text
    assert {letter.message for letter in Delivery.objects.due()} == {Message.objects.get()}
    assert Message.objects.get().get_absolute_url() in response["Location"]


def test_another_page_may_begin_the_text(
    vega: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    """A draft from before does not push in, and no more is taken than a page would write."""
    make_draft = {"form_key": "8d1f9c3e-0000-4000-8000-000000000001", "text": "Черновик."}
    browser = login(vega)
    browser.post(address(vega_contract), {**make_draft, "action": "save"})
    begun = {"topic": topic.code, "text": "Не согласны с актом.\x00\r\n" + "я" * 2000}
    page = browser.get(address(vega_contract), begun)
    initial = page.context["form"].initial
    assert initial["topic"] == topic.code
    assert initial["text"].startswith("Не согласны с актом.\nя")
    assert len(initial["text"]) == 1000
    assert page.context["draft"] is None
    assert browser.get(address(vega_contract)).context["draft"].text == "Черновик."


@pytest.fixture
def paid(specialist: Specialist) -> Topic:
    topic = make.topic(code="notice-paid", required_file="платёжное поручение")
    make.assignment(topic, specialist, branch=specialist.branch)
    return topic


def test_a_topic_may_ask_for_a_file(
    vega: User, vega_contract: Contract, login: Login, paid: Topic
) -> None:
    browser = login(vega)
    page = post(browser, vega_contract, topic=paid.code)
    assert page.status_code == 422
    assert "Приложите платёжное поручение" in text_of(page)
    assert not Message.objects.exists()
    assert Draft.objects.get().text, "what was typed is kept"
    assert post(browser, vega_contract, topic=paid.code, files=[pdf()]).status_code == 302
    assert [file.name for file in Message.objects.get().attachments.all()] == ["Акт замены ПУ.pdf"]


def note_of(page: Any) -> str:
    """What stands beside «Документы»: one of the notes, the others are hidden."""
    soup = BeautifulSoup(page.content, "html.parser")
    shown = soup.select("#files legend .optional:not([hidden])")
    assert len(shown) == 1
    return shown[0].text


def test_whether_documents_may_be_left_out_follows_the_topic(
    vega: User, vega_contract: Contract, login: Login, paid: Topic, topic: Topic
) -> None:
    browser = login(vega)
    needed = "обязательно: приложите платёжное поручение"
    assert note_of(browser.get(address(vega_contract))) == "для некоторых тем обязательно"
    assert note_of(browser.get(address(vega_contract), {"topic": paid.code})) == needed
    assert note_of(browser.get(address(vega_contract), {"topic": topic.code})) == "необязательно"
    assert note_of(post(browser, vega_contract, topic=paid.code)) == needed, "a refused form"
    assert note_of(browser.get(address(vega_contract))) == needed, "its draft"


def test_where_no_topic_asks_for_a_file_it_is_optional(
    vega: User, vega_contract: Contract, login: Login, topic: Topic
) -> None:
    assert note_of(login(vega).get(address(vega_contract))) == "необязательно"


def test_the_missing_file_is_said_together_with_other_mistakes(
    vega: User, vega_contract: Contract, login: Login, paid: Topic
) -> None:
    text = text_of(post(login(vega), vega_contract, topic=paid.code, phone="12"))
    assert "Приложите платёжное поручение" in text
    assert "Введите номер полностью" in text


def test_a_file_that_another_window_took_out_stops_the_message(
    vega: User, vega_contract: Contract, paid: Topic
) -> None:
    with pytest.raises(sending.FileMissing, match="платёжное поручение"):
        sending.send_message(
            author=vega,
            contract=vega_contract,
            form_key=uuid.uuid4(),
            topic=paid,
            text="Оплатили",
            email=vega.email,
            phone="+7 900 000-00-00",
        )
