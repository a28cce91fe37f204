"""The course of a message: what each act writes, moves and sends."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from contracts import working_days
from contracts.models import Contract, Specialist, Topic
from contracts.supervision import Rule
from messaging import delivery, routing, thread
from messaging import letters as letters_module
from messaging.models import Attachment, Delivery, Draft, Entry, Message
from messaging.thread import Person
from tests import make

pytestmark = pytest.mark.django_db

Kind = Entry.Kind
State = Message.State


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Message:
    """A message that the specialist of the branch has."""
    return make.message(vega_contract, vega, topic)


@pytest.fixture
def by_office(office: User) -> Person:
    """The office."""
    return Person(user=office)


def letters(message: Message) -> list[tuple[str, str]]:
    """What is to be sent, and to whom."""
    return list(message.deliveries.order_by("pk").values_list("purpose", "to"))


def test_an_answer(message: Message, specialist: Specialist) -> None:
    entry = thread.answer(message, who=Person(specialist=specialist), text="Учли.")
    message.refresh_from_db()
    assert (entry.kind, entry.text, entry.specialist) == (Kind.ANSWER, "Учли.", specialist)
    assert message.state == State.ANSWERED
    assert message.answered_at is not None
    assert letters(message) == [("answer", message.email)]


def test_a_question_back(message: Message, by_office: Person) -> None:
    thread.answer(message, who=by_office, text="Пришлите фото.", asks=True)
    first = Message.objects.get().answered_at
    thread.answer(message, who=by_office, text="Спасибо, учли.")
    message.refresh_from_db()
    assert list(message.entries.values_list("kind", flat=True)) == [Kind.ANSWER, Kind.REQUEST]
    assert (message.state, message.answered_at) == (State.ANSWERED, first)


def test_what_the_client_adds(message: Message, vega: User, specialist: Specialist) -> None:
    Message.objects.filter(pk=message.pk).update(state=State.ANSWERED, reminded_at=timezone.now())
    entry = thread.add(message, who=Person(user=vega), text="Ещё вопрос.")
    message.refresh_from_db()
    assert (entry.author, message.state, message.reminded_at) == (vega, State.OPEN, None)
    assert letters(message) == [("addition", specialist.email)]


def test_the_same_form_adds_once(message: Message, vega: User, vega_contract: Contract) -> None:
    key = uuid.uuid4()
    draft = Draft.objects.create(
        author=vega, contract=vega_contract, message=message, form_key=key, text="Ещё."
    )
    file = make.attachment(message)
    Attachment.objects.filter(pk=file.pk).update(message=None, draft=draft)
    first, second = (
        thread.add(message, who=Person(user=vega), text="Ещё.", form_key=key) for _ in range(2)
    )
    assert first == second
    file.refresh_from_db()
    assert (file.draft, file.message, file.entry) == (None, message, first)
    assert len(letters(message)) == 1
    assert list(delivery.files_of(message.deliveries.get())) == [file]


def test_a_closed_message_opens_when_the_client_adds(
    message: Message, vega: User, by_office: Person
) -> None:
    thread.close(message, who=by_office, text="Вопрос решён.")
    thread.add(message, who=Person(user=vega), text="Нет, не решён.")
    message.refresh_from_db()
    assert (message.state, message.closed_at) == (State.OPEN, None)
    assert letters(message)[0] == ("closure", message.email)


def test_an_addition_goes_to_whoever_is_there_now(
    message: Message, vega: User, specialist: Specialist
) -> None:
    leave = make.leave(specialist, make.specialist(specialist.branch))
    thread.add(message, who=Person(user=vega), text="Ещё вопрос.")
    message.refresh_from_db()
    assert (message.specialist, message.deputy_for) == (leave.deputy, specialist)
    assert letters(message) == [("addition", leave.deputy.email)]
    assert message.entries.filter(kind=Kind.HANDED_OVER).get().details["to"] == (
        leave.deputy.short_name
    )


def test_what_was_redirected_stays_where_it_is_read(message: Message, vega: User) -> None:
    Message.objects.update(to="zapas@retailer.example", rule=Rule.FALLBACK, specialist=None)
    thread.add(message, who=Person(user=vega), text="Ещё вопрос.")
    assert letters(message) == [("addition", "zapas@retailer.example")]


def test_handing_over(message: Message, specialist: Specialist, by_office: Person) -> None:
    other = make.specialist(specialist.branch, last_name="Новиков")
    due_on = message.due_on
    entry = thread.hand_over(message, who=by_office, specialist=other, text="Прошу посмотреть")
    message.refresh_from_db()
    assert (message.specialist, message.rule, message.due_on) == (other, Rule.MANUAL, due_on)
    assert entry.details == {"from": specialist.short_name, "to": other.short_name}
    note = message.entries.get(kind=Kind.NOTE)
    assert (note.text, note.is_internal, entry.is_internal) == ("Прошу посмотреть", True, False)
    assert letters(message) == [("handover", other.email)]


def test_handing_over_to_somebody_away_reaches_the_deputy(
    message: Message, specialist: Specialist, by_office: Person
) -> None:
    other, deputy = make.specialist(specialist.branch), make.specialist(specialist.branch)
    make.leave(other, deputy)
    thread.hand_over(message, who=by_office, specialist=other)
    message.refresh_from_db()
    assert (message.specialist, message.deputy_for) == (deputy, other)


@pytest.mark.parametrize("trouble", ["gone", "refused", "same", "closed"])
def test_handing_over_to_nobody(
    message: Message, specialist: Specialist, by_office: Person, trouble: str
) -> None:
    other = make.specialist(specialist.branch)
    match trouble:
        case "gone":
            other.is_active = False
        case "refused":
            other.refused_email = other.email
        case "same":
            other = specialist
        case "closed":
            thread.close(message, who=by_office)
    other.save()
    before = letters(message)
    with pytest.raises(thread.NotPossible):
        thread.hand_over(message, who=by_office, specialist=other, text="Прошу")
    assert letters(message) == before
    assert not message.entries.filter(kind=Kind.NOTE).exists()


def test_another_topic_finds_its_own_people(
    message: Message, specialist: Specialist, by_office: Person
) -> None:
    other, meters = make.specialist(specialist.branch), make.topic(answer_days=20)
    make.assignment(meters, other, contract=message.contract)
    due_on = message.due_on
    thread.change_topic(message, who=by_office, topic=meters)
    message.refresh_from_db()
    assert (message.topic, message.specialist, message.rule) == (meters, other, Rule.CONTRACT)
    assert message.due_on == due_on, "what was promised is not put off"
    assert letters(message) == [("handover", other.email)]
    quick = make.topic(answer_days=1, email=meters.email)
    thread.change_topic(message, who=by_office, topic=quick)
    message.refresh_from_db()
    assert message.due_on == working_days.add(timezone.localdate(), 1)
    assert message.remind_on <= message.due_on


def test_another_topic_of_the_same_people_sends_nothing(
    message: Message, specialist: Specialist, by_office: Person
) -> None:
    other = make.topic()
    make.assignment(other, specialist, contract=message.contract)
    thread.change_topic(message, who=by_office, topic=other)
    assert letters(message) == []
    with pytest.raises(thread.NotPossible):
        thread.change_topic(message, who=by_office, topic=other)


def test_closing_twice_and_opening_again(
    message: Message, by_office: Person, specialist: Specialist
) -> None:
    thread.close(message, who=by_office, text="Решено.")
    with pytest.raises(thread.NotPossible):
        thread.close(message, who=by_office)
    message.refresh_from_db()
    assert message.is_closed
    thread.reopen(message, who=by_office)
    with pytest.raises(thread.NotPossible):
        thread.reopen(message, who=by_office)
    message.refresh_from_db()
    assert (message.state, message.closed_at) == (State.OPEN, None)
    assert letters(message) == [("closure", message.email), ("handover", specialist.email)]


def test_a_client_who_closes_gets_no_letter_about_it(message: Message, vega: User) -> None:
    thread.close(message, who=Person(user=vega), is_by_client=True)
    assert letters(message) == []


def test_a_note_is_the_offices_own(message: Message, by_office: Person) -> None:
    entry = thread.note(message, who=by_office, text="Звонил, не отвечает.")
    message.refresh_from_db()
    assert (entry.is_internal, message.state, letters(message)) == (True, State.OPEN, [])


@pytest.mark.parametrize("act", ["update", "delete"])
def test_what_was_said_stays_said(message: Message, by_office: Person, act: str) -> None:
    thread.note(message, who=by_office, text="Заметка")
    commands: dict[str, Any] = {
        "update": lambda: Entry.objects.update(text="Другое"),
        "delete": lambda: Entry.objects.all().delete(),
    }
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        commands[act]()


def test_the_database_knows_what_closed_means(message: Message) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.update(state=State.CLOSED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.update(closed_at=timezone.now())


def test_an_act_that_fails_leaves_nothing(
    message: Message, by_office: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(delivery, "queue", fail)
    with pytest.raises(RuntimeError):
        thread.answer(message, who=by_office, text="Учли.")
    message.refresh_from_db()
    assert (message.state, message.entries.count()) == (State.OPEN, 0)


def test_files_of_notes_stay_inside(message: Message, by_office: Person) -> None:
    own = make.attachment(message)
    note = thread.note(message, who=by_office, text="Скан")
    inside = make.attachment(message, name="внутри.pdf")
    Attachment.objects.filter(pk=inside.pk).update(entry=note)
    thread.close(message, who=by_office)
    thread.reopen(message, who=by_office)
    handover = message.deliveries.get(purpose=Delivery.Purpose.HANDOVER)
    assert list(delivery.files_of(handover)) == [own]


def test_time_is_the_databases(message: Message, by_office: Person, time_machine: Any) -> None:
    """Fault 26: a clock that jumps back an hour changes neither the order nor what is due."""
    first = thread.note(message, who=by_office, text="1")
    time_machine.move_to(timezone.now() - datetime.timedelta(hours=1))
    second = thread.answer(message, who=by_office, text="2")
    assert second.at >= first.at
    assert list(message.entries.all()) == [second, first]
    assert Delivery.objects.due().count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        assert second.at <= cursor.fetchone()[0]


def test_route_is_asked_for_the_moment(message: Message, specialist: Specialist) -> None:
    assert routing.route(message).specialist == specialist


def test_whoever_lost_access_gets_no_letters(
    message: Message, vega: User, specialist: Specialist
) -> None:
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    vega.memberships.update(starts_on=yesterday, ends_on=yesterday)
    thread.answer(message, who=Person(specialist=specialist), text="Учли.")
    assert letters(message) == []
    assert [one.kind for one in message.entries.all()] == [Kind.NOTE, Kind.ANSWER]


def test_more_than_a_mailbox_holds_goes_as_links(
    message: Message, by_office: Person, specialist: Specialist, settings: Settings
) -> None:
    settings.ATTACHMENTS_MAX_BYTES = 10
    make.attachment(message, content=b"x" * 11)
    thread.hand_over(message, who=by_office, specialist=make.specialist(specialist.branch))
    assert message.deliveries.get().has_links


def test_the_client_sees_no_address_inside_and_no_login(message: Message, superuser: User) -> None:
    for who in (Person(sender="Рогова <rogova@inside.example>"), Person(user=superuser)):
        entry = thread.answer(message, who=who, text="Учли.")
        words = letters_module.answered_by(entry)
        assert "@" not in words
        assert superuser.username not in words.split()
