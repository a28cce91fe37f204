"""What the check page says before readings are handed in: totals, deviations, what is missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from cabinet import formats
from meters import entering, table, totals
from meters.entering import Entry, Line


@dataclass(frozen=True, kw_only=True)
class Row:
    """A value that is about to be handed in; `former` is the client's own one that it replaces."""

    anchor: str
    point: str
    meter: str
    serial: str
    zone: str
    previous: str
    value: str
    former: str
    consumption: str
    unit: str
    deviations: list[str]
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A register that will still be missing."""

    anchor: str
    name: str
    site: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """The whole page; `totals` by energy, `zones` where some meters count by zones.

    `left_out`: what these totals do not hold; mostly empty.
    """

    rows: list[Row]
    totals: list[table.Total]
    zones: list[table.Total]
    left_out: str
    missing: list[Missing]
    is_correction: bool

    @property
    def deviating(self) -> list[Row]:
        """Rows about which something was asked."""
        return [row for row in self.rows if row.deviations]


def summarise(entry: Entry) -> Check:
    """What the table states; call it when none of its rows is open."""
    stated = entry.stated
    typed = {line.place.register_id for line in stated}
    by_zone = table.totals_by_zone(stated)
    return Check(
        rows=[_row(line) for line in stated],
        totals=table.totals(stated),
        zones=by_zone if len({total.label for total in by_zone}) > 1 else [],
        left_out=totals.left_out_words(
            [totals.of_place(line.place, line.consumption) for line in stated],
            _removed(entry, {line.place.row.point_id for line in stated}),
        ),
        missing=[
            Missing(anchor=entering.field_name(place), name=table.name(place), site=place.row.site)
            for place in table.missing(entry.inventory)
            if place.register_id not in typed
        ],
        is_correction=bool(entry.corrections),
    )


def _removed(entry: Entry, points: Collection[int]) -> list[str]:
    """Serial numbers of the meters that were taken away from `points` within the month."""
    rows = [place.row for place in entry.inventory.places if place.is_removed]
    return list(dict.fromkeys(row.serial for row in rows if row.point_id in points))


def _row(line: Line) -> Row:
    place = line.place
    zone, energy = table.zone_words(place.row.energy, place.row.zone)
    show = place.display.show
    previous, replaced = place.previous_value, line.replaced
    return Row(
        anchor=entering.field_name(place),
        point=place.row.point,
        meter=place.meter,
        serial=place.row.serial,
        zone=f"{zone}, {energy}" if energy else zone,
        previous=formats.ABSENT if previous is None else show(previous),
        value=formats.ABSENT if line.value is None else show(line.value),
        former=show(replaced.value) if replaced else "",
        consumption=formats.exact(line.consumption),
        unit="" if place.unit == "кВт·ч" else place.unit,
        deviations=[question.title.rstrip(".") for question in line.questions],
        explanation=line.explanation,
    )
