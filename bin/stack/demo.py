"""The demo: from an empty folder to an open portal, and back.

DEMO_DIR holds everything that a demo writes, so several can stand side by side:

    postgres/  valkey/  media/  static/     data of the servers and of the portal
    mail/                                   every letter that the portal has sent, one .eml each
    log/                                    one file for each server
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bin.stack import console, folders, postgres, prepare, valkey
from bin.stack.processes import ROOT, Supervisor

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = "8000"
DEFAULT_FOLDER = "var/demo"

# What a demo writes into its folder; `reset` removes these and nothing else.
_OWN_ENTRIES = (
    "postgres", "postgres.new", "postgres.password", "valkey", "media", "static", "static.stamp",
    "mail", "log", "secret-key", "beat", prepare.LOGINS,
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """Where a demo stands."""

    folder: Path
    host: str
    port: int
    is_durable: bool = True

    @classmethod
    def from_environment(cls) -> Settings:
        """HOST, PORT and DEMO_DIR, as given to `make demo`."""
        port = os.environ.get("PORT") or DEFAULT_PORT
        if not port.isdigit() or int(port) > 65535:
            raise console.StackError(f"PORT={port}: нужен номер порта, например PORT=8001")
        return cls(
            folder=folder_from_environment(),
            host=os.environ.get("HOST") or DEFAULT_HOST,
            port=int(port),
        )


class Demo:
    """The running servers of one demo."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = settings.folder
        self.mail = self.folder / "mail"
        # Taken at once: a busy port is found before anything is started, and none can snatch it.
        self.listener = _listen(settings.host, settings.port)
        self.port: int = self.listener.getsockname()[1]
        self.site_url = f"http://{self._visible_host}:{self.port}"
        self.supervisor = Supervisor(self.folder)
        self.env: dict[str, str] = {}

    def start(self) -> None:
        """Start the servers in the order in which they need each other."""
        is_durable = self.settings.is_durable
        sockets = folders.make_socket_folder(self.folder)
        with console.step("PostgreSQL"):
            database_url = postgres.start(self.supervisor, sockets, is_durable=is_durable)
        with console.step("Redis"):
            broker_url = valkey.start(self.supervisor, sockets, is_durable=is_durable)
        self.env = self.environment(database_url, broker_url, self.start_mail_sink())
        self.supervisor.run(
            "prepare", [sys.executable, "-m", "bin.stack.prepare", self.folder], env=self.env
        )
        with console.step("Портал и фоновые задачи"):
            self.start_worker()
            self.start_web()

    def stop(self) -> None:
        """Stop everything, in the reverse order."""
        self.supervisor.stop()
        folders.remove_socket_folder(self.folder)

    def start_mail_sink(self) -> int:
        """Start the SMTP server that keeps every letter; return its port."""
        with _listen("127.0.0.1", 0) as listener:
            self.supervisor.start(
                "mail",
                [
                    *(sys.executable, ROOT / "bin/mailsink.py", self.mail),
                    *("--fd", str(listener.fileno())),
                ],
                env=os.environ,
                pass_fds=[listener.fileno()],
            )
            port: int = listener.getsockname()[1]
        return port

    def start_worker(self, extra: Mapping[str, str] | None = None) -> None:
        """Start Celery with its beat; `extra` settings go before the demo's own."""
        schedule = self.folder / "beat"
        schedule.mkdir(exist_ok=True)
        self.supervisor.start(
            "worker",
            [
                *(sys.executable, "-m", "celery", "--app", "cabinet", "worker", "--beat"),
                *("--schedule", schedule / "schedule"),
                *("--concurrency", "2", "--loglevel", "info"),
                *("--without-gossip", "--without-mingle"),
            ],
            env={**self.env, **(extra or {})},
            stop_signal=signal.SIGQUIT,  # do not finish the tasks at hand; they come again
        )

    def start_web(
        self, extra: Mapping[str, str] | None = None, *, application: str = "cabinet.wsgi"
    ) -> None:
        """Start gunicorn and wait until it answers; `extra` settings go before the demo's own."""
        descriptor = self.listener.fileno()
        web = self.supervisor.start(
            "web",
            [
                *(sys.executable, "-m", "gunicorn", application),
                *("--bind", f"fd://{descriptor}"),
                *("--workers", "2", "--worker-class", "gthread", "--threads", "4"),
                *("--timeout", "60", "--graceful-timeout", "5"),
                *("--access-logfile", "-"),
                "--no-control-socket",
            ],
            env={**self.env, **(extra or {})},
            hurry_signal=signal.SIGQUIT,  # do not wait for pages in progress
            pass_fds=[descriptor],
        )
        self.listener.close()
        address = f"http://{self._visible_host}:{self.port}/ready"
        self.supervisor.wait_until_ready(web, lambda: _answers(address), seconds=60)

    def environment(self, database_url: str, broker_url: str, mail_port: int) -> dict[str, str]:
        """The portal's settings; docs/configuration.md explains each."""
        return {
            **os.environ,
            "ALLOWED_HOSTS": f"{self._visible_host},localhost,127.0.0.1",
            "CELERY_BROKER_URL": broker_url,
            "DATABASE_URL": database_url,
            "DEBUG": "0",
            "DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "cabinet.settings.base",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "MEDIA_ROOT": str(self.folder / "media"),
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": folders.read_or_make_secret(self.folder / "secret-key"),
            "SITE_URL": self.site_url,
            "STATIC_ROOT": str(self.folder / "static"),
        }

    @property
    def _visible_host(self) -> str:
        """The host to open in a browser: "every interface" is not one."""
        return DEFAULT_HOST if self.settings.host == "0.0.0.0" else self.settings.host  # noqa: S104


def run() -> int:
    """`make demo`: run until Ctrl-C."""
    started_at = time.monotonic()
    demo = Demo(Settings.from_environment())
    try:
        console.say("Запускаю личный кабинет")
        demo.start()
        console.say(_greeting(demo, console.seconds_since(started_at)))
        demo.supervisor.watch()
    except KeyboardInterrupt:
        console.say()
    finally:
        with console.step("Останавливаю"):
            demo.stop()
    return 0


def run_beside(command: Sequence[str]) -> int:
    """Run a command beside a fresh demo, and forget the demo.

    The command finds the portal's settings in the environment, its address in BASE_URL and the
    folder with the letters in MAIL_DIR.
    """
    with tempfile.TemporaryDirectory(prefix="cabinet-demo-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        demo = Demo(Settings(folder=folder, host=DEFAULT_HOST, port=0, is_durable=False))
        try:
            demo.start()
            env = {**demo.env, "BASE_URL": demo.site_url, "MAIL_DIR": str(demo.mail)}
            return demo.supervisor.run_in_foreground(command, env=env)
        finally:
            demo.stop()
            postgres.remove_data(folder)


def reset() -> int:
    """`make demo-reset`: forget the data of a demo that does not run."""
    folder = folder_from_environment()
    if not folder.exists():
        console.say("Данных демо нет: начинать заново нечего.")
        return 0
    supervisor = Supervisor(folder)  # refuses while a demo runs
    folders.remove_socket_folder(folder)
    postgres.remove_data(folder)
    for name in _OWN_ENTRIES:
        entry = folder / name
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    supervisor.stop()
    console.say("Данные демо удалены. Следующий make demo начнёт с чистого листа.")
    return 0


def folder_from_environment() -> Path:
    """DEMO_DIR; a relative one is counted from the repository."""
    return ROOT / Path(os.environ.get("DEMO_DIR") or DEFAULT_FOLDER).expanduser()


def _greeting(demo: Demo, seconds: str) -> str:
    logins = (demo.folder / prepare.LOGINS).read_text(encoding="utf-8").rstrip()
    return f"""
Личный кабинет открыт за {seconds}: {demo.site_url}/

{logins}

Письма:     {_short(demo.mail)}
Журналы:    {_short(demo.supervisor.logs)}
Остановить: Ctrl-C. Данные сохраняются; начать с чистого листа: make demo-reset
"""


def _short(path: Path) -> str:
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}/"


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise console.StackError(
                f"Порт {port} занят другой программой. Остановите её или возьмите другой порт: "
                f"make demo PORT={port + 1}"
            ) from error
        raise console.StackError(
            f"Нельзя открыть адрес {host}:{port}: {os.strerror(error.errno or 0)}. "
            "Проверьте HOST и PORT."
        ) from error


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10):  # noqa: S310 - our own http address
            return True
    except urllib.error.HTTPError as error:
        if error.code != 503:  # 503: not yet
            raise console.StackError(f"{address} ответил {error.code}") from error
        return False
    except OSError:
        return False
