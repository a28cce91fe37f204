"""PDFs are made in processes of their own: one process, one paper, with limits of time and memory.

A paper that is too large, or that lets WeasyPrint run without end, costs its own process and
nobody else's. A press (cabinet/press/__main__.py) holds Django and WeasyPrint ready and forks for
each paper, which costs milliseconds where a new process would cost a second or two. Presses start
when they are needed, one for each thread that prints at the same moment, and end by themselves
when they have nothing to do or when the process that started them is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings

# Beyond the limit that the press itself keeps: then the press is stuck too. Its start counts.
_GRACE_SECONDS = 30
_BLOCK = 1 << 20


class NotMade(Exception):
    """There is no paper; the text says why, in Russian, for the office."""


class TooSlow(NotMade):
    """It was not ready in time, and its process was ended."""


class TooLarge(NotMade):
    """It needs more memory than it may have."""


class Broken(NotMade):
    """Making it raised an error, or its process ended by itself."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A paper, the processor's seconds that it took, and the most memory that its process held."""

    content: bytes
    cpu_seconds: float
    peak_mb: int


def make(function: str, argument: bytes, *, seconds: float | None = None) -> Made:
    """What `function` («documents.papers:make_packed») makes of `argument`, in another process.

    It may take `seconds`, else `PDF_SECONDS`, and `PDF_MEMORY_MB` of memory.

    Raises:
        TooSlow, TooLarge, Broken: there is no paper, and why.
    """
    limit = settings.PDF_SECONDS if seconds is None else seconds
    press = _take()
    try:
        made = press.make(function, argument, seconds=limit)
    except _Gone:  # it had nothing to do for too long, or died: another one, once
        press = _Press()
        try:
            made = press.make(function, argument, seconds=limit)
        except _Gone as error:
            raise Broken("Процесс, который делает PDF, не отвечает.") from error
    except NotMade:
        _give_back(press)
        raise
    _give_back(press)
    return made


# Presses at rest, of this process alone: a fork must not use its parent's.
_resting: list[_Press] = []
_owner = 0
_lock = threading.Lock()


def _take() -> _Press:
    global _owner
    with _lock:
        if _owner != os.getpid():
            _owner = os.getpid()
            _resting.clear()
        return _resting.pop() if _resting else _Press()


def _give_back(press: _Press) -> None:
    with _lock:
        if press.is_alive and _owner == os.getpid():
            _resting.append(press)


class _Gone(Exception):
    """The press is not there any more."""


class _Press:
    """A process that forks for each paper; used by one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cabinet.press"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            # Signals to the worker's group are not for it: it ends when its input does.
            start_new_session=True,
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def make(self, function: str, argument: bytes, *, seconds: float) -> Made:
        until = time.monotonic() + seconds + _GRACE_SECONDS
        head = {
            "function": function,
            "size": len(argument),
            "seconds": seconds,
            "memory_mb": settings.PDF_MEMORY_MB,
        }
        try:
            self._write(json.dumps(head).encode() + b"\n" + argument)
            answer = json.loads(self._read_line(until))
            content = self._read(answer["size"], until)
        except TimeoutError as error:
            self._end()
            raise TooSlow(_too_slow(seconds)) from error
        except OSError as error:
            self._end()
            raise _Gone from error
        match answer["state"]:
            case "made":
                return Made(
                    content=content, cpu_seconds=answer["cpu_seconds"], peak_mb=answer["peak_mb"]
                )
            case "slow":
                raise TooSlow(_too_slow(seconds))
            case "large":
                raise TooLarge(f"Не хватило памяти: можно {settings.PDF_MEMORY_MB} МБ.")
        raise Broken(content.decode(errors="replace"))

    def _write(self, message: bytes) -> None:
        left = memoryview(message)
        while left:
            left = left[self._stdin.write(left) or 0 :]

    def _read_line(self, until: float) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            line += self._read(1, until)
        return line

    def _read(self, size: int, until: float) -> bytes:
        parts, left = [], size
        while left:
            ready, _, _ = select.select([self._stdout], [], [], max(0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = self._stdout.read(min(left, _BLOCK))
            if not part:
                raise ConnectionResetError("the press has ended")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _end(self) -> None:
        """Kill it with the paper in its hands."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._stdin.close()
        self._stdout.close()

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    @property
    def _stdout(self) -> Any:
        return self._process.stdout


def _too_slow(seconds: float) -> str:
    return f"Не успел за {seconds:.0f} с."
