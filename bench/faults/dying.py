"""A web process that loses its power at a named moment.

gunicorn serves `bench.faults.dying:application`. BENCH_DIES_AT is `store` (files are on the disk,
their rows are not committed) or `wake` (the rows are committed, nobody has been told). Each time a
process comes to that moment and the file BENCH_DIES_IF is there, it takes the file away and ends
without another instruction: no `finally`, no answer, no goodbye to the database.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from cabinet import celery
from cabinet.wsgi import application
from messaging import attachments

__all__ = ["application"]


def _then_die(work: Callable[..., Any]) -> Callable[..., Any]:
    """The power goes out just before `work`, if it is to."""

    def dying(*args: Any, **kwargs: Any) -> Any:
        try:
            os.unlink(os.environ["BENCH_DIES_IF"])
        except FileNotFoundError:
            return work(*args, **kwargs)
        os._exit(137)

    return dying


if os.environ["BENCH_DIES_AT"] == "store":
    # Called with files that are on the disk, in the transaction that gives them rows.
    attachments.attach = _then_die(attachments.attach)
else:
    celery.wake = _then_die(celery.wake)
