"""Two offices at once, a submission that commits late, and a history that costs nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from cabinet import alone
from contracts.models import Contract
from exchange.models import OutgoingBatch, OutgoingOrder, OutgoingReading
from exchange.outgoing import batch_content as content
from exchange.outgoing import batching, orders
from meters.models import BillingAnswer, Reading
from tests import make

Kind = OutgoingBatch.Kind
State = OutgoingOrder.State


def aside(action: Callable[[], object]) -> threading.Thread:
    """`action` on a connection of its own, begun."""

    def run() -> None:
        try:
            action()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_many_at_once_take_each_reading_once(vega: User, vega_contract: Contract) -> None:
    for _ in range(3):
        make.submission(vega_contract, vega, "100.5", "200.0")
    outcomes: list[int] = []

    def one() -> None:
        try:
            outcomes.append(batching.make(kind=Kind.READINGS).rows)
        except batching.NothingNew:
            outcomes.append(0)

    for thread in [aside(one) for _ in range(4)]:
        thread.join()
    assert sorted(outcomes) == [0, 0, 0, 6]
    make.submission(vega_contract, vega)
    batching.make(kind=Kind.READINGS)
    assert list(OutgoingBatch.objects.order_by("pk").values_list("number", flat=True)) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_submission_that_commits_late_is_in_the_next_batch(
    vega: User, vega_contract: Contract
) -> None:
    is_stored, may_commit = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            make.submission(vega_contract, vega, "1.0")
            is_stored.set()
            may_commit.wait(10)

    thread = aside(late)
    assert is_stored.wait(10)
    make.submission(vega_contract, vega, "2.0")  # a larger id, committed before
    assert batching.make(kind=Kind.READINGS).rows == 1
    may_commit.set()
    thread.join()
    batch = batching.make(kind=Kind.READINGS)
    assert (batch.number, batch.rows) == (2, 1)
    assert OutgoingReading.objects.count() == Reading.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_fails_leaves_no_gap(
    vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.submission(vega_contract, vega)
    with monkeypatch.context() as patch:
        patch.setattr(batching, "_count_answered", lambda batch: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            batching.make(kind=Kind.READINGS)
    assert not OutgoingBatch.objects.exists()
    assert batching.make(kind=Kind.READINGS).number == 1


@pytest.mark.django_db
def test_what_is_new_is_found_without_reading_the_history(
    vega: User, vega_contract: Contract
) -> None:
    submission = make.submission(vega_contract, vega, "100.5", "200.0")
    register = submission.readings.first().register
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO meters_reading (external_id, contract_id, point_id, register_id, period,
                value, source, received_at, is_rollover, doubts, explanation)
            SELECT 'old-' || n, %s, point_id, register_id, '2020-01-01', n, 'network', now(),
                false, '{}', '' FROM generate_series(1, 20000) n, meters_reading
            WHERE register_id = %s AND external_id IS NULL
            """,
            [vega_contract.pk, register.pk],
        )
        cursor.execute("ANALYZE meters_reading, exchange_waitingreading")
        statement, parameters = content.waiting_readings().query.sql_with_params()
        cursor.execute(f"EXPLAIN {statement}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on meters_reading" not in plan, plan
    assert "meters_reading_pkey" in plan


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["readings", "cases", "requests"])
def test_a_batch_costs_the_same_for_any_number_of_rows(
    vega: User, vega_contract: Contract, kind: str
) -> None:
    topic = make.topic(code="documents" if kind == "requests" else "general")
    counts = []
    for rows in (2, 20):
        for _ in range(rows):
            make.submission(vega_contract, vega)
            make.message(vega_contract, vega, topic)
        with CaptureQueriesContext(connection) as captured:
            batching.make(kind=kind)
        counts.append(len(captured))
    assert counts[0] == counts[1]


# Orders -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_offices_at_once_order_one_batch(
    office: User, superuser: User, vega: User, vega_contract: Contract
) -> None:
    make.submission(vega_contract, vega)
    barrier, placed = threading.Barrier(4), set()

    def one(by: User) -> None:
        barrier.wait(10)
        placed.add(orders.order_batch(kind=Kind.READINGS, by=by).pk)

    for thread in [aside(partial(one, by)) for by in (office, superuser) * 2]:
        thread.join()
    order = OutgoingOrder.objects.get()
    assert placed == {order.pk}
    for thread in [aside(partial(orders.carry_out, order.pk)) for _ in range(4)]:
        thread.join()
    assert OutgoingBatch.objects.get().orders.get() == order


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_one_order_make_one_batch(
    office: User, vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if both were to believe that nobody else has it."""
    make.submission(vega_contract, vega)
    order = orders.order_batch(kind=Kind.READINGS, by=office)

    @contextmanager
    def deceived(*key: int) -> Iterator[bool]:
        yield True

    monkeypatch.setattr(alone, "at", deceived)
    is_making, may_end = threading.Event(), threading.Event()
    made = batching.make

    def slowly(**values: Any) -> OutgoingBatch:
        batch = made(**values)
        is_making.set()
        may_end.wait(10)
        return batch

    monkeypatch.setattr(batching, "make", slowly)
    first = aside(partial(orders.carry_out, order.pk))
    assert is_making.wait(10)
    second = aside(partial(orders.carry_out, order.pk))
    wait_until_one_waits()
    make.submission(vega_contract, vega)
    may_end.set()
    for thread in (first, second):
        thread.join()
    orders.carry_out(order.pk)
    order.refresh_from_db()
    assert (order.state, order.batch) == (State.DONE, OutgoingBatch.objects.get())


def wait_until_one_waits() -> None:
    """Until a connection waits for the lock under which batches of a kind are made."""
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
                " AND NOT granted",
                [batching._LOCK],
            )
            if cursor.fetchone() == (1,):
                return
        time.sleep(0.1)
    pytest.fail("nobody waits")


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_ordered_while_a_package_brings_others_to_the_same_batch(
    office: User, vega: User, vega_contract: Contract
) -> None:
    submission = make.submission(vega_contract, vega, "100.5", "200.0")
    batch = batching.make(kind=Kind.READINGS)
    is_stored, may_commit = threading.Event(), threading.Event()

    def load() -> None:
        with transaction.atomic():
            BillingAnswer.objects.create(
                external_id="a", submission=submission, state="accepted",
                register=submission.readings.first().register,
                answered_at=submission.received_at,
            )  # fmt: skip
            is_stored.set()
            may_commit.wait(20)

    thread = aside(load)
    assert is_stored.wait(10)
    upload = SimpleUploadedFile("answers.csv", b"row;state\n1;accepted\n2;accepted\n")
    order = orders.order_taking(batch=batch, upload=upload, by=office)
    may_commit.set()
    thread.join()
    orders.carry_out(order.pk)
    batch.refresh_from_db()
    order.refresh_from_db()
    assert (order.state, batch.answered) == (State.DONE, 2)


@pytest.mark.django_db(transaction=True)
def test_an_order_whose_worker_is_killed_in_the_middle_is_taken_up(
    office: User, vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.submission(vega_contract, vega)
    order = orders.order_batch(kind=Kind.READINGS, by=office)
    is_making, is_dead = threading.Event(), threading.Event()
    pids: list[int] = []
    count = batching._count_answered

    def dies(batch: OutgoingBatch) -> int:
        if not pids:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pids.append(cursor.fetchone()[0])
            is_making.set()
            is_dead.wait(10)
        return count(batch)

    def worker() -> None:
        with suppress(Error):  # so it is with its line cut
            orders.carry_out(order.pk)

    monkeypatch.setattr(batching, "_count_answered", dies)
    thread = aside(worker)
    assert is_making.wait(10)
    orders.carry_out_due()
    assert not OutgoingBatch.objects.exists(), "it is in another worker's hands"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", pids)
    orders.carry_out_due()
    order.refresh_from_db()
    assert (order.state, order.attempts) == (State.DONE, 2)
    is_dead.set()
    thread.join()
    assert OutgoingBatch.objects.get().number == 1
