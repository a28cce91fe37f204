"""An order is a row: it is carried out once, whatever becomes of Redis and of workers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from cabinet import celery
from contracts.models import Contract, Topic
from exchange import tasks, telling
from exchange.models import OutgoingBatch, OutgoingOrder
from exchange.outgoing import answering, batching, orders
from tests import make

pytestmark = pytest.mark.django_db

Deed = OutgoingOrder.Deed
Kind = OutgoingBatch.Kind
State = OutgoingOrder.State
GOOD = "row;state\n1;accepted\n"


@pytest.fixture
def batch(vega: User, vega_contract: Contract) -> OutgoingBatch:
    make.submission(vega_contract, vega, "100.5", "200.0")
    return batching.make(kind=Kind.READINGS)


def of_batch(office: User, kind: str = Kind.READINGS) -> OutgoingOrder:
    return orders.order_batch(kind=kind, by=office)


def of_answer(batch: OutgoingBatch, office: User, text: str = GOOD) -> OutgoingOrder:
    upload = SimpleUploadedFile("answers.csv", text.encode())
    return orders.order_taking(batch=batch, upload=upload, by=office)


def state(order: OutgoingOrder) -> str:
    order.refresh_from_db()
    return order.state


def kept() -> list[Path]:
    folder = Path(default_storage.path(orders.FOLDER))
    return [path for path in folder.rglob("*") if path.is_file()]


def broken(*args: object, **values: object) -> Any:
    raise RuntimeError("no room on the disk")


# Once ---------------------------------------------------------------------------------------------


def test_an_order_makes_one_batch(
    office: User, vega: User, vega_contract: Contract, batch: OutgoingBatch
) -> None:
    make.submission(vega_contract, vega)
    order = of_batch(office)
    tasks.carry_out(order.pk)
    assert state(order) == State.DONE
    assert (order.batch.number, order.batch.made_by, order.attempts) == (2, office, 1)
    make.submission(vega_contract, vega)
    tasks.carry_out(order.pk)
    tasks.go_on()
    assert OutgoingBatch.objects.count() == 2


def test_one_order_of_a_kind_is_in_work(office: User, superuser: User) -> None:
    first = of_batch(office)
    assert of_batch(superuser) == first
    assert of_batch(office, Kind.CASES) != first
    with pytest.raises(IntegrityError, match="makes_one_at_a_time"), transaction.atomic():
        OutgoingOrder.objects.create(deed=Deed.MAKE, kind=Kind.READINGS, ordered_by=office)
    tasks.carry_out(first.pk)
    assert of_batch(superuser) != first


def test_one_answer_to_a_batch_is_in_work(office: User, batch: OutgoingBatch) -> None:
    first = of_answer(batch, office)
    assert of_answer(batch, office) == first
    with pytest.raises(orders.Busy) as caught:
        of_answer(batch, office, "row;state\n2;accepted\n")
    assert caught.value.order == first
    assert len(kept()) == 1
    with pytest.raises(IntegrityError, match="takes_one_at_a_time"), transaction.atomic():
        OutgoingOrder.objects.create(
            deed=Deed.TAKE, kind=Kind.READINGS, batch=batch, path="x", ordered_by=office
        )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("has_its_batch", {"state": State.DONE, "finished_at": timezone.now()}),
        ("has_its_batch", {"deed": Deed.TAKE, "path": "x"}),
        ("file_is_needed", {"path": "x"}),
        ("ends_at_a_moment", {"state": State.NOTHING}),
        ("refused_says_why", {"problems": ["x"]}),
        ("percent", {"percent": 101}),
    ],
)
def test_no_order_contradicts_itself(office: User, name: str, values: dict[str, Any]) -> None:
    row = {"deed": Deed.MAKE, "kind": Kind.READINGS, "ordered_by": office, **values}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        OutgoingOrder.objects.create(**row)


# Whatever becomes of Redis and of workers ---------------------------------------------------------


def test_an_order_wakes_its_worker_after_the_commit(
    office: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    woken: list[tuple[Any, ...]] = []
    monkeypatch.setattr(celery, "wake", lambda *args: woken.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        order = of_batch(office)
        assert woken == []
    assert woken == [(tasks.carry_out, order.pk)]


def test_with_redis_down_the_order_waits_for_beat(
    office: User,
    vega: User,
    vega_contract: Contract,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    monkeypatch.setattr(celery, "_pause_until", 0.0)
    for name in ("broker_url", "broker_write_url"):
        monkeypatch.setattr(celery.app.conf, name, "redis://127.0.0.1:1/0")
    make.submission(vega_contract, vega)
    with django_capture_on_commit_callbacks(execute=True):
        order = of_batch(office)
    assert celery.failed_wakes() == 1
    assert state(order) == State.WAITING
    tasks.go_on()
    assert state(order) == State.DONE


@pytest.fixture
def other_worker() -> Iterator[Any]:
    """A connection of another worker's."""
    line = connections.create_connection("default")
    yield line
    line.close()


def wait_until_free(order: OutgoingOrder) -> None:
    """PostgreSQL lets go of what a closed connection held a moment later."""
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE objid = %s AND granted AND"
                " locktype = 'advisory' AND classid = %s",
                [order.pk, orders._LOCKS],
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.1)
    pytest.fail("the lock is still held")


def test_an_order_is_left_to_the_worker_that_has_it_and_taken_up_when_that_one_died(
    office: User, vega: User, vega_contract: Contract, other_worker: Any
) -> None:
    make.submission(vega_contract, vega)
    order = of_batch(office)
    key = [orders._LOCKS, order.pk]
    other_worker.cursor().execute("SELECT pg_advisory_lock(%s, %s)", key)
    tasks.go_on()
    assert (state(order), order.attempts) == (State.WAITING, 0)
    OutgoingOrder.objects.update(state=State.WORKING, attempts=1)
    tasks.go_on()
    assert (state(order), order.attempts) == (State.WORKING, 1)
    other_worker.close()
    wait_until_free(order)
    tasks.go_on()
    assert (state(order), order.attempts) == (State.DONE, 2)


def test_the_lock_is_given_back(office: User, other_worker: Any) -> None:
    order = of_batch(office)
    tasks.carry_out(order.pk)
    with other_worker.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [orders._LOCKS, order.pk])
        assert cursor.fetchone() == (True,)


def test_an_order_that_takes_its_workers_along_is_given_up(
    office: User, batch: OutgoingBatch
) -> None:
    order = of_answer(batch, office)
    OutgoingOrder.objects.update(state=State.WORKING, attempts=orders.TRIES)
    tasks.go_on()
    assert (state(order), order.trouble) == (State.FAILED, orders.BROKEN_OFF)
    assert len(kept()) == 1


def test_one_order_that_breaks_off_does_not_stop_the_others(
    office: User,
    batch: OutgoingBatch,
    vega: User,
    vega_contract: Contract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = of_answer(batch, office)
    make.submission(vega_contract, vega)
    second = of_batch(office)
    with monkeypatch.context() as patch:
        patch.setattr(answering, "take", broken)
        tasks.go_on()
    assert (state(first), state(second)) == (State.WAITING, State.DONE)
    tasks.go_on()
    assert state(first) == State.DONE


def test_what_breaks_off_each_time_ends(office: User, monkeypatch: pytest.MonkeyPatch) -> None:
    order = of_batch(office)
    monkeypatch.setattr(batching, "make", broken)
    for attempt in range(1, orders.TRIES + 1):
        tasks.go_on()
        assert state(order) == (State.FAILED if attempt == orders.TRIES else State.WAITING)
    assert order.trouble == orders.NOT_DONE


def test_what_is_repeated_is_ordered_by_who_repeats_it(office: User, superuser: User) -> None:
    order = of_batch(office)
    assert orders.repeat(order, by=superuser) == order, "it is in work"
    OutgoingOrder.objects.update(
        state=State.FAILED, attempts=3, finished_at=timezone.now(), trouble="x"
    )
    assert orders.repeat(order, by=superuser) == order
    assert (state(order), order.attempts, order.ordered_by) == (State.WAITING, 0, superuser)


def test_what_somebody_ordered_meanwhile_is_not_repeated(office: User) -> None:
    order = of_batch(office)
    OutgoingOrder.objects.update(state=State.FAILED, finished_at=timezone.now())
    later = of_batch(office)
    assert orders.repeat(order, by=office) == later
    assert state(order) == State.FAILED


# The file -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ended"),
    [(GOOD, State.DONE), ("row;state\n1;lost\n", State.REFUSED)],
)
def test_the_file_of_an_answer_goes_with_its_end(
    office: User,
    batch: OutgoingBatch,
    text: str,
    ended: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    order = of_answer(batch, office, text)
    assert [path.read_text() for path in kept()] == [text]
    with django_capture_on_commit_callbacks(execute=True):
        tasks.carry_out(order.pk)
    assert (state(order), order.path, kept()) == (ended, "", [])


def test_a_known_file_is_told_and_goes(
    office: User,
    batch: OutgoingBatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        tasks.carry_out(of_answer(batch, office).pk)
        order = of_answer(batch, office)
        tasks.carry_out(order.pk)
    assert (state(order), batch.answer_files.count(), kept()) == (State.NOTHING, 1, [])


def test_the_file_of_a_failure_is_kept_for_a_while(office: User, batch: OutgoingBatch) -> None:
    order = of_answer(batch, office)
    OutgoingOrder.objects.update(state=State.FAILED, finished_at=timezone.now())
    tasks.sweep_orphaned_files()
    assert len(kept()) == 1
    OutgoingOrder.objects.update(finished_at=timezone.now() - orders.KEPT_FOR * 2)
    tasks.sweep_orphaned_files()
    assert (state(order), order.path, kept()) == (State.FAILED, "", [])
    assert orders.repeat(order, by=office) is None


# How far it is ------------------------------------------------------------------------------------


def test_an_answer_tells_how_far_it_is(
    vega: User, vega_contract: Contract, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "_TOLD_EVERY", 1)
    for _ in range(2):
        make.message(vega_contract, vega, topic)
    batch = batching.make(kind=Kind.CASES)
    said: list[tuple[int | None, str]] = []
    path = default_storage.save("a.csv", SimpleUploadedFile("a.csv", b"row;state\n1;done\n2;done"))
    with default_storage.open(path, "rb") as stream:
        answering.take(
            batch=batch, stream=stream, name="a.csv", say=lambda *words: said.append(words)
        )
    assert said == [
        (50, "читаем файл"), (99, "читаем файл"), (None, "сверяем с партией"),
        (None, "записываем ответы"), (50, "записываем ответы"), (99, "записываем ответы"),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_transaction_is_open(
    office: User, batch: OutgoingBatch, other_worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "_EVERY_SECONDS", 0)
    order = of_answer(batch, office)
    seen: list[Any] = []

    def look(*, say: telling.Say, **values: object) -> Any:
        say(42, "читаем файл")
        with other_worker.cursor() as cursor:
            cursor.execute("SELECT state, percent, stage FROM exchange_outgoingorder")
            seen.append(cursor.fetchone())
        raise answering.AnswerRefused([answering.Problem(words="x")])

    monkeypatch.setattr(answering, "take", look)
    tasks.carry_out(order.pk)
    assert seen == [("working", 42, "читаем файл")]
    assert (state(order), order.percent, order.problems) == (State.REFUSED, None, ["X."])
