"""What a PDF of a document costs: by kind and by number of rows, and how many are made a minute.

    python -m bench.papers                        about six minutes
    python -m bench.papers --rows 40,400          without the longest
    python -m bench.papers vat_invoice            one kind

Every paper is made as the portal makes it, in a process of its own (cabinet/press), without limits
of time. Seconds are the processor's, so that other work on the machine counts little; compare them
within one run. «growth» is the cost of a row among the most rows to that among the middle number,
what a paper costs anyway taken off: 1 is linear.
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
import time
from decimal import Decimal
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cabinet.settings.test")

import django

django.setup()

from django.conf import settings  # noqa: E402

from accounts.models import Client  # noqa: E402
from bin.stack import console  # noqa: E402
from contracts.models import Contract  # noqa: E402
from documents import papers  # noqa: E402
from documents.models import Document, Kind  # noqa: E402
from tests.contents import content_of  # noqa: E402

ROWS = (40, 400, 4000)
# What is repeated in each kind's content; the sums beside it grow with it.
REPEATED = {
    Kind.RECONCILIATION_ACT: "entries",
    Kind.RESTRICTION_NOTICE: "points",
    Kind.OTHER: "paragraphs",
}
SUMS = ("net", "vat", "total", "to_pay")
# Papers of an ordinary month, made one after another for the rate.
ROUNDS = 5


def document(kind: Kind, rows: int) -> Document:
    """A document of a kind with so many rows, of no database."""
    client = Client(
        short_name="ООО «Вега»",
        inn="3501000017",
        kpp="350101001",
        legal_address="160000, г. Новоборск, ул. Литейная, д. 14",
    )
    contract = Contract(client=client, number="35-01-004217", signed_on=datetime.date(2019, 3, 14))
    return Document(
        kind=kind,
        title="Дополнительное соглашение" if kind == Kind.OTHER else "",
        number="10-17",
        issued_on=datetime.date(2026, 10, 31),
        period=datetime.date(2026, 10, 1),
        published_at=datetime.datetime(2026, 11, 2, 9, tzinfo=datetime.UTC),
        content=content(kind, contract, rows),
    )


def content(kind: Kind, contract: Contract, rows: int) -> dict[str, Any]:
    """The content of the tests, with as many rows as asked for."""
    if kind in (Kind.CONSUMPTION_STATEMENT, Kind.ADVANCE_VAT_INVOICE):
        return content_of(kind, contract, rows=rows)
    said = content_of(kind, contract)
    repeated = said[REPEATED.get(kind, "lines")]
    times = max(1, rows // len(repeated))
    said[REPEATED.get(kind, "lines")] = repeated * times
    if "lines" in said:
        said |= {name: str(Decimal(said[name]) * times) for name in SUMS if name in said}
    if "paid" in said:
        said["paid"] = str(Decimal(said["paid"]) * times)
    return said


def by_size(kinds: list[Kind], sizes: list[int]) -> None:
    """A line for each kind: seconds, megabytes and kilobytes by the number of rows."""
    console.say("\nkind, rows: seconds of the processor, MB at most, KB of PDF\n")
    for kind in kinds:
        seconds: list[float] = []
        parts: list[str] = []
        for rows in sizes:
            made = papers.make_apart(document(kind, rows))
            seconds.append(made.cpu_seconds)
            size = len(made.content) // 1024
            parts.append(f"{rows}: {made.cpu_seconds:.2f} s, {made.peak_mb} MB, {size} KB")
        console.say(f"{kind:22} {'   '.join(parts)}{_growth(sizes, seconds)}")


def _growth(sizes: list[int], seconds: list[float]) -> str:
    """The cost of one more row, and how it changes."""
    if len(sizes) < 3:
        return ""
    steps = [
        (later - earlier) / (more - fewer)
        for earlier, later, fewer, more in zip(seconds, seconds[1:], sizes, sizes[1:], strict=False)
    ]
    return f"   {steps[-1] * 1000:.1f} ms a row, growth {steps[-1] / steps[0]:.2f}"


def rate() -> None:
    """Papers of an ordinary month: how many a minute, and what the own process costs."""
    month = [document(kind, 4) for kind in Kind] + [document(Kind.CONSUMPTION_STATEMENT, 12)]
    papers.make_apart(month[0])  # the press has started
    began, cpu = time.monotonic(), 0.0
    for _ in range(ROUNDS):
        for row in month:
            cpu += papers.make_apart(row).cpu_seconds
    took, count = time.monotonic() - began, ROUNDS * len(month)
    console.say(
        f"\n{count} papers of an ordinary month: {cpu / count:.2f} s of the processor each,"
        f" {count * 60 / cpu:.0f} a minute and core; {count * 60 / took:.0f} a minute by the clock"
        f" of this machine, one after another"
    )
    here = min(_seconds(lambda: papers.make(month[0])) for _ in range(3))
    apart = min(papers.make_apart(month[0]).cpu_seconds for _ in range(3))
    fresh = min(_in_a_new_process() for _ in range(3))
    console.say(
        f"one bill: {apart:.2f} s in a fork of the press, {here:.2f} s in a process that has made"
        f" papers before, {fresh:.2f} s in a new process: the press saves {fresh / apart:.1f}×"
    )


def _seconds(make: Any) -> float:
    began = time.process_time()
    make()
    return time.process_time() - began


def _in_a_new_process() -> float:
    code = (
        "import time, bench.papers as b; from documents.models import Kind;"
        "b.papers.make(b.document(Kind.PLANNED_BILL, 4)); print(time.process_time())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.papers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kinds", nargs="*", metavar="kind", choices=[*Kind.values, []])
    parser.add_argument("--rows", default=",".join(map(str, ROWS)))
    arguments = parser.parse_args()
    settings.PDF_SECONDS, settings.PDF_MEMORY_MB = 3600, 16_384
    rate()
    kinds = [Kind(kind) for kind in arguments.kinds or Kind.values]
    by_size(kinds, [int(rows) for rows in arguments.rows.split(",")])
    return 0


if __name__ == "__main__":
    sys.exit(main())
