"""The local SMTP server keeps every letter it accepts."""

from __future__ import annotations

import email
import email.policy
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from bin.stack.processes import ROOT


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[smtplib.SMTP]:
    """A connection to a mail sink that writes to `tmp_path`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen(
            [sys.executable, ROOT / "bin/mailsink.py", tmp_path, "--fd", str(listener.fileno())],
            pass_fds=[listener.fileno()],
        )
        port = listener.getsockname()[1]
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as connection:
            yield connection
    finally:
        process.terminate()
        assert process.wait(10) == 0


def letter(*, subject: str, to: str) -> EmailMessage:
    """A letter with a Russian text."""
    message = EmailMessage()
    message["From"] = "Личный кабинет <cabinet@example.org>"
    message["To"] = to
    message["Subject"] = subject
    message.set_content("Показания за октябрь приняты.")
    return message


def test_letter_becomes_a_file_with_everything_in_it(sink: smtplib.SMTP, tmp_path: Path) -> None:
    sink.send_message(letter(subject="Показания приняты", to="gromov@vega.example"))

    [file] = tmp_path.iterdir()
    kept = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert file.name.endswith("Z-0001-gromov@vega.example.eml")
    assert kept["Subject"] == "Показания приняты"
    assert kept.get_body().get_content().strip() == "Показания за октябрь приняты."


def test_names_sort_in_the_order_of_arrival(sink: smtplib.SMTP, tmp_path: Path) -> None:
    for number in range(12):
        sink.send_message(letter(subject=f"Письмо {number}", to="gromov@vega.example"))

    subjects = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)["Subject"]
        for file in sorted(tmp_path.iterdir())
    ]
    assert subjects == [f"Письмо {number}" for number in range(12)]


def test_blind_copies_are_seen_in_the_envelope(sink: smtplib.SMTP, tmp_path: Path) -> None:
    sink.send_message(
        letter(subject="Копия", to="gromov@vega.example"),
        to_addrs=["gromov@vega.example", "duty@retailer.example"],
    )

    [file] = tmp_path.iterdir()
    kept = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert kept["X-Envelope-To"] == "gromov@vega.example, duty@retailer.example"


def test_a_recipient_cannot_choose_the_folder(sink: smtplib.SMTP, tmp_path: Path) -> None:
    sink.sendmail("cabinet@example.org", "../../etc/x@vega.example", b"Subject: x\r\n\r\nx\r\n")

    [file] = tmp_path.iterdir()
    assert file.name.endswith("-.._.._etc_x@vega.example.eml")
