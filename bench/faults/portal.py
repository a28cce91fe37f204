"""The portal's processes, and how to take one of them away and give it back."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import celery
import psutil  # type: ignore[import-untyped]

from bench.faults.sink import Sink
from bin.stack import demo, valkey

# Raised limits: one login of the bench does the work of a hundred people.
MANY = {"MESSAGES_PER_HOUR": "100000", "MESSAGES_PER_DAY": "100000"}
# A mail server that hangs is left after so many seconds (30 in an installation).
EMAIL_TIMEOUT_SECONDS = 5
# `send_due_deliveries` runs for so long at most; a worker asked to end finishes it.
WARM_SECONDS = 60

SERVERS = ("valkey", "worker", "web")


class Portal(demo.Demo):
    """What `make demo` starts, with the bench's own mail server."""

    def __init__(self, folder: Path) -> None:
        super().__init__(demo.Settings(folder=folder, host=demo.DEFAULT_HOST, port=0))
        # The address stays while gunicorn is away, as behind a proxy that waits for it.
        self._address = self.listener.dup()
        self.sink = Sink()

    def start_mail_sink(self) -> int:
        """The sink lives in this process."""
        return self.sink.port

    def environment(self, database_url: str, broker_url: str, mail_port: int) -> dict[str, str]:
        """The demo's, with raised limits and a shorter patience with mail servers."""
        return {
            **super().environment(database_url, broker_url, mail_port),
            **MANY,
            "EMAIL_TIMEOUT": str(EMAIL_TIMEOUT_SECONDS),
        }

    @property
    def broker_socket(self) -> Path:
        """Where Valkey listens."""
        return (self.folder / "sockets").readlink() / "valkey.sock"

    # Servers ------------------------------------------------------------------------------------

    def start_web(
        self, extra: Mapping[str, str] | None = None, *, application: str = "cabinet.wsgi"
    ) -> None:
        """On the same address as before."""
        self.listener = self._address.dup()
        super().start_web(extra, application=application)

    def start_valkey(self) -> None:
        """With the data it had."""
        valkey.start(self.supervisor, self.broker_socket.parent, is_durable=True)

    def stop(self) -> None:
        """Stop everything, the sink too."""
        self.sink.close()
        super().stop()
        self._address.close()

    def end(self, name: str, *, by: signal.Signals | None = None) -> None:
        """End a server that runs; one that does not is left as it is."""
        if self.supervisor.runs(name):
            self.supervisor.end(name, by=by, seconds=WARM_SECONDS)

    def start_again(self, name: str, extra: Mapping[str, str] | None = None) -> None:
        """End a server, if it runs, and start it."""
        self.end(name, by=signal.SIGTERM)
        match name:
            case "valkey":
                self.start_valkey()
            case "worker":
                self.start_worker(extra)
            case _:
                self.start_web(extra)

    def mend(self) -> None:
        """Give back whatever is missing, and let the mail server behave."""
        self.sink.behave()
        self.sink.open()
        for name in SERVERS:
            if not self.supervisor.runs(name):
                self.supervisor.forget(name)
                self.start_again(name)

    def sending_children(self) -> list[int]:
        """The worker's children that hold a line to the mail server, by process id."""
        worker = psutil.Process(self.supervisor.pid("worker"))
        return [
            child.pid
            for child in worker.children(recursive=True)
            if any(
                line.raddr and line.raddr.port == self.sink.port
                for line in child.net_connections("tcp")
            )
        ]

    # Time ---------------------------------------------------------------------------------------

    def hurry(self) -> None:
        """Have every due letter tried now, as beat does each minute."""
        app = celery.Celery(broker=self.env["CELERY_BROKER_URL"], set_as_current=False)
        with app.connection_for_write() as line:
            app.send_task("messaging.tasks.send_due_deliveries", connection=line)


def wait_for(is_there: Callable[[], bool], *, seconds: float, step: float = 0.2) -> bool:
    """Wait until something holds; whether it came to hold in time."""
    until = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > until:
            return False
        time.sleep(step)
    return True
