"""What the office does with a case in its workplace: answer, hand over, note, close, reopen."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from messaging import thread
from messaging.models import Delivery, Entry, Message
from messaging.thread import Person
from tests import make
from tests.messaging.post import PDF, pdf, stored_files, text_of

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Kind = Entry.Kind


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Message:
    """A message that the specialist of the branch has."""
    return make.message(vega_contract, vega, topic)


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office's."""
    return login(office)


def address(message: Message, act: str) -> str:
    """The page of an act."""
    return reverse("admin:messaging_message_act", args=[message.pk, act])


def case_address(message: Message) -> str:
    """The case's own page."""
    return reverse("admin:messaging_message_change", args=[message.pk])


def hidden(page: Any) -> dict[str, str]:
    """The key of the form on a page, and what had been seen."""
    html = page.content.decode()
    return {
        name: re.search(rf'name="{name}" value="([^"]+)"', html).group(1)
        for name in ("form_key", "latest")
    }


def act(desk: Browser, message: Message, name: str, **values: Any) -> Any:
    """Open the page, fill it in, press the button."""
    known = hidden(desk.get(address(message, name)))
    return desk.post(address(message, name), {**known, **values})


def entries(message: Message) -> list[str]:
    """What happened, oldest first."""
    return list(message.entries.order_by("pk").values_list("kind", flat=True))


def test_an_answer_with_a_file(message: Message, desk: Browser, office: User) -> None:
    response = act(
        desk, message, "answer", text="Учли.\r\nСпасибо!", kind="answer", attachments=[pdf()]
    )
    assert response["Location"] == case_address(message)
    entry = message.entries.get()
    assert (entry.kind, entry.text, entry.author) == (Kind.ANSWER, "Учли.\nСпасибо!", office)
    (file,) = entry.attachments.all()
    assert (file.read(), file.message, file.uploaded_by) == (PDF, message, office)
    assert message.deliveries.get().purpose == Delivery.Purpose.ANSWER
    page = text_of(desk.get(case_address(message)))
    assert "Учли." in page
    assert file.name in page


def test_a_question_to_the_client(message: Message, desk: Browser) -> None:
    act(desk, message, "answer", text="Пришлите фото.", kind="ask")
    message.refresh_from_db()
    assert (entries(message), message.state) == ([Kind.REQUEST], Message.State.WAITING)


def test_an_answer_that_closes(message: Message, desk: Browser) -> None:
    act(desk, message, "answer", text="Учли.", kind="answer", closes="on")
    message.refresh_from_db()
    assert (entries(message), message.is_closed) == ([Kind.ANSWER, Kind.CLOSED], True)
    assert message.deliveries.count() == 1, "one letter says both"


def test_a_question_does_not_close(message: Message, desk: Browser) -> None:
    response = act(desk, message, "answer", text="Пришлите фото.", kind="ask", closes="on")
    assert response.status_code == 422
    assert entries(message) == []


def test_a_mistake_keeps_what_was_typed(message: Message, desk: Browser) -> None:
    bad = SimpleUploadedFile("вирус.exe", b"MZ")
    response = act(
        desk, message, "answer", text="Длинный ответ", kind="answer", attachments=[pdf(), bad]
    )
    page = text_of(response)
    assert response.status_code == 422
    assert "Длинный ответ" in page
    assert "вирус.exe" in page
    assert (entries(message), stored_files()) == ([], [])
    response = act(desk, message, "answer", text="", kind="answer")
    assert "Напишите текст." in text_of(response)


def test_the_same_form_twice_answers_once(message: Message, desk: Browser) -> None:
    known = hidden(desk.get(address(message, "answer")))
    values = {**known, "text": "Учли.", "kind": "answer", "closes": "on"}
    answers = [desk.post(address(message, "answer"), values) for _ in range(2)]
    assert [one.status_code for one in answers] == [302, 302]
    assert entries(message) == [Kind.ANSWER, Kind.CLOSED]
    assert message.deliveries.count() == 1


def test_other_words_under_a_used_key_are_not_thrown_away(message: Message, desk: Browser) -> None:
    """«Назад» in the browser brings the sent form back with its key."""
    known = hidden(desk.get(address(message, "answer")))
    sent = {**known, "text": "Учли.", "kind": "answer"}
    assert desk.post(address(message, "answer"), sent).status_code == 302
    other = desk.post(address(message, "answer"), {**sent, "text": "И ещё одно."})
    page = text_of(other)
    assert other.status_code == 409
    assert "уже отправлена" in page
    assert "И ещё одно." in page
    again = {**sent, **hidden(other), "text": "И ещё одно."}
    assert desk.post(address(message, "answer"), again).status_code == 302
    told = list(message.entries.order_by("pk").values_list("text", flat=True))
    assert told == ["Учли.", "И ещё одно."]


def test_a_used_key_with_another_addressee_topic_file_or_end(
    message: Message, desk: Browser, specialist: Specialist
) -> None:
    branch = specialist.branch
    first, second = (make.specialist(branch, last_name=name) for name in ("Ким", "Лось"))
    topics = make.topic(), make.topic()
    answer = {"text": "Учли.", "kind": "answer"}
    for name, sent, other in (
        ("hand-over", {"specialist": first.pk}, {"specialist": second.pk}),
        ("hand-over", {"specialist": second.pk, "text": "Раз"},
         {"specialist": second.pk, "text": "Два"}),
        ("topic", {"topic": topics[0].pk}, {"topic": topics[1].pk}),
        ("answer", answer, {**answer, "kind": "ask"}),
        ("answer", answer, {**answer, "attachments": [pdf()]}),
        ("answer", answer, {**answer, "closes": "on"}),
    ):  # fmt: skip
        known = hidden(desk.get(address(message, name)))
        assert desk.post(address(message, name), {**known, **sent}).status_code == 302
        before = entries(message)
        assert desk.post(address(message, name), {**known, **sent}).status_code == 302
        assert desk.post(address(message, name), {**known, **other}).status_code == 409, other
        assert entries(message) == before
    assert stored_files() == []


def test_a_repeat_is_one_even_when_somebody_was_faster_to_write_next(
    message: Message, desk: Browser, superuser: User, login: Login
) -> None:
    known = hidden(desk.get(address(message, "note")))
    values = {**known, "text": "Звонил.", "attachments": [pdf()]}
    desk.post(address(message, "note"), values)
    act(login(superuser), message, "note", text="И я.")
    repeat = {**known, "text": "Звонил.", "attachments": [pdf()]}
    assert desk.post(address(message, "note"), repeat).status_code == 302
    assert (message.entries.count(), len(stored_files())) == (2, 1)


def test_the_second_of_two_is_told(
    message: Message, desk: Browser, superuser: User, login: Login
) -> None:
    known = hidden(desk.get(address(message, "answer")))
    act(login(superuser), message, "answer", text="Уже ответили.", kind="answer")
    values = {**known, "text": "И я отвечу.", "kind": "answer"}
    response = desk.post(address(message, "answer"), values)
    page = text_of(response)
    assert response.status_code == 409
    assert "Пока вы писали" in page
    assert "И я отвечу." in page
    assert "Уже ответили." in page
    assert message.entries.count() == 1
    again = desk.post(address(message, "answer"), {**values, **hidden(response)})
    assert again.status_code == 302
    assert message.entries.count() == 2


def test_what_the_portal_notes_by_itself_is_nobody_elses(message: Message, desk: Browser) -> None:
    known = hidden(desk.get(address(message, "answer")))
    Entry.objects.create(message=message, kind=Kind.REMINDED)
    values = {**known, "text": "Учли.", "kind": "answer"}
    assert desk.post(address(message, "answer"), values).status_code == 302


def test_handing_over(message: Message, desk: Browser, specialist: Specialist) -> None:
    other = make.specialist(specialist.branch, last_name="Новиков")
    act(desk, message, "hand-over", specialist=other.pk, text="Ваш участок")
    message.refresh_from_db()
    assert (message.specialist, entries(message)) == (other, [Kind.NOTE, Kind.HANDED_OVER])
    page = text_of(desk.get(case_address(message)))
    course = f"{specialist.short_name} → {other.short_name}"
    assert course.replace("\u00a0", " ") in page
    assert "видят только сотрудники" in page


def test_handing_over_to_the_same_is_refused_in_words(
    message: Message, desk: Browser, specialist: Specialist
) -> None:
    response = act(desk, message, "hand-over", specialist=specialist.pk, text="Прошу")
    page = text_of(response)
    assert response.status_code == 409
    assert "Обращение уже у этого адресата" in page
    assert "Прошу" in page
    gone = make.specialist(specialist.branch, is_active=False)
    response = act(desk, message, "hand-over", specialist=gone.pk)
    assert "больше не работает" in text_of(response)


def test_another_topic(message: Message, desk: Browser) -> None:
    other = make.topic()
    act(desk, message, "topic", topic=other.pk)
    message.refresh_from_db()
    assert (message.topic, message.to) == (other, other.email)


def test_note_close_reopen(message: Message, desk: Browser) -> None:
    act(desk, message, "note", text="Звонил.")
    act(desk, message, "close", text="Решено по телефону.")
    assert act(desk, message, "close").status_code == 409
    act(desk, message, "reopen", text="Не решено.")
    message.refresh_from_db()
    assert entries(message) == [Kind.NOTE, Kind.CLOSED, Kind.REOPENED]
    assert not message.is_closed


def test_only_what_fits_is_offered(message: Message, desk: Browser, office: User) -> None:
    open_page = desk.get(case_address(message)).content.decode()
    assert address(message, "close") in open_page
    assert address(message, "reopen") not in open_page
    thread.close(message, who=Person(user=office))
    closed_page = desk.get(case_address(message)).content.decode()
    assert address(message, "hand-over") not in closed_page
    assert address(message, "reopen") in closed_page


def test_sending_again(message: Message, desk: Browser, specialist: Specialist) -> None:
    act(desk, message, "send-again")
    letter = message.deliveries.get()
    assert (letter.to, letter.purpose) == (specialist.email, Delivery.Purpose.HANDOVER)


def test_rights(message: Message, office: User, vega: User, login: Login) -> None:
    office.groups.get().permissions.remove(Permission.objects.get(codename="change_message"))
    page = login(office).get(case_address(message))
    assert (page.status_code, address(message, "answer") in page.content.decode()) == (200, False)
    for user in (office, vega):
        for method in ("get", "post"):
            assert getattr(login(user), method)(address(message, "answer")).status_code == 403


def test_unknown_acts_and_messages(message: Message, desk: Browser) -> None:
    assert desk.get(address(message, "delete")).status_code == 404
    message.pk += 1
    assert desk.get(address(message, "answer")).status_code == 404


def test_a_form_without_its_key_is_refused(message: Message, desk: Browser) -> None:
    response = desk.post(address(message, "note"), {"text": "Заметка", "latest": "x"})
    assert (response.status_code, entries(message)) == (422, [])


def test_the_list_shows_what_is_wrong(
    message: Message, desk: Browser, vega: User, topic: Topic
) -> None:
    late = make.message(message.contract, vega, topic)
    past = timezone.localdate() - datetime.timedelta(days=1)
    Message.objects.filter(pk=late.pk).update(due_on=past, remind_on=past)
    lost = Delivery(message=message, purpose="question", state="failed", **_to(message))
    lost.save()
    listed = reverse("admin:messaging_message_changelist")
    for trouble, found in (("overdue", late), ("undelivered", message)):
        page = desk.get(listed, {"trouble": trouble})
        assert [row.pk for row in page.context["cl"].result_list] == [found.pk]
    assert "просрочено" in desk.get(listed).content.decode()


def test_the_course_costs_the_same_however_long(
    message: Message,
    office: User,
    desk: Browser,
    statements: Callable[[Browser, str], int],
) -> None:
    thread.answer(message, who=Person(user=office), text="Раз")
    make.attachment(message)
    few = statements(desk, case_address(message))
    for _ in range(5):
        thread.note(message, who=Person(user=office), text=f"{uuid.uuid4()}")
        thread.answer(message, who=Person(user=office), text=f"{uuid.uuid4()}")
        make.attachment(message)
    assert statements(desk, case_address(message)) == few


def _to(message: Message) -> dict[str, Any]:
    return {"to": message.to, "rule": message.rule, "specialist": message.specialist}
