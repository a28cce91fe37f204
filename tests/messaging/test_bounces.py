"""Letters of mail servers about ours: given back, put off, delivered."""

from __future__ import annotations

import os

import pytest

from accounts.models import Letter, User
from cabinet import mail, outbox
from contracts.models import Contract, Specialist, Topic
from messaging import delivery
from messaging.models import Delivery, Entry, IncomingMail, Message
from tests import make
from tests.messaging.inbox import letter, receive, taken

pytestmark = pytest.mark.django_db

Kind = IncomingMail.Kind
State = IncomingMail.State


@pytest.fixture
def sent(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Delivery:
    """The letter that carried a message to the specialist, taken by a mail server."""
    Topic.objects.update(fallback_email="spare@retailer.example")
    topic.refresh_from_db()
    message = make.message(vega_contract, vega, topic)
    row = delivery.queue(message, purpose=Delivery.Purpose.QUESTION)
    assert row is not None
    Delivery.objects.update(state=Delivery.State.SENT, attempts=1)
    row.refresh_from_db()
    return row


POSTFIX = """Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
Message-Id: <20261123@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="B"
MIME-Version: 1.0

This is a MIME-encapsulated message.

--B
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not be delivered.

<{about}>: host mx.example said: {answer}

--B
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4AbC
Arrival-Date: Mon, 23 Nov 2026 12:00:00 +0300 (MSK)

Final-Recipient: rfc822; {about}
Original-Recipient: rfc822;{about}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example
Diagnostic-Code: smtp; {answer}

--B
Content-Description: Undelivered Message
Content-Type: {returned}

From: cabinet@severenergosbyt.example
Message-ID: {mail_id}
Subject: x

--B--
"""

EXCHANGE = """From: Microsoft Outlook <postmaster@retailer.example>
To: <{to}>
Subject: =?utf-8?B?0J3QtSDQtNC+0YHRgtCw0LLQu9C10L3Qvg==?=
Message-ID: <exchange@retailer.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="_001_"
MIME-Version: 1.0

--_001_
Content-Type: multipart/alternative; boundary="_002_"

--_002_
Content-Type: text/plain; charset="koi8-r"
Content-Transfer-Encoding: 8bit

no

--_002_
Content-Type: text/html; charset="us-ascii"

<p>no</p>

--_002_--

--_001_
Content-Type: message/delivery-status

Reporting-MTA: dns;mail.retailer.example

Final-recipient: RFC822;{about}
Action: failed
Status: 5.1.10
Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found

--_001_
Content-Type: message/rfc822

From: cabinet@severenergosbyt.example
Message-ID: {mail_id}

--_001_--
"""


def postfix(sent: Delivery | Letter, **changes: str) -> str:
    """A report of Postfix about this letter."""
    values = {
        "to": mail.bounce_address(sent.mail_id),
        "about": sent.to,
        "action": "failed",
        "status": "5.1.1",
        "answer": "550 5.1.1 no such user",
        "returned": "message/rfc822",
        "mail_id": sent.mail_id,
        **changes,
    }
    return POSTFIX.format(**values)


def test_a_dead_mailbox(sent: Delivery, specialist: Specialist) -> None:
    row = taken(postfix(sent))
    sent.refresh_from_db()
    specialist.refresh_from_db()
    assert (row.kind, row.state, row.message) == (Kind.BOUNCE, State.TAKEN, sent.message)
    assert sent.state == Delivery.State.BOUNCED
    assert "no such user" in sent.last_error
    assert sent.trail[-1]["outcome"] == "bounced"
    assert specialist.refused_email == specialist.email
    assert sent.redirected_to.to == "spare@retailer.example"
    assert sent.message.entries.get().kind == Entry.Kind.REDIRECTED


def test_exchange(sent: Delivery, specialist: Specialist) -> None:
    source = EXCHANGE.format(
        to=mail.bounce_address(sent.mail_id), about=sent.to, mail_id=sent.mail_id
    )
    taken(source)
    specialist.refresh_from_db()
    assert specialist.refused_email == specialist.email


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_the_returned_letter_names_itself(sent: Delivery, returned: str) -> None:
    """A server that writes to another address than the envelope's."""
    row = taken(postfix(sent, to="cabinet@severenergosbyt.example", returned=returned))
    sent.refresh_from_db()
    assert (row.state, sent.state) == (State.TAKEN, Delivery.State.BOUNCED)


@pytest.mark.parametrize(
    ("status", "answer", "is_dead"),
    [
        ("5.1.1", "550 5.1.1 no such user", True),
        ("5.1.10", "550 5.1.10 not found", True),
        ("5.2.1", "550 5.2.1 mailbox disabled", True),
        ("5.0.0", "550 No such user here", True),
        ("", "550 user unknown", True),
        ("5.2.2", "552 5.2.2 mailbox full", False),
        ("5.7.1", "550 5.7.1 looks like spam", False),
        ("5.3.4", "552 5.3.4 message too big", False),
        ("5.1.8", "550 5.1.8 sender address rejected", False),
        ("5.0.0", "550 rejected by policy", False),
        ("4.4.7", "451 delivery time expired", False),
    ],
)
def test_what_is_a_dead_mailbox(
    sent: Delivery, specialist: Specialist, status: str, answer: str, is_dead: bool
) -> None:
    taken(postfix(sent, status=status, answer=answer))
    sent.refresh_from_db()
    specialist.refresh_from_db()
    assert sent.state == Delivery.State.BOUNCED
    assert bool(specialist.refused_email) == is_dead


def test_a_mailbox_to_which_the_addressee_forwards(sent: Delivery, specialist: Specialist) -> None:
    taken(postfix(sent, about="private@elsewhere.example"))
    sent.refresh_from_db()
    specialist.refresh_from_db()
    assert (sent.state, specialist.refused_email) == (Delivery.State.BOUNCED, "")


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded"])
def test_what_is_only_noted(sent: Delivery, action: str) -> None:
    row = taken(postfix(sent, action=action, status="4.4.1" if action == "delayed" else "2.0.0"))
    sent.refresh_from_db()
    assert (row.kind, row.state, sent.state) == (Kind.BOUNCE, State.TAKEN, Delivery.State.SENT)
    assert sent.message.entries.count() == 0


def test_a_report_in_words_only(sent: Delivery) -> None:
    source = letter(
        f"Hi. This is the qmail-send program.\n\n<{sent.to}>:\nSorry, no mailbox here. (#5.1.1)\n",
        author="MAILER-DAEMON@mx.example",
        subject="failure notice",
        to=mail.bounce_address(sent.mail_id),
    )
    assert taken(source).kind == Kind.BOUNCE
    sent.refresh_from_db()
    assert (sent.state, "no mailbox" in sent.last_error or "5.1.1" in sent.last_error) == (
        Delivery.State.BOUNCED, True,
    )  # fmt: skip


def test_a_vacation_note_to_the_envelopes_address(sent: Delivery) -> None:
    source = letter(
        "Я в отпуске до 30 ноября.",
        author=sent.to,
        subject="Автоответ: Обращение",
        to=mail.bounce_address(sent.mail_id),
    )
    row = taken(source)
    sent.refresh_from_db()
    assert (row.kind, sent.state) == (Kind.AUTO_REPLY, Delivery.State.SENT)
    assert sent.message.entries.get().kind == Entry.Kind.AUTO_REPLY


def test_a_person_who_writes_to_the_envelopes_address(sent: Delivery) -> None:
    row = taken(letter(author=sent.to, to=mail.bounce_address(sent.mail_id)))
    sent.refresh_from_db()
    assert (row.state, row.kind, sent.state) == (State.TRAY, Kind.UNKNOWN, Delivery.State.SENT)


@pytest.mark.parametrize("name", ["0" * 32, "zz", "%", ""])
def test_a_report_about_nothing_of_ours(sent: Delivery, name: str) -> None:
    row = taken(postfix(sent, to=mail.address_with(f"b{name}"), mail_id=f"<{name}@x.example>"))
    sent.refresh_from_db()
    assert (row.state, row.kind, sent.state) == (State.TRAY, Kind.BOUNCE, Delivery.State.SENT)


def test_the_same_report_twice(sent: Delivery) -> None:
    taken(postfix(sent))
    taken(postfix(sent).replace("20261123@", "20261124@"))
    assert Delivery.objects.filter(redirects=sent).count() == 1
    assert len(Delivery.objects.get(pk=sent.pk).trail) == 1


def test_a_report_that_is_quicker_than_the_worker(sent: Delivery) -> None:
    """The server has answered, the worker has not written it down: the letter comes again."""
    Delivery.objects.update(state=Delivery.State.QUEUED)
    assert receive(postfix(sent)) == os.EX_TEMPFAIL
    assert IncomingMail.objects.count() == 0
    Delivery.objects.update(state=Delivery.State.SENT)
    assert receive(postfix(sent)) == 0
    sent.refresh_from_db()
    assert sent.state == Delivery.State.BOUNCED


def test_a_letter_about_access(vega: User) -> None:
    row = Letter.objects.create(to=vega.email, subject="Пароль изменён", plain="x", html="x")
    Letter.objects.update(state=Letter.State.SENT, attempts=1)
    report = taken(postfix(row))
    row.refresh_from_db()
    assert (report.kind, report.message, row.state) == (Kind.BOUNCE, None, Letter.State.BOUNCED)


def test_a_letter_to_the_client_is_not_redirected(sent: Delivery) -> None:
    answer = delivery.queue(sent.message, purpose=Delivery.Purpose.ANSWER)
    assert answer is not None
    Delivery.objects.filter(pk=answer.pk).update(state=Delivery.State.SENT)
    taken(postfix(answer))
    answer.refresh_from_db()
    assert answer.state == Delivery.State.BOUNCED
    assert Delivery.objects.count() == 2


def test_the_answer_of_a_server_is_stored_whatever_it_is(sent: Delivery) -> None:
    assert receive(postfix(sent).encode().replace(b"no such user", b"\0\xff\xfe\xd0")) == 0
    assert Message.objects.count() == 1
    assert outbox.find(sent.mail_id[1:33]) == sent
