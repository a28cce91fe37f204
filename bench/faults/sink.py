"""A mail server that a fault tells what to answer, and that remembers every letter."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, Envelope, Session

T = TypeVar("T")

MAX_LETTER_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Letter:
    """A letter that the server took: it is on its way to a reader, whatever the sender thinks."""

    at: float
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        """The whole letter."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @cached_property
    def message_id(self) -> str:
        """Its Message-ID; only the head is looked at."""
        return str(self._head["Message-ID"])

    @cached_property
    def subject(self) -> str:
        """Its subject."""
        return str(self._head["Subject"])

    @property
    def _head(self) -> EmailMessage:
        head = self.raw.partition(b"\r\n\r\n")[0]
        return email.message_from_bytes(head, policy=email.policy.default)


class Sink:
    """The server runs in a thread; its behaviour is set from outside and by `behave` reset.

    `answer_recipient(address)` and `answer_letter(letter)` return what to say instead of 250.
    A letter is taken before `seconds_to_answer` pass, so that whoever dies meanwhile has sent it
    without knowing: the worst that can happen. `hangs`: the answer never comes; `cuts`: the line is
    cut instead. Letters that are not `is_slow` are answered at once.
    """

    answer_recipient: Callable[[str], str | None]
    answer_letter: Callable[[Letter], str | None]
    seconds_to_answer: float
    is_slow: Callable[[Letter], bool]
    hangs: bool
    cuts: bool

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.refusals = 0
        self.waiting = 0  # letters that were taken and not answered yet
        self.longest_wait = 0.0  # seconds from taking a letter to answering it or losing the line
        self.behave()
        self._lines: set[Any] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="sink", daemon=True).start()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self.open()

    def behave(self) -> None:
        """Take everything at once."""
        self.answer_recipient = lambda address: None
        self.answer_letter = lambda letter: None
        self.seconds_to_answer = 0.0
        self.is_slow = lambda letter: True
        self.hangs = self.cuts = False

    def open(self) -> None:
        """Listen."""
        if self._server is None:
            self._server = self._call(self._listen())

    def close(self) -> None:
        """Refuse every line and cut those that are open."""
        if self._server is not None:
            self._call(self._hush(self._server))
            self._server = None

    def taken(self) -> list[Letter]:
        """The letters so far."""
        return list(self.letters)

    def wait_until_waiting(self, *, seconds: float = 60) -> bool:
        """Wait for a letter that was taken and not yet answered."""
        until = time.monotonic() + seconds
        while not self.waiting and time.monotonic() < until:
            time.sleep(0.02)
        return bool(self.waiting)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """aiosmtpd: a mailbox is named."""
        if answer := self.answer_recipient(address):
            self.refusals += 1
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """aiosmtpd: a letter is whole."""
        assert isinstance(envelope.content, bytes)
        letter = Letter(
            at=time.monotonic(),
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            raw=envelope.content,
        )
        if answer := self.answer_letter(letter):
            self.refusals += 1
            return answer
        self.letters.append(letter)
        self.waiting += 1
        taken_at = time.monotonic()
        try:
            if self.is_slow(letter):
                await asyncio.sleep(3600 if self.hangs else self.seconds_to_answer)
        finally:
            self.waiting -= 1
            self.longest_wait = max(self.longest_wait, time.monotonic() - taken_at)
        if self.cuts and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 2.0.0 OK"

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(self._take_line, "127.0.0.1", self.port)

    def _take_line(self) -> SMTP:
        sink = self

        class Line(SMTP):
            def connection_made(self, transport: Any) -> None:
                sink._lines.add(transport)
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                sink._lines.discard(self.transport)
                super().connection_lost(error)

        return Line(self, data_size_limit=MAX_LETTER_BYTES, enable_SMTPUTF8=True, loop=self._loop)

    async def _hush(self, server: asyncio.Server) -> None:
        server.close()
        for line in list(self._lines):
            line.abort()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
