"""A row of the table, and the table."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HEADINGS = ("fault", "sent", "delivered", "duplicates", "lost", "slowest page (s)")
# Between these lines of a document stands the table of the last whole run.
BEGIN, END = "<!-- make faults: begin -->", "<!-- make faults: end -->"


@dataclass
class Row:
    """What one fault did.

    `shown` are the numbers that clients were told; `broken` are sentences about promises that were
    not kept; `slowest` is the longest wait for a page in seconds; `failed` counts pages that were
    not answered or answered with an error of the portal.
    """

    number: int
    title: str
    shown: list[str] = field(default_factory=list)
    delivered: int = 0
    duplicates: int = 0
    lost: int = 0
    slowest: float = 0.0
    failed: int = 0
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def show(self, number: str) -> None:
        """A client was told this number; a repeat of a form tells the same one again."""
        with self._lock:
            if number not in self.shown:
                self.shown.append(number)

    def page(self, seconds: float, *, is_failed: bool = False) -> None:
        """A page took so long."""
        with self._lock:
            self.slowest = max(self.slowest, seconds)
            self.failed += is_failed

    def promise(self, is_kept: bool, sentence: str) -> None:
        """Note a promise that was not kept."""
        if not is_kept:
            self.broken.append(sentence)

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost and every promise was kept."""
        return not self.lost and not self.broken

    @property
    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        return (
            f"{self.number} {self.title}",
            str(len(self.shown)),
            str(self.delivered),
            str(self.duplicates),
            str(self.lost),
            f"{self.slowest:.1f}",
        )


def table(rows: Sequence[Row]) -> str:
    """Markdown that is a table for people too."""
    lines = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    first, *others = widths
    rule = "|".join([f"{'-' * (first + 2)}", *(f"{'-' * (width + 1)}:" for width in others)])
    printed = [
        "| " + " | ".join([line[0].ljust(first), *map(str.rjust, line[1:], others)]) + " |"
        for line in lines
    ]
    return "\n".join([printed[0], f"|{rule}|", *printed[1:]])


def remarks(rows: Sequence[Row]) -> str:
    """Below the table: what was not as promised, and what is worth knowing."""
    lines = [f"{row.number}: NOT KEPT: {sentence}" for row in rows for sentence in row.broken]
    lines += [f"{row.number}: {sentence}" for row in rows for sentence in row.notes]
    return "\n".join(lines)


def write_into(document: Path, text: str) -> None:
    """Put the text between the marks of a document; a new document is nothing else."""
    old = document.read_text(encoding="utf-8") if document.exists() else f"{BEGIN}\n{END}\n"
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{document} has no lines {BEGIN} and {END}")
    document.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def exit_code(rows: Sequence[Row]) -> int:
    """1 if anything was lost or a promise was not kept."""
    return 0 if all(row.is_good for row in rows) else 1
