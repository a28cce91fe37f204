"""How fast the outbox is: accepting a message, sending a backlog, finding the next letter.

    python -m bench.outbox                     all three, about ten minutes
    python -m bench.outbox accept|drain|plan   one of them
    python -m bench.outbox --letters 2000 --sent 100000 drain     a smaller backlog

Everything is measured on a whole portal, and every figure is a ratio within one run: of a page to
storing the same bytes, of two workers to two plain connections to the same mail server. The plan
is that of the query which takes the next letter, among so many that were sent long ago.
"""

from __future__ import annotations

import argparse
import os
import secrets
import smtplib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.faults.bench import Bench
from bench.faults.portal import Portal
from bin.stack import console, postgres
from bin.stack.processes import ROOT

ROUNDS = 15
FILES, FILE_BYTES = 3, 1_000_000
# What the plain connections say in one conversation: `outbox.LETTERS_PER_CONNECTION`.
LETTERS_PER_CONNECTION = 100
# Rates settle long before ten thousand letters.
PLAIN_LETTERS = 3000
WORKERS = 2

# The query as the worker asks it; ANALYZE really takes the row, so the transaction is undone.
_PLAN = """
import django; django.setup()
from django.db import transaction
from messaging.models import Delivery
with transaction.atomic():
    rows = Delivery.objects.due().select_for_update(skip_locked=True)[:1]
    print(rows.explain(analyze=True, buffers=True, costs=False))
    transaction.set_rollback(True)
"""


# Accepting ---------------------------------------------------------------------------------------


def accept(bench: Bench) -> None:
    """A message with three files: its page against writing the same bytes to the same disk."""
    bench.portal.end("worker")  # the letters can wait; here only the page counts
    _accept(bench, "Redis up")
    bench.portal.end("valkey")
    _accept(bench, "Redis down")
    bench.portal.start_valkey()
    bench.portal.start_worker()
    bench.let_time_pass()
    bench.wait_until_quiet()


def _accept(bench: Bench, title: str) -> None:
    person = bench.people[0]
    folder = bench.portal.folder / "media"
    folder.mkdir(exist_ok=True)
    times: dict[str, list[float]] = {"written": [], "saved": [], "sent": [], "bare": []}
    for _ in range(ROUNDS):
        # Different bytes each time: the same file again would be the same message.
        files = [(f"акт-{n}.txt", _text(FILE_BYTES)) for n in range(FILES)]
        with _timed(times["written"]):
            for _, content in files:
                _store(folder, content)
        for action, name in (("save", "saved"), ("send", "sent")):
            form = person.open_message_form()
            form.fields["action"] = action
            form.files = files
            with _timed(times[name]):
                page = person.post(form)
            assert bool(page.number) == (action == "send"), page.status
            files = [(f"акт-{n}.txt", _text(FILE_BYTES)) for n in range(FILES)]
            if action == "save":
                form.fields["action"] = "discard"
                form.files = []
                person.post(form)
        form = person.open_message_form()
        with _timed(times["bare"]):
            bench.send(person, form)
    written, saved, sent, bare = (statistics.median(times[name]) for name in times)
    console.say(
        f"{title}: a message with {FILES} files of 1 MB takes {sent / saved:.2f} of storing them"
        f" with a draft, {sent / bare:.2f} of a message without files"
        f" (ms, median of {ROUNDS}: write and fsync {written * 1000:.0f},"
        f" draft with files {saved * 1000:.0f}, message with files {sent * 1000:.0f},"
        f" message without {bare * 1000:.0f})"
    )


def _text(size: int) -> bytes:
    return secrets.token_hex(size // 2).encode()


def _store(folder: Path, content: bytes) -> None:
    """Written, and on the disk with its name: what any portal must do before it says «принято»."""
    path = folder / f"bench-{secrets.token_hex(8)}"
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


@contextmanager
def _timed(times: list[float]) -> Iterator[None]:
    started_at = time.monotonic()
    yield
    times.append(time.monotonic() - started_at)


# A backlog ---------------------------------------------------------------------------------------


class FastSink:
    """The mail server of bench/fast_sink.py, in a process of its own."""

    def __init__(self, delay_ms: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.fast_sink", "--delay-ms", str(delay_ms)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._read())

    def count(self) -> tuple[int, int, float, float]:
        """Letters, bytes, and when the first and the last one came."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        letters, size, first, last = self._read().split()
        return int(letters), int(size), float(first), float(last)

    def stop(self) -> None:
        """End it."""
        self.process.communicate()

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def drain(bench: Bench, letters: int) -> None:
    """So many letters through two workers, against two plain connections to the same server."""
    for delay_ms in (100, 10, 0):
        count = letters if delay_ms == 10 else min(letters, 2000)
        portal_rate, size = _drain(bench, count, delay_ms)
        plain_rate = _plain(delay_ms, size, min(PLAIN_LETTERS, count))
        console.say(
            f"{count} letters of {size / 1000:.0f} kB, {delay_ms} ms a letter:"
            f" {portal_rate:.0f} a second through {WORKERS} workers,"
            f" {plain_rate:.0f} through {WORKERS} plain connections,"
            f" ratio {plain_rate / portal_rate:.2f}"
        )


def _drain(bench: Bench, count: int, delay_ms: float) -> tuple[float, int]:
    """Letters a second, and bytes of a letter."""
    sink = FastSink(delay_ms)
    bench.portal.end("worker")
    queue(bench, count)
    bench.portal.start_worker({"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"})
    bench.portal.hurry()
    taken = 0
    while taken < count:
        time.sleep(0.5)
        bench.portal.supervisor.require_all_alive()
        taken, size, first, last = sink.count()
    bench.wait_until_quiet(seconds=5)
    sink.stop()
    return count / (last - first), size // taken


def _plain(delay_ms: float, size: int, count: int) -> float:
    """Letters a second through connections that do nothing but send."""
    sink = FastSink(delay_ms)
    letter = b"Subject: x\r\n\r\n" + (b"y" * 76 + b"\r\n") * (size // 78)
    code = (
        "import smtplib, sys\n"
        "letter = sys.stdin.buffer.read()\n"
        f"for _ in range({count // WORKERS // LETTERS_PER_CONNECTION}):\n"
        f"    with smtplib.SMTP('127.0.0.1', {sink.port}, timeout=30) as line:\n"
        f"        for _ in range({LETTERS_PER_CONNECTION}):\n"
        "            line.sendmail('a@example.org', ['b@example.org'], letter)\n"
    )
    senders = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
        for _ in range(WORKERS)
    ]
    for sender in senders:
        threading.Thread(target=sender.communicate, args=(letter,)).start()
    for sender in senders:
        if sender.wait():
            raise smtplib.SMTPException("a plain connection failed")
    taken, _, first, last = sink.count()
    sink.stop()
    return taken / (last - first)


def queue(bench: Bench, count: int) -> None:
    """So many letters to specialists are due, each of a message of its own."""
    (pk,) = bench.ask("SELECT max(id) FROM messaging_message")[0]
    _copy(
        bench,
        "messaging_message",
        f"row.id = {pk}",
        count,
        number="'ОБ-ПР-' || nextval('messaging_message_number')",
        form_key="gen_random_uuid()",
        staff_token="substr(md5(random()::text), 1, 26)",
        client_token="substr(md5(random()::text), 1, 26)",
    )
    (newest,) = bench.ask("SELECT max(id) FROM messaging_message")[0]
    _copy(
        bench,
        "messaging_delivery",
        f"row.message_id = {pk} AND row.purpose = 'question'",
        count,
        message_id=f"{newest} - number",
        mail_id="'<' || gen_random_uuid() || '@bench.example>'",
        state="'queued'",
        attempts="0",
        sent_at="NULL",
        next_try_at="now() - number * interval '1 ms'",
        trail="'[]'",
    )
    bench.do("ANALYZE messaging_message, messaging_delivery")


def _copy(bench: Bench, table: str, which: str, count: int, **changed: str) -> None:
    """Rows like the one that is named, with other values in some columns."""
    columns = [
        name
        for (name,) in bench.ask(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND column_name <> 'id'",
            table,
        )
    ]
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changed.get(column, f'row."{column}"') for column in columns)
    bench.do(
        f"INSERT INTO {table} ({names})"  # noqa: S608 - our own names
        f" SELECT {values} FROM (SELECT * FROM {table} row WHERE {which} LIMIT 1) row,"
        f" generate_series(0, {count - 1}) number"
    )


# The plan ----------------------------------------------------------------------------------------


def plan(bench: Bench, sent: int, letters: int) -> None:
    """How the next letter is found among so many that were sent, fresh and half drained."""
    bench.portal.end("worker")
    bench.portal.sink.close()
    (pk,) = bench.ask("SELECT max(id) FROM messaging_message")[0]
    _copy(
        bench,
        "messaging_delivery",
        f"row.message_id = {pk} AND row.purpose = 'question'",
        sent,
        mail_id="'<' || gen_random_uuid() || '@bench.example>'",
        state="'sent'",
        sent_at="now() - number * interval '1 minute'",
        next_try_at="now() - number * interval '1 minute'",
    )
    queue(bench, letters)
    console.say(f"\nThe next of {letters} queued letters among {sent} that were sent:\n")
    console.say(_explain(bench))
    # As after hours of work, before any vacuum: half of the index leads to rows that have gone.
    bench.do(
        "UPDATE messaging_delivery SET state = 'sent', sent_at = now() WHERE id IN (SELECT id FROM"
        " messaging_delivery WHERE state = 'queued' ORDER BY next_try_at, id LIMIT %s)",
        letters // 2,
    )
    console.say(f"\nAfter {letters // 2} of them have gone:\n")
    console.say(_explain(bench))
    bench.portal.sink.open()
    bench.do("UPDATE messaging_delivery SET state = 'sent' WHERE state = 'queued'")
    bench.portal.start_worker()


def _explain(bench: Bench) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _PLAN],
        cwd=ROOT,
        env=bench.portal.env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.rstrip()


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.outbox",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="*", metavar="accept|drain|plan")
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--sent", type=int, default=1_000_000)
    arguments = parser.parse_args()
    wanted = arguments.what or ["accept", "plan", "drain"]
    with tempfile.TemporaryDirectory(prefix="cabinet-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        portal = Portal(folder)
        try:
            portal.start()
            bench = Bench(portal)
            bench.write(bench.people[0])
            bench.wait_for_letters()
            if "accept" in wanted:
                accept(bench)
            if "plan" in wanted:
                plan(bench, arguments.sent, arguments.letters)
            if "drain" in wanted:
                drain(bench, arguments.letters)
        finally:
            portal.stop()
            postgres.remove_data(folder)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except console.StackError as error:
        console.complain(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
