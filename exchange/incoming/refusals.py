"""Rows of a package that are refused, collected on the way: all of them are named at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exchange.incoming.errors import PackageError

# So many are kept for the report; a package with more of them has one mistake, not so many.
KEPT = 10_000
# A row longer than this is named, but not kept as it came.
LONGEST_ROW = 64 * 1024


@dataclass(kw_only=True)
class Refusal:
    """A row that is refused. `row` counts from the header, 1; none: the whole file."""

    table: str
    row: int | None
    column: str
    key: str
    reason: str
    cells: list[str] = field(default_factory=list)

    def as_error(self) -> PackageError:
        """The same as an exception."""
        return PackageError(self.reason, file=f"{self.table}.csv", row=self.row)


@dataclass(kw_only=True)
class Refusals:
    """All that were found; `kept` has the first `KEPT`, `headers` the columns of their files."""

    kept: list[Refusal] = field(default_factory=list)
    headers: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, found: Iterable[Refusal], *, more: int = 0) -> None:
        """Note those of a table, and that there are `more` which nobody names."""
        for refusal in found:
            more += 1
            if len(self.kept) < KEPT:
                self.kept.append(refusal)
        if more:
            self.counts[table] = self.counts.get(table, 0) + more

    @property
    def total(self) -> int:
        """How many there are, kept or not."""
        return sum(self.counts.values())

    def of(self, table: str) -> int:
        """How many of a table."""
        return self.counts.get(table, 0)

    def in_order(self) -> list[Refusal]:
        """Those kept, in the order of the package's tables, then of the file's rows."""
        places = {name: place for place, name in enumerate(self.counts)}
        return sorted(self.kept, key=lambda refusal: (places[refusal.table], refusal.row or 0))

    def first(self) -> Refusal:
        """The first of them."""
        return self.in_order()[0]

    def keys_of(self, table: str) -> set[str]:
        """Codes of its refused rows: whoever names one of them is refused for that reason alone."""
        return {refusal.key for refusal in self.kept if refusal.table == table}

    def fill(self, table: str, rows: Mapping[int, list[str]]) -> None:
        """Put the rows as they came beside the reasons."""
        for refusal in self.kept:
            if refusal.table == table and refusal.row is not None:
                refusal.cells = rows.get(refusal.row, [])
