"""`manage.py receive_mail`: answers and additions by ordinary mail, and what is kept from them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live_settings
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from messaging import letters, routing, tasks, thread
from messaging.incoming import taking
from messaging.models import Delivery, Entry, IncomingMail, Message
from messaging.thread import Person
from tests import make
from tests.messaging import papers
from tests.messaging.inbox import letter, receive, taken, to_client, to_staff
from tests.messaging.post import PDF, PNG

pytestmark = pytest.mark.django_db

Kind = IncomingMail.Kind
State = IncomingMail.State


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Message:
    """A case that the specialist of the branch has, with the letter that he got."""
    case = make.message(vega_contract, vega, topic)
    Delivery.objects.create(message=case, state="sent", **Message.fields_of(routing.route(case)))
    return case


def quoted(delivery: Delivery) -> str:
    """Our letter as a mail program quotes it under an answer."""
    body = letters.build(delivery).body
    return "\n".join(f"> {line}" for line in body.splitlines())


# A specialist ------------------------------------------------------------------------------------


def test_a_specialist_answers_by_mail(message: Message, specialist: Specialist) -> None:
    quote = quoted(message.deliveries.get())
    text = (
        "Добрый день!\n\nЗамена учтена.\n\n-- \nКузнецов, инженер\n\n"
        f"23.11.2026 12:00, Личный кабинет пишет:\n{quote}\n"
    )
    row = taken(letter(text, author=f"К <{specialist.email}>", to=to_staff(message)))
    message.refresh_from_db()
    entry = message.entries.get()
    assert entry.text == "Добрый день!\n\nЗамена учтена.\n\n-- \nКузнецов, инженер"
    assert (entry.kind, entry.specialist) == (Entry.Kind.ANSWER, specialist)
    assert message.state == Message.State.ANSWERED
    assert (row.kind, row.state, row.entry, row.message) == (
        Kind.ANSWER, State.TAKEN, entry, message,
    )  # fmt: skip
    assert message.deliveries.get(purpose="answer").to == message.email


def test_the_envelope_says_for_whom_it_is(message: Message, specialist: Specialist) -> None:
    hidden = letter(author=specialist.email, to="undisclosed-recipients:;")
    assert taken(hidden, recipient=to_staff(message)).state == State.TAKEN


@pytest.mark.parametrize("header", ["Delivered_To", "X_Original_To", "Envelope_To", "Cc"])
def test_without_an_envelope_the_head_is_asked(
    header: str, message: Message, specialist: Specialist
) -> None:
    headers: dict[str, Any] = {header: to_staff(message)}
    source = letter(author=specialist.email, **headers)
    assert taken(source).message == message


def test_case_of_letters_in_an_address_means_nothing(
    message: Message, specialist: Specialist
) -> None:
    row = taken(letter(author=specialist.email.upper(), to=to_staff(message).upper()))
    assert (row.state, row.entry.specialist) == (State.TAKEN, specialist)


@pytest.mark.parametrize("who", ["topic", "fallback", "branch", "duty", "office", "colleague"])
def test_others_of_the_retailer_answer_too(
    who: str, message: Message, office: User, specialist: Specialist
) -> None:
    Topic.objects.filter(pk=message.topic_id).update(
        email="group@one.example", fallback_email="spare@two.example"
    )
    address = {
        "topic": "Group@one.example",
        "fallback": "spare@two.example",
        "branch": message.contract.branch.email,
        "duty": live_settings.RETAILER.duty_email,
        "office": office.email,
        "colleague": "novikov@" + specialist.email.rpartition("@")[2],
    }[who]
    row = taken(letter(author=f"Новиков <{address}>", to=to_staff(message)))
    assert row.state == State.TAKEN
    assert row.entry.author == (office if who == "office" else None)
    assert bool(row.entry.sender) == (who != "office")


def test_a_public_domain_is_nobodys(message: Message, specialist: Specialist) -> None:
    Specialist.objects.update(email="kuznetsov@mail.ru")
    Message.objects.update(to="kuznetsov@mail.ru")
    Delivery.objects.update(to="kuznetsov@mail.ru")
    row = taken(letter(author="somebody@mail.ru", to=to_staff(message)))
    assert (row.state, message.entries.count()) == (State.TRAY, 0)


# What is not enough ------------------------------------------------------------------------------


def test_a_stranger_with_the_address_waits_in_the_tray(message: Message) -> None:
    row = taken(letter(author="x@stranger.example", to=to_staff(message)))
    assert (row.state, row.kind, row.message) == (State.TRAY, Kind.ANSWER, message)
    assert "нет среди адресов специалистов" in row.reason
    assert message.entries.count() == 0


def test_a_client_does_not_answer_for_the_retailer(message: Message, vega: User) -> None:
    row = taken(letter(author=vega.email, to=to_staff(message)))
    assert (row.state, message.entries.count()) == (State.TRAY, 0)


def test_the_clients_address_makes_no_answers(message: Message, specialist: Specialist) -> None:
    for address in (specialist.email, "novikov@" + specialist.email.rpartition("@")[2]):
        row = taken(letter(author=address, to=to_client(message)))
        assert (row.state, row.kind) == (State.TRAY, Kind.ADDITION)
    assert message.entries.count() == 0
    swapped = to_client(message).replace("+k", "+s")
    assert taken(letter(author=specialist.email, to=swapped)).message is None


@pytest.mark.parametrize("guess", ["s", "s" + "a" * 26, "k" + "a" * 26, "k", "b", "", "s%", "ss"])
def test_a_guess_finds_nothing(guess: str, message: Message, specialist: Specialist) -> None:
    row = taken(letter(author=specialist.email, to=f"cabinet+{guess}@severenergosbyt.example"))
    assert (row.state, row.message, message.entries.count()) == (State.TRAY, None, 0)


def test_the_author_alone_is_not_enough(message: Message, specialist: Specialist) -> None:
    row = taken(
        letter(f"По обращению {message.number}", author=specialist.email, subject=message.number)
    )
    assert (row.state, row.message) == (State.TRAY, None)


@pytest.mark.parametrize("authors", ["a@b.example, {known}", "{known}, a@b.example", ""])
def test_one_author_is_asked_for(authors: str, message: Message, specialist: Specialist) -> None:
    source = letter(to=to_staff(message))
    del source["From"]
    head = f"From: {authors.format(known=specialist.email)}\n" if authors else ""
    row = taken(head.encode() + source.as_bytes())
    assert (row.state, message.entries.count()) == (State.TRAY, 0)


def test_an_encoded_address_in_a_name_is_a_name(message: Message, specialist: Specialist) -> None:
    source = letter(to=to_staff(message))
    del source["From"]
    head = f"From: =?utf-8?q?=3C{specialist.email}=3E?= <x@stranger.example>\n"
    assert taken(head.encode() + source.as_bytes()).state == State.TRAY


def test_a_closed_case_is_not_opened_by_an_answer(
    message: Message, specialist: Specialist, office: User
) -> None:
    thread.close(message, who=Person(user=office))
    row = taken(letter(author=specialist.email, to=to_staff(message)))
    message.refresh_from_db()
    assert (row.state, message.is_closed) == (State.TRAY, True)
    assert "закрыто" in row.reason


# A client ----------------------------------------------------------------------------------------


def test_a_client_adds_by_mail(message: Message, vega: User, specialist: Specialist) -> None:
    row = taken(
        letter(
            "Прикладываю акт.",
            author=vega.email,
            to=to_client(message),
            files=(("Акт замены ПУ.pdf", "application/pdf", PDF),),
        )
    )
    entry = message.entries.get()
    assert (entry.kind, entry.author, entry.text) == (
        Entry.Kind.ADDITION, vega, "Прикладываю акт.",
    )  # fmt: skip
    file = entry.attachments.get()
    assert (file.name, file.read()) == ("Акт замены ПУ.pdf", PDF)
    assert message.deliveries.get(purpose="addition").to == specialist.email
    assert row.state == State.TAKEN


def test_a_colleague_of_the_author_adds(message: Message, vega_accountant: User) -> None:
    row = taken(letter(author=vega_accountant.email, to=to_client(message)))
    assert row.entry.author == vega_accountant


def test_the_address_given_for_the_answer_counts(message: Message) -> None:
    Message.objects.update(email="buh@vega.example")
    row = taken(letter(author="Бухгалтерия <buh@vega.example>", to=to_client(message)))
    assert (row.state, row.entry.sender) == (State.TAKEN, "Бухгалтерия <buh@vega.example>")


@pytest.mark.parametrize("who", ["reader", "former", "stranger", "orion"])
def test_who_may_not_write_waits_in_the_tray(
    who: str, message: Message, vega_reader: User, vega_former: User, orion: User
) -> None:
    address = {
        "reader": vega_reader.email,
        "former": vega_former.email,
        "stranger": "somebody@vega.example",
        "orion": orion.email,
    }[who]
    if who == "former":
        Message.objects.update(email=address)
    row = taken(letter(author=address, to=to_client(message)))
    assert (row.state, row.message, message.entries.count()) == (State.TRAY, message, 0)


def test_the_address_of_an_author_without_access_does_not_count(
    message: Message, vega: User
) -> None:
    Message.objects.update(email="director.private@post.example")
    vega.memberships.update(ends_on=timezone.localdate() - timezone.timedelta(days=1))
    row = taken(letter(author="director.private@post.example", to=to_client(message)))
    assert (row.state, message.entries.count()) == (State.TRAY, 0)


def test_a_clients_letter_opens_a_closed_case_as_its_letter_promises(
    message: Message, vega: User, office: User
) -> None:
    thread.close(message, who=Person(user=office))
    assert taken(letter(author=vega.email, to=to_client(message))).state == State.TAKEN
    message.refresh_from_db()
    assert message.state == Message.State.OPEN


def test_an_accounts_limit_counts_letters_too(
    message: Message, vega: User, settings: Settings
) -> None:
    settings.MESSAGES_PER_HOUR = 2
    rows = [
        taken(letter(f"Письмо {n}", author=vega.email, to=to_client(message))) for n in range(2)
    ]
    assert [row.state for row in rows] == [State.TAKEN, State.TRAY]


# Once --------------------------------------------------------------------------------------------


def test_the_same_letter_twice_is_one(message: Message, specialist: Specialist) -> None:
    source = letter(author=specialist.email, to=to_staff(message))
    assert receive(source) == receive(source) == 0
    assert (IncomingMail.objects.count(), message.entries.count()) == (1, 1)
    assert len(kept()) == 1


def test_a_letter_brought_by_another_way_is_the_same(
    message: Message, specialist: Specialist
) -> None:
    source = letter(author=specialist.email, to=to_staff(message)).as_bytes()
    receive(b"Received: from a by b\nDelivered-To: x@y.example\n" + source)
    receive(
        (b"Received: from c by d\n" + source).replace(b"\n", b"\r\n"), recipient=to_staff(message)
    )
    rows = IncomingMail.objects.all()
    assert [row.message for row in rows] == [message]


def test_a_letter_to_two_cases_is_two(
    message: Message, specialist: Specialist, vega: User, topic: Topic
) -> None:
    other = make.message(message.contract, vega, topic)
    source = letter(author=specialist.email, to=f"{to_staff(message)}, {to_staff(other)}")
    for case in (message, other):
        assert taken(source, recipient=to_staff(case)).message == case


def test_the_same_words_again_wait_in_the_tray(message: Message, specialist: Specialist) -> None:
    first, second = (taken(letter(author=specialist.email, to=to_staff(message))) for _ in range(2))
    assert (first.state, second.state) == (State.TAKEN, State.TRAY)
    assert "Такое же письмо" in second.reason


@pytest.mark.django_db(transaction=True)
def test_two_pipes_with_the_same_letter(message: Message, specialist: Specialist) -> None:
    raw = letter(author=specialist.email, to=to_staff(message)).as_bytes()
    gate = threading.Barrier(2)
    errors = []

    def run() -> None:
        try:
            gate.wait()
            taking.take(raw)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    pipes = [threading.Thread(target=run) for _ in range(2)]
    for pipe in pipes:
        pipe.start()
    for pipe in pipes:
        pipe.join()
    assert not errors
    assert (IncomingMail.objects.count(), message.entries.count(), len(kept())) == (1, 1, 1)


# Files -------------------------------------------------------------------------------------------


def test_a_file_without_words_is_enough(message: Message, specialist: Specialist) -> None:
    source = letter(
        "",
        author=specialist.email,
        to=to_staff(message),
        files=(("a.pdf", "application/pdf", PDF),),
    )
    assert taken(source).entry.attachments.count() == 1


def test_nothing_at_all_waits_in_the_tray(message: Message, specialist: Specialist) -> None:
    row = taken(letter("\n \n", author=specialist.email, to=to_staff(message)))
    assert (row.state, message.entries.count()) == (State.TRAY, 0)


def test_refused_files_are_named_inside(message: Message, specialist: Specialist) -> None:
    source = letter(
        author=specialist.email,
        to=to_staff(message),
        files=(
            ("вирус.exe", "application/octet-stream", b"MZ..."),
            ("../../etc/passwd.pdf", "application/pdf", PDF),
            ("..", "application/octet-stream", b"x"),
        ),
    )
    row = taken(source)
    assert [file.name for file in row.entry.attachments.all()] == ["passwd.pdf"]
    note = message.entries.get(kind=Entry.Kind.NOTE)
    assert "вирус.exe" in note.text
    assert note.is_internal
    assert default_storage.open(row.path).read() == source.as_bytes()


def test_only_refused_files_wait_in_the_tray(message: Message, specialist: Specialist) -> None:
    source = letter(
        "", author=specialist.email, to=to_staff(message),
        files=(("a.exe", "application/octet-stream", b"MZ"),),
    )  # fmt: skip
    row = taken(source)
    assert (row.state, message.entries.count()) == (State.TRAY, 0)
    assert "a.exe" in row.reason


def test_too_many_files(message: Message, specialist: Specialist, settings: Settings) -> None:
    settings.ATTACHMENTS_MAX_COUNT = 2
    files = tuple((f"{n}.pdf", "application/pdf", PDF) for n in range(3))
    row = taken(letter(author=specialist.email, to=to_staff(message), files=files))
    assert row.entry.attachments.count() == 2
    assert "2.pdf" in message.entries.get(kind=Entry.Kind.NOTE).text


def test_ornaments_are_left_out(message: Message, specialist: Specialist) -> None:
    page = '<p>Учли.</p><img src="cid:logo@x"><img src="cid:photo@x">'
    source = letter("Учли.", author=specialist.email, to=to_staff(message), page=page)
    related = source.get_payload()[1]
    related.add_related(PNG, "image", "png", cid="<logo@x>", filename="image001.png")
    photo = papers.png(filler=60_000)
    related.add_related(photo, "image", "png", cid="<photo@x>", filename="снимок.png")
    source.add_attachment(b"x", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    row = taken(source)
    assert [file.name for file in row.entry.attachments.all()] == ["снимок.png"]
    assert not message.entries.filter(kind=Entry.Kind.NOTE).exists()


# Exit codes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [b"", b" \n\n", b"just words", b"\0\1\2", b"no: header\n\nof mail"])
def test_what_is_no_letter(raw: bytes) -> None:
    assert receive(raw) == os.EX_DATAERR
    assert (IncomingMail.objects.count(), kept()) == (0, [])


def test_a_letter_beyond_the_limit(settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    assert receive(letter("ю" * 2000)) == os.EX_DATAERR


@pytest.mark.parametrize(
    "trouble", [OperationalError("down"), OSError(28, "disk full"), KeyError()]
)
def test_trouble_is_told_to_the_mail_server_and_nothing_is_half_done(
    trouble: Exception,
    message: Message,
    specialist: Specialist,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise trouble

    source = letter(author=specialist.email, to=to_staff(message))
    with monkeypatch.context() as patch:
        patch.setattr("messaging.delivery.queue", fail)
        assert receive(source) == os.EX_TEMPFAIL
    assert (IncomingMail.objects.count(), message.entries.count()) == (0, 0)
    assert receive(source) == 0
    assert message.entries.count() == 1


def test_a_letter_that_cannot_be_read_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("messaging.incoming.reading._text", fail)
    row = taken(letter())
    assert (row.state, row.kind) == (State.TRAY, Kind.UNKNOWN)
    assert "не удалось прочитать" in row.reason


def test_parts_within_parts_within_parts() -> None:
    """A letter like this keeps Python's parser busy for hours."""
    head = b"From: a@b.example\nMIME-Version: 1.0\n"
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000)
    )
    row = taken(head + deep + b"Content-Type: text/plain\n\nhi\n" + b"x\n" * 500_000)
    assert row.state == State.TRAY


def test_orphans_are_swept(message: Message, specialist: Specialist) -> None:
    row = taken(letter(author=specialist.email, to=to_staff(message)))
    orphan = default_storage.path("incoming/ab/orphan.eml")
    Path(orphan).parent.mkdir(parents=True, exist_ok=True)
    Path(orphan).write_bytes(b"x")
    for path in (orphan, default_storage.path(row.path)):
        os.utime(path, (1, 1))
    tasks.sweep_stale_drafts()
    assert [Path(path).name for path in kept()] == [Path(row.path).name]


@pytest.mark.django_db(transaction=True)
def test_the_real_command(message: Message, specialist: Specialist) -> None:
    url = address_of_database()
    good = letter("Из трубы.", author=specialist.email, to="x@y.example").as_bytes()
    arguments = ["--recipient", to_staff(message)]
    assert run_command(good, *arguments, url=url) == 0
    assert run_command(b"", url=url) == os.EX_DATAERR
    assert run_command(good, "--nonsense", url=url) == os.EX_USAGE
    assert run_command(good, url="postgresql://portal@/nowhere?host=/nonexistent") == (
        os.EX_TEMPFAIL
    )
    assert message.entries.get().text == "Из трубы."


def address_of_database() -> str:
    """Where this test's own database is, as DATABASE_URL has it."""
    values = connection.settings_dict
    host = values["HOST"] or values["OPTIONS"].get("host", "")
    port = f"&port={values['PORT']}" if values["PORT"] else ""
    password = f":{values['PASSWORD']}" if values["PASSWORD"] else ""
    return f"postgresql://{values['USER']}{password}@/{values['NAME']}?host={host}{port}"


def run_command(raw: bytes, *arguments: str, url: str) -> int:
    """A process of its own, as a mail server starts it."""
    values = {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "cabinet.settings.test",
        "MEDIA_ROOT": live_settings.MEDIA_ROOT,
    }
    command = [sys.executable, "manage.py", "receive_mail", *arguments]
    ended = subprocess.run(
        command, input=raw, env={**os.environ, **values}, capture_output=True, timeout=60
    )
    return ended.returncode


# Any bytes ---------------------------------------------------------------------------------------


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [
                b"\n", b"\r\n\r\n", b"From: a@b.example\n", b"From: =?utf-8?b?====?= <a@b>\n",
                b"Subject: =?x-none?q?=FF?=\n", b"Subject: \xff\xfe\0\n", b"To: <<>>,,;;\n",
                b"Content-Type: multipart/mixed; boundary=x\n", b"--x\n", b"--x--\n",
                b"Content-Type: text/html; charset=\"\xff\"\n", b"Message-ID: <\0>\n",
                b"Content-Type: text/plain; charset=idna\n", b"Content-Type: message/rfc822\n",
                b"Content-Type: text/plain; charset=utf-7\n\n+2AA-\n",
                b"Content-Type: text/plain; charset*=x''%FF; name*9999999=a\n",
                b"Content-Disposition: attachment; filename*0*=utf-7''+2AA-; filename*=\xff\n",
                b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: uuencode\n",
                b"begin 666 x\n", b"=====", b"<![x[ <a cid:\xff>", b"Precedence: \0\n",
                b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n",
                b"Content-Type: message/delivery-status\n\nAction: failed\n\nStatus: 5.1.1\n",
                b"Return-Path: <>\n", b"Diagnostic-Code: \xd0\0\n",
            ]
        ),
    ),
    max_size=25,
).map(b"".join)  # fmt: skip


@given(raw=PIECES)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_a_letter_or_none(db: None, raw: bytes) -> None:
    assert receive(raw) in (0, os.EX_DATAERR)
    assert not IncomingMail.objects.filter(reason__contains="не удалось прочитать").exists()


@given(raw=PIECES)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_in_a_letter_to_a_case(
    message: Message, specialist: Specialist, raw: bytes
) -> None:
    head = f"From: {specialist.email}\nTo: {to_staff(message)}\n".encode()
    assert receive(head + raw) == 0


def kept() -> list[str]:
    """Every letter in the private storage."""
    root = Path(default_storage.path("incoming"))
    return sorted(str(path) for path in root.rglob("*") if path.is_file())
