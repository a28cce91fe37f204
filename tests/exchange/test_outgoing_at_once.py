"""Two offices at once, a submission that commits late, and a history that costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from contracts.models import Contract
from exchange.models import OutgoingBatch, OutgoingReading
from exchange.outgoing import batch_content as content
from exchange.outgoing import batching
from meters.models import Reading
from tests import make

Kind = OutgoingBatch.Kind


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
