"""Which rows of a long table are shown: by words, by site, the missing ones, those in question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from meters import table
from meters.entering import Entry, Line

MISSING = "missing"
ATTENTION = "attention"
SHOWN = {"": "все строки", MISSING: "ещё не введены", ATTENTION: "требуют внимания"}

# With fewer rows a search is in the way.
_ROWS_WORTH_A_SEARCH = 8


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the person wants to see; empty values mean everything.

    `is_correction`: they came to correct what was handed in: fields of such rows are open.
    """

    words: str = ""
    site: str = ""
    show: str = ""
    is_correction: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return not (self.words or self.site or self.show)

    @property
    def query(self) -> str:
        """The choice for an address: «&q=…&show=missing», empty when everything is shown."""
        correct = "1" if self.is_correction else ""
        named = {"q": self.words, "site": self.site, "show": self.show, "correct": correct}
        chosen = {name: value for name, value in named.items() if value}
        return f"&{urlencode(chosen)}" if chosen else ""

    def for_errors(self, *, of_rows: bool) -> Choice:
        """What shows the rows with errors: those in question where that was asked for, or all.

        `of_rows`: the errors are about values, not about the table as a whole.
        """
        is_kept = of_rows and self.show == ATTENTION and not (self.words or self.site)
        return replace(self, words="", site="", show=ATTENTION if is_kept else "")

    def shows(self, line: Line) -> bool:
        """Whether the row is one of those."""
        row = line.place.row
        if self.site and row.site != self.site:
            return False
        if self.show == MISSING and not _is_missing(line):
            return False
        if self.show == ATTENTION and not table.asks_for_attention(line):
            return False
        if not self.words:
            return True
        told = f"{row.point} {row.where} {row.site} {row.serial} {line.place.meter}".casefold()
        return all(word in told for word in self.words.casefold().split())


def read(data: Mapping[str, str]) -> Choice:
    """The choice that an address or a posted form names; what it does not know is left out."""
    show = data.get("show", "")
    return Choice(
        words=" ".join(data.get("q", "").split())[:100],
        site=data.get("site", "")[:300],
        show=show if show in SHOWN else "",
        is_correction="correct" in data,
    )


def is_offered(entry: Entry) -> bool:
    """Whether the table is long enough to be searched."""
    return len(entry.lines) >= _ROWS_WORTH_A_SEARCH


def sites(entry: Entry) -> list[str]:
    """The sites of the contract in the order of its points."""
    return list(dict.fromkeys(line.place.row.site for line in entry.lines))


def counts(entry: Entry) -> dict[str, int]:
    """How many rows each choice of `SHOWN` holds."""
    return {
        "": len(entry.lines),
        MISSING: sum(_is_missing(line) for line in entry.lines),
        ATTENTION: sum(table.asks_for_attention(line) for line in entry.lines),
    }


def _is_missing(line: Line) -> bool:
    return line.place.is_asked and not line.place.is_done and line.typed.is_empty
