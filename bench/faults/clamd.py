"""An antivirus that finds nothing and can be taken away: clamd's PING and INSTREAM over TCP."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading


class Clamd:
    """Every file is clean while it listens."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.checked = 0
        self._serve()

    def open(self) -> None:
        """Listen again on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._serve()

    def close(self) -> None:
        """Refuse every line."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()

    def _serve(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as incoming, contextlib.suppress(OSError, struct.error):
            # «zCOMMAND» ends with a zero byte, «nCOMMAND» and a bare one with a line feed.
            command = b""
            while not command.endswith((b"\0", b"\n")) and (byte := incoming.read(1)):
                command += byte
            end = command[-1:]
            match command.strip(b"\0\r\n").lstrip(b"zn"):
                case b"PING":
                    line.sendall(b"PONG" + end)
                case b"VERSION":
                    line.sendall(b"ClamAV 1.4.3/27000/Mon Nov 23 09:00:00 2026" + end)
                case b"INSTREAM":
                    while size := struct.unpack("!I", incoming.read(4))[0]:
                        incoming.read(size)
                    self.checked += 1
                    line.sendall(b"stream: OK" + end)
