"""A clamd on a real socket whose answers a test sets; it knows one virus, EICAR's test file."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

# Split, so that no antivirus on a developer's machine finds this file.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """What it was sent, and how it behaves: `mode` is «check», «error», «die», «hang», «babble»."""

    def __init__(self, listener: socket.socket, address: str) -> None:
        self.address = address
        self.mode = "check"
        self.received: list[bytes] = []
        self.chunks: list[int] = []
        self._listener = listener
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nobody listens any more."""
        self._released.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, contextlib.suppress(OSError):
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        if self.mode == "hang":
            self._released.wait(timeout=10)
            return
        command = self._exactly(line, len(b"zINSTREAM\0"))
        if command != b"zINSTREAM\0":
            line.sendall(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while size := struct.unpack(">I", self._exactly(line, 4))[0]:
            self.chunks.append(size)
            content += self._exactly(line, size)
            if self.mode == "die":
                return
            if self.mode == "error":
                line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.received.append(content)
        if self.mode == "babble":
            line.sendall(b"x" * 100_000)
        elif EICAR in content:
            line.sendall(b"stream: Win.Test.EICAR_HDB-1 FOUND\0")
        else:
            line.sendall(b"stream: OK\0")

    def _exactly(self, line: socket.socket, count: int) -> bytes:
        said = b""
        while len(said) < count:
            piece = line.recv(count - len(said))
            if not piece:
                raise ConnectionResetError
            said += piece
        return said


@contextlib.contextmanager
def clamd_at(path: Path | None = None) -> Iterator[Clamd]:
    """Run one, at `path` or at a free port."""
    if path is None:
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        address = str(path)
    server = Clamd(listener, address)
    try:
        yield server
    finally:
        server.stop()
