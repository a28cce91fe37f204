"""The outbox: claims, retries, giving up, and two workers; with a real mail server."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Letter
from accounts.tasks import send_due_letters
from cabinet import outbox
from tests import certificates
from tests.smtp_server import MailServer, free_port

pytestmark = pytest.mark.django_db

State = Letter.State


def letter(**values: Any) -> Letter:
    """A letter that is due."""
    return Letter.objects.create(
        **{
            "to": "to@retailer.example",
            "subject": "Тема",
            "plain": "Текст\n",
            "html": "<p>Текст</p>",
            **values,
        }
    )


def make_due(row: Letter) -> None:
    """The time of its next try has come."""
    Letter.objects.filter(pk=row.pk).update(next_try_at=Now())


def wait_of(row: Letter) -> datetime.timedelta:
    """How long until the next try."""
    row.refresh_from_db()
    return row.next_try_at - timezone.now()


def test_a_letter_leaves_once(smtp: MailServer) -> None:
    row = letter()
    assert outbox.send_row(Letter, row.pk)
    assert not outbox.send_row(Letter, row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.sent_at is not None) == (State.SENT, 1, True)
    assert [one["Message-ID"] for one in smtp.letters] == [row.mail_id]


def test_a_letter_that_is_not_due_waits(smtp: MailServer) -> None:
    row = letter(next_try_at=timezone.now() + datetime.timedelta(minutes=1))
    assert not outbox.send_row(Letter, row.pk)
    assert outbox.send_due(Letter) == 0
    assert smtp.raw == []


def test_temporary_refusals_are_waited_out(smtp: MailServer) -> None:
    smtp.answers = ["451 later"] * 3
    row = letter()
    for wait in outbox.RETRY_AFTER[:3]:
        assert not outbox.send_row(Letter, row.pk)
        assert wait_of(row) == pytest.approx(wait, abs=datetime.timedelta(seconds=10))
        assert (row.state, "451" in row.last_error) == (State.QUEUED, True)
        make_due(row)
    assert outbox.send_row(Letter, row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.SENT, 4)
    assert "451" in row.last_error, "what the way was like stays with the row"
    assert len(smtp.raw) == 1


def test_giving_up_after_three_days(smtp: MailServer) -> None:
    smtp.answers = ["451 later"] * outbox.GIVE_UP_AFTER
    row = letter()
    waited = datetime.timedelta()
    for _ in range(outbox.GIVE_UP_AFTER):
        assert row.state == State.QUEUED
        make_due(row)
        outbox.send_row(Letter, row.pk)
        waited += wait_of(row)
    assert row.state == State.FAILED
    assert datetime.timedelta(days=2, hours=12) < waited < datetime.timedelta(days=4)
    assert not outbox.send_row(Letter, row.pk)


@pytest.mark.parametrize(
    ("answers", "recipient_answers"),
    [(["554 no"], []), (["552 too large"], []), ([], ["550 no such user"])],
)
def test_a_permanent_refusal_is_final(
    answers: list[str], recipient_answers: list[str], smtp: MailServer
) -> None:
    smtp.answers, smtp.recipient_answers = [*answers], [*recipient_answers]
    row = letter()
    assert not outbox.send_row(Letter, row.pk)
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.FAILED, 1)
    assert (answers + recipient_answers)[0][:3] in row.last_error


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("530 authentication required", State.QUEUED),
        ("550 sender unknown", State.QUEUED),
        ("552 larger than the server takes", State.FAILED),
    ],
)
def test_a_refused_sender_is_waited_out_unless_the_letter_is_too_large(
    answer: str, state: str, smtp: MailServer
) -> None:
    smtp.sender_answers = [answer]
    row = letter()
    outbox.send_row(Letter, row.pk)
    row.refresh_from_db()
    assert (row.state, answer[:3] in row.last_error) == (state, True)


def test_a_mailbox_that_is_full_for_now_is_tried_again(smtp: MailServer) -> None:
    smtp.recipient_answers = ["452 full"]
    row = letter()
    outbox.send_row(Letter, row.pk)
    row.refresh_from_db()
    assert row.state == State.QUEUED


def test_a_refused_login_is_not_the_letters_fault(smtp: MailServer, settings: Settings) -> None:
    """The server takes no login at all: an error of the settings, mended some day."""
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "portal", "wrong"
    row = letter()
    outbox.send_row(Letter, row.pk)
    row.refresh_from_db()
    assert (row.state, bool(row.last_error)) == (State.QUEUED, True)


def test_no_letter_travels_in_the_clear(smtp: MailServer, settings: Settings) -> None:
    """`submission://`: a server, or somebody on the way, that offers no STARTTLS gets nothing."""
    settings.EMAIL_USE_TLS = True
    row = letter()
    assert not outbox.send_row(Letter, row.pk)
    row.refresh_from_db()
    assert (row.state, "STARTTLS" in row.last_error) == (State.QUEUED, True)
    assert smtp.raw == []


@pytest.mark.parametrize(
    ("is_known", "host", "state"),
    [
        (True, "localhost", State.SENT),
        (True, "127.0.0.1", State.QUEUED),  # the certificate is for another name
        (False, "localhost", State.QUEUED),
    ],
)
def test_a_server_proves_who_it_is(
    is_known: bool,
    host: str,
    state: str,
    smtp: MailServer,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = MailServer(tls=certificates.server_side(tmp_path, name="localhost"))
    server.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = host, server.port, True
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    row = letter()
    outbox.send_row(Letter, row.pk)
    server.stop()
    row.refresh_from_db()
    assert (row.state, len(server.raw)) == (state, 1 if state == State.SENT else 0)
    assert state == State.SENT or "CERTIFICATE_VERIFY_FAILED" in row.last_error


def test_without_a_server_the_queue_waits(smtp: MailServer, settings: Settings) -> None:
    rows = [letter() for _ in range(3)]
    settings.EMAIL_PORT = free_port()
    assert outbox.send_due(Letter) == 0
    tried = [row for row in Letter.objects.order_by("pk") if row.attempts]
    assert [row.pk for row in tried] == [rows[0].pk], "one try shows that there is no server"
    settings.EMAIL_PORT = smtp.port
    assert outbox.send_due(Letter) == 2
    make_due(rows[0])
    assert outbox.send_due(Letter) == 1
    assert len(smtp.raw) == 3


def test_a_letter_that_cannot_be_built_holds_nobody_up(
    smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = letter(subject="bad"), letter()
    build = Letter.build_letter

    def choke(row: Letter) -> Any:
        if row.subject == "bad":
            raise LookupError("template lost\0")
        return build(row)

    monkeypatch.setattr(Letter, "build_letter", choke)
    assert outbox.send_due(Letter) == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.last_error) == (State.QUEUED, "LookupError: template lost")
    assert good.state == State.SENT


def test_a_letter_without_an_address_is_never_called_sent(smtp: MailServer) -> None:
    row = letter(to="")
    assert not outbox.send_row(Letter, row.pk)
    row.refresh_from_db()
    assert row.state == State.FAILED


def test_a_worker_killed_after_the_server_took_the_letter(
    smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent twice rather than never, and both times under the same Message-ID."""
    row = letter()

    def die(row: Letter) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "_record_sent", die)
        with pytest.raises(SystemExit):
            outbox.send_row(Letter, row.pk)
    assert outbox.send_due(Letter) == 0, "the lease holds"
    assert wait_of(row) == pytest.approx(outbox.LEASE, abs=datetime.timedelta(seconds=10))
    make_due(row)
    assert outbox.send_due(Letter) == 1
    assert [one["Message-ID"] for one in smtp.letters] == [row.mail_id] * 2


def test_a_worker_that_overslept_cannot_undo_what_another_did(smtp: MailServer) -> None:
    row = letter()
    slow = outbox._claim(Letter.objects.due().filter(pk=row.pk))
    assert slow is not None
    make_due(row)
    assert outbox.send_row(Letter, row.pk)
    outbox._record_failure(slow, OSError("timed out"), outbox._Outcome.NO_SERVER)
    row.refresh_from_db()
    assert row.state == State.SENT


def test_retry_now_takes_only_what_was_given_up(smtp: MailServer) -> None:
    failed = letter(state=State.FAILED, attempts=17)
    sent = letter(state=State.SENT, attempts=1, sent_at=timezone.now())
    assert outbox.retry_now(Letter.objects.all(), send_due_letters) == 1
    assert outbox.send_due(Letter) == 1
    failed.refresh_from_db()
    sent.refresh_from_db()
    assert (failed.state, failed.attempts, sent.attempts) == (State.SENT, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_letter(smtp: MailServer) -> None:
    rows = [letter() for _ in range(12)]
    smtp.seconds_for_a_letter = 0.02
    counts: list[int] = []

    def work() -> None:
        try:
            counts.append(outbox.send_due(Letter))
        finally:
            connections.close_all()

    together(4, work)
    assert sum(counts) == len(rows)
    assert sorted(one["Message-ID"] for one in smtp.letters) == sorted(row.mail_id for row in rows)
    assert set(Letter.objects.values_list("attempts", flat=True)) == {1}


def test_the_sweeper_reads_the_index_of_due_rows() -> None:
    """However many letters were sent: the plan never visits them."""
    Letter.objects.bulk_create(
        Letter(to="x@x.example", subject="s", plain="p", html="h", state=State.SENT)
        for _ in range(2000)
    )
    letter()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_letter")
    plan = Letter.objects.due().explain()
    assert "letter_due" in plan, plan


def together(count: int, work: Callable[[], None]) -> None:
    """Run `work` in so many threads that start at the same moment."""
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        work()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
