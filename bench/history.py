"""What the history of a thousand registers costs: its pages, its charts, its tables to save.

    make run CMD="python -m bench.history"

Pages are compared, by the CPU of the web process, with the same page of a contract of five
registers; the last page of a year with the first one. Of tables to save the seconds are told and
how much memory the process asked for at most.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from bench.readings import NEIGHBOURS, NOW, REGISTERS, contract_with, cpu, fill
from contracts.models import Contract
from meters.models import Reading
from meters.views.history import PAGE_ROWS
from tests import make

ROUNDS = 7
# The last year whose months all lie among those that are filled, or nearly.
YEAR = NOW.shifted(-1).year


def median(action: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds of CPU of this process, and of the clock on the wall."""
    action()
    processed, passed = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        processed.append(cpu(action)[0])
        passed.append(time.perf_counter() - began)
    return statistics.median(processed) * 1000, statistics.median(passed) * 1000


def pages(browser: Browser, large: Contract, small: Contract) -> None:
    """Each page of the large contract and of the small one."""
    rows = Reading.objects.filter(contract=large, period__year=YEAR).count()
    last = -(-rows // PAGE_ROWS)
    year = f"?month=&year={YEAR}"
    for words, name, query in (
        ("history, first page", "reading-history", year),
        (f"history, page {last} of {last}", "reading-history", f"{year}&page={last}"),
        ("submissions", "submission-list", year),
        ("points", "point-list", ""),
        ("consumption", "usage", ""),
        ("verification", "verification-list", ""),
        ("one point", "point", year),
    ):
        figures = []
        for contract in (large, small):
            arguments = [contract.pk]
            if name == "point":
                arguments.append(contract.points.order_by("number").first().pk)
            address = reverse(f"meters:{name}", args=arguments) + query
            assert browser.get(address).status_code == 200, address
            figures.append(median(lambda address=address: browser.get(address)))
        (cpu_large, wall_large), (cpu_small, wall_small) = figures
        print(
            f"{words}: {cpu_large / cpu_small:.1f} times that of five registers"
            f" (ms of CPU {cpu_large:.0f} and {cpu_small:.0f}; in all {wall_large:.0f}"
            f" and {wall_small:.0f})"
        )


def tables(browser: Browser, large: Contract) -> None:
    """The files of the large contract."""
    year = f"?month=&year={YEAR}"
    for name, query in (("reading-history-file", year), ("usage-file", "")):
        for kind in ("csv", "xlsx"):
            address = reverse(f"meters:{name}", args=[large.pk, kind]) + query
            began = time.perf_counter()
            seconds, response = cpu(lambda address=address: browser.get(address))
            passed, size = time.perf_counter() - began, len(response.content)
            tracemalloc.start()
            browser.get(address)
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            print(
                f"{name} as {kind}: {seconds:.1f} s of CPU ({passed:.1f} in all),"
                f" {size / 1024:.0f} KB, at most {most / 1024 / 1024:.0f} MB of memory"
            )


def main() -> None:
    """Fill a database of its own and print the figures."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    client, user = make.client(), make.user("bench")
    make.membership(user, client)
    large, small = contract_with(client, REGISTERS), contract_with(client, 5)
    neighbours = [contract_with(client, REGISTERS // 4) for _ in range(NEIGHBOURS)]
    fill([large, small, *neighbours])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    rows = Reading.objects.filter(contract=large, period__year=YEAR).count()
    print(f"{rows} readings of {YEAR} at {REGISTERS} registers, {NEIGHBOURS} contracts between")
    browser = Browser()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    pages(browser, large, small)
    tables(browser, large)


if __name__ == "__main__":
    main()
