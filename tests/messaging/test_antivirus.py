"""Files wait for the antivirus, letters wait for their files, and nobody gets what is infected."""

from __future__ import annotations

import io
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import JournalEntry, User
from cabinet import antivirus, celery
from contracts.models import Contract, Topic
from messaging import attachments, delivery, scanning, sending, tasks, thread
from messaging.models import Attachment, Delivery, Draft, Message
from messaging.thread import Person
from tests import make
from tests.clamd import EICAR, Clamd, clamd_at
from tests.messaging.post import PDF, text_of
from tests.smtp_server import MailServer, free_port

Scan = Attachment.Scan
State = Delivery.State
Login = Callable[[User], Browser]


@pytest.fixture
def clamd(settings: Settings) -> Iterator[Clamd]:
    """An antivirus that the portal uses."""
    with clamd_at() as server:
        settings.CLAMD_ADDRESS = server.address
        yield server


# The talk --------------------------------------------------------------------------------------


def scan(content: bytes) -> str:
    """What clamd says of it."""
    return antivirus.scan(io.BytesIO(content))


def test_clean_and_found(clamd: Clamd) -> None:
    assert scan(PDF) == ""
    assert scan(EICAR) == "Win.Test.EICAR_HDB-1"
    assert scan(b"") == ""
    assert clamd.received == [PDF, EICAR, b""]


def test_a_large_file_goes_in_pieces(clamd: Clamd) -> None:
    content = bytes(range(256)) * 4096
    assert scan(content) == ""
    assert clamd.received == [content]
    assert max(clamd.chunks) <= 1 << 16


def test_a_socket_with_a_path(tmp_path: Path, settings: Settings) -> None:
    with clamd_at(tmp_path / "clamd.ctl") as server:
        settings.CLAMD_ADDRESS = server.address
        assert scan(EICAR) == "Win.Test.EICAR_HDB-1"


@pytest.mark.parametrize("mode", ["error", "die", "hang", "babble"])
def test_no_verdict(clamd: Clamd, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(antivirus, "TIMEOUT_SECONDS", 0.3)
    clamd.mode = mode
    with pytest.raises(antivirus.Unavailable):
        scan(PDF * 200)


@pytest.mark.parametrize("address", ["/no/such/socket", "127.0.0.1:{port}", "nonsense", "host:x"])
def test_nobody_there(settings: Settings, address: str) -> None:
    settings.CLAMD_ADDRESS = address.format(port=free_port())
    with pytest.raises(antivirus.Unavailable):
        scan(PDF)


# Storing ---------------------------------------------------------------------------------------


def draft_with(
    author: User, contract: Contract, content: bytes = PDF, name: str = "Акт.pdf"
) -> Attachment:
    """A draft's file, stored as a page stores it."""
    draft = Draft.objects.create(author=author, contract=contract, form_key=uuid.uuid4())
    stored, refusals = attachments.store([SimpleUploadedFile(name, content)])
    assert not refusals
    with transaction.atomic():
        attachments.attach(draft, stored)
    return draft.attachments.get()


def send_draft(file: Attachment, topic: Topic) -> Message:
    """Send the draft of this file."""
    assert file.draft is not None
    return sending.send_message(
        author=file.draft.author,
        contract=file.draft.contract,
        form_key=file.draft.form_key,
        topic=topic,
        text="Просим учесть замену.",
        email="buh@vega.example",
        phone="+7 900 000-00-01",
    )


def state_of(message: Message, purpose: str = Delivery.Purpose.QUESTION) -> str:
    """Of its letter."""
    return message.deliveries.get(purpose=purpose).state


@pytest.mark.django_db
def test_without_an_antivirus_nothing_waits(
    vega: User, vega_contract: Contract, topic: Topic, settings: Settings
) -> None:
    settings.CLAMD_ADDRESS = ""
    file = draft_with(vega, vega_contract)
    assert file.scan == Scan.OFF
    assert state_of(send_draft(file, topic)) == State.QUEUED


@pytest.mark.django_db
@pytest.mark.usefixtures("clamd")
def test_a_worker_is_woken_after_commit(
    vega: User,
    vega_contract: Contract,
    topic: Topic,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(celery, "wake", lambda task, *args: woken.append(task.name))
    with django_capture_on_commit_callbacks(execute=True):
        file = draft_with(vega, vega_contract)
        assert woken == []
    assert (file.scan, woken) == (Scan.PENDING, ["messaging.tasks.scan_pending"])
    stored, _ = attachments.store([SimpleUploadedFile("a.pdf", PDF)])
    message = make.message(vega_contract, vega, topic)
    with django_capture_on_commit_callbacks(execute=True):
        entry = thread.answer(message, who=Person(sender="a"), text="Да.", files=stored)
    assert entry.attachments.get().scan == Scan.PENDING
    assert "messaging.tasks.scan_pending" in woken[1:]


def test_beat_looks_each_minute(settings: Settings) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["scan-pending-files"]
    assert entry == {"task": tasks.scan_pending.name, "schedule": 60.0}


# Scanning --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_draft_s_file_is_checked(clamd: Clamd, vega: User, vega_contract: Contract) -> None:
    clean = draft_with(vega, vega_contract)
    bad = draft_with(vega, vega_contract, EICAR, "текст.txt")
    assert scanning.scan_pending() == 2
    clean.refresh_from_db()
    bad.refresh_from_db()
    assert (clean.scan, clean.virus) == (Scan.CLEAN, "")
    assert (bad.scan, bad.virus) == (Scan.INFECTED, "Win.Test.EICAR_HDB-1")
    assert clean.scanned_at
    assert bad.scanned_at
    assert clamd.received == [PDF, EICAR]
    assert scanning.scan_pending() == 0


@pytest.mark.django_db
def test_fault_24_a_dead_antivirus_holds_the_letter_and_it_goes_later(
    vega: User,
    vega_contract: Contract,
    topic: Topic,
    settings: Settings,
    smtp: MailServer,
) -> None:
    settings.CLAMD_ADDRESS = f"127.0.0.1:{free_port()}"
    message = send_draft(draft_with(vega, vega_contract), topic)
    question = message.deliveries.get(purpose=Delivery.Purpose.QUESTION)
    for _ in range(3):
        tasks.scan_pending()
        tasks.send_due_deliveries()
        tasks.deliver(question.pk)
    assert (state_of(message), message.attachments.get().scan) == (State.HELD, Scan.PENDING)
    assert [letter["To"] for letter in smtp.letters] == ["buh@vega.example"], "the copy only"
    with clamd_at() as server:
        settings.CLAMD_ADDRESS = server.address
        for _ in range(3):
            tasks.scan_pending()
            tasks.send_due_deliveries()
    assert (state_of(message), message.attachments.get().scan) == (State.SENT, Scan.CLEAN)
    (letter,) = [letter for letter in smtp.letters if letter["To"] == question.to]
    (part,) = letter.iter_attachments()
    assert part.get_payload(decode=True) == PDF


@pytest.mark.django_db
def test_what_is_infected_goes_nowhere(
    clamd: Clamd, vega: User, vega_contract: Contract, topic: Topic, smtp: MailServer
) -> None:
    message = send_draft(draft_with(vega, vega_contract, EICAR, "текст.txt"), topic)
    tasks.scan_pending()
    tasks.send_due_deliveries()
    question = message.deliveries.get(purpose=Delivery.Purpose.QUESTION)
    assert question.state == State.SENT
    (letter,) = [letter for letter in smtp.letters if letter["To"] == question.to]
    assert list(letter.iter_attachments()) == []
    assert EICAR not in b"".join(smtp.raw)
    assert not delivery.files_of(question).exists()


@pytest.mark.django_db
def test_a_letter_waits_for_all_of_its_files(
    clamd: Clamd, vega: User, vega_contract: Contract, topic: Topic
) -> None:
    file = draft_with(vega, vega_contract)
    message = send_draft(file, topic)
    other = make.attachment(message, "б.pdf", PDF)
    Attachment.objects.filter(pk=other.pk).update(scan=Scan.PENDING)
    default_storage.delete(other.path)  # it cannot be read now
    assert scanning.scan_pending() == 1
    assert state_of(message) == State.HELD
    with default_storage.open(other.path, "wb") as back:
        back.write(PDF)
    assert scanning.scan_pending() == 1
    assert state_of(message) == State.QUEUED


@pytest.mark.django_db
def test_one_file_that_clamd_cannot_read_does_not_stop_the_others(
    clamd: Clamd, vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [draft_with(vega, vega_contract, PDF + bytes([n])) for n in range(1, 4)]
    whole = antivirus.scan

    def cannot_read_the_first(file: io.BytesIO) -> str:
        clamd.mode = "error" if file.read().endswith(b"\1") else "check"
        file.seek(0)
        return whole(file)

    monkeypatch.setattr(antivirus, "scan", cannot_read_the_first)
    assert scanning.scan_pending() == 2
    scans = [Attachment.objects.get(pk=file.pk).scan for file in files]
    assert scans == [Scan.PENDING, Scan.CLEAN, Scan.CLEAN]


@pytest.mark.django_db
def test_a_dead_antivirus_is_not_asked_about_every_file(
    settings: Settings, vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLAMD_ADDRESS = f"127.0.0.1:{free_port()}"
    for n in range(6):
        draft_with(vega, vega_contract, PDF + bytes([n]))
    asked: list[str] = []
    connect = antivirus._connect

    def count(address: str) -> socket.socket:
        asked.append(address)
        return connect(address)

    monkeypatch.setattr(antivirus, "_connect", count)
    assert scanning.scan_pending() == 0
    assert len(asked) == 3


@pytest.mark.django_db
def test_without_the_antivirus_any_more_what_waited_goes(
    clamd: Clamd, vega: User, vega_contract: Contract, topic: Topic, settings: Settings
) -> None:
    message = send_draft(draft_with(vega, vega_contract), topic)
    assert state_of(message) == State.HELD
    settings.CLAMD_ADDRESS = ""
    assert scanning.scan_pending() == 1
    assert (state_of(message), message.attachments.get().scan) == (State.QUEUED, Scan.OFF)


# At the same time ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("specialist")
def test_a_draft_that_is_sent_while_its_file_is_checked(
    clamd: Clamd,
    vega: User,
    vega_contract: Contract,
    topic: Topic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sending does not wait for clamd, and its letter is let go by the verdict."""
    file = draft_with(vega, vega_contract)
    whole = antivirus.scan

    def send_meanwhile(content: io.BytesIO) -> str:
        sent = threading.Thread(target=in_thread, args=(lambda: send_draft(file, topic),))
        sent.start()
        sent.join(timeout=4)
        assert not sent.is_alive(), "the page waits for the antivirus"
        return whole(content)

    monkeypatch.setattr(antivirus, "scan", send_meanwhile)
    assert scanning.scan_pending() == 1
    message = Message.objects.get()
    assert message.attachments.get().scan == Scan.CLEAN
    assert state_of(message) == State.QUEUED


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("specialist")
@pytest.mark.parametrize("is_handed_over", [False, True])
def test_a_verdict_that_comes_while_a_letter_is_being_stored(
    clamd: Clamd, vega: User, vega_contract: Contract, topic: Topic, is_handed_over: bool
) -> None:
    """It waits for that transaction: nothing is held for a file that was checked."""
    file = draft_with(vega, vega_contract)
    message = send_draft(file, topic) if is_handed_over else None
    verdict = threading.Thread(target=in_thread, args=(scanning.scan_pending,))
    with transaction.atomic():
        if message:
            thread.add(message, who=Person(user=vega), text="Ещё одно.")
            delivery.queue(message, purpose=Delivery.Purpose.HANDOVER)
        else:
            message = send_draft(file, topic)
        verdict.start()
        verdict.join(timeout=1)
        assert verdict.is_alive()
    verdict.join(timeout=10)
    assert set(message.deliveries.values_list("state", flat=True)) == {State.QUEUED}


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_files(clamd: Clamd, vega: User, vega_contract: Contract) -> None:
    for n in range(12):
        draft_with(vega, vega_contract, PDF + bytes([n]))
    workers = [threading.Thread(target=in_thread, args=(scanning.scan_pending,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=20)
    assert Attachment.objects.filter(scan=Scan.CLEAN).count() == 12
    assert len(clamd.received) == 12
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)


def in_thread(work: Callable[[], object]) -> None:
    """Do it with a connection of its own."""
    try:
        work()
    finally:
        connections.close_all()


# Handing out -----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scan", "words"),
    [
        (Scan.PENDING, "Файл «Акт.pdf» на проверке антивирусом."),
        (Scan.INFECTED, "Файл «Акт.pdf» заражён, поэтому его нельзя открыть."),
    ],
)
def test_what_is_not_checked_is_not_handed_out(
    vega: User,
    office: User,
    vega_contract: Contract,
    topic: Topic,
    login: Login,
    scan: Scan,
    words: str,
) -> None:
    message = make.message(vega_contract, vega, topic)
    file = make.attachment(message)
    Attachment.objects.update(scan=scan)
    page = reverse("messaging:attachment-file", args=[vega_contract.pk, message.number, file.pk])
    response = login(vega).get(page, follow=True)
    assert response.redirect_chain == [(message.get_absolute_url(), 302)]
    assert words in text_of(response)
    in_office = reverse("admin:messaging_message_file", args=[message.pk, file.pk])
    response = login(office).get(in_office, follow=True)
    change = reverse("admin:messaging_message_change", args=[message.pk])
    assert response.redirect_chain == [(change, 302)]
    assert words in text_of(response)
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()
    Attachment.objects.update(scan=Scan.CLEAN)
    assert login(vega).get(page)["Content-Disposition"].startswith("attachment")
