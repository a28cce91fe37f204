"""A real mail server for tests: what it answers is set by the test, what it took can be read."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class MailServer:
    """Takes letters. `answers` are given first, one for each letter, instead of 250.

    With `tls` it offers STARTTLS.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: list[str] = []
        self.sender_answers: list[str] = []
        self.recipient_answers: list[str] = []
        self.seconds_for_a_letter = 0.0
        self.raw: list[bytes] = []
        self.senders: list[str] = []
        self._lock = threading.Lock()
        self.port = free_port()
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True, tls_context=tls
        )

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()

    @property
    def letters(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]  # type: ignore[misc]

    def wait_for(
        self, matches: Callable[[EmailMessage], bool], *, seconds: float = 60
    ) -> EmailMessage:
        """The first letter that matches, as soon as it is there.

        Raises:
            AssertionError: none came within the time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for letter in self.letters:
                if matches(letter):
                    return letter
            time.sleep(0.1)
        subjects = [str(letter["Subject"]) for letter in self.letters]
        raise AssertionError(f"no such letter; got {subjects}")

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to the sender."""
        if self.sender_answers:
            return self.sender_answers.pop(0)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to a mailbox."""
        if self.recipient_answers:
            return self.recipient_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answer to the end of a letter."""
        time.sleep(self.seconds_for_a_letter)
        with self._lock:
            if self.answers:
                answer = self.answers.pop(0)
                if not answer.startswith("2"):
                    return answer
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
            self.senders.append(envelope.mail_from or "")
        return "250 OK"


@pytest.fixture
def smtp(settings: Settings) -> Iterator[MailServer]:
    """A mail server, and a portal that sends through it."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 5
    server.start()
    yield server
    server.stop()
