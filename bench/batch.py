"""A batch of many PDFs on its whole way: stopped and resumed, its worker killed, read at the end.

    make bench-batch                      10,000 documents: about half an hour of a quiet core
    make bench-batch ARGS="--size 500"

Documents of an ordinary month, of every kind, are published at once. A worker process makes them as
a Celery worker does; the batch is stopped and resumed at two fifths, and the worker is killed (-9)
with a document in its hands at one fifth and at four. In the end every document has its file, whose
SHA-256 is that of its row; a killed worker may leave a file that `sweep_orphans` takes after a day.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import django

django.setup()

from django.core.files.storage import default_storage  # noqa: E402
from django.db import connections  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import pages  # noqa: E402
from bin.stack import console  # noqa: E402
from documents import batches, rendering  # noqa: E402
from documents.models import Batch, Document, Kind  # noqa: E402
from tests import make  # noqa: E402
from tests.contents import content_of  # noqa: E402

KILLED = 2
_FORK = multiprocessing.get_context("fork")


def publish(size: int) -> None:
    """So many documents of one contract, every kind in turn."""
    contract = make.contract(make.client())
    contents = {kind: content_of(kind, contract) for kind in Kind}
    kinds = list(Kind)
    Document.objects.bulk_create(
        [
            Document(
                external_id=f"bench-{number}",
                contract=contract,
                kind=kinds[number % len(kinds)],
                title="Письмо",
                number=str(number),
                issued_on=datetime.date(2026, 10, 31),
                period=datetime.date(2026, 10, 1),
                content=contents[kinds[number % len(kinds)]],
                published_at=timezone.now(),
            )
            for number in range(size)
        ],
        batch_size=1000,
    )


def work() -> None:
    """What a worker does: run after run, until the batch is finished."""
    while Batch.objects.filter(finished_at=None).exists():
        if not rendering.render_missing():
            time.sleep(0.2)


def start() -> BaseProcess:
    """A worker; no connection of this process reaches it."""
    connections.close_all()
    worker = _FORK.Process(target=work)
    worker.start()
    return worker


def until(worker: BaseProcess, is_reached: Callable[[Batch], bool]) -> Batch:
    """Wait; the batch as it is then.

    Raises:
        AssertionError: the worker has ended before.
    """
    while True:
        batch = Batch.objects.latest("pk")
        if is_reached(batch):
            return batch
        assert worker.is_alive(), "the worker has ended"
        time.sleep(0.05)


def kill(worker: BaseProcess) -> BaseProcess:
    """Kill it in the middle of its work, and start another."""
    worker.kill()
    worker.join()
    return start()


def memory_mb(worker: BaseProcess) -> int:
    """What the worker holds, without the processes in which papers are made."""
    status = Path(f"/proc/{worker.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def check(size: int) -> None:
    """Every document has its file, word for word, and hardly anything else is there."""
    rows = list(Document.objects.values_list("path", "sha256", "size"))
    assert len(rows) == size
    for path, sha256, length in rows:
        content = Path(default_storage.path(path)).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (sha256, length), path
    folder = Path(default_storage.path(rendering.FOLDER))
    left_over = len(set(folder.rglob("*.pdf"))) - size
    assert 0 <= left_over <= KILLED, f"{left_over} files belong to no document"


def run(size: int) -> None:
    """The whole way, with what was seen on it."""
    publish(size)
    batch = batches.begin()
    assert batch
    began = time.monotonic()
    worker = start()
    until(worker, lambda now: now.made >= size // 100)
    first_mb = memory_mb(worker)
    until(worker, lambda now: now.made >= size // 5)
    worker = kill(worker)
    until(worker, lambda now: now.made >= size * 2 // 5)
    batches.stop(user=make.user(is_staff=True))
    time.sleep(5)  # the document in hand is finished
    stopped = Batch.objects.get(pk=batch.pk).made
    time.sleep(5)
    assert Batch.objects.get(pk=batch.pk).made == stopped, "a stopped batch goes on"
    batches.resume()
    until(worker, lambda now: now.made >= size * 4 // 5)
    last_mb = memory_mb(worker)
    worker = kill(worker)
    batch = until(worker, lambda now: now.finished_at is not None)
    took = time.monotonic() - began
    worker.join()
    check(size)
    made = Document.objects.exclude(path="").count()
    console.say(
        f"{made} documents in {took / 60:.1f} min by the clock, {made * 60 / took:.0f} a minute;"
        f" the batch counted {batch.made} made and {batch.failed} failed; stopped at {stopped};"
        f" the worker held {first_mb} MB at first and {last_mb} MB at last; two were killed"
    )


def main() -> int:
    """Make the batch."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.batch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", type=int, default=10_000)
    size = parser.parse_args().size
    with (
        pages.database(),
        tempfile.TemporaryDirectory() as folder,
        override_settings(MEDIA_ROOT=folder, PDF_RUNS=1),
    ):
        run(size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
