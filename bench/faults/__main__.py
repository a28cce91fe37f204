"""The command line: see the package's description."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

import bench.faults
from bench.faults import report
from bench.faults.bench import Bench
from bench.faults.catalogue import FAULTS, Fault
from bench.faults.portal import Portal
from bin.stack import console, postgres


def main() -> int:
    """Break what was asked for and print the table; the exit code is that of the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.faults",
        description=bench.faults.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER")
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.numbers) - set(FAULTS)):
        parser.error(f"no fault has the number {unknown[0]}; there are {sorted(FAULTS)}")
    rows = run([FAULTS[number] for number in arguments.numbers or FAULTS])
    text = report.table(rows)
    if arguments.markdown:
        report.write_into(arguments.markdown, text)
    console.say(f"\n{text}\n\n{report.remarks(rows)}")
    return report.exit_code(rows)


def run(faults: list[Fault]) -> list[report.Row]:
    """Start a portal, let every fault happen to it, and forget the portal."""
    with tempfile.TemporaryDirectory(prefix="cabinet-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        portal = Portal(folder)
        try:
            portal.start()
            stand = Bench(portal)
            return [happen(stand, fault) for fault in faults]
        finally:
            portal.stop()
            postgres.remove_data(folder)


def happen(stand: Bench, fault: Fault) -> report.Row:
    """Let one fault happen, wait until the outbox is quiet, and compare."""
    row = report.Row(fault.number, fault.title)
    stand.begin(row)
    started_at = time.monotonic()
    console.say(f"{fault.number:>2} {fault.title} … ", end="")
    try:
        fault.happen(stand)
    except Exception as error:  # a broken fault is no reason to hide the others
        traceback.print_exc()
        row.promise(False, f"the bench itself failed: {type(error).__name__}: {error}")
    stand.portal.mend()
    stand.wait_for_letters()
    if not stand.wait_until_quiet(seconds=5):
        stand.let_time_pass()
        stand.wait_until_quiet(seconds=20)
    stand.compare()
    verdict = "" if row.is_good else f", {row.lost} lost; {'; '.join(row.broken)}"
    console.say(f"{console.seconds_since(started_at)}{verdict}")
    return row


if __name__ == "__main__":
    try:
        sys.exit(main())
    except console.StackError as error:
        console.complain(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
