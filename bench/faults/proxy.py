"""A wire between two programs that can fall silent without a word, or lose an answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path


class Proxy:
    """Passes bytes on from its own port to `target`: a port of this machine or a unix socket.

    After `stall` the lines that are open pass nothing and are not closed either, as when a firewall
    forgets them. While `drops_answers` what the target says is lost, and the line is then cut.
    """

    def __init__(self, target: int | Path) -> None:
        self.target = target
        self.drops_answers = False
        self._stuck: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def stall(self) -> None:
        """Every line that is open now falls silent for ever; new ones work."""
        self._stuck |= self._open

    def close(self) -> None:
        """End every line."""
        self._listener.close()
        for line in list(self._open):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        try:
            far = self._connect()
        except OSError:
            near.close()
            return
        self._open |= {near, far}
        back = threading.Thread(target=self._pass_on, args=(far, near, True), daemon=True)
        back.start()
        self._pass_on(near, far, False)
        back.join()
        self._open -= {near, far}
        near.close()
        far.close()

    def _connect(self) -> socket.socket:
        if isinstance(self.target, int):
            return socket.create_connection(("127.0.0.1", self.target))
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(self.target))
        return far

    def _pass_on(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if source in self._stuck:
                    # Bytes are taken and go nowhere; the other side is never told.
                    continue
                if is_answer and self.drops_answers:
                    break
                sink.sendall(piece)
        if source in self._stuck:
            return
        for line in (source, sink):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
