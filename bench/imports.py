"""What taking in a package costs against a plain COPY, and what the portal does meanwhile.

    make bench-imports                                         about ten quiet minutes
    make run CMD="python -m bench.imports --rows 100000"       a minute

The measure is a COPY of the same entries into the same table, with its constraints, indexes,
foreign keys and triggers, committed. Against it: a package with these entries for the first time,
checked alone, and a second time when nothing has changed. While the package is loaded, two others
read a page and hand in readings as fast as they can; their slowest answer is told. The memory of
the process is looked at after a tenth of the rows and after all of them.
"""

# ruff: noqa: E402 - Django is set up before models are imported
from __future__ import annotations

import argparse
import csv
import datetime
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from bench import pages
from bin.stack import console
from contracts.models import Contract
from exchange.demo import SEED, package
from exchange.incoming import loading, manifest
from exchange.incoming import package as packages
from tests import make

TODAY = datetime.date(2026, 11, 23)
CONTRACTS = 30_000
_COLUMNS = (
    "external_id", "contract", "kind", "account", "title", "number", "booked_on", "period",
    "amount", "note",
)  # fmt: skip
_CONTRACTS = """
    INSERT INTO contracts_contract (external_id, client_id, branch_id, number, signed_on, place,
        price_category, voltage)
    SELECT 'many-' || n, %s, %s, 'М-' || n, '2010-01-01', '', 1, 'NN' FROM generate_series(1, %s) n
    RETURNING external_id, id
"""


def entries(count: int) -> Iterator[list[Any]]:
    """Charges and payments of the main debt, contract after contract in each month.

    One in ten is half of an advance that was set off: two entries that name the same sum.
    """
    for n in range(count - count % 2):
        is_offset = n % 20 in (18, 19)
        same = n - n % 2 if is_offset else n
        month = datetime.date(2024 + same // CONTRACTS % 24 // 12, 1 + same // CONTRACTS % 12, 1)
        kind = "offset" if is_offset else "charge" if n % 2 else "payment"
        account = "advance" if is_offset and n % 2 else "main"
        day = month.replace(day=1 + same % 28)
        amount = Decimal(1_000 + same * 7919 % 1_000_003) / 100
        key, contract = f"entry-{n}", f"many-{1 + same % CONTRACTS}"
        yield [key, contract, kind, account, "Документ", str(same), day, month, amount, ""]


def write_package(made: Path, folder: Path, count: int) -> Path:
    """The demo's package with so many entries instead of its own."""
    folder.mkdir()
    for file in made.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "ledger.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        header = [*_COLUMNS, "document"]
        writer.writerow(header)
        writer.writerows([*row, ""] for row in entries(count))
    with packages.opened(made) as opened:
        stated = manifest.read(opened).stated
    rows = {name: file.rows for name, file in stated.tables.items()} | {"ledger": count}
    manifest.write(folder, day=stated.day, as_of=stated.as_of, rows=rows)
    return folder


def write_copy(path: Path, ids: dict[str, int], count: int) -> Path:
    """The same entries as the table has them."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        for row in entries(count):
            row[1] = ids[row[1]]
            writer.writerow(row)
    return path


def copy_plainly(path: Path) -> None:
    """One COPY, committed."""
    columns = ", ".join(_COLUMNS).replace("contract,", "contract_id,")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SET LOCAL statement_timeout = 0")
        statement = (
            f"COPY billing_ledgerentry ({columns}) FROM STDIN (FORMAT csv, DELIMITER ';',"
            " FORCE_NOT_NULL (note))"
        )
        with path.open("rb") as stream, cursor.copy(statement) as copying:
            while block := stream.read(1 << 18):
                copying.write(block)
        cursor.execute("COMMIT")


def forget_entries() -> None:
    """An empty table again, as if nothing had ever been in it."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("TRUNCATE billing_ledgerentry, billing_monthturnover")
        cursor.execute("DELETE FROM exchange_addedrows")
        cursor.execute("DELETE FROM exchange_changedrow")
        cursor.execute("DELETE FROM exchange_import")
        cursor.execute("VACUUM ANALYZE")


class Neighbour(threading.Thread):
    """Somebody who does the same thing again and again; what it took, in milliseconds."""

    def __init__(self, call: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.took: list[float] = []
        self.failures: list[str] = []
        self._call, self._told = call, threading.Event()

    def run(self) -> None:
        """Until it is told to stop."""
        while not self._told.is_set():
            started = time.monotonic()
            try:
                self._call()
            except Exception as error:  # told at the end
                self.failures.append(repr(error))
            self.took.append((time.monotonic() - started) * 1000)
            time.sleep(0.02)
        connection.close()

    def stop(self) -> None:
        """And wait for the last answer."""
        self._told.set()
        self.join()


@contextmanager
def neighbours() -> Iterator[dict[str, Neighbour]]:
    """A person who reads the debt page, and one who hands in readings."""
    user, client = make.user(), make.client()
    make.membership(user, client)
    contract = make.contract(client)
    make.installation(make.point(contract))
    make.balance(contract)
    browser = Browser()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = reverse("billing:debt", args=[contract.pk])

    def read() -> None:
        assert browser.get(address).status_code == 200

    def write() -> None:
        make.submission(contract, user, "100.0")

    found = {"debt page": Neighbour(read), "handing in readings": Neighbour(write)}
    for one in found.values():
        one.start()
    try:
        yield found
    finally:
        for one in found.values():
            one.stop()


def seconds(call: Callable[[], object]) -> float:
    """By the clock."""
    started = time.monotonic()
    call()
    return time.monotonic() - started


def peak_mb() -> float:
    """The most memory that this process has ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say_neighbours(found: dict[str, Neighbour], alone: dict[str, Neighbour]) -> None:
    """What they waited for, beside a load and without one."""
    for name, one in found.items():
        assert not one.failures, one.failures[:3]
        usual = statistics.median(alone[name].took)
        console.say(
            f"{name} meanwhile: {len(one.took)} times, median {statistics.median(one.took):.0f} ms,"
            f" slowest {max(one.took):.0f} ms (alone {usual:.0f} ms, slowest"
            f" {max(alone[name].took):.0f})"
        )


def measure(work: Path, count: int, rounds: int) -> None:
    """All of it."""
    made = work / "made"
    package.generate(folder=made, seed=SEED, scale=1, today=TODAY)
    loading.load(folder=made)
    owner = Contract.objects.first()
    with connection.cursor() as cursor:
        cursor.execute(_CONTRACTS, [owner.client_id, owner.branch_id, CONTRACTS])
        ids = dict(cursor.fetchall())
    plain = write_copy(work / "plain.csv", ids, count)
    small = write_package(made, work / "small", count // 10)
    large = write_package(made, work / "large", count)
    forget_entries()
    loading.load(folder=small)
    after_small = peak_mb()
    copies, loads = [], []
    for _ in range(rounds):
        forget_entries()
        copies.append(seconds(lambda: copy_plainly(plain)))
        forget_entries()
        loads.append(seconds(lambda: loading.load(folder=large)))
    unit = statistics.median(copies)
    console.say(f"plain COPY of {count} entries: {unit:.1f} s ({_all(copies)})")
    console.say(f"a package with them: {statistics.median(loads) / unit:.2f} ({_all(loads)} s)")
    console.say(f"memory at most: {after_small:.0f} MB after a tenth, {peak_mb():.0f} after all")
    again = seconds(lambda: loading.load(folder=large))
    console.say(f"the same again, nothing changed: {again / unit:.2f} ({again:.1f} s)")
    forget_entries()
    check = seconds(lambda: loading.load(folder=large, is_final=False))
    console.say(f"checked alone: {check / unit:.2f} ({check:.1f} s)")
    forget_entries()
    with neighbours() as alone:
        time.sleep(5)
    with neighbours() as found:
        beside = seconds(lambda: loading.load(folder=large))
    console.say(f"a package with them beside readers and writers: {beside / unit:.2f}")
    say_neighbours(found, alone)


def _all(times: list[float]) -> str:
    return ", ".join(f"{one:.1f}" for one in times)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.imports",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-imports-") as name, pages.database():
        measure(Path(name), arguments.rows, arguments.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
