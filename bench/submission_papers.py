"""What the papers of a large submission cost: the receipt and the act of so many rows.

    python -m bench.submission_papers 250 500    (beside the servers for tests: make run CMD="…")

The measure is the same paper with ten rows, so that the figure is what a row costs.
"""

# ruff: noqa: E402 - Django is set up before models are imported
from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cabinet.settings.test")

import django

django.setup()

from django.core.management import call_command

from accounts.models import User
from meters import printing
from meters.models import SubmissionPaper
from tests import make

FEW = 10


def seconds(author: User, rows: int, kind: str) -> float:
    """How long one paper of `rows` values takes, second time: fonts and templates are loaded."""
    contract = make.contract(make.client())
    for _ in range(rows):
        make.installation(make.point(contract), current_ratio=40)
    submission = make.submission(contract, author, *(f"{1000 + n}.5" for n in range(rows)))
    paper = SubmissionPaper(submission=submission, kind=kind)
    began = time.process_time()
    printing.make(paper)
    return time.process_time() - began


def main() -> None:
    """Fill a database of its own and print the figures."""
    counts = [int(word) for word in sys.argv[1:]] or [250, 500]
    call_command("migrate", verbosity=0)
    author = make.user("bench")
    for kind in SubmissionPaper.Kind.values:
        seconds(author, FEW, kind)
        few = seconds(author, FEW, kind)
        for count in counts:
            took = seconds(author, count, kind)
            each = (took - few) / (count - FEW)
            print(f"{kind} of {count} rows: {took:.1f} s of CPU, {each * 1000:.0f} ms a row")


if __name__ == "__main__":
    main()
