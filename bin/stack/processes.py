"""Child processes that never outlive their supervisor.

Four things see to it:

* the kernel sends every child a signal when the supervisor dies, whatever it died of (`kill -9`
  included);
* every server, with all its own children, inherits an open lock file. As long as the lock is taken,
  a process of the previous run is still there; the next start waits for it, then ends it;
* where nobody starts again, `undertaker.py` ends what does not end by itself;
* the children stand outside the terminal's foreground group, so Ctrl-C reaches the supervisor
  alone, which stops them in order.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from bin.stack import console

ROOT = Path(__file__).resolve().parents[2]

# How long a server may take to finish its work, and then to end without finishing it.
STOP_SECONDS = 6
HURRY_SECONDS = 10
# How long the servers of a killed supervisor may take to end.
LEFTOVER_SECONDS = 10

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Server:
    """A running child and how to end it."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    hurry_signal: signal.Signals
    log: Path


class Supervisor:
    """Starts the servers of one folder, watches them, and stops them in reverse order.

    A folder has one supervisor at a time: a second one raises `StackError`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "log"
        self._servers: list[Server] = []
        self._undertaker: subprocess.Popen[str] | None = None
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            # Both are held as long as we live.
            self._own_lock = (folder / "supervisor.lock").open("w")
            self._servers_lock = (folder / "servers.lock").open("w")
        except PermissionError as error:
            raise console.StackError(
                f"Нет прав на папку {folder}: её создал другой пользователь. "
                "Удалите её от его имени или укажите другую: DEMO_DIR=…"
            ) from error
        if not _try_lock(self._own_lock):
            raise console.StackError(
                f"В папке {folder} уже работает другой запуск. Остановите его клавишами Ctrl-C "
                "в его окне или укажите другую папку: DEMO_DIR=…"
            )
        self._wait_for_leftovers()
        for number in _STOPPING_SIGNALS:
            signal.signal(number, _interrupt)

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        user: pwd.struct_passwd | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        hurry_signal: signal.Signals | None = None,
        pass_fds: Sequence[int] = (),
    ) -> Server:
        """Start a server that writes to `log/<name>.log`.

        `stop_signal` asks it to finish its work and end, `hurry_signal` to end at once. The latter
        comes when the work takes too long, and from the kernel when the supervisor has died.
        """
        hurry_signal = hurry_signal or stop_signal
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/" if user else ROOT,
                env=dict(env),
                process_group=0,
                pass_fds=(self._servers_lock.fileno(), *pass_fds),
                preexec_fn=_die_with_parent(hurry_signal),
                **as_user(user),
            )
        server = Server(name, process, stop_signal, hurry_signal, log)
        self._servers.append(server)
        self._tell_undertaker("+", server)
        return server

    def run(self, name: str, command: Sequence[str | Path], *, env: Mapping[str, str]) -> None:
        """Run a command to its end: its output is the person's, its errors go to the log."""
        log = self.logs / f"{name}.log"
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stderr=errors,
                cwd=ROOT,
                env=dict(env),
                process_group=0,
                pass_fds=(self._servers_lock.fileno(),),
                preexec_fn=_die_with_parent(signal.SIGKILL),
            )
        try:
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        if code != 0:
            raise console.StackError(
                f"Не получилось: {name} (код {code}). Журнал: {log}\n{console.tail(log)}"
            )

    def run_in_foreground(self, command: Sequence[str], *, env: Mapping[str, str]) -> int:
        """Give the terminal to a command and return its exit code; Ctrl-C is then its own."""
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(env),
            preexec_fn=_die_with_parent(signal.SIGTERM),
        )

        def pass_on(number: int, frame: FrameType | None) -> None:
            process.send_signal(number)

        for number in _STOPPING_SIGNALS:
            # The terminal sends Ctrl-C to the command as well: twice would cut its clean-up short.
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else pass_on)
        return process.wait()

    def wait_until_ready(
        self, server: Server, is_ready: Callable[[], bool], *, seconds: float
    ) -> None:
        """Wait until the server answers; a server that ends or stays silent is a `StackError`."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.require_all_alive()
            if time.monotonic() > deadline:
                raise console.StackError(
                    f"«{server.name}» не отвечает {seconds:.0f} с. Журнал: {server.log}\n"
                    f"{console.tail(server.log)}"
                )
            time.sleep(0.05)

    def watch(self) -> None:
        """Sleep until a server ends by itself, which is a `StackError`, or a signal comes."""
        while True:
            self.require_all_alive()
            time.sleep(0.3)

    def require_all_alive(self) -> None:
        """Raise `StackError` when a server has ended by itself."""
        for server in self._servers:
            code = server.process.poll()
            if code is not None:
                raise console.StackError(
                    f"Неожиданно остановился «{server.name}» (код {code}). Журнал: {server.log}\n"
                    f"{console.tail(server.log)}"
                )

    def end(self, name: str, *, by: signal.Signals | None = None, seconds: float = 60) -> None:
        """End one server, by its own stop signal or another; `start` may then start it anew.

        SIGKILL goes to the server and all its children, as when the machine runs out of memory.
        """
        server = next(one for one in self._servers if one.name == name)
        self._servers.remove(server)
        if by == signal.SIGKILL:
            os.killpg(server.process.pid, signal.SIGKILL)
        else:
            server.process.send_signal(by or server.stop_signal)
        server.process.wait(seconds)
        self._tell_undertaker("-", server)

    def runs(self, name: str) -> bool:
        """Whether such a server was started, and neither ended nor died."""
        return any(one.name == name and one.process.poll() is None for one in self._servers)

    def forget(self, name: str) -> None:
        """A server that has died by itself is not missed any more."""
        for server in [one for one in self._servers if one.name == name]:
            self._servers.remove(server)
            self._tell_undertaker("-", server)

    def pid(self, name: str) -> int:
        """The process id of a server."""
        return next(one.process.pid for one in self._servers if one.name == name)

    def stop(self) -> None:
        """Stop the servers, the last started first, and make sure that nothing is left of them."""
        for number in _STOPPING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        while self._servers:
            server = self._servers.pop()
            _end(server)
            self._tell_undertaker("-", server)
        self._kill_holders()

    def _tell_undertaker(self, sign: str, server: Server) -> None:
        """That the server and its children are there, or are no more."""
        if self._undertaker is None:
            self._undertaker = subprocess.Popen(
                [sys.executable, "-m", "bin.stack.undertaker", str(LEFTOVER_SECONDS)],
                cwd=ROOT,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,  # a pipe behind us does not wait for it
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is not for it
            )
        with contextlib.suppress(BrokenPipeError):
            print(f"{sign}{server.process.pid}", file=self._undertaker.stdin, flush=True)

    def _wait_for_leftovers(self) -> None:
        """Outlast the servers of a killed supervisor: they are ending, or are ended here."""
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while not _try_lock(self._servers_lock):
            if time.monotonic() > deadline:
                self._kill_holders()
            time.sleep(0.1)

    def _kill_holders(self) -> None:
        """End every other process that has the servers' lock file open."""
        wanted = os.fstat(self._servers_lock.fileno())
        for process in Path("/proc").glob("[0-9]*"):
            pid = int(process.name)
            if pid == os.getpid():
                continue
            # A process may end while we look, or belong to someone else.
            with contextlib.suppress(OSError):
                if any(_is_open(descriptor, wanted) for descriptor in (process / "fd").iterdir()):
                    os.kill(pid, signal.SIGKILL)


def as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Arguments for `subprocess` that give up root's rights for the user's."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _end(server: Server) -> None:
    """Ask, insist, and in the end do not ask."""
    for number, seconds in (
        (server.stop_signal, STOP_SECONDS),
        (server.hurry_signal, HURRY_SECONDS),
    ):
        server.process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(seconds)
            return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)  # its children would stay without it
    server.process.wait()


def _die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`, which runs after the change of user (that would undo the request)."""
    parent = os.getpid()

    def ask_kernel() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return ask_kernel


def _try_lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_open(descriptor: Path, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(descriptor.stat(), wanted)
    except OSError:
        return False


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
