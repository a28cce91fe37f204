"""What a month of readings costs on its way out: the batch, its files, billing's answer to it.

    make run CMD="python -m bench.outgoing"    (125,000 new readings, 1,500,000 before them)
    make run CMD="python -m bench.outgoing 12500"

Everything is a ratio within one run: of making a batch to a bare INSERT of the same rows, of a file
to a bare COPY of them to the client. Memory is by how much the process grew at most.
"""

# ruff: noqa: E402 - Django is set up before models are imported
from __future__ import annotations

import io
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cabinet.settings.test")

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from accounts.models import User
from accounts.roles import Role
from contracts.models import Contract
from contracts.periods import Month
from exchange.models import OutgoingBatch
from exchange.outgoing import answering, batch_files, batching
from tests import make

A_CONTRACT = 125
MONTHS = 12
FEW = 125
CASES = 3_000

_PLACES = """
    INSERT INTO meters_meteringpoint
        (external_id, contract_id, number, name, place, site, opened_on)
    SELECT 'p' || n, %(first)s + (n - 1) / %(a_contract)s, n, 'ТП-' || n || ', ввод 1', 'щитовая',
           'Объект', '2020-01-01' FROM generate_series(1, %(count)s) n;
    INSERT INTO meters_meter (external_id, make, model, serial, is_automatic)
    SELECT 'm' || n, 'Меркурий', '234', (31000000 + n)::text, false
    FROM generate_series(1, %(count)s) n;
    INSERT INTO meters_installation
        (external_id, point_id, meter_id, current_ratio, voltage_ratio, installed_on)
    SELECT 'i' || substr(point.external_id, 2), point.id, meter.id, 40, 1, '2020-01-01'
    FROM meters_meteringpoint point
    JOIN meters_meter meter ON meter.external_id = 'm' || substr(point.external_id, 2);
    INSERT INTO meters_register
        (external_id, meter_id, energy, zone, "order", integer_digits, fraction_digits)
    SELECT 'r' || substr(external_id, 2), id, 'A+', 'total', 1, 6, 1 FROM meters_meter;
"""
_READINGS = """
    INSERT INTO meters_reading (external_id, contract_id, point_id, register_id, period, value,
        source, submission_id, is_rollover, doubts, explanation, received_at)
    SELECT {code}, point.contract_id, point.id, register.id, %(period)s,
           %(value)s + register.id %% 7, {source}, submission.id, false, '{{}}', '',
           %(period)s::date + interval '1 month'
    FROM meters_meteringpoint point
    JOIN meters_installation hung ON hung.point_id = point.id
    JOIN meters_register register ON register.meter_id = hung.meter_id
    LEFT JOIN meters_submission submission
        ON {own} AND submission.contract_id = point.contract_id AND submission.period = %(period)s
    WHERE point.number <= %(count)s
"""

_BARE = """
    COPY (SELECT row, content FROM exchange_outgoingreading
          WHERE batch_id = current_setting('bench.batch')::bigint ORDER BY row) TO STDOUT
"""


def run(statement: str, parameters: dict[str, Any] | None = None) -> None:
    """One statement or several."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def fill(count: int) -> None:
    """`count` registers with twelve months of billing's own readings."""
    client = make.client()
    contracts = [make.contract(client) for _ in range(-(-count // A_CONTRACT))]
    user = make.user("bench")
    places = {"first": contracts[0].pk, "a_contract": A_CONTRACT, "count": count}
    for statement in filter(str.strip, _PLACES.split(";\n")):
        run(statement, places)
    now = Month.current()
    for back in range(MONTHS + 1, 1, -1):
        period = now.shifted(-back).first_day
        loaded = _READINGS.format(
            code=f"'{back}-' || register.id", source="'network'", own="false"
        )  # fmt: skip
        run(loaded, {"period": period, "value": 1000 - 10 * back, "count": count})
    for contract in contracts:
        make.submission(contract, user, period=now.shifted(-1).first_day)
    run("VACUUM ANALYZE")


def hand_in(count: int, value: int) -> None:
    """New readings of the first `count` registers, by the submissions of their contracts."""
    handed = _READINGS.format(code="NULL", source="'client'", own="true")
    period = Month.current().shifted(-1).first_day
    run(handed, {"period": period, "value": value, "count": count})


def took(action: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds on the wall, for the work is mostly the database's, and what came of it."""
    began = time.perf_counter()
    result = action()
    return time.perf_counter() - began, result


def grown() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def copied(batch: OutgoingBatch) -> int:
    """The rows of the batch by a bare COPY; their bytes."""
    size = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('bench.batch', %s, false)", [str(batch.pk)])
        with cursor.copy(_BARE) as blocks:
            for block in blocks:
                size += len(block)
    return size


def measure_batch(count: int) -> OutgoingBatch:
    """Making a batch, against a bare INSERT of the same rows; few new ones behind the same past."""
    seconds, batch = took(lambda: batching.make(kind="readings"))
    assert batch.rows >= count, batch.rows
    run("CREATE TABLE bare (LIKE exchange_outgoingreading INCLUDING INDEXES)")
    bare, _ = took(lambda: run("INSERT INTO bare SELECT * FROM exchange_outgoingreading"))
    hand_in(FEW, 3000)
    few, small = took(lambda: batching.make(kind="readings"))
    print(
        f"a batch of {batch.rows} readings: {seconds / bare:.1f} times a bare INSERT of them"
        f" ({seconds:.1f} and {bare:.1f} s); of {small.rows} behind the same past: {few:.3f} s"
    )
    return batch


def measure_files(batch: OutgoingBatch) -> None:
    """Each format, against a bare COPY of the same rows to the client."""
    bare, _ = took(lambda: copied(batch))
    for format in ("csv", "json", "xlsx"):
        before = grown()
        seconds, file = took(lambda format=format: batch_files.file_of(batch, format))
        print(
            f"{format}: {seconds / bare:.1f} times a bare COPY ({seconds:.1f} and {bare:.1f} s),"
            f" {file.size / 2**20:.0f} MB, memory grew by {grown() - before:.0f} MB"
        )


def measure_answer(batch: OutgoingBatch) -> None:
    """Billing's answer to every row, new and once more in other words."""
    for state, words in (("accepted", "new"), ("принято", "known"), ("counted", "later")):
        lines = ["row;state", *(f"{row};{state}" for row in range(1, batch.rows + 1))]
        content = "\n".join(lines).encode()
        before = grown()
        seconds, (taken, _) = took(
            lambda content=content: answering.take(
                batch=batch, stream=io.BytesIO(content), name="answers.csv"
            )
        )
        print(
            f"answers, {words}: {seconds:.1f} s for {taken.rows} rows, {taken.new} of them new,"
            f" memory grew by {grown() - before:.0f} MB"
        )


def measure_cases(count: int) -> None:
    """Billing's answer to cases: each is an entry in the case's course and a letter."""
    contract = Contract.objects.order_by("pk")[0]
    author, topic = User.objects.get(), make.topic()
    make.membership(author, contract.client, Role.DIRECTOR)
    for _ in range(count):
        make.message(contract, author, topic)
    batch = batching.make(kind="cases")
    content = "".join(["row;state\n", *(f"{row};counted\n" for row in range(1, count + 1))])
    before = grown()
    seconds, (taken, _) = took(
        lambda: answering.take(batch=batch, stream=io.BytesIO(content.encode()), name="a.csv")
    )
    print(
        f"answers to cases: {1000 * seconds / count:.0f} ms each, {seconds:.1f} s for"
        f" {taken.new}, memory grew by {grown() - before:.0f} MB"
    )


def main() -> None:
    """Fill a database of its own and print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 125_000
    call_command("migrate", verbosity=0)
    run("SET statement_timeout = 0")
    fill(count)
    warm = batching.make(kind="readings")  # what the fill's own submissions hold
    for format in ("csv", "json", "xlsx"):
        batch_files.file_of(warm, format)
    hand_in(count, 2000)
    run("ANALYZE")
    batch = measure_batch(count)
    measure_files(batch)
    measure_answer(batch)
    measure_cases(CASES)


if __name__ == "__main__":
    main()
