"""What a page costs with ever more rows behind it; shared by benches of pages.

Each page is asked in this process: its CPU time is the web process's own, without PostgreSQL; what
that reads is counted in pages of 8 KB by EXPLAIN (ANALYZE, BUFFERS) of every statement, as when
nothing has to be read from the disk.

Django must be set up before this module is imported.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext, get_runner, setup_test_environment

from accounts.models import User
from bin.stack import console
from contracts.models import Contract

SIZES = (100, 10_000, 100_000)
ROUNDS = 15


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One page: CPU milliseconds of the process, statements, 8 KB pages that PostgreSQL touched."""

    cpu_ms: float
    statements: int
    buffers: int


def sizes_asked(program: str, description: str | None) -> list[int]:
    """`--sizes` of the command line, smallest first."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {program}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    return sorted(parser.parse_args().sizes)


@contextmanager
def database() -> Iterator[None]:
    """An empty database beside the tests' own, removed at the end."""
    setup_test_environment(debug=False)
    runner = get_runner(settings)(verbosity=0, interactive=False)
    old = runner.setup_databases()
    try:
        yield
    finally:
        runner.teardown_databases(old)


def measure(
    people: Sequence[tuple[User, Contract]],
    pages: Callable[[Contract], Iterable[tuple[str, str]]],
) -> dict[str, list[Cost]]:
    """What each of `pages` (name, address) costs each person, by name, after a VACUUM ANALYZE."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    costs: dict[str, list[Cost]] = {}
    for user, contract in people:
        browser = Browser()
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        for name, address in pages(contract):
            costs.setdefault(name, []).append(_cost(browser, address))
    return costs


def report(costs: dict[str, list[Cost]], sizes: Sequence[int]) -> None:
    """A table for docs/performance.md; the ratio is the largest size's CPU to the smallest's."""
    heads = " | ".join(f"{size:,}".replace(",", " ") for size in sizes)
    console.say("CPU of the web process, statements, 8 KB pages of PostgreSQL\n")
    console.say(f"| page | {heads} | CPU, last to first |")
    console.say("|---|" + "---|" * (len(sizes) + 1))
    for name, row in costs.items():
        cells = [f"{one.cpu_ms:.1f} ms, {one.statements}, {one.buffers}" for one in row]
        console.say(f"| {name} | {' | '.join(cells)} | {row[-1].cpu_ms / row[0].cpu_ms:.2f} |")


def _cost(browser: Browser, address: str) -> Cost:
    """The median of some rounds after one that warms up."""
    _get(browser, address)
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        _get(browser, address)
        times.append(time.process_time() - started)
    with CaptureQueriesContext(connection) as captured:
        _get(browser, address)
    read = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    return Cost(
        cpu_ms=statistics.median(times) * 1000,
        statements=len(captured),
        buffers=sum(_buffers(sql) for sql in read),
    )


def _get(browser: Browser, address: str) -> None:
    response = browser.get(address)
    assert response.status_code == 200, (address, response.status_code)


def _buffers(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()[0]
    top = plan["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])
