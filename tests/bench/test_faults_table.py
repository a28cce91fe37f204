"""The fault bench can count: what is lost is seen, and ends the run with exit code 1."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from bench.faults import __main__ as command
from bench.faults import report
from bench.faults.catalogue import FAULTS
from bench.faults.comparison import Outgoing, compare
from bench.faults.report import Row
from bench.faults.sink import Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    yield server
    server.close()


def send(sink: Sink, number: str, mail_id: str) -> None:
    letter = EmailMessage()
    letter["Subject"] = f"Обращение {number}"
    letter["Message-ID"] = mail_id
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as line:
        line.send_message(letter, "portal@example.org", ["melnik@example.org"])


def outgoing(number: str, state: str = "sent", mail_id: str = "<one@example.org>") -> Outgoing:
    return Outgoing(number, mail_id, state, "melnik@example.org")


def told(*numbers: str) -> Row:
    row = Row(6, "worker killed")
    for number in numbers:
        row.show(number)
    return row


def test_a_letter_that_came_is_delivered(sink: Sink) -> None:
    send(sink, "ОБ-1", "<one@example.org>")
    row = told("ОБ-1", "ОБ-1")
    compare(row, [outgoing("ОБ-1")], sink.taken())
    assert (row.delivered, row.duplicates, row.lost) == (1, 0, 0)
    assert report.exit_code([row]) == 0


def test_a_number_without_its_letter_is_lost(sink: Sink) -> None:
    """Whatever the row says: sent, given up, or not there at all."""
    row = told("ОБ-1", "ОБ-2", "ОБ-3")
    compare(row, [outgoing("ОБ-1", "sent"), outgoing("ОБ-2", "failed")], sink.taken())
    assert row.lost == 3
    assert report.exit_code([Row(1, "fine"), row]) == 1


def test_a_letter_about_another_number_does_not_count(sink: Sink) -> None:
    send(sink, "ОБ-9", "<one@example.org>")
    row = told("ОБ-1")
    compare(row, [outgoing("ОБ-1")], sink.taken())
    assert (row.delivered, row.lost) == (0, 1)


def test_a_repeat_is_a_duplicate_and_not_a_fault(sink: Sink) -> None:
    send(sink, "ОБ-1", "<one@example.org>")
    send(sink, "ОБ-1", "<one@example.org>")
    row = told("ОБ-1")
    compare(row, [outgoing("ОБ-1")], sink.taken())
    assert (row.delivered, row.duplicates, row.lost) == (1, 1, 0)
    assert report.exit_code([row]) == 0


def test_a_repeat_under_another_message_id_is_a_fault(sink: Sink) -> None:
    send(sink, "ОБ-1", "<one@example.org>")
    send(sink, "ОБ-1", "<two@example.org>")
    row = told("ОБ-1")
    rows = [outgoing("ОБ-1", mail_id="<one@example.org>")]
    compare(row, [*rows, outgoing("ОБ-1", mail_id="<two@example.org>")], sink.taken())
    assert row.duplicates == 1
    assert report.exit_code([row]) == 1


def test_what_is_still_queued_is_not_lost_but_a_broken_promise(sink: Sink) -> None:
    row = told("ОБ-1", "ОБ-2")
    compare(row, [outgoing("ОБ-1", "queued"), outgoing("ОБ-2", "held")], sink.taken())
    assert (row.delivered, row.lost) == (0, 0)
    assert row.broken == ["2 letters are still queued"]


def test_the_sink_refuses_what_it_is_told_to(sink: Sink) -> None:
    sink.answer_recipient = lambda address: "550 5.1.1 no such user"
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(sink, "ОБ-1", "<one@example.org>")
    sink.behave()
    sink.cuts = True
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(sink, "ОБ-1", "<one@example.org>")
    # The sender knows nothing, and the reader has it.
    assert [letter.message_id for letter in sink.taken()] == ["<one@example.org>"]
    sink.close()
    with pytest.raises(ConnectionRefusedError):
        send(sink, "ОБ-1", "<one@example.org>")
    sink.open()


def test_the_table() -> None:
    row = told("ОБ-1", "ОБ-2")
    row.page(0.25)
    row.delivered, row.lost = 1, 1
    row.promise(False, "a page took too long")
    assert report.table([row]).splitlines() == [
        "| fault           | sent | delivered | duplicates | lost | slowest page (s) |",
        "|-----------------|-----:|----------:|-----------:|-----:|-----------------:|",
        "| 6 worker killed |    2 |         1 |          0 |    1 |              0.2 |",
    ]
    assert report.remarks([row]) == "6: NOT KEPT: a page took too long"


def test_the_table_goes_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text(f"Before\n{report.BEGIN}\nold\n{report.END}\nAfter\n")
    report.write_into(document, "new")
    assert document.read_text() == f"Before\n{report.BEGIN}\n\nnew\n\n{report.END}\nAfter\n"
    document.write_text("No marks")
    with pytest.raises(SystemExit):
        report.write_into(document, "new")
    assert document.read_text() == "No marks"


def test_the_command_ends_as_its_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = told("ОБ-1")
    monkeypatch.setattr(command, "run", lambda faults: [row])
    monkeypatch.setattr("sys.argv", ["faults", "6"])
    assert command.main() == 0
    row.lost = 1
    assert command.main() == 1
    assert "6 worker killed" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["faults", "99"])
    with pytest.raises(SystemExit):
        command.main()


def test_every_fault_has_its_own_number_and_says_what_it_is() -> None:
    assert all(number == fault.number for number, fault in FAULTS.items())
    assert all(fault.happen.__doc__ for fault in FAULTS.values())
