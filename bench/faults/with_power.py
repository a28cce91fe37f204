"""The power goes out at the worst moment: a process ends in the middle of a form."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.faults.bench import PAGE_SECONDS, SWEEP_SECONDS, Bench
from bench.faults.browser import Browser, NoPage
from bin.stack.processes import ROOT

TIMES = 5
A_DAY = 86_400 * 1.5

# Prints how many files were swept, then the paths of the rows that have no file.
_SWEEP = """
import django; django.setup()
from django.core.files.storage import default_storage
from messaging import attachments
from messaging.models import Attachment
print(attachments.sweep_orphans())
for path in Attachment.objects.values_list("path", flat=True):
    if not default_storage.exists(path):
        print(path)
"""


def lost_after_commit(bench: Bench) -> None:
    """Rows are committed and no worker is told: the client sends again, beat finds the letters."""
    with _Dying(bench, at="wake") as dying:
        for browser in bench.people[:1] * TIMES:
            dying.send(bench, browser)
    numbers = bench.stored()
    bench.row.promise(len(bench.row.shown) == TIMES, "a repeated form got another number")
    bench.row.promise(numbers == TIMES, f"{numbers} messages were stored instead of {TIMES}")
    bench.row.promise(bench.wait_for_letters(), f"letters did not go in {SWEEP_SECONDS:.0f} s")


def lost_before_commit(bench: Bench) -> None:
    """Files are on the disk and their rows are not: the client sends again, the files are swept."""
    media = bench.portal.folder / "media"
    before = set(_files(media))
    with _Dying(bench, at="store") as dying:
        for browser in bench.people[:1] * TIMES:
            dying.send(bench, browser, files=[("акт.txt", b"acts " * 20_000)])
    left = set(_files(media)) - before
    bench.row.promise(len(left) == 2 * TIMES, f"{len(left)} files on the disk, not {2 * TIMES}")
    for path in left:
        then = time.time() - A_DAY
        os.utime(path, (then, then))
    swept, *without_file = _run(bench, _SWEEP)
    bench.row.promise(int(swept) == TIMES, f"{swept} orphans were swept, not {TIMES}")
    bench.row.promise(not without_file, f"{len(without_file)} rows point to a missing file")
    bench.row.promise(bench.stored() == TIMES, "a message was stored twice or not at all")
    bench.row.promise(bench.wait_for_letters(), "letters did not come")


class _Dying:
    """A web server whose processes lose their power at a moment, once for each `send`."""

    def __init__(self, bench: Bench, *, at: str) -> None:
        self.flag = bench.portal.folder / "dies"
        self.portal = bench.portal
        self.settings = {"BENCH_DIES_AT": at, "BENCH_DIES_IF": str(self.flag)}

    def __enter__(self) -> _Dying:
        self.portal.end("web")
        self.portal.start_web(self.settings, application="bench.faults.dying:application")
        return self

    def __exit__(self, *_: object) -> None:
        self.portal.start_again("web")

    def send(
        self, bench: Bench, browser: Browser, files: list[tuple[str, bytes]] | None = None
    ) -> None:
        """A form is cut off by the power, and sent again as it was."""
        form = browser.open_message_form()
        form.files = files or []
        self.flag.touch()
        failed, slowest = bench.row.failed, bench.row.slowest
        try:
            browser.post(form)
            bench.row.promise(False, "the power did not go out")
        except NoPage:
            # Losing the line to a dead process is not the page's answer.
            bench.row.failed, bench.row.slowest = failed, slowest
        bench.row.promise(not self.flag.exists(), "the power did not go out")
        started_at = time.monotonic()
        bench.send(browser, form)
        seconds = time.monotonic() - started_at
        bench.row.promise(seconds <= 3 * PAGE_SECONDS, f"the repeat took {seconds:.1f} s")


def _files(media: Path) -> list[Path]:
    return [path for path in (media / "attachments").rglob("*") if path.is_file()]


def _run(bench: Bench, code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=bench.portal.env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()
