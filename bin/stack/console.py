"""What the person at the terminal reads."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path


class StackError(Exception):
    """The stack cannot go on; the text tells a person why and what to do."""


def say(text: str = "", *, end: str = "\n") -> None:
    """Print at once; a terminal that has gone away is no reason to leave servers running."""
    with contextlib.suppress(OSError):
        print(text, end=end, flush=True)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Show what is being done, then how many seconds it took."""
    say(f"  {title} … ", end="")
    started_at = time.monotonic()
    try:
        yield
    except BaseException:
        say()
        raise
    say(seconds_since(started_at))


def seconds_since(started_at: float) -> str:
    """The time since a moment of `time.monotonic()`, as a Russian reader writes it: «1,4 с»."""
    return f"{time.monotonic() - started_at:.1f} с".replace(".", ",")


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, to show beside an error."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def complain(error: StackError) -> None:
    """Tell a person why the stack stops."""
    print(error, file=sys.stderr, flush=True)
