"""Redis goes away, comes back, forgets, or falls silent."""

from __future__ import annotations

import signal
import time

import redis

from bench.faults.bench import PAGE_SECONDS, SWEEP_SECONDS, Bench
from bench.faults.portal import wait_for
from bench.faults.proxy import Proxy

# «Mail goes within two minutes of the return.»
RETURN_SECONDS = 120.0
# A line that nobody answers on is given up within a minute; then beat must still look.
SILENT_SECONDS = 60.0 + SWEEP_SECONDS


def stopped(bench: Bench) -> None:
    """100 messages, Redis stops after the first ones, and comes back when all are sent."""
    bench.write_many(8)
    bench.portal.end("valkey")
    bench.write_many(92)
    _promise_quick_pages(bench)
    bench.portal.start_again("valkey")
    _promise_letters(bench, RETURN_SECONDS)
    bench.row.promise(len(bench.row.shown) == 100, "not all of 100 clients got a number")


def down_at_start(bench: Bench) -> None:
    """Web and worker start without Redis: pages work, and the worker joins by itself."""
    for name in ("web", "worker", "valkey"):
        bench.portal.end(name)
    bench.portal.start_worker()
    bench.portal.start_web()
    bench.write_many(8)
    _promise_quick_pages(bench)
    time.sleep(5)
    bench.row.promise(bench.portal.supervisor.runs("worker"), "the worker gave up")
    bench.portal.start_again("valkey")
    _promise_letters(bench, RETURN_SECONDS)


def restarted(bench: Bench) -> None:
    """Ten restarts, every other one a kill: under load, then with one letter on the line."""
    deaths = 0
    bench.sink.seconds_to_answer = 0.5
    with bench.under_load(bench.people[:2]):
        for turn in range(5):
            _restart(bench, turn)
            deaths += _died(bench)
    # One of the two processes is busy, the other listens: not the same as both busy.
    specialists = {email for (email,) in bench.ask("SELECT email FROM contracts_specialist")}
    bench.sink.is_slow = lambda letter: bool(specialists & set(letter.recipients))
    bench.sink.seconds_to_answer = 3.0
    bench.let_time_pass()
    bench.wait_until_quiet(seconds=20)
    for turn in range(5):
        bench.write(bench.people[0])
        bench.sink.wait_until_waiting(seconds=10)
        time.sleep(1)
        _restart(bench, turn)
        time.sleep(4)
        deaths += _died(bench)
    bench.sink.behave()
    bench.row.promise(deaths == 0, f"the worker died of {deaths} of 10 restarts")
    _promise_quick_pages(bench)
    _promise_letters(bench, RETURN_SECONDS)


def _restart(bench: Bench, turn: int) -> None:
    bench.portal.end("valkey", by=signal.SIGKILL if turn % 2 else None)
    time.sleep(1)
    bench.portal.start_again("valkey")
    time.sleep(2)


def _died(bench: Bench) -> bool:
    """Whether the worker ended by itself; it is then started again, as docker compose does."""
    if bench.portal.supervisor.runs("worker"):
        return False
    bench.portal.supervisor.forget("worker")
    bench.portal.start_worker()
    return True


def flushed(bench: Bench) -> None:
    """Everything that Redis knew is gone, with 50 letters queued."""
    bench.portal.end("worker")
    bench.write_many(25)  # a letter to the specialist and one to the client
    bench.row.promise(bench.queued() == 50, f"{bench.queued()} letters were queued, not 50")
    with redis.Redis(unix_socket_path=str(bench.portal.broker_socket)) as broker:
        broker.flushall()
    bench.portal.start_worker()
    _promise_letters(bench, RETURN_SECONDS)


def half_open(bench: Bench) -> None:
    """Every line to Redis falls silent and none is closed, as when a firewall forgets them."""
    proxy = Proxy(bench.portal.broker_socket)
    broker = {"CELERY_BROKER_URL": f"redis://127.0.0.1:{proxy.port}/0"}
    try:
        bench.portal.start_again("worker", broker)
        bench.portal.start_again("web", broker)
        bench.write_many(4)
        bench.row.promise(bench.wait_for_letters(seconds=30), "no letters before the fault")
        proxy.stall()
        started_at = time.monotonic()
        bench.write_many(8)
        _promise_quick_pages(bench)
        _promise_letters(bench, SILENT_SECONDS)
        bench.row.notes.append(
            f"letters went {time.monotonic() - started_at:.0f} s after the lines fell silent"
        )
        # Not only beat's own line: a message is fetched again the moment it is sent.
        woken = bench.write(bench.people[0])
        is_awake = wait_for(lambda: woken not in bench.missing(), seconds=30)
        bench.row.promise(is_awake, "the worker hears only of beat, not of new messages")
    finally:
        bench.portal.start_again("worker")
        bench.portal.start_again("web")
        proxy.close()


def _promise_quick_pages(bench: Bench) -> None:
    row = bench.row
    row.promise(row.slowest <= PAGE_SECONDS, f"a page took {row.slowest:.1f} s")
    row.promise(row.failed == 0, f"{row.failed} pages were not answered")


def _promise_letters(bench: Bench, seconds: float) -> None:
    started_at = time.monotonic()
    is_kept = bench.wait_for_letters(seconds=seconds)
    missing = len(bench.missing())
    bench.row.promise(is_kept, f"{missing} letters did not come within {seconds:.0f} s")
    if is_kept:
        bench.row.notes.append(f"the last letter came {time.monotonic() - started_at:.0f} s after")
