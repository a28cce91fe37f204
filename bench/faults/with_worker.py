"""The worker dies while a letter is on the line, or is replaced by the next release."""

from __future__ import annotations

import os
import signal

from bench.faults.bench import SWEEP_SECONDS, Bench
from bench.faults.portal import wait_for

# How long the mail server thinks about a letter that it has already taken.
DELAY_SECONDS = 5.0


def child_killed(bench: Bench) -> None:
    """The child that talks to the mail server is killed; the worker itself lives on."""
    bench.sink.seconds_to_answer = DELAY_SECONDS
    bench.write_many(4)
    bench.sink.wait_until_waiting()
    killed = bench.portal.sending_children()[:1]
    bench.row.promise(bool(killed), "no child was sending")
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    _recover(bench)


def killed(bench: Bench) -> None:
    """The worker and all its children are killed, as by the kernel when memory runs out."""
    bench.sink.seconds_to_answer = DELAY_SECONDS
    bench.write_many(4)
    bench.row.promise(bench.sink.wait_until_waiting(), "no letter was on the line")
    bench.portal.end("worker", by=signal.SIGKILL)
    bench.portal.start_worker()
    _recover(bench)


def rolled(bench: Bench) -> None:
    """A new release three times in a row: web and worker are asked to end, and started again."""
    bench.sink.seconds_to_answer = 0.3
    with bench.under_load():
        for _ in range(3):
            bench.portal.start_again("web")
            bench.portal.start_again("worker")
    bench.sink.behave()
    bench.row.promise(bench.wait_for_letters(), f"letters did not come in {SWEEP_SECONDS:.0f} s")


def _recover(bench: Bench) -> None:
    """What nobody had goes with the next sweep at the latest; the rest when its lease ends."""
    bench.sink.behave()
    queued = "SELECT count(*) FROM messaging_delivery WHERE state = 'queued'"
    leased, everything_else = f"{queued} AND attempts > 0", f"{queued} AND attempts = 0"
    is_swept = wait_for(lambda: not bench.ask(everything_else)[0][0], seconds=SWEEP_SECONDS)
    bench.row.promise(is_swept, "letters in nobody's hands did not go with the next sweep")
    count = int(bench.ask(leased)[0][0])
    bench.row.promise(count > 0, "no lease was left behind: the fault did not happen")
    bench.row.notes.append(f"{count} leases of the dead were ended by the bench, not waited for")
    bench.let_time_pass()
    bench.row.promise(bench.wait_for_letters(), "letters did not come after the lease")
