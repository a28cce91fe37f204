"""How far a load is, told while its transaction is still open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from exchange import telling
from exchange.incoming.declaration import Table
from exchange.models import Import

# Longer than the longest statement of a load: a worker that died is noticed after it.
LEASE = timedelta(minutes=20)
_TOLD = """
    UPDATE exchange_import SET percent = %(percent)s, stage = %(stage)s,
        leased_until = statement_timestamp() + make_interval(secs => %(seconds)s)
    WHERE id = %(pk)s
"""
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
    """Write what is told into the import's row, beside the load's own transaction.

    With it the worker says that it still lives.
    """
    known = {"seconds": LEASE.total_seconds(), "pk": attempt.pk}
    with telling.aside(_TOLD, known) as say:

        def told_to_both(percent: int, stage: str) -> None:
            tell(percent, stage)
            say(percent, stage)

        yield told_to_both
