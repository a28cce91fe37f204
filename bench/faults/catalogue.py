"""The faults by number. The numbers are those of the fault table in docs/reliability.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.faults import with_broker, with_mail, with_pages, with_power, with_worker
from bench.faults.bench import Bench


@dataclass(frozen=True)
class Fault:
    """Something that may happen to the portal; `happen` makes it so."""

    number: int
    title: str
    happen: Callable[[Bench], None]


FAULTS = {
    fault.number: fault
    for fault in (
        Fault(1, "Redis stopped during submit", with_broker.stopped),
        Fault(2, "Redis down at start", with_broker.down_at_start),
        Fault(3, "Redis restarted 10 times", with_broker.restarted),
        Fault(4, "Redis FLUSHALL, 50 queued", with_broker.flushed),
        Fault(5, "Redis line half-open", with_broker.half_open),
        Fault(6, "worker child killed mid-send", with_worker.child_killed),
        Fault(7, "whole worker killed mid-send", with_worker.killed),
        Fault(8, "rolling restart under load", with_worker.rolled),
        Fault(9, "power lost after COMMIT", with_power.lost_after_commit),
        Fault(10, "power lost before COMMIT", with_power.lost_before_commit),
        Fault(11, "SMTP 451 three times", with_mail.refused_for_now),
        Fault(12, "SMTP down, hangs, cuts", with_mail.down),
        Fault(13, "SMTP 550: no such mailbox", with_mail.refused),
        Fault(14, "SMTP 552: letter too large", with_mail.too_large),
        Fault(18, "table locked", with_pages.locked),
        Fault(19, "double click, F5, two tabs", with_pages.clicked_twice),
        Fault(20, "answer lost on the network", with_pages.answer_lost),
        Fault(21, "session ends mid-form", with_pages.session_ended),
        Fault(24, "clamd down", with_mail.clamd_down),
        Fault(30, "one account floods", with_pages.flooded),
    )
}
