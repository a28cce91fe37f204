"""Outlives its supervisor to end what does not end by itself.

A worker, say, that waits for ever for a task whose database has gone. The supervisor writes each
server's process group into a pipe that it alone holds, so that the pipe's end is its own:

    python -m bin.stack.undertaker SECONDS    +123 has started, -123 has ended
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable


def read(lines: Iterable[str]) -> set[int]:
    """The groups that are left when the pipe ends."""
    groups: set[int] = set()
    for line in lines:
        number = int(line[1:])
        groups = groups | {number} if line[0] == "+" else groups - {number}
    return groups


def end(groups: set[int], *, seconds: float) -> None:
    """Let the groups end; after so many seconds end them."""
    deadline = time.monotonic() + seconds
    while groups := {group for group in groups if _is_there(group)}:
        if time.monotonic() > deadline:
            for group in groups:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL)
            return
        time.sleep(0.1)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):  # the number may be somebody else's by now
        return False
    return True


if __name__ == "__main__":
    end(read(sys.stdin), seconds=float(sys.argv[1]))
