"""A reminder at half of the time, and another person's letter when it has passed."""

from __future__ import annotations

import datetime
import threading
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection, transaction
from pytest_django import Settings

from accounts.models import User
from contracts import calendar_file
from contracts.models import Contract, Specialist, Topic
from contracts.supervision import Rule
from messaging import deadlines, reminders, routing, tasks, thread
from messaging.models import Delivery, Entry, Message
from tests import make
from tests.contracts.calendars import published

pytestmark = pytest.mark.django_db

MOSCOW = ZoneInfo("Europe/Moscow")
Kind, Purpose = Entry.Kind, Delivery.Purpose


def at(day: int, hour: int = 9, month: int = 11) -> datetime.datetime:
    """A moment of 2026 by the retailer's clock; the 23rd of November is a Monday."""
    return datetime.datetime(2026, month, day, hour, tzinfo=MOSCOW)


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Message:
    """Came on Monday the 23rd: to be reminded of on Thursday, to be answered until the 30th."""
    promise = deadlines.promise(topic, on=datetime.date(2026, 11, 23))
    return make.message(
        vega_contract, vega, topic, due_on=promise.due_on, remind_on=promise.remind_on
    )


def letters(message: Message, purpose: str) -> list[str]:
    """To whom letters of a purpose go."""
    return list(message.deliveries.filter(purpose=purpose).values_list("to", flat=True))


def kinds(message: Message) -> list[str]:
    """The course, oldest first."""
    return list(message.entries.order_by("pk").values_list("kind", flat=True))


# The reminder -----------------------------------------------------------------------------------


def test_half_of_the_time_has_passed(message: Message, specialist: Specialist) -> None:
    assert reminders.remind(at=at(25)) == 0
    assert reminders.remind(at=at(26)) == 1
    assert letters(message, Purpose.REMINDER) == [specialist.email]
    assert kinds(message) == [Kind.REMINDED]
    message.refresh_from_db()
    assert message.reminded_at is not None


def test_once(message: Message) -> None:
    assert [reminders.remind(at=at(day)) for day in (26, 26, 27)] == [1, 0, 0]
    assert len(letters(message, Purpose.REMINDER)) == 1


@pytest.mark.parametrize(
    ("moment", "count"),
    [(at(26, 7), 0), (at(26, 8), 1), (at(26, 22), 1), (at(28), 0), (at(29), 0), (at(30), 1)],
)
def test_on_working_days_from_eight(
    message: Message, moment: datetime.datetime, count: int
) -> None:
    assert reminders.remind(at=moment) == count


def test_not_on_a_moved_day_off(message: Message) -> None:
    calendar_file.load([published(2026)])
    days = {"remind_on": datetime.date(2026, 12, 30), "due_on": datetime.date(2027, 1, 11)}
    Message.objects.update(**days)
    assert reminders.remind(at=at(31, month=12)) == 0
    assert reminders.remind(at=at(30, month=12)) == 1


@pytest.mark.parametrize("state", ["waiting", "answered", "closed"])
def test_only_while_the_retailer_has_the_word(message: Message, state: str) -> None:
    closed_at = at(24) if state == "closed" else None
    Message.objects.update(state=state, closed_at=closed_at)
    assert reminders.remind(at=at(26)) == 0
    assert reminders.escalate(at=at(26, month=12)) == 0


def test_an_overdue_message_is_escalated_and_not_reminded_of(message: Message) -> None:
    moment = at(1, month=12)
    assert (reminders.remind(at=moment), reminders.escalate(at=moment)) == (0, 1)


def test_a_new_deadline_is_reminded_of_anew(message: Message) -> None:
    reminders.remind(at=at(26))
    thread.close(message, who=thread.Person())
    thread.reopen(message, who=thread.Person())
    message.refresh_from_db()
    assert message.reminded_at is None
    moment = datetime.datetime.combine(message.remind_on, datetime.time(9), MOSCOW)
    assert reminders.remind(at=moment) == 1


def test_the_letter_names_the_day_and_the_question(message: Message) -> None:
    reminders.remind(at=at(26))
    delivery = message.deliveries.get(purpose=Purpose.REMINDER)
    letter = delivery.build_letter()
    assert letter.subject == f"Обращение {message.number}: ответьте до 30.11.2026"
    for text in ("30.11.2026", message.text, message.number, message.email):
        assert text in letter.body
    assert letter.extra_headers["Auto-Submitted"] == "auto-generated"


def test_who_is_away_by_now_hands_it_to_the_deputy(
    message: Message, specialist: Specialist
) -> None:
    deputy = make.specialist(specialist.branch, last_name="Кузнецов")
    make.leave(specialist, deputy)
    assert reminders.remind(at=at(26)) == 1
    assert letters(message, Purpose.REMINDER) == []
    assert letters(message, Purpose.HANDOVER) == [deputy.email]
    message.refresh_from_db()
    assert (message.to, message.deputy_for) == (deputy.email, specialist)
    assert message.entries.get().details["to"] == deputy.short_name
    assert reminders.remind(at=at(27)) == 0


def test_who_is_gone_by_now_leaves_it_to_the_rule(message: Message, specialist: Specialist) -> None:
    Specialist.objects.filter(pk=specialist.pk).update(is_active=False)
    reminders.remind(at=at(26))
    assert letters(message, Purpose.HANDOVER) == [message.topic.email]


def test_the_holder_named_by_the_office_keeps_it(message: Message, specialist: Specialist) -> None:
    other = make.specialist(specialist.branch)
    thread.hand_over(message, who=thread.Person(), specialist=other)
    reminders.remind(at=at(26))
    assert letters(message, Purpose.REMINDER) == [other.email]


def test_a_group_keeps_it_though_somebody_holds_the_topic_now(
    message: Message, topic: Topic
) -> None:
    Message.objects.update(to=topic.email, rule=Rule.GROUP, specialist=None)
    message.refresh_from_db()
    assert routing.living(message) is None
    reminders.remind(at=at(26))
    assert letters(message, Purpose.REMINDER) == [topic.email]


# The escalation ---------------------------------------------------------------------------------


def test_the_day_has_passed(message: Message, topic: Topic) -> None:
    topic.fallback_email = "nachalnik@retailer.example"
    topic.save()
    assert reminders.escalate(at=at(30, 23)) == 0
    assert reminders.escalate(at=at(1, month=12)) == 1
    assert reminders.escalate(at=at(2, month=12)) == 0
    delivery = message.deliveries.get(purpose=Purpose.ESCALATION)
    assert (delivery.to, delivery.rule) == ("nachalnik@retailer.example", Rule.FALLBACK)
    assert kinds(message) == [Kind.ESCALATED]
    message.refresh_from_db()
    assert message.escalated_at is not None
    assert message.to != delivery.to  # who has it has not changed


def test_without_a_fallback_address_the_duty_one_hears(
    message: Message, settings: Settings
) -> None:
    reminders.escalate(at=at(1, month=12))
    delivery = message.deliveries.get()
    assert (delivery.to, delivery.rule) == (settings.RETAILER.duty_email, Rule.DUTY)


def test_a_fallback_address_that_refused_is_passed_over(
    message: Message, topic: Topic, settings: Settings
) -> None:
    topic.fallback_email = "zapas@retailer.example"
    topic.save()
    Delivery.objects.create(
        message=message, to="Zapas@retailer.example", rule=Rule.FALLBACK, state="failed"
    )
    reminders.escalate(at=at(1, month=12))
    assert letters(message, Purpose.ESCALATION) == [settings.RETAILER.duty_email]


def test_not_on_a_day_off(message: Message) -> None:
    assert reminders.escalate(at=at(5, month=12)) == 0  # a Saturday
    assert reminders.escalate(at=at(7, 7, month=12)) == 0
    assert reminders.escalate(at=at(7, 8, month=12)) == 1


def test_the_letter_says_who_has_it(message: Message, specialist: Specialist) -> None:
    reminders.escalate(at=at(1, month=12))
    letter = message.deliveries.get().build_letter()
    assert letter.subject == f"Обращение {message.number}: срок ответа прошёл 30.11.2026"
    assert specialist.email in letter.body
    assert f"/office/messaging/message/{message.pk}/change/" in letter.body


def test_the_client_sees_neither(message: Message) -> None:
    reminders.remind(at=at(26))
    reminders.escalate(at=at(1, month=12))
    assert all(entry.is_internal for entry in message.entries.all())
    assert not message.deliveries.filter(purpose__in=Delivery.TO_CLIENT).exists()


# Two workers ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_another_worker_has_in_hand_is_passed_over(
    message: Message, vega: User, vega_contract: Contract, topic: Topic
) -> None:
    other = make.message(
        vega_contract, vega, topic, due_on=message.due_on, remind_on=message.remind_on
    )
    counts: list[int] = []

    def run() -> None:
        try:
            counts.append(reminders.remind(at=at(26)))
        finally:
            connection.close()

    with transaction.atomic():
        Message.objects.select_for_update().get(pk=message.pk)
        worker = threading.Thread(target=run)
        worker.start()
        worker.join(10)
        assert not worker.is_alive()
    assert counts == [1]
    assert letters(other, Purpose.REMINDER)
    assert not letters(message, Purpose.REMINDER)
    assert reminders.remind(at=at(26)) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_one_letter_each(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    day = datetime.date(2026, 11, 26)
    for _ in range(20):
        make.message(vega_contract, vega, topic, remind_on=day, due_on=day)
    counts: list[int] = []

    def run() -> None:
        try:
            counts.append(reminders.remind(at=at(26)))
        finally:
            connection.close()

    workers = [threading.Thread(target=run) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sum(counts) == 20
    assert Delivery.objects.filter(purpose=Purpose.REMINDER).count() == 20
    assert Entry.objects.filter(kind=Kind.REMINDED).count() == 20


@pytest.mark.django_db(transaction=True)
def test_the_task_sends_both_letters(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(26))
    tasks.mind_deadlines()
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(1, month=12))
    tasks.mind_deadlines()
    tasks.send_due_deliveries()
    assert kinds(message) == [Kind.REMINDED, Kind.ESCALATED]
    assert len(mail.outbox) == 2
