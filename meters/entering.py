"""What a person typed into the table of readings, row by row: read, checked, kept as typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from meters import checks, doubts
from meters.inventory import Inventory, Place, Shown
from meters.models import Doubt, Reading
from meters.rules import Thresholds
from meters.usage import Counter, Usual

_FIELD = re.compile(r"(r|ok|why|note)([0-9]{1,18})")
# Longer than any reason; the database keeps 300 characters of reason and note together.
_NOTE_LENGTH = 240
# What a row's field may hold at the most, of which no reading and no note is left out.
_TYPED_LENGTH = 400


class Typed(NamedTuple):
    """What stands in a row: the value as text, the value that was confirmed, why, and a note."""

    value: str = ""
    confirmed: str = ""
    reason: str = ""
    note: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed into the row."""
        return not self.value.strip()


_NOTHING = Typed()
_PARTS = {"r": 0, "ok": 1, "why": 2, "note": 3}


def field_name(place: Place) -> str:
    """The name and id of the row's input; `ok…`, `why…` and `note…` belong to it."""
    return f"r{place.register_id}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row with what was typed into it.

    `value` is what the text means, None when it is empty or refused. `is_confirmed`: something was
    asked, and the client has said that this very value is right and why.
    """

    place: Place
    typed: Typed = _NOTHING
    value: Decimal | None = None
    refusal: checks.Refused | None = None
    questions: tuple[doubts.Question, ...] = ()
    may_turn: bool = False
    is_confirmed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the row still needs an answer before it can be handed in."""
        return self.refusal is not None or (bool(self.questions) and not self.is_confirmed)

    @property
    def is_rollover(self) -> bool:
        """Whether the client says that the display went through zero.

        Of a value that billing has refused he may have said so when he first handed it in.
        """
        if (refused := self.place.refused(self.value)) and refused.is_rollover:
            return True
        return self.may_turn and self.is_confirmed and self.typed.reason == doubts.ROLLOVER

    @property
    def has_half_an_answer(self) -> bool:
        """Whether the value was confirmed, and the reason is missing."""
        return bool(self.questions) and not self.is_confirmed and _is_ticked(self)

    @property
    def explanation(self) -> str:
        """The reason in words, with the note: «новое оборудование: пущена линия 2»."""
        if not self.is_confirmed or not self.questions:
            return ""
        words = doubts.REASON_WORDS.get(self.typed.reason, "")
        note = self.typed.note.strip()
        if self.typed.reason == doubts.OTHER:
            return note
        return f"{words}: {note}" if note else words

    @property
    def consumption(self) -> Decimal | None:
        """What the typed value means, or, with nothing typed, the one that stands."""
        if self.typed.is_empty:
            return self.place.standing_consumption
        return self.place.consumption(self.value, is_rollover=self.is_rollover)

    @property
    def replaced(self) -> Shown | None:
        """The client's own earlier value that this one would correct."""
        standing = self.place.standing
        if self.value is None or standing is None or standing.source != Reading.Source.CLIENT:
            return None
        return standing if standing.value != self.value else None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The whole table.

    `strangers`: by the register's key what was typed for one that is not in it (any more).
    """

    inventory: Inventory
    lines: list[Line]
    strangers: dict[int, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed at all."""
        return not self.strangers and all(line.typed.is_empty for line in self.lines)

    @property
    def open_lines(self) -> list[Line]:
        """Rows that are refused or doubtful."""
        return [line for line in self.lines if line.is_open]

    @property
    def stated(self) -> list[Line]:
        """The rows with a value, for «Передать»."""
        return [line for line in self.lines if line.value is not None]

    @property
    def corrections(self) -> list[Line]:
        """The rows that would replace what the client handed in before."""
        return [line for line in self.lines if line.replaced]


def typed_in(data: Mapping[str, str]) -> dict[int, Typed]:
    """What a posted form holds, by the register's key; rows without a field are not there."""
    parts: dict[int, list[str]] = {}
    for name, text in data.items():
        if found := _FIELD.fullmatch(name):
            row = parts.setdefault(int(found[2]), ["", "", "", ""])
            row[_PARTS[found[1]]] = _storable(text)
    return {key: Typed(*row) for key, row in parts.items()}


def _storable(text: str) -> str:
    """What a draft can hold: PostgreSQL takes no zero bytes, and nobody types a novel here."""
    return text.replace("\0", "\ufffd")[:_TYPED_LENGTH]


def enter(
    inventory: Inventory,
    typed: Mapping[int, Typed],
    *,
    thresholds: Thresholds,
    usual: Callable[[], Mapping[Counter, Usual]],
) -> Entry:
    """Read what was typed: whatever it holds becomes a value, a refusal or a question.

    `usual` is asked only when there is a value to compare.
    """
    asked = {place.register_id for place in inventory.asked}
    strangers = {
        key: one.value.strip()
        for key, one in typed.items()
        if key not in asked and not one.is_empty
    }
    lines = [
        _read(place, typed.get(place.register_id, _NOTHING))
        if place.is_asked
        else Line(place=place)
        for place in inventory.places
    ]
    if any(line.value is not None for line in lines):
        lines = _asked(lines, thresholds, usual())
    return Entry(inventory=inventory, lines=lines, strangers=strangers)


def _read(place: Place, typed: Typed) -> Line:
    if typed.is_empty:
        return Line(place=place, typed=typed)
    try:
        value = checks.read_value(typed.value, place.display)
    except checks.Refused as refusal:
        return Line(place=place, typed=typed, refusal=refusal)
    return Line(place=place, typed=typed, value=value)


def _asked(lines: list[Line], thresholds: Thresholds, usual: Mapping[Counter, Usual]) -> list[Line]:
    """The same rows with what is to be asked about their values.

    A value that the client's own latest reading says already is not asked about again.
    """
    claims = {
        line.place.register_id: doubts.Claim(
            place=line.place,
            value=line.value,
            is_rollover=line.is_rollover or line.typed.reason == doubts.ROLLOVER,
        )
        for line in lines
        if line.value is not None and not stands_already(line)
    }
    beside = [
        doubts.Claim(
            place=line.place,
            value=line.place.standing.value,
            is_rollover=line.place.standing.is_rollover,
        )
        for line in lines
        if line.place.is_asked and line.place.standing and line.place.register_id not in claims
    ]
    questions = doubts.ask(claims.values(), beside=beside, thresholds=thresholds, usual=usual)
    return [
        _with_questions(
            line,
            tuple(questions[line.place.register_id]),
            may_turn=doubts.may_have_turned(
                claims[line.place.register_id], thresholds, usual.get(line.place.counter)
            ),
        )
        if line.value is not None and line.place.register_id in questions
        else line
        for line in lines
    ]


def _with_questions(line: Line, questions: tuple[doubts.Question, ...], *, may_turn: bool) -> Line:
    asked = Line(
        place=line.place,
        typed=line.typed,
        value=line.value,
        questions=questions,
        may_turn=may_turn,
    )
    offered = {code for code, _ in doubts.reasons(questions, may_turn=may_turn)}
    reason, note = line.typed.reason, line.typed.note.strip()
    is_answered = (
        _is_ticked(asked)
        and reason in offered
        and (reason != doubts.OTHER or bool(note))
        and len(note) <= _NOTE_LENGTH
    )
    return _confirmed(asked) if is_answered else asked


def _confirmed(line: Line) -> Line:
    return Line(
        place=line.place,
        typed=line.typed,
        value=line.value,
        questions=line.questions,
        may_turn=line.may_turn,
        is_confirmed=True,
    )


def _is_ticked(line: Line) -> bool:
    """The tick carries the value for which it was set: after a change it says nothing any more."""
    return line.value is not None and line.typed.confirmed == str(line.value)


def stands_already(line: Line) -> bool:
    """Whether the client's own latest reading says this value, and billing has not refused it."""
    standing = line.place.standing
    return (
        standing is not None
        and standing.source == Reading.Source.CLIENT
        and standing.value == line.value
        and not standing.is_rejected
    )


def doubts_of(line: Line) -> list[str]:
    """The codes that are stored with a confirmed value."""
    return [Doubt(question.doubt).value for question in line.questions]


def untouched(inventory: Inventory) -> Entry:
    """The table before anything was typed."""
    return Entry(inventory=inventory, lines=[Line(place=place) for place in inventory.places])


def kept(typed: Mapping[int, Typed], keys: Iterable[int] | None = None) -> dict[str, list[str]]:
    """`typed` as a draft stores it: rows with something in them, of `keys` only if given."""
    wanted = set(keys) if keys is not None else None
    return {
        str(key): list(row)
        for key, row in typed.items()
        if not row.is_empty and (wanted is None or key in wanted)
    }


def restored(stored: Mapping[str, list[str]]) -> dict[int, Typed]:
    """What a draft holds."""
    return {int(key): Typed(*row) for key, row in stored.items()}
