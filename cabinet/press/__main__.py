"""A press: holds Django and WeasyPrint ready, and forks for each paper.

Requests come on standard input, answers go to standard output: a line of JSON each, then as many
bytes as it says. The fork has the paper's limits, never touches the database, and ends with the
paper. Started by cabinet/press/__init__.py.

A module whose function makes papers may have `prepare()`: what it loads once, every fork finds
loaded. It must not draw: Pango starts a thread, and a process with threads does not fork safely.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import logging
import os
import resource
import select
import signal
import time
from typing import Any, BinaryIO

import django

# A press that nobody needs gives its memory back.
IDLE_SECONDS = 1800
_BLOCK = 1 << 20
_MB = 1 << 20
# The first byte that a fork writes.
_MADE, _ERROR, _LARGE = b"m", b"e", b"l"
# How C code ends that gets no memory: abort, a trap of GLib, a null pointer.
_WITHOUT_MEMORY = {signal.SIGABRT, signal.SIGTRAP, signal.SIGSEGV}

logger = logging.getLogger("cabinet.press")


def main() -> None:
    """Serve until the input ends or nothing comes for a while."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Whatever prints must not print into the answers.
    os.dup2(2, 1)
    django.setup()
    import weasyprint  # noqa: F401 - what forks shall find loaded

    while select.select([requests], [], [], IDLE_SECONDS)[0]:
        line = requests.readline()
        if not line:
            return
        head = json.loads(line)
        _prepare(head["function"].partition(":")[0])
        answer, content = _serve(head, requests.read(head["size"]), requests)
        answers.write(json.dumps({**answer, "size": len(content)}).encode() + b"\n")
        answers.write(content)
        try:
            answers.flush()
        except BrokenPipeError:  # whoever asked was killed meanwhile: nobody is left to serve
            os._exit(0)


@functools.cache
def _prepare(module: str) -> None:
    """Once for each module; an error in it is told by the fork, which meets it again."""
    with contextlib.suppress(Exception):
        getattr(importlib.import_module(module), "prepare", lambda: None)()
    gc.collect()
    gc.freeze()


def _serve(
    head: dict[str, Any], argument: bytes, requests: BinaryIO
) -> tuple[dict[str, Any], bytes]:
    """The answer's head and its bytes."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _print(head, argument, writing)
    os.close(writing)
    content = _read(reading, requests, until=time.monotonic() + head["seconds"])
    os.close(reading)
    if content is None:
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    answer = {
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 3),
        "peak_mb": used.ru_maxrss // 1024,
    }
    if content is None or ended_by == signal.SIGXCPU:
        return {**answer, "state": "slow"}, b""
    if not ended_by and content[:1] == _MADE:
        return {**answer, "state": "made"}, content[1:]
    if ended_by in _WITHOUT_MEMORY or content[:1] == _LARGE:
        return {**answer, "state": "large"}, b""
    words = content[1:] or f"Процесс прерван, сигнал {ended_by}.".encode()
    return {**answer, "state": "broken"}, words


def _print(head: dict[str, Any], argument: bytes, writing: int) -> None:
    """In the fork: make the paper, write it, end."""
    code = 1
    try:
        # Nothing of the press is for the paper: neither its input nor the wish to collect garbage
        # in a process that is gone in a moment.
        gc.disable()
        memory = head["memory_mb"] * _MB
        seconds = int(head["seconds"]) + 1
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # When the machine has no memory left, this process goes, not the one that asked.
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
        module, name = head["function"].split(":")
        content = _MADE + getattr(importlib.import_module(module), name)(argument)
        code = 0
    except MemoryError:
        content = _LARGE
    except Exception as error:  # whatever it is, the office shall read it
        logger.exception("a paper could not be made")
        content = _ERROR + _words(error).encode()
    try:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(content)
    finally:
        os._exit(code)


def _words(error: Exception) -> str:
    """An error that has words for the office says so itself; others with their class."""
    words = getattr(error, "words", "")
    return str(words) if words else f"{type(error).__name__}: {error}"


def _read(reading: int, requests: BinaryIO, *, until: float) -> bytes | None:
    """All that the fork writes; None when the time is over, or nobody waits for it any more."""
    parts: list[bytes] = []
    while True:
        left = until - time.monotonic()
        ready, _, _ = select.select([reading, requests.fileno()], [], [], max(0, left))
        if reading in ready:
            part = os.read(reading, _BLOCK)
            if not part:
                return b"".join(parts)
            parts.append(part)
        else:
            # The time is over; or the input has ended: no second request comes before the answer.
            return None


if __name__ == "__main__":
    main()
