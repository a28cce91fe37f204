"""The supervisor: servers start together, stop in order, and never outlive it.

Each test runs a supervisor in a process of its own, since it takes over signals and may be killed.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bin.stack.processes import ROOT

# Says that it has started, and when it is asked to stop: python server.py FOLDER NAME
SERVER = """
import signal, sys, time
from pathlib import Path

folder, name = Path(sys.argv[1]), sys.argv[2]

def stop(number, frame):
    with (folder / "stopped").open("a") as file:
        print(name, file=file)
    sys.exit()

signal.signal(signal.SIGTERM, stop)
(folder / f"started-{name}").touch()
time.sleep(60)
"""

# A supervisor of two servers: python -c … FOLDER
TWO_SERVERS = """
import os, sys
from pathlib import Path
from bin.stack.processes import Supervisor

folder = Path(sys.argv[1])
supervisor = Supervisor(folder)
try:
    for name in ("database", "web"):
        command = [sys.executable, folder / "server.py", folder, name]
        supervisor.start(name, command, env=os.environ)
    supervisor.watch()
except KeyboardInterrupt:
    pass
finally:
    supervisor.stop()
"""

# A server whose own children want to live for ever, one of them without the lock; the second time
# there is only the supervisor.
STUBBORN_GRANDCHILD = """
import os, sys
from pathlib import Path
from bin.stack import processes

LETS_GO = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"

folder = Path(sys.argv[1])
processes.LEFTOVER_SECONDS = 1
supervisor = processes.Supervisor(folder)
if not (folder / "started").exists():
    lets_go = f'{sys.executable} -c "{LETS_GO}" > {folder}/pid; mv {folder}/pid {folder}/started'
    shell = f"trap '' TERM INT HUP; sleep 60 & {lets_go}; wait"
    supervisor.start("stubborn", ["sh", "-c", shell], env=os.environ)
    supervisor.watch()
print("second start")
"""

# A database of the folder, with a table that tells whether it is the same one as before.
DATABASE = """
import sys
from pathlib import Path
import psycopg
from bin.stack import folders, postgres
from bin.stack.processes import Supervisor

folder = Path(sys.argv[1])
supervisor = Supervisor(folder)
try:
    sockets = folders.make_socket_folder(folder)
    url = postgres.start(supervisor, sockets, is_durable=False)
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT to_regclass('seen') IS NOT NULL").fetchone()[0]
        connection.execute("CREATE TABLE IF NOT EXISTS seen ()")
    print("kept" if found else "new")
finally:
    supervisor.stop()
    folders.remove_socket_folder(folder)
"""

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that everybody may enter: started by root, PostgreSQL runs as another user."""
    with tempfile.TemporaryDirectory(prefix="cabinet-stack-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Run one of the scripts above in `tmp_path`; whatever is left of it is killed at the end."""
    (tmp_path / "server.py").write_text(SERVER)
    running: list[subprocess.Popen[str]] = []

    def run(script: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, tmp_path], cwd=ROOT, text=True, stdout=subprocess.PIPE
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool], *, seconds: float) -> None:
    """Wait for something that happens in another process."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def is_anything_left(folder: Path) -> bool:
    """Whether a server of this folder, or a child of one, is still there."""
    with (folder / "servers.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_servers_stop_in_the_reverse_order(start: Start, tmp_path: Path) -> None:
    supervisor = start(TWO_SERVERS)
    wait_for(lambda: len(list(tmp_path.glob("started-*"))) == 2, seconds=10)

    supervisor.send_signal(signal.SIGINT)

    assert supervisor.wait(10) == 0
    assert (tmp_path / "stopped").read_text().split() == ["web", "database"]


def test_killed_supervisor_takes_its_servers_along(start: Start, tmp_path: Path) -> None:
    supervisor = start(TWO_SERVERS)
    wait_for(lambda: len(list(tmp_path.glob("started-*"))) == 2, seconds=10)

    supervisor.kill()

    supervisor.wait()
    wait_for(lambda: not is_anything_left(tmp_path), seconds=30)


def test_one_folder_has_one_supervisor(start: Start, tmp_path: Path) -> None:
    start(TWO_SERVERS)
    wait_for(lambda: len(list(tmp_path.glob("started-*"))) == 2, seconds=10)

    reset = subprocess.run(
        [sys.executable, "-m", "bin.stack", "reset"],
        cwd=ROOT,
        env={**os.environ, "DEMO_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert reset.returncode == 1
    assert "уже работает другой запуск" in reset.stderr
    assert len(list(tmp_path.glob("started-*"))) == 2


def test_what_ignores_the_end_of_its_supervisor_is_ended(start: Start, tmp_path: Path) -> None:
    """Also where nobody starts again: a child that let go of the lock goes with its group."""
    supervisor = start(STUBBORN_GRANDCHILD)
    wait_for((tmp_path / "started").exists, seconds=10)
    (child,) = (tmp_path / "started").read_text().split()

    supervisor.kill()

    supervisor.wait()
    wait_for(lambda: not is_anything_left(tmp_path), seconds=15)
    wait_for(lambda: not Path(f"/proc/{child}").exists(), seconds=5)


def test_next_start_ends_what_a_killed_one_left(start: Start, tmp_path: Path) -> None:
    first = start(STUBBORN_GRANDCHILD)
    wait_for((tmp_path / "started").exists, seconds=10)
    first.kill()
    first.wait()
    assert is_anything_left(tmp_path)

    second = start(STUBBORN_GRANDCHILD)

    assert second.communicate(timeout=10)[0] == "second start\n"
    assert not is_anything_left(tmp_path)


def test_database_is_kept_until_its_password_is_lost(start: Start, tmp_path: Path) -> None:
    """Data that outlived their folder (they may lie elsewhere) do not block a fresh start."""
    assert start(DATABASE).communicate(timeout=60)[0] == "new\n"
    assert start(DATABASE).communicate(timeout=60)[0] == "kept\n"
    (tmp_path / "postgres.password").unlink()
    assert start(DATABASE).communicate(timeout=60)[0] == "new\n"


def test_busy_port_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = subprocess.run(
            [sys.executable, "-m", "bin.stack", "demo"],
            cwd=ROOT,
            env={**os.environ, "DEMO_DIR": str(tmp_path / "demo"), "PORT": str(port)},
            capture_output=True,
            text=True,
        )

    assert demo.returncode == 1
    assert f"Порт {port} занят" in demo.stderr
    assert not (tmp_path / "demo").exists()


@pytest.mark.slow
def test_demo_survives_its_own_death(tmp_path: Path) -> None:
    """`make demo` opens the portal, leaves nothing when killed, and opens it again."""
    folder = tmp_path / "demo"
    output = tmp_path / "output"
    env = {"PATH": os.environ["PATH"], "DEMO_DIR": str(folder), "PORT": "0"}

    def open_portal() -> subprocess.Popen[bytes]:
        with output.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "bin.stack", "demo"],
                cwd=ROOT,
                env=env,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        wait_for(lambda: process.poll() is not None or "Ctrl-C" in output.read_text(), seconds=600)
        assert "Личный кабинет открыт" in output.read_text()
        return process

    first = open_portal()
    first.kill()
    first.wait()
    wait_for(lambda: not is_anything_left(folder), seconds=60)

    second = open_portal()
    second.send_signal(signal.SIGINT)
    assert second.wait(60) == 0
    assert not is_anything_left(folder)
