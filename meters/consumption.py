"""What two readings mean: pure arithmetic, in the register's own unit (кВт·ч or кВАр·ч)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

from cabinet import formats
from meters.models import Register

Energy = str


def consumption(
    *,
    previous: Decimal | None,
    current: Decimal | None,
    ratio: int,
    capacity: Decimal,
    is_rollover: bool,
) -> Decimal | None:
    """(current − previous) × ratio, exactly; None where it cannot be told.

    A display of n digits that went through zero has counted 10ⁿ − previous + current (`capacity` is
    10ⁿ). That is believed only when somebody has said so (`is_rollover`): no source gives a rule by
    which it could be told from a mistake.
    """
    if previous is None or current is None:
        return None
    if current < previous and not is_rollover:
        return None
    turned = capacity if current < previous else Decimal(0)
    return (turned - previous + current) * ratio


def is_in_total(register: Register, of_meter: Collection[Register]) -> bool:
    """Whether the register adds to the total: Σ of a meter that also counts by zones does not."""
    return register.zone != Register.Zone.TOTAL or all(
        other.zone == Register.Zone.TOTAL for other in of_meter if other.energy == register.energy
    )


def totals(consumed: Iterable[tuple[Energy, Decimal | None]]) -> dict[Energy, Decimal]:
    """The sum of each energy: active and reactive, in and out never add up to each other."""
    sums: dict[Energy, Decimal] = {}
    for energy, quantity in consumed:
        if quantity is not None:
            sums[energy] = sums.get(energy, Decimal(0)) + quantity
    return dict(sorted(sums.items()))


def words(quantity: Decimal | None) -> str:
    """A quantity with as many of its three decimals as it needs: «26 128», «345,6»."""
    if quantity is None:
        return formats.ABSENT
    places = max(0, -int(quantity.normalize().as_tuple().exponent))
    return formats.quantity(quantity, places)
