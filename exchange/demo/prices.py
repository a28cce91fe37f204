"""Prices and the rate of tax of a month: made up, but of the real size and by the real rule."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from contracts.models import Contract
from contracts.periods import Month
from meters.models import Register

KOPECK = Decimal("0.01")
PRICE = Decimal("0.00001")

_BASE = {
    Contract.Voltage.HIGH: Decimal("5.10"),
    Contract.Voltage.MEDIUM_1: Decimal("6.20"),
    Contract.Voltage.MEDIUM_2: Decimal("7.05"),
    Contract.Voltage.LOW: Decimal("8.10"),
}
_OF_ZONE = {
    Register.Zone.TOTAL: Decimal(1),
    Register.Zone.PEAK: Decimal("1.38"),
    Register.Zone.HALF_PEAK: Decimal("1.05"),
    Register.Zone.DAY: Decimal("1.16"),
    Register.Zone.NIGHT: Decimal("0.62"),
}
# Half a year's rise of the tariff, and the market's small swing from month to month.
_RISE = Decimal("0.042")
_SWING = (0, 31, -17, 8, 44, -26, 12, -5, 37, -38, 21, 3)


def price(month: Month, voltage: str, zone: str) -> Decimal:
    """Roubles for a kWh without VAT, with 5 places."""
    halves = (month.year - 2024) * 2 + (month.number > 6)
    swing = 1 + Decimal(_SWING[month.number - 1]) / 1000
    value = _BASE[Contract.Voltage(voltage)] * (1 + _RISE * halves) * swing
    return (value * _OF_ZONE[Register.Zone(zone)]).quantize(PRICE, ROUND_HALF_UP)


def vat_rate(month: Month) -> int:
    """Per cent by the month of shipment: 22 from January 2026, 20 before (закон № 425-ФЗ)."""
    return 22 if month >= Month(2026, 1) else 20


def rounded(amount: Decimal) -> Decimal:
    """Roubles to the kopeck, half up, as accountants do."""
    return amount.quantize(KOPECK, ROUND_HALF_UP)
