"""The rows of a file in which billing answers to a batch, read one by one.

A file is CSV as programs and people write it (UTF-8 or Windows-1251; `;`, a comma or a tab), or a
workbook. It may be the batch's own file with two columns more: what left comes back to be compared.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from django.utils import timezone

from cabinet import formats
from cabinet.sheets import Limits, SheetRefused, read_table
from cabinet.sheets.guarding import unguarded

PROBLEMS_SHOWN = 20
REASON_LENGTH = 300

# The columns that an answer has of its own, by their names for programs and for people.
_OWN: dict[str, str] = {
    "row": "row", "строка": "row",
    "state": "state", "ответ": "state",
    "reason": "reason", "причина": "reason", "пояснение": "reason",
    "answered_at": "answered_at", "когда": "answered_at",
    "document": "document", "документ": "document",
}  # fmt: skip
_DELIMITERS = ";\t,"
_SAMPLE = 1 << 16
_MOMENTS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong, and in which row of the file (its head is row 1; 0: in no one row)."""

    words: str
    number: int = 0

    def __str__(self) -> str:
        if not self.number:
            return f"{self.words[:1].upper()}{self.words[1:]}."
        return f"Строка файла {self.number}: {self.words}."


class AnswerRefused(Exception):
    """Nothing of the file is taken; `problems` are the first of what is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """`problems`: at least one."""
        self.problems = list(problems[:PROBLEMS_SHOWN])
        super().__init__(" ".join(map(str, self.problems)))


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerRow:
    """What a row of the file says. `number` is the row's own, `row` that of the batch.

    `compared`: by a column of the batch what the file repeats of it.
    """

    number: int
    row: int
    state: str
    reason: str
    answered_at: datetime.datetime | None
    document: str
    compared: Mapping[str, str]


@dataclass(kw_only=True)
class Reader:
    """Reads the rows of one file, and gathers what is wrong with them.

    `states`: each word for a verdict and its code; `titles`: the batch's own columns, by name and
    by title; `compared`: those of them that must agree.
    """

    states: Mapping[str, str]
    titles: Mapping[str, str]
    compared: Sequence[str]
    problems: list[Problem] = field(default_factory=list)

    def rows(self, stream: IO[bytes], name: str) -> Iterator[AnswerRow]:
        """The rows that can be read; ask for `problems` afterwards.

        Raises:
            AnswerRefused: it is no table, or its head is not that of an answer.
        """
        with contextlib.closing(_cells(stream, name)) as lines:
            places = self._places(next(lines)[1])
            now = timezone.now()
            for number, cells in lines:
                if len(self.problems) >= PROBLEMS_SHOWN:
                    return
                if any("\0" in cell for cell in cells):
                    self._wrong("нулевой байт: сохраните файл заново", number)
                    continue
                said = {
                    column: cells[index].strip() if index < len(cells) else ""
                    for column, index in places.items()
                }
                if row := self._row(number, said, now):
                    yield row

    def _places(self, head: Sequence[str]) -> dict[str, int]:
        """Column → where it stands."""
        places: dict[str, int] = {}
        known = {**{title.casefold(): name for title, name in self.titles.items()}, **_OWN}
        for index, title in enumerate(cell.replace("\0", "?") for cell in head):
            name = known.get(title.strip().casefold())
            if name is None and title.strip():
                self._wrong(f"неизвестный столбец «{title.strip()}»", 1)
            elif name in places:
                self._wrong(f"столбец «{title.strip()}» повторяется", 1)
            elif name:
                places[name] = index
        for name, words in (("row", "row («Строка»)"), ("state", "state («Ответ»)")):
            if name not in places:
                self._wrong(f"нет столбца {words}", 1)
        if self.problems:
            raise AnswerRefused(self.problems)
        wanted = {*_OWN.values(), *self.compared}
        return {name: index for name, index in places.items() if name in wanted}

    def _row(
        self, number: int, said: Mapping[str, str], now: datetime.datetime
    ) -> AnswerRow | None:
        """The row, unless it is of none of the batch's; one without a verdict is no answer yet.

        What is wrong in it is noted. Such a row is given too, so that it is compared as well.
        """
        word, reason = said["state"], said.get("reason", "")
        if not word and not reason:
            return None
        row = said["row"]
        is_numbered = row.isascii() and row.isdecimal() and len(row) < 10
        if not is_numbered:
            self._wrong(f"«{row}» — не номер строки партии", number)
        state = self.states.get(word.casefold(), "")
        if not state:
            self._wrong(f"ответ «{word}» неизвестен; бывает: {', '.join(self.states)}", number)
        if state == "rejected" and not reason:
            self._wrong("у отказа нет причины", number)
        if len(reason) > REASON_LENGTH:
            self._wrong(f"причина длиннее {REASON_LENGTH} знаков", number)
        moment = self._moment(number, said.get("answered_at", ""), now)
        if not is_numbered:
            return None
        return AnswerRow(
            number=number,
            row=int(row),
            state=state,
            reason=reason,
            answered_at=moment,
            document=said.get("document", ""),
            compared={name: said[name] for name in self.compared if name in said},
        )

    def _moment(self, number: int, text: str, now: datetime.datetime) -> datetime.datetime | None:
        if not text:
            return None
        moment = _parsed(text)
        if moment is None:
            self._wrong(f"«{text}» — не время; пишите 2026-12-03T10:00:00+03:00", number)
        elif moment > now:
            self._wrong(f"ответ дан в будущем: {formats.moment(moment)}", number)
        return moment

    def _wrong(self, words: str, number: int) -> None:
        self.problems.append(Problem(words=words, number=number))


def _parsed(text: str) -> datetime.datetime | None:
    """A moment in ISO 8601 or as a Russian writes it; without a zone, on the retailer's clock."""
    moment = None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        for form in _MOMENTS:
            try:
                moment = datetime.datetime.strptime(text, form)
                break
            except ValueError:
                continue
    if moment is None or not 2000 <= moment.year < 2100:
        return None
    return timezone.make_aware(moment) if moment.tzinfo is None else moment


# Cells -------------------------------------------------------------------------------------------


def _cells(stream: IO[bytes], name: str) -> Generator[tuple[int, list[str]], None, None]:
    """Number and cells of each row that is not empty."""
    stream.seek(0)
    sample = stream.read(_SAMPLE)
    stream.seek(0)
    if not sample.strip():
        raise _refused("файл пустой")
    if sample.startswith(b"PK"):
        yield from _of_workbook(stream.read(), name)
        return
    encoding = _encoding(stream)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield from _of_csv(text, _delimiter(sample.decode(encoding, "replace")))
    finally:
        text.detach()  # the stream is its owner's


def _of_workbook(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    try:
        table = read_table(content, name, limits=Limits(rows=50_000))
    except SheetRefused as refusal:
        raise _refused(str(refusal).removesuffix(".")) from refusal
    for row in table.rows:
        yield row.number, row.cells


def _of_csv(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if any(cells):
                yield number, [unguarded(cell) for cell in cells]
    except csv.Error as error:
        raise _refused("строка не читается как таблица CSV", number + 1) from error
    except UnicodeError as error:
        raise _refused("файл не читается как текст: сохраните его как CSV UTF-8") from error


def _encoding(stream: IO[bytes]) -> str:
    """UTF-8 when all of the file is, else Windows-1251; the stream is at its beginning again."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
    try:
        while text.read(_SAMPLE):
            pass
        return "utf-8-sig"
    except UnicodeDecodeError:
        return "cp1251"
    finally:
        text.detach()
        stream.seek(0)


def _delimiter(sample: str) -> str:
    """The sign that stands most often in the head."""
    head = sample.lstrip("\ufeff\r\n").partition("\n")[0]
    return max(_DELIMITERS, key=head.count)


def _refused(words: str, number: int = 0) -> AnswerRefused:
    return AnswerRefused([Problem(words=words, number=number)])
