"""What readings come to together: by energy, by zone, with losses; the lines under a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cabinet import formats
from meters import consumption
from meters.inventory import Place
from meters.models import Register

_ENERGIES: dict[str, str] = dict(Register.Energy.choices)
# A meter that does not count by zones stands beside those that do.
_ZONES: dict[str, str] = {**dict(Register.Zone.choices), Register.Zone.TOTAL.value: "без зон"}
# Losses are stated for the energy that is taken from the grid.
_WITH_LOSSES = Register.Energy.ACTIVE_IN.value


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What one register counted, in the energy's unit; None where it cannot be told.

    `is_counted`: it adds to the sum (Σ of a meter that counts by zones does not).
    """

    point_id: int
    energy: str
    zone: str
    is_counted: bool
    quantity: Decimal | None
    losses_percent: Decimal | None
    losses_kwh: Decimal | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of totals as it is shown; `is_sum` is off for the parts of the line below them."""

    label: str
    quantity: str
    unit: str
    is_sum: bool = True


def of_place(place: Place, quantity: Decimal | None) -> Counted:
    """What `place` has counted, with what its point says of losses."""
    row = place.row
    return Counted(
        point_id=row.point_id,
        energy=row.energy,
        zone=row.zone,
        is_counted=place.is_counted,
        quantity=quantity,
        losses_percent=row.losses_percent,
        losses_kwh=row.losses_kwh,
    )


def lines(items: Sequence[Counted]) -> list[Line]:
    """The totals of `items`: energy by energy, its zones before it, the losses after it.

    An energy of which nothing can be told has no line.
    """
    counted = [item for item in items if item.is_counted]
    sums = consumption.sum_by((item.energy, item.quantity) for item in counted)
    zones = consumption.sum_by(((item.energy, item.zone), item.quantity) for item in counted)
    lost = losses(counted)
    found: list[Line] = []
    for energy in (energy for energy in _ENERGIES if energy in sums):
        name = f", {_ENERGIES[energy]}" if len(sums) > 1 else ""
        of_energy = [zone for zone in _ZONES if (energy, zone) in zones]
        if len(of_energy) > 1:
            found += [
                _line(f"{_ZONES[zone].capitalize()}{name}", energy, zones[energy, zone], False)
                for zone in of_energy
            ]
        found.append(_line(f"Итого{name}", energy, sums[energy]))
        if energy == _WITH_LOSSES and lost:
            found.append(_line(f"Потери{name}", energy, lost, False))
            found.append(_line(f"Итого{name} с учётом потерь", energy, sums[energy] + lost))
    return found


def left_out_words(items: Iterable[Counted], removed: Sequence[str] = ()) -> str:
    """What the totals of handed-in values leave out; mostly empty.

    «Итоги без 2 значений, расход по которым не определён.» `removed`: serial numbers of the meters
    that were taken away within the month; their last reading is in the act of replacement, so no
    client hands it in.
    """
    said = []
    if unknown := sum(item.is_counted and item.quantity is None for item in items):
        without = formats.counted(unknown, "значения", "значений", "значений")
        by_which = "которому" if unknown % 10 == 1 and unknown % 100 != 11 else "которым"
        said.append(f"Итоги без {without}, расход по {by_which} не определён.")
    if removed:
        which = ", ".join(f"№{formats.NBSP}{serial}" for serial in removed)
        said.append(
            f"Счётчики, снятые за месяц ({which}), в итоги не входят: их расход определён актом"
            " замены и будет добавлен к расходу точки."
        )
    return " ".join(said)


def _line(label: str, energy: str, quantity: Decimal, is_sum: bool = True) -> Line:
    return Line(
        label=label,
        quantity=formats.exact(quantity),
        unit=consumption.unit(energy),
        is_sum=is_sum,
    )


def losses(items: Iterable[Counted]) -> Decimal:
    """What the losses of the points add to the active energy that is taken; of known quantities."""
    taken = [item for item in items if item.is_counted and item.energy == _WITH_LOSSES]
    by_point = consumption.sum_by((item.point_id, item.quantity) for item in taken)
    stated = {item.point_id: item for item in taken}
    return sum(
        (
            consumption.losses(
                quantity, percent=stated[point].losses_percent, kwh=stated[point].losses_kwh
            )
            for point, quantity in by_point.items()
        ),
        Decimal(0),
    )
