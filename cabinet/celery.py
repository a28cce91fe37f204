"""Background work: Celery hurries along what PostgreSQL already holds."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import Any

from celery import Celery, Task
from django.core.cache import cache
from django.utils import timezone
from kombu import pools
from kombu.exceptions import LimitExceeded, OperationalError
from kombu.transport import redis

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cabinet.settings.base")


class _Channel(redis.Channel):
    """kombu's own, but it says what it is when there is no line any more.

    Celery 5.7 closes a lost line and then acknowledges, or gives back, a task that was in hand. It
    waits for a `ConnectionError`; the `AttributeError` that kombu 5.7 raises instead ends the
    worker (bench/faults, fault 3).
    """

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise ConnectionError("the line to Redis is closed")
        return super()._connparams(asynchronous)  # type: ignore[misc] # not in its stubs


redis.Transport.Channel = _Channel

app = Celery("cabinet")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

logger = logging.getLogger(__name__)


# A broker that did not answer is left alone for so long: pages must not wait for it in turn.
_PAUSE_SECONDS = 5.0
# A worker may wait for the broker, a page may not: not even for one that took the line and fell
# silent.
_HURRIED = {"socket_timeout": 1, "socket_connect_timeout": 1}
_pause_until = 0.0


def wake(task: Task, *args: int | bool) -> None:
    """Ask a worker to look at a row now; never fail.

    The row is already committed with the time of its next try, so a broker that does not answer
    costs a minute (until beat looks), not the work.
    """
    global _pause_until
    if time.monotonic() < _pause_until:
        _count_failed_wake()
        return
    line = app.connection_for_write(transport_options=_HURRIED)
    try:
        with pools.producers[line].acquire(block=True, timeout=1) as producer:
            task.apply_async(args=args, retry=False, producer=producer)
    except (OperationalError, LimitExceeded, OSError) as error:
        _pause_until = time.monotonic() + _PAUSE_SECONDS
        _count_failed_wake()
        logger.warning("broker is down, beat will pick up %s%s: %s", task.name, args, error)


def failed_wakes() -> int:
    """How many times today the broker did not answer when a worker was to be woken."""
    return int(cache.get(_failures_key(), 0))


def _count_failed_wake() -> None:
    """Count it for the office's page; that this fails too is no reason to fail a request."""
    with contextlib.suppress(Exception):
        key = _failures_key()
        if not cache.add(key, 1, timeout=2 * 86_400):
            cache.incr(key)


def _failures_key() -> str:
    return f"failed-wakes-{timezone.localdate():%Y-%m-%d}"
