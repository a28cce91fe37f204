"""PostgreSQL and Redis for the tests: in memory, and gone afterwards."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bin.stack import folders, postgres, valkey
from bin.stack.processes import Supervisor

# A test may lose its data with the power: memory is faster.
_MEMORY = Path("/dev/shm")  # noqa: S108 - only for a folder with a random name

SETTINGS = "cabinet.settings.test"


def run_tests(arguments: Sequence[str]) -> int:
    """Run pytest; several runs may go on side by side."""
    return run([sys.executable, "-m", "pytest", *arguments])


def run(command: Sequence[str]) -> int:
    """Run a command with fresh servers of its own and return its exit code."""
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="cabinet-test-", dir=memory) as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        supervisor = Supervisor(folder)
        try:
            sockets = folders.make_socket_folder(folder)
            env = {
                **os.environ,
                "CELERY_BROKER_URL": valkey.start(supervisor, sockets, is_durable=False),
                "DATABASE_URL": postgres.start(supervisor, sockets, is_durable=False),
                "DJANGO_SETTINGS_MODULE": SETTINGS,
                "MEDIA_ROOT": str(folder / "media"),
                "STATIC_ROOT": str(folder / "static"),
            }
            return supervisor.run_in_foreground(command, env=env)
        finally:
            supervisor.stop()
            folders.remove_socket_folder(folder)
            postgres.remove_data(folder)
