"""What is told about an import: a few lines for people, the refused rows as files to be mended."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cabinet import formats
from exchange.incoming.dialect import REASON
from exchange.incoming.refusals import KEPT
from exchange.incoming.tables import TABLES
from exchange.models import Import

_WORDS = (
    ("new", "новых"),
    ("changed", "изменено"),
    ("unchanged", "без изменений"),
    ("vanished", "нет в пакете"),
    ("refused", "отклонено"),
)


def repeated(attempt: Import) -> Import | None:
    """The import that has loaded this very package before, if one has."""
    if not attempt.sha256:
        return None
    return Import.objects.applied().filter(sha256=attempt.sha256, pk__lt=attempt.pk).first()


@dataclass(frozen=True, kw_only=True)
class TableReport:
    """A table of the package on a page: its counts as text, its samples.

    `new_columns` head the table of the new rows; each of these is its code and its cells.
    """

    name: str
    title: str
    counts: list[str]
    new_columns: list[str]
    new: list[tuple[str, list[str]]]
    changed: list[dict[str, Any]]
    vanished: list[str]
    vanished_more: int


def tables(attempt: Import) -> list[TableReport]:
    """What the package did with each table, or would do; numbers by the order of `HEADS`."""
    found = []
    for table in TABLES:
        counts = attempt.counts.get(table.name)
        if counts is None:
            continue
        samples = attempt.samples.get(table.name, {})
        vanished = samples.get("vanished", [])
        new = [(row["key"], dict(row["fields"])) for row in samples.get("new", [])]
        columns = list(dict.fromkeys(name for _, cells in new for name in cells))
        found.append(
            TableReport(
                name=table.name,
                title=table.title,
                counts=[formats.quantity(counts.get(name, 0)) for name, _ in _WORDS],
                new_columns=columns,
                new=[(key, [cells.get(name, "") for name in columns]) for key, cells in new],
                changed=samples.get("changed", []),
                vanished=vanished,
                vanished_more=counts.get("vanished", 0) - len(vanished),
            )
        )
    return found


def in_short(attempt: Import) -> str:
    """For a list: «новых 12, изменено 3», or why nothing was done."""
    if attempt.is_working:
        return f"{attempt.percent}{formats.NBSP}%"
    if attempt.refused_rows:
        return f"отклонено строк: {formats.quantity(attempt.refused_rows)}"
    if attempt.state in (Import.State.REFUSED, Import.State.FAILED):
        return attempt.trouble[:100]
    if not attempt.has_changed:
        return "ничего нового"
    return _did(attempt)


def warnings() -> list[str]:
    """A sentence for each package that did not go in since the last one that did, a few at most."""
    last = Import.objects.applied().values_list("pk", flat=True).first() or 0
    troubled = Import.objects.troubled().filter(pk__gt=last)[:3]
    return [
        f"Пакет «{attempt.name}» от {formats.moment(attempt.created_at)} не загружен:"
        f" {attempt.trouble}"
        for attempt in troubled
    ]


def _did(attempt: Import) -> str:
    def total(name: str) -> str:
        return formats.quantity(sum(row.get(name, 0) for row in attempt.counts.values()))

    return ", ".join(f"{words} {total(name)}" for name, words in _WORDS[:2])


def summary(attempt: Import) -> str:
    """One sentence about how it ended: «Пакет загружен: новых 12, изменено 3.»."""
    before = repeated(attempt)
    if attempt.state in (Import.State.CHECKED, Import.State.APPLIED) and not attempt.has_changed:
        if before is not None:
            moment = formats.moment(before.applied_at)
            return f"Этот пакет уже загружен {moment}: ничего нового в нём нет."
        return "Всё, что есть в пакете, уже загружено: ничего нового в нём нет."
    did = _did(attempt)
    match attempt.state:
        case Import.State.APPLIED:
            return f"Пакет загружен: {did}."
        case Import.State.CHECKED:
            return f"Пакет проверен, его можно загружать: {did}."
        case Import.State.REFUSED:
            return f"Пакет не загружен. {attempt.trouble}"
        case Import.State.UNDONE:
            return f"Загрузка отменена {formats.moment(attempt.undone_at)}: данные снова прежние."
    return attempt.trouble or attempt.get_state_display()


def report(attempt: Import) -> str:
    """The whole report as text, for the folder of exchange."""
    lines = [
        summary(attempt),
        "",
        f"Пакет: {attempt.name}",
        f"Данные на: {formats.moment(attempt.as_of)}",
        f"SHA-256 описи: {attempt.sha256 or formats.ABSENT}",
        f"Загрузка № {attempt.pk} от {formats.moment(attempt.created_at)}",
        "",
    ]
    for table in TABLES:
        if counts := attempt.counts.get(table.name):
            did = ", ".join(f"{words} {counts[name]}" for name, words in _WORDS if counts.get(name))
            lines.append(f"{table.file_name}: {did or 'пусто'}")
    for refusal in attempt.refusals.all()[:KEPT]:
        lines.append(f"{refusal}: {refusal.reason}")
    return "\n".join(lines) + "\n"


def tables_refused(attempt: Import) -> list[str]:
    """Names of the tables that have refused rows."""
    found = set(attempt.refusals.exclude(row=None).values_list("table", flat=True))
    return [table.name for table in TABLES if table.name in found]


def refused_rows(attempt: Import, table: str) -> Iterator[str]:
    """A CSV of the refused rows of a table: its own columns and «причина», piece by piece.

    It may be mended and given in again as it is: UTF-8, `;`, and the loader passes over «причина».
    """
    header = attempt.samples.get("headers", {}).get(table, [])
    yield "\ufeff" + _line([*header, REASON])
    for refusal in attempt.refusals.filter(table=table).exclude(row=None).iterator():
        cells = (refusal.cells + [""] * len(header))[: len(header)]
        yield _line([*cells, f"строка {refusal.row}: {refusal.reason}"])


def write_refused(attempt: Import, folder: Path) -> list[str]:
    """Write such a file for each table that has refused rows; their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for table in tables_refused(attempt):
        name = f"{table}.csv"
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(refused_rows(attempt, table))
        names.append(name)
    return names


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";", lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
