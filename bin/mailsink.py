#!/usr/bin/env python
"""A local SMTP server that delivers nowhere: every letter becomes a file.

    python bin/mailsink.py FOLDER --port 1025
    python bin/mailsink.py FOLDER --fd 5          a listening socket inherited from the parent

A file is there only when it is whole, and its name sorts by time:
20261123T101500.123456Z-0001-office@example.org.eml. Two headers added on top keep the envelope,
which also has the recipients of blind copies: X-Envelope-From and X-Envelope-To.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import signal
import socket
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_LETTER_BYTES = 64 * 1024 * 1024


class LetterKeeper:
    """aiosmtpd's handler: accepts a letter once it is on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answer the end of a letter: 250 when it is kept, 451 ("try later") when it cannot be."""
        try:
            self.keep(envelope)
        except OSError as error:
            return f"451 4.3.0 {error.strerror}"
        return "250 2.0.0 OK"

    def keep(self, envelope: Envelope) -> Path:
        """Write the letter and return its file."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        recipient = re.sub(r"[^\w.@+-]", "_", envelope.rcpt_tos[0])[:80]
        path = self.folder / f"{now}-{next(self._numbers):04}-{recipient}.eml"
        content = envelope.content
        if not isinstance(content, bytes):
            raise TypeError("the server must not decode letters")
        top = (
            f"X-Envelope-From: {envelope.mail_from}\r\n"
            f"X-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        )
        draft = path.with_suffix(".part")
        draft.write_bytes(top.encode() + content)
        draft.rename(path)
        return path


async def serve(folder: Path, listener: socket.socket) -> None:
    """Take letters until SIGTERM or SIGINT."""
    folder.mkdir(parents=True, exist_ok=True)
    keeper = LetterKeeper(folder)
    loop = asyncio.get_running_loop()
    is_over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, is_over.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=MAX_LETTER_BYTES, enable_SMTPUTF8=True, loop=loop),
        sock=listener,
    )
    await is_over.wait()
    server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="SMTP server that keeps letters as .eml files")
    parser.add_argument("folder", type=Path)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", type=int, help="port on 127.0.0.1")
    where.add_argument("--fd", type=int, help="listening socket inherited from the parent")
    arguments = parser.parse_args()
    if arguments.fd is not None:
        listener = socket.socket(fileno=arguments.fd)
    else:
        listener = socket.create_server(("127.0.0.1", arguments.port))
    asyncio.run(serve(arguments.folder, listener))


if __name__ == "__main__":
    main()
