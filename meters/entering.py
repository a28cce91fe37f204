"""What a person typed into the table of readings, row by row: read, checked, kept as typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cabinet import formats
from meters import checks, consumption, submitting
from meters.inventory import Inventory, Place
from meters.models import Reading

_FIELD = re.compile(r"r[0-9]{1,18}")


def field_name(place: Place) -> str:
    """The name and id of the row's input."""
    return f"r{place.register.pk}"


def confirmation_name(place: Place) -> str:
    """The name of the row's tick box; its value is the value that is confirmed."""
    return f"ok{place.register.pk}"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row with what was typed into it.

    `value` is what the text means, None when it is empty or refused. `is_confirmed`: there was a
    doubt, and the client has said that this very value is right.
    """

    place: Place
    typed: str = ""
    value: Decimal | None = None
    refusal: checks.Refused | None = None
    doubt: checks.Doubt | None = None
    is_confirmed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the row still needs an answer before it can be handed in."""
        return self.refusal is not None or (self.doubt is not None and not self.is_confirmed)

    @property
    def consumption(self) -> Decimal | None:
        """What the typed value means, or, with nothing typed, the one that stands."""
        if not self.typed:
            return self.place.standing_consumption
        return self.place.consumption(self.value, is_rollover=self.is_confirmed)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The whole table. `strangers` are values typed for registers that are not in it (any more)."""

    inventory: Inventory
    lines: list[Line]
    strangers: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed at all."""
        return not self.strangers and not any(line.typed for line in self.lines)

    @property
    def open_lines(self) -> list[Line]:
        """Rows that are refused or doubtful."""
        return [line for line in self.lines if line.is_open]

    @property
    def is_ready(self) -> bool:
        """Whether it can be handed in as it is."""
        return not self.is_empty and not self.open_lines and not self.strangers

    @property
    def stated(self) -> list[submitting.Stated]:
        """The typed values, for «Передать»."""
        return [
            submitting.Stated(
                point=line.place.point,
                register=line.place.register,
                value=line.value,
                is_confirmed=line.is_confirmed,
            )
            for line in self.lines
            if line.value is not None
        ]


def untouched(inventory: Inventory) -> Entry:
    """The table before anything was typed."""
    return Entry(inventory=inventory, lines=[Line(place=place) for place in inventory.places])


def enter(inventory: Inventory, data: Mapping[str, str]) -> Entry:
    """Read the posted form: whatever it holds becomes a value, a refusal or a doubt."""
    asked = {field_name(place) for place in inventory.asked}
    strangers = [
        text.strip()
        for name, text in data.items()
        if _FIELD.fullmatch(name) and name not in asked and text.strip()
    ]
    lines = [
        _read(place, data) if place.is_asked else Line(place=place) for place in inventory.places
    ]
    return Entry(inventory=inventory, lines=lines, strangers=strangers)


def _read(place: Place, data: Mapping[str, str]) -> Line:
    typed = data.get(field_name(place), "")
    if not typed.strip():
        return Line(place=place)
    try:
        value = checks.read_value(typed, place.display)
    except checks.Refused as refusal:
        return Line(place=place, typed=typed, refusal=refusal)
    if own := _own_reading(place, value):
        return Line(place=place, typed=typed, value=value, is_confirmed=own.is_confirmed)
    meant = place.consumption(value, is_rollover=True)
    doubt = checks.less_than_previous(
        value=value,
        previous=place.previous_value,
        display=place.display,
        consumption_if_so=f"{consumption.words(meant)}{formats.NBSP}{place.register.unit}",
    )
    # The tick carries the value for which it was set: after a change it says nothing any more.
    is_confirmed = doubt is not None and data.get(confirmation_name(place)) == str(value)
    return Line(place=place, typed=typed, value=value, doubt=doubt, is_confirmed=is_confirmed)


def _own_reading(place: Place, value: Decimal) -> Reading | None:
    """The client's reading that stands, when it already says `value`."""
    standing = place.standing
    if standing and standing.source == Reading.Source.CLIENT and standing.value == value:
        return standing
    return None
