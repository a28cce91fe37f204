"""What the client reads about a message: its state, its course, and nothing internal."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.db.models.functions import Now
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from messaging import attachments, delivery, thread, timeline
from messaging.models import Attachment, Delivery, Entry, Message
from messaging.thread import Person
from tests import make
from tests.messaging.post import pdf, text_of

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Purpose = Delivery.Purpose
State = Delivery.State


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Message:
    """Vega's message with its letters, as sending leaves it."""
    message = make.message(vega_contract, vega, topic)
    delivery.queue(message, purpose=Purpose.QUESTION)
    delivery.queue(message, purpose=Purpose.RECEIPT)
    return message


def loaded(message: Message) -> Message:
    """The message as the page has it."""
    found: Message = Message.objects.with_course().get(pk=message.pk)
    return found


def titles(message: Message) -> list[str]:
    """The course, newest first."""
    return [event.title for event in timeline.events(loaded(message))]


def state_of(message: Message) -> str:
    """The word of state."""
    return timeline.case_status(loaded(message)).text


def add_file(message: Message, scan: str) -> Attachment:
    """A file that came with the message."""
    file = make.attachment(message)
    Attachment.objects.filter(pk=file.pk).update(scan=scan)
    return file


def test_from_the_first_word_to_the_end(
    vega: User, office: User, message: Message, specialist: Specialist
) -> None:
    vegas = f"{vega.short_name}, генеральный директор"
    assert titles(message) == [
        "Передаётся специалисту", vegas, "Обращение зарегистрировано",
    ]  # fmt: skip
    Delivery.objects.update(state=State.SENT, sent_at=Now())
    first = timeline.events(loaded(message))
    assert first[0].title == "Передано специалисту"
    assert first[0].note == f"{specialist.full_name}, {specialist.position}"
    assert first[-1].note == f"Копия отправлена на {message.email}"
    thread.answer(message, who=Person(specialist=specialist), text="Пришлите фото", asks=True)
    thread.add(message, who=Person(user=vega), text="Вот фото")
    thread.answer(message, who=Person(user=office), text="Учтено")
    thread.close(message, who=Person(user=vega), is_by_client=True)
    thread.reopen(message, who=Person(user=office))
    course = [event for event in timeline.events(loaded(message)) if "Переда" not in event.title]
    assert [event.title for event in course] == [
        "Обращение открыто снова", "Обращение закрыто", "Ответ", vegas, "Нужны сведения от вас",
        vegas, "Обращение зарегистрировано",
    ]  # fmt: skip
    answer, request = course[2], course[4]
    assert (answer.is_them, answer.author, answer.body) == (True, office.full_name, "Учтено")
    assert request.author == f"{specialist.full_name}, {specialist.position}"
    assert not course[3].is_them


def test_handing_over_and_another_topic(
    office: User, message: Message, vega_contract: Contract
) -> None:
    other = make.specialist(vega_contract.branch, last_name="Кузнецов")
    thread.hand_over(message, who=Person(user=office), specialist=other, text="Проверь сам")
    thread.change_topic(message, who=Person(user=office), topic=make.topic(name="Расчёты"))
    course = timeline.events(loaded(message))
    assert f"Передано: {other.short_name}" in [event.title for event in course]
    changed = next(event for event in course if event.title == "Изменена тема")
    assert changed.note == "Была «Договор и общие вопросы», стала «Расчёты»"
    assert "Проверь сам" not in str(course)


def test_the_client_never_sees_what_is_internal(
    vega: User, office: User, message: Message, login: Login
) -> None:
    stored, _ = attachments.store([pdf("секрет.pdf")])
    note = thread.note(message, who=Person(user=office), text="Заметка для своих", files=stored)
    for kind in (Entry.Kind.REMINDED, Entry.Kind.ESCALATED, Entry.Kind.AUTO_REPLY):
        Entry.objects.create(message=message, kind=kind, text="Заметка для своих")
    group = Person(sender="inner@retailer.example")
    thread.answer(message, who=group, text="Ответ отдела")
    Delivery.objects.filter(purpose=Purpose.QUESTION).update(
        attempts=1, last_error="451 4.7.1 greylisted"
    )
    browser = login(vega)
    text = text_of(browser.get(message.get_absolute_url()))
    course = ["Ответ", "Передаётся специалисту", titles(message)[-2], "Обращение зарегистрировано"]
    assert sorted(titles(message)) == sorted(course)
    for word in ("Заметка", "секрет", "inner@", "greylisted", message.to):
        assert word not in text
    assert "Ответ отдела" in text
    assert "Портал повторяет попытки сам" in text
    file = reverse(
        "messaging:attachment-file",
        args=[message.contract_id, message.number, note.attachments.get().pk],
    )
    assert browser.get(file).status_code == 404


def test_a_refused_letter_goes_to_the_department(message: Message, topic: Topic) -> None:
    letter = message.deliveries.get(purpose=Purpose.QUESTION)
    Delivery.objects.filter(pk=letter.pk).update(state=State.FAILED, last_error="550 no such user")
    assert state_of(message) == "не доставлено"
    assert "Пока не доставлено" in titles(message)
    other = delivery.redirect(letter, is_mailbox_dead=True)
    assert other is not None
    assert state_of(message) == "передаётся"
    Delivery.objects.filter(pk=other.pk).update(state=State.SENT, sent_at=Now())
    assert state_of(message) == "передано в отдел"
    course = timeline.events(loaded(message))
    assert [event.title for event in course][:2] == ["Доставлено", "Передано в отдел"]
    assert "no such user" not in str(course)
    assert "Пока не доставлено" not in [event.title for event in course]


def test_words_of_state(vega: User, office: User, message: Message) -> None:
    assert state_of(message) == "передаётся"
    letters = message.deliveries.filter(purpose=Purpose.QUESTION)
    letters.update(state=State.HELD)
    assert state_of(message) == "на проверке"
    letters.update(state=State.SENT, sent_at=Now())
    assert state_of(message) == "в работе"
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    due_on = message.due_on
    Message.objects.update(due_on=yesterday, remind_on=yesterday)
    assert state_of(message) == "ответ задерживается"
    Message.objects.update(due_on=due_on)
    thread.answer(message, who=Person(user=office), text="?", asks=True)
    assert state_of(message) == "ждём ваш ответ"
    thread.answer(message, who=Person(user=office), text="!")
    assert state_of(message) == "есть ответ"
    thread.close(message, who=Person(user=vega), is_by_client=True)
    assert state_of(message) == "закрыто"


def test_a_file_that_may_not_be_opened_has_no_link(
    vega: User, message: Message, login: Login
) -> None:
    browser = login(vega)
    for scan, words in (
        (Attachment.Scan.PENDING, "на проверке"),
        (Attachment.Scan.INFECTED, "найден вирус, файл не передан"),
        (Attachment.Scan.CLEAN, ""),
    ):
        file = add_file(message, scan)
        url = reverse(
            "messaging:attachment-file", args=[message.contract_id, message.number, file.pk]
        )
        page = text_of(browser.get(message.get_absolute_url()))
        is_open = scan == Attachment.Scan.CLEAN
        assert words in page
        assert (url in page) == is_open
        assert browser.get(url).status_code == (200 if is_open else 302)


def test_a_day_that_was_moved_is_not_explained_by_the_topics_term(
    message: Message, topic: Topic
) -> None:
    assert timeline.promised(message).endswith(f", {topic.answer_days}\u00a0рабочих дней")
    sooner = message.due_on - datetime.timedelta(days=1)
    message.due_on = sooner
    assert timeline.promised(message) == f"{sooner:%d.%m.%Y}"
