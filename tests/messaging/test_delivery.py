"""From «Отправить» to the specialist's mailbox, through a real mail server."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from cabinet import mail, outbox
from contracts.models import Contract, Specialist, Topic
from contracts.supervision import Rule
from messaging import delivery as delivery_module
from messaging import sending, tasks
from messaging.models import Delivery, Entry, Message
from tests import make
from tests.messaging.post import PDF
from tests.smtp_server import MailServer, free_port

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("specialist")]

State = Delivery.State


@pytest.fixture
def delivery(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Delivery:
    """The letter of a message with a file."""
    return send(vega, vega_contract, topic)


def send(author: User, contract: Contract, topic: Topic) -> Delivery:
    """Send a message with a file; its delivery."""
    message = sending.send_message(
        author=author,
        contract=contract,
        form_key=uuid.uuid4(),
        topic=topic,
        text=f"Вопрос {uuid.uuid4()}",
        email="buh@vega.example",
        phone="+7 900 000-00-01",
    )
    make.attachment(message, name="Акт.pdf", content=PDF)
    return message.deliveries.get(purpose=Delivery.Purpose.QUESTION)


@pytest.fixture(autouse=True)
def _only_what_the_retailer_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The copies for clients are letters of the same kind: here they would only be counted."""
    queue = delivery_module.queue

    def without_copies(message: Message, *, purpose: str, **values: Any) -> Delivery | None:
        if purpose == Delivery.Purpose.RECEIPT:
            return None
        return queue(message, purpose=purpose, **values)

    monkeypatch.setattr(delivery_module, "queue", without_copies)


def make_due(delivery: Delivery) -> None:
    """The time of the next try has come."""
    Delivery.objects.filter(pk=delivery.pk).update(next_try_at=Now())


def test_the_letter_arrives(delivery: Delivery, smtp: MailServer, specialist: Specialist) -> None:
    tasks.deliver(delivery.pk)
    (letter,) = smtp.letters
    assert letter["To"] == specialist.email
    (part,) = letter.iter_attachments()
    assert (part.get_filename(), part.get_payload(decode=True)) == ("Акт.pdf", PDF)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.SENT, 1)


def test_a_server_that_says_later_gets_exactly_one_letter(
    delivery: Delivery, smtp: MailServer
) -> None:
    smtp.answers = ["451 try later"] * 3
    tasks.deliver(delivery.pk)
    for _ in range(3):
        tasks.send_due_deliveries()
        assert smtp.raw == [], "not before its time"
        make_due(delivery)
        tasks.send_due_deliveries()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, len(smtp.raw)) == (State.SENT, 4, 1)
    assert "451" in delivery.last_error
    assert [step["outcome"] for step in delivery.trail] == ["later"] * 3 + ["sent"]
    assert all("451 try later" in step["answer"] or not step["answer"] for step in delivery.trail)


def test_without_a_server_the_letter_waits_and_goes_later(
    delivery: Delivery, smtp: MailServer, settings: Settings
) -> None:
    settings.EMAIL_PORT = free_port()
    tasks.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.QUEUED, 1)
    settings.EMAIL_PORT = smtp.port
    make_due(delivery)
    tasks.send_due_deliveries()
    delivery.refresh_from_db()
    assert (delivery.state, len(smtp.raw)) == (State.SENT, 1)


def test_a_mailbox_that_is_not_there(
    delivery: Delivery, smtp: MailServer, topic: Topic, specialist: Specialist
) -> None:
    """Fault 13: another address gets the letter, the office sees the refusal."""
    Topic.objects.filter(pk=topic.pk).update(fallback_email="zapas@retailer.example")
    smtp.recipient_answers = ["550 no such user"]
    tasks.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, "550" in delivery.last_error) == (State.FAILED, True)
    tasks.send_due_deliveries()
    (letter,) = smtp.letters
    other = delivery.redirected_to
    assert (letter["To"], letter["Message-ID"]) == ("zapas@retailer.example", other.mail_id)
    assert (other.rule, other.purpose) == (Rule.FALLBACK, delivery.purpose)
    assert [part.get_filename() for part in letter.iter_attachments()] == ["Акт.pdf"]
    message = Message.objects.get()
    assert (message.to, message.specialist) == ("zapas@retailer.example", None)
    assert message.entries.get().kind == Entry.Kind.REDIRECTED
    specialist.refresh_from_db()
    assert not specialist.has_mailbox, "and the next message does not go there at all"


def test_every_address_behind_the_rule_is_tried_once(
    delivery: Delivery, smtp: MailServer, topic: Topic
) -> None:
    Topic.objects.filter(pk=topic.pk).update(fallback_email="zapas@retailer.example")
    smtp.recipient_answers = ["550 no such user"] * 9
    tasks.deliver(delivery.pk)
    for _ in range(5):
        tasks.send_due_deliveries()
    tried = list(Delivery.objects.order_by("pk").values_list("to", flat=True))
    assert tried[1:] == [
        "zapas@retailer.example", topic.email, "dezhurny@severenergosbyt.example"
    ]  # fmt: skip
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.FAILED}


def test_words_refused_for_what_they_say_leave_the_mailbox_alone(
    delivery: Delivery, smtp: MailServer, specialist: Specialist
) -> None:
    smtp.answers = ["554 looks like spam"]
    tasks.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.redirected_to.to) == (
        State.FAILED,
        delivery.message.topic.email,
    )
    specialist.refresh_from_db()
    assert specialist.has_mailbox


@pytest.mark.parametrize("stage", ["sender", "data"])
def test_a_letter_too_large_goes_with_links(
    delivery: Delivery, smtp: MailServer, stage: str, settings: Settings
) -> None:
    """Fault 14."""
    answers = smtp.sender_answers if stage == "sender" else smtp.answers
    answers.append("552 5.3.4 message size exceeds limit")
    tasks.deliver(delivery.pk)
    assert smtp.letters == []
    tasks.send_due_deliveries()
    (letter,) = smtp.letters
    assert list(letter.iter_attachments()) == []
    (file,) = delivery.message.attachments.all()
    page = reverse("admin:messaging_message_file", args=[delivery.message_id, file.pk])
    link = settings.SITE_URL + page
    for kind in ("plain", "html"):
        body = letter.get_body((kind,)).get_content()
        assert link in body
        assert "Акт.pdf" in body
    delivery.refresh_from_db()
    assert (delivery.state, delivery.to) == (State.SENT, letter["To"])
    assert [step["outcome"] for step in delivery.trail] == ["too_large", "sent"]


def test_what_bounces_goes_another_way(
    delivery: Delivery, smtp: MailServer, specialist: Specialist
) -> None:
    tasks.deliver(delivery.pk)
    name = delivery.mail_id.strip("<>").partition("@")[0]
    row = outbox.find(name)
    assert row == delivery
    assert outbox.bounce(row, "5.1.1 unknown user", is_mailbox_dead=True)
    assert not outbox.bounce(row, "5.1.1 unknown user", is_mailbox_dead=True), "told once"
    delivery.refresh_from_db()
    assert (delivery.state, delivery.redirected_to.to) == (
        State.BOUNCED,
        delivery.message.topic.email,
    )
    assert [step["outcome"] for step in delivery.trail] == ["sent", "bounced"]


def test_a_letter_names_itself_in_its_envelope(delivery: Delivery, smtp: MailServer) -> None:
    tasks.deliver(delivery.pk)
    (sender,) = smtp.senders
    assert sender == mail.bounce_address(delivery.mail_id)
    assert mail.tag_of(sender) == "b" + delivery.mail_id.strip("<>").partition("@")[0]


def test_a_copy_that_the_client_refuses_goes_nowhere_else(
    vega: User, vega_contract: Contract, topic: Topic, smtp: MailServer
) -> None:
    message = make.message(vega_contract, vega, topic)
    copy = delivery_module.create(
        Delivery(message=message, purpose="receipt", to="no@vega.example", rule=Rule.CLIENT)
    )
    smtp.recipient_answers = ["550 no such user"]
    tasks.deliver(copy.pk)
    assert Delivery.objects.get().state == State.FAILED


def test_a_worker_that_dies_between_sending_and_writing_it_down(
    delivery: Delivery, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(row: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_record_sent", die)
        with pytest.raises(SystemExit):
            tasks.deliver(delivery.pk)
    make_due(delivery)
    tasks.send_due_deliveries()
    assert [letter["Message-ID"] for letter in smtp.letters] == [delivery.mail_id] * 2


def test_a_file_that_is_missing_for_now_holds_only_its_own_letter(
    delivery: Delivery, smtp: MailServer, vega: User, vega_contract: Contract, topic: Topic
) -> None:
    delivery.message.attachments.update(path="attachments/no/such")
    other = send(vega, vega_contract, topic)
    tasks.send_due_deliveries()
    delivery.refresh_from_db()
    other.refresh_from_db()
    assert (delivery.state, "FileNotFoundError" in delivery.last_error) == (State.QUEUED, True)
    assert other.state == State.SENT


def test_a_message_that_was_not_committed_is_nobodys(
    vega: User, vega_contract: Contract, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Delivery) -> None:
        raise RuntimeError("power loss")

    monkeypatch.setattr(delivery_module, "create", fail)
    with pytest.raises(RuntimeError):
        send(vega, vega_contract, topic)
    assert (Message.objects.count(), Delivery.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_send_each_letter_once(
    vega: User, vega_contract: Contract, topic: Topic, smtp: MailServer
) -> None:
    deliveries = [send(vega, vega_contract, topic) for _ in range(8)]
    smtp.seconds_for_a_letter = 0.02
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        try:
            barrier.wait()
            if number % 2:
                tasks.send_due_deliveries()
            else:
                for delivery in deliveries:
                    tasks.deliver(delivery.pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(letter["Message-ID"] for letter in smtp.letters) == sorted(
        delivery.mail_id for delivery in deliveries
    )


def test_numbers_never_repeat_and_check_themselves(
    vega: User, vega_contract: Contract, topic: Topic
) -> None:
    from cabinet import numbers

    found = [send(vega, vega_contract, topic).message.number for _ in range(12)]
    assert len(set(found)) == 12
    assert all(numbers.is_number_valid(number) for number in found)
    assert all(number.startswith("ОБ-20") for number in found)
