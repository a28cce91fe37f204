"""Machines that write: they are known as such, and two of them never talk to each other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as outgoing
from django.core.mail import EmailMessage as Sent

from accounts.models import User
from cabinet import outbox
from contracts.models import Contract, Specialist, Topic
from messaging import thread
from messaging.incoming import taking
from messaging.models import Delivery, Entry, IncomingMail, Message
from messaging.thread import Person
from tests import make
from tests.messaging.inbox import letter, taken, to_client, to_staff

pytestmark = pytest.mark.django_db

Kind = IncomingMail.Kind
State = IncomingMail.State


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Message:
    """A case that the specialist has."""
    return make.message(vega_contract, vega, topic)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "Auto-Generated; type=x"},
        {"Precedence": "Bulk"},
        {"Precedence": "auto_reply"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "1"},
        {"List_Id": "<list.example>"},
        {"Return_Path": "<>"},
        {"subject": "Автоматический ответ: Обращение"},
        {"subject": "Автоответ"},
        {"subject": "Out of Office: case"},
        {"subject": "Automatic reply: case"},
        {"author": "MAILER-DAEMON@retailer.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize("side", [to_staff, to_client])
def test_a_machine_is_noted_and_nothing_is_sent(
    headers: dict[str, Any],
    side: Callable[[Message], str],
    message: Message,
    specialist: Specialist,
    vega: User,
) -> None:
    author = specialist.email if side is to_staff else vega.email
    row = taken(letter("Я в отпуске.", to=side(message), **{"author": author, **headers}))
    entry = message.entries.get()
    message.refresh_from_db()
    assert (row.kind, row.state, row.entry) == (Kind.AUTO_REPLY, State.TAKEN, entry)
    assert (entry.kind, entry.is_internal, entry.text) == (
        Entry.Kind.AUTO_REPLY, True, "Я в отпуске.",
    )  # fmt: skip
    assert message.state == Message.State.OPEN
    assert message.deliveries.count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"Precedence": "first-class"},
        {"Return_Path": "<kuznetsov@retailer.example>"},
        {"subject": "Re: Автоответчик не работает"},
        {"X_Auto_Response_Suppress": "All"},
    ],
    ids=str,
)
def test_a_person_is_no_machine(
    headers: dict[str, Any], message: Message, specialist: Specialist
) -> None:
    row = taken(letter(author=specialist.email, to=to_staff(message), **headers))
    assert (row.kind, row.state) == (Kind.ANSWER, State.TAKEN)


def test_a_receipt_of_reading(message: Message, specialist: Specialist) -> None:
    source = (
        f"From: {specialist.email}\nTo: {to_staff(message)}\nSubject: x\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="x"\n\n'
        "--x\nContent-Type: text/plain\n\nread\n--x\n"
        "Content-Type: message/disposition-notification\n\nDisposition: displayed\n\n--x--\n"
    )
    assert taken(source).kind == Kind.AUTO_REPLY
    assert message.deliveries.count() == 0


def test_a_machine_that_writes_about_nothing(message: Message) -> None:
    row = taken(letter(Auto_Submitted="auto-replied"))
    assert (row.kind, row.state, row.message) == (Kind.AUTO_REPLY, State.TAKEN, None)


@pytest.mark.parametrize(
    "author",
    [
        "cabinet@severenergosbyt.example",
        "Кабинет <cabinet+sabc@severenergosbyt.example>",
        "CABINET@severenergosbyt.example",
    ],
)
def test_our_own_letter_comes_back(author: str, message: Message) -> None:
    row = taken(letter(author=author, to=to_staff(message)))
    assert (row.kind, row.state, message.entries.count()) == (Kind.AUTO_REPLY, State.TAKEN, 0)


def test_our_own_letter_under_another_name(
    message: Message, specialist: Specialist, vega: User
) -> None:
    """A forwarding server that puts itself into «From»."""
    thread.answer(message, who=Person(specialist=specialist), text="Учли.")
    ours = message.deliveries.get()
    source = letter(author=vega.email, to=to_client(message))
    source.replace_header("Message-ID", ours.mail_id)
    assert taken(source).kind == Kind.AUTO_REPLY
    assert message.entries.count() == 1


def test_no_flood_of_notes(message: Message, specialist: Specialist) -> None:
    for number in range(taking.LETTERS_PER_DAY + 5):
        taken(
            letter(
                f"{number}",
                author=specialist.email,
                to=to_staff(message),
                Auto_Submitted="auto-replied",
            )
        )
    assert message.entries.count() == taking.LETTERS_PER_DAY
    assert not IncomingMail.objects.filter(state=State.TRAY).exists()


# Two machines ------------------------------------------------------------------------------------


Robot = Callable[[Sent], str]


def play(message: Message, staff_robot: Robot, client_robot: Robot) -> int:
    """Send what is due, let both sides' machines answer at once, again and again.

    Returns how many letters the portal sent before it fell silent; fails after a thousand.
    """
    sent = 0
    while outbox.send_due(Delivery):
        letters, outgoing.outbox[:] = list(outgoing.outbox), []
        for ours in letters:
            sent += 1
            assert sent < 1000, "the machines talk for ever"
            robot = client_robot if ours.to == [message.email] else staff_robot
            taken(letter(robot(ours), author=ours.to[0], to=ours.reply_to[0]))
    return sent


def test_two_machines_fall_silent(message: Message, vega: User) -> None:
    """Neither says that it is a machine."""
    thread.add(message, who=Person(user=vega), text="Ещё вопрос.")
    sent = play(message, lambda _: "Ваше письмо получено.", lambda _: "Спасибо за письмо.")
    assert sent <= 4
    assert IncomingMail.objects.filter(state=State.TRAY).exists()


def test_two_machines_that_count_fall_silent(message: Message, vega: User) -> None:
    """Each letter differs from the last: only their number tells."""
    numbers = itertools.count(1)
    thread.add(message, who=Person(user=vega), text="Ещё вопрос.")
    sent = play(
        message, lambda _: f"Заявка № {next(numbers)}", lambda _: f"Письмо № {next(numbers)}"
    )
    assert sent <= taking.LETTERS_PER_DAY + 1
    assert IncomingMail.objects.filter(state=State.TRAY, reason__contains="больше 20").exists()


def test_a_machine_at_its_own_address(message: Message, vega: User) -> None:
    """A vacation note that says what it is goes to the envelope's sender."""
    thread.add(message, who=Person(user=vega), text="Ещё вопрос.")
    while outbox.send_due(Delivery):
        letters, outgoing.outbox[:] = list(outgoing.outbox), []
        for ours in letters:
            taken(
                letter(
                    "В отпуске",
                    author=ours.to[0],
                    to=ours.from_email,
                    Auto_Submitted="auto-replied",
                )
            )
    assert message.deliveries.count() == 1
    assert message.entries.filter(kind=Entry.Kind.AUTO_REPLY).count() == 1
