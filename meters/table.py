"""What the table of «Точки учёта» says in words: rows by site, totals, errors, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cabinet import formats
from meters import consumption, entering
from meters import totals as summing
from meters.entering import Entry, Line
from meters.inventory import VERIFICATION_NOTICE, Inventory, Place, Shown
from meters.models import BillingAnswer, Reading, Register

# Who stated a reading, in one word beside its date.
SOURCE_MARKS: dict[str, str] = {
    Reading.Source.CLIENT: "передано",
    Reading.Source.OFFICE: "введено офисом",
    Reading.Source.NETWORK: "сетевая компания",
    Reading.Source.AUTOMATIC: "автоматически",
    Reading.Source.CALCULATED: "расчётное",
}
ENERGIES: dict[str, str] = dict(Register.Energy.choices)
ZONES: dict[str, str] = dict(Register.Zone.choices)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The rows of one site."""

    site: str
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Total:
    """The sum of one energy or zone; `with_losses` is empty where no point has any."""

    energy: str
    label: str
    quantity: str
    unit: str
    with_losses: str = ""


def groups(lines: Iterable[Line]) -> list[Group]:
    """The rows site by site, in the order of the contract's points."""
    found: dict[str, Group] = {}
    for line in lines:
        site = line.place.row.site
        found.setdefault(site, Group(site=site)).lines.append(line)
    return list(found.values())


def totals(lines: Iterable[Line]) -> list[Total]:
    """The consumption of all rows that have a value; energy taken from the grid always stands."""
    counted = [line for line in lines if line.place.is_counted]
    sums = consumption.sum_by((line.place.row.energy, line.consumption) for line in counted)
    energies = sorted({line.place.row.energy for line in counted}) or ["A+"]
    lost = summing.losses(summing.of_place(line.place, line.consumption) for line in counted)
    return [
        Total(
            energy=energy,
            label=ENERGIES[energy] if len(energies) > 1 else "",
            quantity=formats.exact(sums.get(energy)),
            unit=consumption.unit(energy),
            with_losses=formats.exact(sums[energy] + lost) if energy == "A+" and lost else "",
        )
        for energy in energies
    ]


def totals_by_zone(lines: Iterable[Line]) -> list[Total]:
    """The consumption by energy and zone, of meters that count by zones and of the others."""
    counted = [line for line in lines if line.place.is_counted]
    sums = consumption.sum_by(
        ((line.place.row.energy, line.place.row.zone), line.consumption) for line in counted
    )
    order = list(ZONES)
    return [
        Total(
            energy=energy,
            label=f"{ENERGIES[energy]}, {ZONES[zone]}",
            quantity=formats.exact(sums[energy, zone]),
            unit=consumption.unit(energy),
        )
        for energy, zone in sorted(sums, key=lambda key: (key[0], order.index(key[1])))
    ]


def errors(entry: Entry, gone: Mapping[int, str]) -> list[tuple[str, str]]:
    """The lines of the error summary as (anchor, text).

    `gone`: why registers of the contract are asked for no more (`inventory.why_gone`).
    """
    absent = "этого счётчика в таблице больше нет"
    found = [
        ("", f"Показание «{text[:40]}» не принято: {gone.get(key, absent)}")
        for key, text in entry.strangers.items()
    ]
    for line in entry.open_lines:
        anchor = entering.field_name(line.place)
        if line.refusal:
            title = line.refusal.title.rstrip(".")
            words = title[:1].lower() + title[1:]
        elif line.has_half_an_answer:
            anchor = f"why{line.place.register_id}"
            words = "выберите причину, другую причину опишите"
        else:
            words = "; ".join(question.brief for question in line.questions)
        found.append((anchor, f"{name(line.place)}: {words}"))
    if entry.is_empty:
        asked = entry.inventory.asked
        anchor = entering.field_name(asked[0]) if asked else ""
        found.append((anchor, "Введите хотя бы одно показание"))
    return found


def progress_words(done: int, all_points: int) -> str:
    """«передано 7 из 12 точек»."""
    word = formats.plural(all_points, "точки", "точек", "точек")
    return f"передано {formats.quantity(done)} из {formats.quantity(all_points)} {word}"


def missing(inventory: Inventory) -> list[Place]:
    """Registers of the period that the client still has to hand in."""
    return [place for place in inventory.asked if not place.is_done]


def missing_points(inventory: Inventory) -> int:
    """Points without a reading of the month before that the client could still hand in.

    A meter that was not there yet at the end of that month is not among them.
    """
    last_day = inventory.period.shifted(-1).last_day
    places = (place for place in inventory.asked if place.previous is None)
    return len({place.row.point_id for place in places if place.hangs_since <= last_day})


def zone_words(energy: str, zone: str) -> tuple[str, str]:
    """The zone, and the energy where it is not the usual one."""
    return ZONES[zone], "" if energy == Register.Energy.ACTIVE_IN else ENERGIES[energy]


def name(place: Place) -> str:
    """«ТП-14, ввод 2»; of a meter with several registers also the zone."""
    zone, energy = zone_words(place.row.energy, place.row.zone)
    words = [place.row.point]
    if place.row.zone != Register.Zone.TOTAL:
        words.append(zone)
    if energy:
        words.append(energy)
    return ", ".join(words)


def previous_note(place: Place) -> str:
    """«31.10.2026, сетевая компания», «…, передано, отклонено»; of a new meter its act's day."""
    if place.opening is not None:
        return f"{formats.day(place.row.installed_on)}, при установке"
    if place.previous is None:
        return "показания нет"
    day = formats.day(place.period.shifted(-1).last_day)
    mark = f"{day}, {SOURCE_MARKS[place.previous.source]}"
    return f"{mark}, отклонено" if place.previous.is_rejected else mark


def standing_note(place: Place) -> str:
    """«передано 28.11, после срока»; where nothing stands, why nobody is asked."""
    if place.is_removed:
        return f"снят {formats.day(place.row.removed_on)}"
    standing = place.standing
    if standing is None:
        return "" if place.is_asked else "придёт автоматически"
    mark = f"{SOURCE_MARKS[standing.source]}{formats.NBSP}{formats.day(standing.received_at)[:5]}"
    return f"{mark}, после срока" if standing.is_late else mark


def answer_words(standing: Shown | None) -> str:
    """What billing says of the client's value: «отклонено: не читается фото»; empty without one."""
    if standing is None or not standing.answer:
        return ""
    words = str(BillingAnswer.State(standing.answer).label)
    return f"{words}: {standing.answer_reason}" if standing.answer_reason else words


def verification_words(place: Place) -> str:
    """«Поверка до 14.12.2026», «Поверка закончилась 01.11.2026»; empty while it is far away."""
    until = place.verified_until
    today = place.today
    if until is None or until - today > VERIFICATION_NOTICE:
        return ""
    if until < today:
        return f"Поверка закончилась {formats.day(until)}"
    return f"Поверка до {formats.day(until)}"


def asks_for_attention(line: Line) -> bool:
    """Whether the row has a mistake, a question, a rejected value or a verification that ends."""
    standing = line.place.standing
    is_refused = standing is not None and standing.is_rejected
    return line.is_open or is_refused or bool(verification_words(line.place))
