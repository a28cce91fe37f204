"""A message as a case, in Chromium: an answer, an addition, a session's end, the end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from messaging import thread
from messaging.models import Entry, Message
from tests import make
from tests.messaging.post import PDF
from tests.smtp_server import MailServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Message:
    """Vega's message, about which the specialist asks something."""
    message = make.message(vega_contract, vega, topic, text="На вводе 2 заменён счётчик.")
    person = thread.Person(specialist=specialist)
    thread.answer(message, who=person, text="Пришлите фото табло.", asks=True)
    return message


def log_in(page: Page) -> None:
    page.get_by_label("Логин").fill("vega")
    page.get_by_label("Пароль").fill(make.PASSWORD)
    page.get_by_role("button", name="Войти").click()


def test_an_addition_reaches_the_specialist(
    message: Message, specialist: Specialist, page: Page, worker: MailServer, tmp_path: Path,
    complaints: list[str],
) -> None:  # fmt: skip
    page.goto("/")
    log_in(page)
    page.get_by_role("link", name="Обращения").first.click()
    page.get_by_label("Показать").select_option(label="ждут вашего ответа")
    page.get_by_role("button", name="Найти").click()
    page.get_by_role("link", name=message.number).click()
    expect(page.get_by_role("main")).to_contain_text("ждём ваш ответ")
    expect(page.get_by_role("listitem").filter(has_text="Нужны сведения")).to_contain_text(
        f"{specialist.full_name}, {specialist.position}"
    )
    (tmp_path / "Фото табло.pdf").write_bytes(PDF)
    page.get_by_label("Дополнить обращение").fill("Вот фото.")
    page.locator("input[type=file]").set_input_files(tmp_path / "Фото табло.pdf")
    page.get_by_role("button", name="Добавить файл").click()
    expect(page.get_by_label("Дополнить обращение")).to_have_value("Вот фото.")
    expect(page.locator("#files")).to_contain_text("Фото табло.pdf")
    page.get_by_role("button", name="Отправить", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text(f"Обращение {message.number} дополнено.")
    expect(page.locator(".timeline")).to_contain_text("Фото табло.pdf")
    letter = worker.wait_for(
        lambda letter: specialist.email in str(letter["To"]) and message.number in letter["Subject"]
    )
    files = {part.get_filename(): part.get_content() for part in letter.iter_attachments()}
    assert files == {"Фото табло.pdf": PDF}
    page.reload()
    expect(page.locator(".timeline")).to_contain_text("Доставлено")
    page.get_by_role("button", name="Вопрос решён").click()
    expect(page.get_by_role("main")).to_contain_text("Обращение закрыто")
    expect(page.get_by_role("button", name="Вопрос решён")).to_have_count(0)
    assert not complaints


def test_a_session_that_ends_while_a_person_writes(
    message: Message, page: Page, tmp_path: Path
) -> None:
    page.goto("/")
    log_in(page)
    page.goto(message.get_absolute_url())
    (tmp_path / "Фото.pdf").write_bytes(PDF)
    page.get_by_label("Дополнить обращение").fill("Писали час.")
    page.locator("input[type=file]").set_input_files(tmp_path / "Фото.pdf")
    Session.objects.all().delete()
    page.get_by_role("button", name="Отправить", exact=True).click()
    expect(page).to_have_url(re.compile("next="))
    log_in(page)
    expect(page.get_by_role("main")).to_contain_text("Сеанс закончился, но всё")
    expect(page.get_by_label("Дополнить обращение")).to_have_value("Писали час.")
    expect(page.locator("#files")).to_contain_text("Фото.pdf")
    page.get_by_role("button", name="Отправить", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text(f"Обращение {message.number} дополнено.")
    assert Entry.objects.first().attachments.get().name == "Фото.pdf"


def test_the_form_says_whether_the_topic_asks_for_a_file(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist, page: Page,
    complaints: list[str],
) -> None:  # fmt: skip
    paid = make.topic(code="notice-paid", required_file="платёжное поручение")
    make.assignment(paid, specialist, branch=specialist.branch)
    page.goto("/")
    log_in(page)
    page.wait_for_url("**/home/")
    page.goto(reverse("messaging:message-new", args=[vega_contract.pk]))
    legend = page.locator("#files legend")
    expect(legend).to_have_text("Документы для некоторых тем обязательно", use_inner_text=True)
    for code, words in (
        (paid.code, "обязательно: приложите платёжное поручение"),
        (topic.code, "необязательно"),
        ("", "для некоторых тем обязательно"),
    ):
        page.get_by_label("Тема").select_option(code)
        expect(legend).to_have_text(f"Документы {words}", use_inner_text=True)
    assert complaints == []
