"""What readings mean: pure arithmetic, in the register's own unit (кВт·ч or кВАр·ч).

Nothing here knows the database. Values are exact `Decimal`s with 3 places at most; a ratio
(расчётный коэффициент) is Ктт × Ктн of one installation, a whole number of at least 1.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

TOTAL = "total"
ACTIVE = ("A+", "A-")

_EXACT = Decimal("0.001")
_Key = TypeVar("_Key", bound=Hashable)


def capacity(integer_digits: int) -> Decimal:
    """10ⁿ: the first value that a display of so many digits before the comma cannot show."""
    return Decimal(10) ** integer_digits


def is_active(energy: str) -> bool:
    """Whether the energy is active (кВт·ч), in or out; the others are reactive (кВАр·ч)."""
    return energy in ACTIVE


def unit(energy: str) -> str:
    """What an energy is counted in."""
    return "кВт·ч" if is_active(energy) else "кВАр·ч"


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """What one register counted between two readings under one ratio.

    `start`, `end`: as the display showed; `is_rollover`: somebody has said that it went through
    zero in between.
    """

    start: Decimal | None
    end: Decimal | None
    ratio: int
    integer_digits: int
    is_rollover: bool = False

    @property
    def quantity(self) -> Decimal | None:
        """What passed through; None where it cannot be told."""
        return measured(
            previous=self.start,
            current=self.end,
            ratio=self.ratio,
            integer_digits=self.integer_digits,
            is_rollover=self.is_rollover,
        )


def measured(
    *,
    previous: Decimal | None,
    current: Decimal | None,
    ratio: int,
    integer_digits: int,
    is_rollover: bool = False,
) -> Decimal | None:
    """W = (N₂ − N₁) × Кр, exactly; None where it cannot be told.

    A display of n digits that went through zero has counted 10ⁿ − N₁ + N₂. That is believed only
    when somebody has said so (`is_rollover`): no source gives a rule by which it could be told from
    a mistake or from a meter that runs backwards.
    """
    if previous is None or current is None:
        return None
    if current >= previous:
        return (current - previous) * ratio
    if not is_rollover:
        return None
    return (capacity(integer_digits) - previous + current) * ratio


def over_segments(segments: Iterable[Segment]) -> Decimal | None:
    """The sum over segments, each with its own ratio; None if any of them cannot be told.

    A month in which a meter was replaced is two segments: the old one up to the reading of the act
    of removal, the new one from the reading of the act of installation. The ratio belongs to the
    installation, not to the meter and not to the point.
    """
    total = Decimal(0)
    for segment in segments:
        quantity = segment.quantity
        if quantity is None:
            return None
        total += quantity
    return total


def is_in_total(energy: str, zone: str, of_meter: Iterable[tuple[str, str]]) -> bool:
    """Whether a register adds to the total of its energy: Σ of a meter with zones does not.

    `of_meter`: (energy, zone) of all registers of the meter.
    """
    return zone != TOTAL or all(
        other == TOTAL for of_energy, other in of_meter if of_energy == energy
    )


def sum_by(quantities: Iterable[tuple[_Key, Decimal | None]]) -> dict[_Key, Decimal]:
    """Sums by key: active and reactive energy, in and out, never add up to each other.

    A quantity that cannot be told is left out; a key that has no other is not there at all.
    """
    sums: dict[_Key, Decimal] = {}
    for key, quantity in quantities:
        if quantity is not None:
            sums[key] = sums.get(key, Decimal(0)) + quantity
    return sums


def zones_difference(total: Decimal | None, zones: Iterable[Decimal | None]) -> Decimal | None:
    """Σ less the sum of the zones; None while one of them cannot be told."""
    known = list(zones)
    if total is None or not known or any(zone is None for zone in known):
        return None
    return total - sum((zone for zone in known if zone is not None), Decimal(0))


def losses(
    quantity: Decimal, *, percent: Decimal | None = None, kwh: Decimal | None = None
) -> Decimal:
    """What losses add to a point's active energy, in кВт·ч with 3 places, rounded half up.

    A meter that does not hang on the boundary counts too little or, with a minus, too much: by
    `percent` of what it counted or by a fixed `kwh` a month, as the contract says and billing
    tells. Neither: nothing.
    """
    if kwh is not None:
        return kwh
    if percent is None:
        return Decimal(0)
    return (quantity * percent / 100).quantize(_EXACT, ROUND_HALF_UP)


def most_possible(max_power_kw: Decimal, hours: int) -> Decimal:
    """The energy (кВт·ч) that a point cannot exceed: its maximum power through all the hours."""
    return max_power_kw * hours
