"""The rows of «Точки учёта» as they are shown: every number and date is written here, once."""

from __future__ import annotations

from dataclasses import dataclass, field

from cabinet import formats
from contracts.periods import Month
from meters import checks, consumption, entering
from meters.entering import Entry, Line
from meters.inventory import Inventory, Place
from meters.models import MeteringPoint, Reading, Register

# Who stated a reading, in one word beside its date.
SOURCE_MARKS: dict[str, str] = {
    Reading.Source.CLIENT: "передано",
    Reading.Source.OFFICE: "введено офисом",
    Reading.Source.NETWORK: "сетевая компания",
    Reading.Source.AUTOMATIC: "автоматически",
    Reading.Source.CALCULATED: "расчётное",
}
NO_METER = "счётчик не установлен"
ENERGIES: dict[str, str] = dict(Register.Energy.choices)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A register as the table shows it; a point without a meter has only its names."""

    point: str
    where: str
    meter: str = ""
    serial: str = ""
    zone: str = ""
    energy: str = ""
    ratio: str = ""
    previous: str = formats.ABSENT
    previous_note: str = ""
    current: str = ""
    current_note: str = ""
    consumption: str = ""
    unit: str = ""
    field: str = ""
    label: str = ""
    typed: str = ""
    confirmation: str = ""
    confirmed_value: str = ""
    is_confirmed: bool = False
    refusal: checks.Refused | None = None
    doubt: checks.Doubt | None = None
    # For the script that computes while the person types.
    exact_previous: str = ""
    exact_ratio: int = 0
    digits: int = 0
    fraction: int = 0
    counts_as: str = ""
    exact_consumption: str = ""

    @property
    def is_done(self) -> bool:
        """Handed in, and nothing was typed over it."""
        return bool(self.current) and not self.typed


@dataclass(frozen=True, kw_only=True)
class Group:
    """The rows of one site."""

    site: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Total:
    """The sum of one energy."""

    energy: str
    label: str
    quantity: str
    unit: str


def groups(entry: Entry, *, with_inputs: bool) -> list[Group]:
    """All rows, site by site in the order of the contract's points."""
    found: dict[str, Group] = {}
    shown = [(line.place.point, _row(line, with_inputs=with_inputs)) for line in entry.lines]
    shown += [(point, _bare_row(point)) for point in entry.inventory.bare]
    for point, row in shown:
        found.setdefault(point.site, Group(site=point.site)).rows.append(row)
    return list(found.values())


def totals(entry: Entry) -> list[Total]:
    """The consumption of all rows that have a value; energy taken from the grid always stands."""
    sums = consumption.totals(
        (line.place.register.energy, line.consumption)
        for line in entry.lines
        if line.place.is_counted
    )
    energies = sorted({line.place.register.energy for line in entry.lines}) or ["A+"]
    return [
        Total(
            energy=energy,
            label=ENERGIES[energy] if len(energies) > 1 else "",
            quantity=consumption.words(sums.get(energy)),
            unit=Register(energy=energy).unit,
        )
        for energy in energies
    ]


def errors(entry: Entry) -> list[tuple[str, str]]:
    """The lines of the error summary as (anchor, text)."""
    found = [
        ("", f"Показание «{text[:40]}» не принято: этого счётчика в таблице больше нет")
        for text in entry.strangers
    ]
    for line in entry.open_lines:
        if line.refusal:
            title = line.refusal.title.rstrip(".")
            words = title[:1].lower() + title[1:]
        else:
            words = line.doubt.brief if line.doubt else ""
        found.append((entering.field_name(line.place), f"{_name(line.place)}: {words}"))
    if entry.is_empty:
        asked = entry.inventory.asked
        anchor = entering.field_name(asked[0]) if asked else ""
        found.append((anchor, "Введите хотя бы одно показание"))
    return found


def progress_words(inventory: Inventory) -> str:
    """«передано 7 из 12 точек»."""
    done, all_points = inventory.progress
    word = formats.plural(all_points, "точки", "точек", "точек")
    return f"передано {formats.quantity(done)} из {formats.quantity(all_points)} {word}"


def missing_points(inventory: Inventory) -> int:
    """Points without a reading of the month before that the client could still hand in.

    A meter that was not there yet at the end of that month is not among them.
    """
    last_day = inventory.period.shifted(-1).last_day
    missing = (place for place in inventory.asked if place.previous is None)
    return len({place.point.pk for place in missing if place.hangs_since <= last_day})


def zone_words(register: Register) -> tuple[str, str]:
    """The zone, and the energy where it is not the usual one."""
    usual = register.energy == Register.Energy.ACTIVE_IN
    return register.get_zone_display(), "" if usual else ENERGIES[register.energy]


def _name(place: Place) -> str:
    """«ТП-14, ввод 2»; of a meter with several registers also the zone."""
    zone, energy = zone_words(place.register)
    words = [place.point.name]
    if place.register.zone != Register.Zone.TOTAL:
        words.append(zone)
    if energy:
        words.append(energy)
    return ", ".join(words)


def _row(line: Line, *, with_inputs: bool) -> Row:
    place = line.place
    zone, energy = zone_words(place.register)
    quantity = line.consumption
    has_input = with_inputs and place.is_asked
    return Row(
        point=place.point.name,
        where=place.point.place,
        meter=place.meter.title,
        serial=place.meter.serial,
        zone=zone,
        energy=energy,
        ratio=formats.quantity(place.ratio),
        previous=_shown(place, place.previous),
        previous_note=_previous_note(place),
        current=_shown(place, place.standing) if place.standing else "",
        current_note=_standing_note(place),
        consumption=_consumption(line),
        unit="" if place.register.unit == "кВт·ч" else place.register.unit,
        field=entering.field_name(place) if has_input else "",
        label=f"Показание: {place.point.name}, {zone}{', ' + energy if energy else ''}",
        typed=line.typed,
        confirmation=entering.confirmation_name(place) if line.doubt else "",
        confirmed_value="" if line.value is None else str(line.value),
        is_confirmed=line.is_confirmed,
        refusal=line.refusal,
        doubt=line.doubt,
        exact_previous="" if place.previous is None else str(place.previous.value),
        exact_ratio=place.ratio,
        digits=place.register.integer_digits,
        fraction=place.register.fraction_digits,
        counts_as=place.register.energy if place.is_counted else "",
        exact_consumption="" if quantity is None else str(quantity),
    )


def _bare_row(point: MeteringPoint) -> Row:
    return Row(point=point.name, where=point.place, current_note=NO_METER)


def _shown(place: Place, reading: Reading | None) -> str:
    return place.display.show(reading.value) if reading else formats.ABSENT


def _previous_note(place: Place) -> str:
    if place.previous is None:
        return "показания нет"
    day = formats.day(Month.of(place.previous.period).last_day)
    return f"{day}, {SOURCE_MARKS[place.previous.source]}"


def _standing_note(place: Place) -> str:
    standing = place.standing
    if standing is None:
        return "" if place.is_asked else "придёт автоматически"
    mark = f"{SOURCE_MARKS[standing.source]}{formats.NBSP}{formats.day(standing.received_at)[:5]}"
    is_late = standing.submission is not None and standing.submission.is_late
    return f"{mark}, после срока" if is_late else mark


def _consumption(line: Line) -> str:
    has_value = bool(line.typed) or line.place.is_done
    return consumption.words(line.consumption) if has_value else ""
