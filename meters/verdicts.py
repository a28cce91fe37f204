"""What the page says of an uploaded table: a verdict for each row, and what may be handed in."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.html import format_html
from django.utils.safestring import SafeString

from cabinet import formats, icons
from meters import entering, markup, matching, table
from meters.checking import Missing
from meters.entering import Entry, Line, Typed
from meters.filled import Filled
from meters.inventory import Inventory, Place
from meters.matching import Matched
from meters.rules import Thresholds
from meters.usage import Counter, Usual

# A page of so many rows can still be read; whatever asks something is shown beyond it.
ROWS_SHOWN = 1_000


class Kind(enum.StrEnum):
    """What becomes of a row."""

    ACCEPTED = "accepted"
    QUESTION = "questions"
    ERROR = "errors"
    STANDING = "standing"
    EMPTY = "empty"


# Word and tone of a row's state.
_STATES: dict[Kind, tuple[str, str]] = {
    Kind.ACCEPTED: ("принято", "ok"),
    Kind.QUESTION: ("нужно подтвердить", "warn"),
    Kind.ERROR: ("ошибка", "bad"),
    Kind.STANDING: ("уже передано", ""),
    Kind.EMPTY: ("нет показания", "plain"),
}
_TALLY: dict[Kind, str] = {
    Kind.ACCEPTED: "Принято",
    Kind.QUESTION: "Нужно подтвердить",
    Kind.ERROR: "С ошибками",
    Kind.STANDING: "Уже передано",
    Kind.EMPTY: "Без показания",
}
FILTERS: dict[str, str] = {
    "": "все строки",
    Kind.ERROR: "с ошибками",
    Kind.QUESTION: "нужно подтвердить",
    Kind.ACCEPTED: "принятые",
    Kind.STANDING: "уже переданные",
    Kind.EMPTY: "без показания",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A row of the file: `line` is what the table of readings says of its value."""

    matched: Matched
    line: Line | None = None

    @cached_property
    def kind(self) -> Kind:
        """What becomes of the row."""
        if self.matched.problem:
            return Kind.ERROR
        if self.line is None:
            return Kind.EMPTY
        if self.line.refusal:
            return Kind.ERROR
        if self.line.is_open:
            return Kind.QUESTION
        return Kind.STANDING if entering.stands_already(self.line) else Kind.ACCEPTED

    @property
    def anchor(self) -> str:
        """The row's id on the page."""
        return f"row-{self.matched.row.number}"


@dataclass(frozen=True, kw_only=True)
class ShownRow:
    """A verdict in words; `note` is the row below it."""

    anchor: str
    number: int
    kind: str
    point: str
    meter: str
    zone: str
    previous: str
    value: str
    former: str
    consumption: str
    unit: str
    state: str
    tone: str
    explanation: str
    note: SafeString | str


@dataclass(frozen=True, kw_only=True)
class Review:
    """The verdict of the whole file."""

    verdicts: list[Verdict]
    entry: Entry

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each kind of `FILTERS`."""
        kinds = [verdict.kind for verdict in self.verdicts]
        return {"": len(kinds), **{kind: kinds.count(kind) for kind in Kind}}

    def of_kind(self, kind: str) -> list[Verdict]:
        """The rows of a kind; all for an empty one."""
        return [verdict for verdict in self.verdicts if kind in ("", verdict.kind)]

    @cached_property
    def accepted(self) -> Entry:
        """The table with what can be handed in now, and nothing else."""
        lines = [verdict.line for verdict in self.of_kind(Kind.ACCEPTED) if verdict.line]
        return Entry(inventory=self.entry.inventory, lines=lines)

    @property
    def left_out(self) -> int:
        """Rows with a mistake or without an answer."""
        return self.counts[Kind.ERROR] + self.counts[Kind.QUESTION]

    @property
    def lost(self) -> int:
        """Rows that name no register of the table: there they have no place."""
        return sum(verdict.matched.problem is not None for verdict in self.verdicts)

    @property
    def absent(self) -> list[Missing]:
        """Registers that are asked for, not handed in and without an accepted value in the file."""
        stated = {line.place.register_id for line in self.accepted.lines}
        return [
            Missing(anchor=entering.field_name(place), name=table.name(place), site=place.row.site)
            for place in table.missing(self.entry.inventory)
            if place.register_id not in stated
        ]

    @property
    def tally(self) -> list[tuple[str, str, str]]:
        """What became of the rows: word, number, tone; kinds without rows are left out."""
        return [
            (_TALLY[kind], formats.quantity(self.counts[kind]), _STATES[kind][1])
            for kind in Kind
            if self.counts[kind]
        ]

    @property
    def send_words(self) -> str:
        """The button: «Передать 12 показаний»; empty with nothing to hand in."""
        number = self.counts[Kind.ACCEPTED]
        if not number and not self.counts[Kind.QUESTION]:
            return ""
        if self.counts[Kind.QUESTION]:  # the answers on the page may add to them
            return "Передать показания"
        return f"Передать {formats.counted(number, 'показание', 'показания', 'показаний')}"

    @property
    def partly_words(self) -> str:
        """The tick that leaves rows out; empty with none to leave out, and with nothing else."""
        wrong, doubtful = self.counts[Kind.ERROR], self.counts[Kind.QUESTION]
        if not (doubtful or wrong) or not self.send_words:
            return ""
        if not doubtful:
            rows = formats.counted(wrong, "строки", "строк", "строк")
            return f"Передать без {rows} с ошибками"
        if not wrong:
            return "Передать без строк, которые я не подтверждаю"
        return "Передать без строк с ошибками и без тех, которые я не подтверждаю"


def review(
    filled: Filled,
    inventory: Inventory,
    answers: Mapping[int, Typed],
    *,
    thresholds: Thresholds,
    usual: Callable[[], Mapping[Counter, Usual]],
) -> Review:
    """Check a file's rows as the table of readings would; `answers`: what was said of doubts."""
    matched = matching.match(filled, inventory)
    typed = {
        register: answers.get(register, Typed())._replace(value=one.value)
        for register, one in matching.typed(matched).items()
    }
    entry = entering.enter(inventory, typed, thresholds=thresholds, usual=usual)
    lines = {line.place.register_id: line for line in entry.lines if not line.typed.is_empty}
    return Review(
        verdicts=[
            Verdict(matched=one, line=lines.get(one.place.register_id))
            if one.is_stated and one.place
            else Verdict(matched=one)
            for one in matched
        ],
        entry=entry,
    )


def shown(verdicts: Iterable[Verdict], *, with_questions: bool) -> list[ShownRow]:
    """The first `ROWS_SHOWN` of the rows in words, and every further one that asks something.

    `with_questions`: there is a form in which the client can answer.
    """
    return [
        _shown(verdict, with_questions=with_questions)
        for index, verdict in enumerate(verdicts)
        if index < ROWS_SHOWN or verdict.kind == Kind.QUESTION
    ]


def errors(review: Review) -> list[tuple[str, str]]:
    """Lines of the error summary for rows that are still asked about, as (anchor, text)."""
    found = []
    for verdict in review.of_kind(Kind.QUESTION):
        line = verdict.line
        if line is None:
            continue
        anchor = f"{'why' if line.has_half_an_answer else 'ok'}{line.place.register_id}"
        words = "; ".join(question.brief for question in line.questions)
        if line.has_half_an_answer:
            words = "выберите причину, другую причину опишите"
        number, name = verdict.matched.row.number, table.name(line.place)
        found.append((anchor, f"Строка {number}, {name}: {words}"))
    return found


def _shown(verdict: Verdict, *, with_questions: bool) -> ShownRow:
    row, place, line = verdict.matched.row, verdict.matched.place, verdict.line
    word, tone = _STATES[verdict.kind]
    if place is None:
        names = {
            "point": row.point or formats.ABSENT,
            "meter": f"№{formats.NBSP}{row.serial}" if row.serial else row.code,
            "zone": row.zone or formats.ABSENT,
            "previous": formats.ABSENT,
            "unit": "",
        }
    else:
        names = _names(place)
    is_confirmed = line is not None and bool(line.questions) and line.is_confirmed
    value, replaced = (line.value, line.replaced) if line else (None, None)
    quantity = line.consumption if line else None
    return ShownRow(
        anchor=verdict.anchor,
        number=row.number,
        kind=verdict.kind,
        **names,
        value=place.display.show(value) if place and value is not None else row.value,
        former=place.display.show(replaced.value) if place and replaced else "",
        consumption=formats.exact(quantity) if quantity is not None else "",
        state="подтверждено" if is_confirmed else word,
        tone=tone,
        explanation=line.explanation if line and is_confirmed else "",
        note=_note(verdict, with_questions=with_questions),
    )


def _names(place: Place) -> dict[str, str]:
    zone, energy = table.zone_words(place.row.energy, place.row.zone)
    previous = place.previous_value
    return {
        "point": place.row.point,
        "meter": f"№{formats.NBSP}{place.row.serial}",
        "zone": f"{zone}, {energy}" if energy else zone,
        "previous": formats.ABSENT if previous is None else place.display.show(previous),
        "unit": "" if place.unit == "кВт·ч" else place.unit,
    }


def _note(verdict: Verdict, *, with_questions: bool) -> SafeString | str:
    """What is wrong and in which cell, or what is asked; of a confirmed row the answer stays."""
    problem, line = verdict.matched.problem, verdict.line
    if problem is None and line is not None and line.refusal:
        problem = matching.Problem(
            cell=verdict.matched.cell, title=line.refusal.title, advice=line.refusal.advice
        )
    if problem is None:
        return markup.note(line) if line and with_questions else ""
    return format_html(
        '<tr role="row" class="note"><td role="cell" colspan="7"><div class="ask ask--bad">'
        "<p>{} <b>Ячейка {}. {}</b> {}</p></div></td></tr>",
        icons.icon("exclamation-circle"),
        problem.cell,
        problem.title,
        problem.advice,
    )
