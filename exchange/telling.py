"""What a worker tells of its work while the transaction of that work is still open."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

_EVERY_SECONDS = 1.0

Say = Callable[[int | None, str], None]


def nobody(percent: int | None, stage: str) -> None:
    """A `Say` for work that nobody waits for at a page."""


@contextmanager
def aside(statement: str, parameters: dict[str, Any]) -> Iterator[Say]:
    """`say(percent, stage)` runs the statement with them through a connection of its own.

    Everybody else sees that at once. Nothing is told in the first second, then each new stage, and
    a new share of the same one each second. The work must not end because nobody can be told of it.
    """
    line: list[BaseDatabaseWrapper] = []
    last, told = time.monotonic(), ""
    first = last + _EVERY_SECONDS

    def say(percent: int | None, stage: str) -> None:
        nonlocal last, told
        now = time.monotonic()
        if now < first or (stage == told and now < last + _EVERY_SECONDS):
            return
        last, told = now, stage
        with contextlib.suppress(Error):
            if not line:
                line.append(connections.create_connection("default"))
            said = {**parameters, "percent": percent, "stage": stage[:100]}
            line[0].cursor().execute(statement, said)

    try:
        yield say
    finally:
        for connection in line:
            connection.close()
