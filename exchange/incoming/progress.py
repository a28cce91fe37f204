"""How far a load is, told while its transaction is still open."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from exchange.incoming.declaration import Table
from exchange.models import Import

# Longer than the longest statement of a load: a worker that died is noticed after it.
LEASE = timedelta(minutes=20)
_TOLD_EVERY_SECONDS = 1.0
# Which part of a table's work is done when each begins.
_BEGINS = {"чтение": 0.0, "проверка": 0.35, "запись": 0.5}

Tell = Callable[[int, str], None]


class Progress:
    """The share of a package's bytes that are through; `tell` gets per cent and words."""

    def __init__(self, sizes: Mapping[str, int], tell: Tell) -> None:
        self._sizes, self._tell = sizes, tell
        self._total = max(1, sum(sizes.values()))
        self._finished = 0
        self._table = ""
        self._stage = ""
        self._in_table = 0.0

    def at(self, table: Table, stage: str) -> None:
        """A stage of a table begins."""
        if table.name != self._table:
            self._finished += self._sizes.get(self._table, 0)
            self._table = table.name
        self._stage = f"{table.title}: {stage}"
        self._in_table = _BEGINS[stage] * self._sizes.get(table.name, 0)
        self._say()

    def moved(self, count: int) -> None:
        """So many bytes of the table's file were read."""
        self._in_table += count * _BEGINS["проверка"]
        self._say()

    def _say(self) -> None:
        share = (self._finished + self._in_table) / self._total
        self._tell(min(99, int(share * 100)), self._stage)


@contextmanager
def told(attempt: Import, tell: Tell) -> Iterator[Tell]:
    """Write what is told into the import's row each second, beside the load's own transaction.

    The row is written through a connection of its own, which everybody else sees at once; with it
    the worker says that it still lives.
    """
    line: list[BaseDatabaseWrapper] = []
    last = time.monotonic()

    def told_at_times(percent: int, stage: str) -> None:
        nonlocal last
        tell(percent, stage)
        if time.monotonic() - last < _TOLD_EVERY_SECONDS:
            return
        last = time.monotonic()
        # The load itself must not end because nobody can be told of it.
        with contextlib.suppress(Error):
            if not line:
                line.append(connections.create_connection("default"))
            line[0].cursor().execute(
                "UPDATE exchange_import SET percent = %s, stage = %s,"
                " leased_until = statement_timestamp() + make_interval(secs => %s) WHERE id = %s",
                [percent, stage[:100], LEASE.total_seconds(), attempt.pk],
            )

    try:
        yield told_at_times
    finally:
        for connection in line:
            connection.close()
