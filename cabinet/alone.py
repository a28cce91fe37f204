"""One worker at a time, by a lock that nobody has to guess about.

It lies on the connection to the database: a worker that dies takes it along, however it dies, and
one that still works holds it, however long it takes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection


@contextmanager
def at(*key: int) -> Iterator[bool]:
    """Whether nobody else is at this work; if so, nobody comes meanwhile. `key`: one or two int."""
    marks = ", ".join(["%s"] * len(key))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({marks})", key)
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with contextlib.suppress(Error), connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({marks})", key)
