"""ClamAV's daemon, asked over its socket: a file is sent, a verdict comes back.

The command is zINSTREAM (man clamd): chunks with their length before them, an empty one ends; the
answer is «stream: OK», «stream: NAME FOUND» or «… ERROR».
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
from typing import IO

from django.conf import settings

# A step of the talk may take so long; a file of 10 MB is checked in a second or two.
TIMEOUT_SECONDS = 30.0
_CHUNK_BYTES = 1 << 16
_ANSWER_MAX_BYTES = 4096
_FOUND = re.compile(r"stream: (.+) FOUND")


class Unavailable(Exception):
    """The antivirus gives no verdict now; the text says why, for the log."""


class NoVerdict(Unavailable):
    """It answers, but not about this file: the next one may fare better."""


def is_on() -> bool:
    """Whether the installation has an antivirus."""
    return bool(settings.CLAMD_ADDRESS)


def scan(file: IO[bytes]) -> str:
    """The name of what was found in a file, from where it stands; empty when it is clean.

    Raises:
        NoVerdict: clamd cannot check this file.
        Unavailable: clamd does not answer, or breaks off.
    """
    try:
        with _connect(settings.CLAMD_ADDRESS) as line:
            # clamd may refuse in the middle of a file: then its answer says why.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _send(line, file)
            answer = _answer(line)
    except OSError as error:
        raise Unavailable(f"clamd at {settings.CLAMD_ADDRESS}: {error}") from error
    if answer == "stream: OK":
        return ""
    if found := _FOUND.fullmatch(answer):
        return found.group(1)
    trouble = NoVerdict if answer else Unavailable
    raise trouble(f"clamd at {settings.CLAMD_ADDRESS} answered {answer!r}")


def _connect(address: str) -> socket.socket:
    """A line to «/path» or «host:port».

    Raises:
        OSError: nobody listens, or the address is none.
    """
    if not address.startswith("/"):
        host, _, port = address.rpartition(":")
        if not port.isdecimal():
            raise OSError("the address is neither a path nor host:port")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT_SECONDS)
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(TIMEOUT_SECONDS)
    try:
        line.connect(address)
    except OSError:
        line.close()
        raise
    return line


def _send(line: socket.socket, file: IO[bytes]) -> None:
    line.sendall(b"zINSTREAM\0")
    while chunk := file.read(_CHUNK_BYTES):
        line.sendall(struct.pack(">I", len(chunk)) + chunk)
    line.sendall(struct.pack(">I", 0))


def _answer(line: socket.socket) -> str:
    """What clamd says, up to the NUL that ends it; nothing when it broke off before."""
    said = b""
    while b"\0" not in said and len(said) < _ANSWER_MAX_BYTES:
        piece = line.recv(1024)
        if not piece:
            return ""
        said += piece
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()
