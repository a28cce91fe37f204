"""The rules of a contract in force: its own row, else the row for all (`ReadingRule`)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F, Q

from contracts.models import Contract
from meters.models import ReadingRule
from meters.window import Window


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """When a value is asked about.

    `times_more`, `times_less`: how many times the usual consumption; `zones_tolerance`: units of
    the last digit of the display by which the sum of zones may differ from Σ.
    """

    times_more: Decimal
    times_less: Decimal
    asks_about_zero: bool
    asks_about_power: bool
    zones_tolerance: Decimal


@dataclass(frozen=True, kw_only=True)
class Rules:
    """When readings are taken, what is asked about them, what the office says of lateness."""

    window: Window
    thresholds: Thresholds
    late_text: str


def of_contract(contract: Contract) -> Rules:
    """The rules of a contract, by one statement."""
    return of_contracts([contract.pk])[contract.pk]


def of_contracts(keys: list[int]) -> dict[int, Rules]:
    """The rules of many contracts by key, by one statement."""
    rows = ReadingRule.objects.filter(Q(contract__isnull=True) | Q(contract__in=keys))
    stated = {row.contract_id: row for row in rows.order_by(F("contract").asc(nulls_first=True))}
    common = combined(stated.get(None))
    return {
        key: combined(stated.get(None), stated[key]) if key in stated else common for key in keys
    }


def of_all() -> tuple[Rules, dict[int, Rules]]:
    """The rules of contracts without a rule of their own, and those that have one, by contract."""
    rows = {row.contract_id: row for row in ReadingRule.objects.all()}
    common = rows.pop(None, None)
    own = {key: combined(common, row) for key, row in rows.items() if key is not None}
    return combined(common), own


def combined(*rows: ReadingRule | None) -> Rules:
    """The last filled value of each field of the rows; of what no row says, the law's."""
    values: dict[str, Any] = {
        "opens_day": 1,
        "closes_day": 1,
        "closes_next_month": True,
        "is_moved_by_holidays": False,
        "time_zone": settings.TIME_ZONE,
        "late_text": "",
        "times_more": Decimal(2),
        "times_less": Decimal(2),
        "asks_about_zero": True,
        "asks_about_power": True,
        "zones_tolerance": Decimal(2),
    }
    for row in rows:
        for name in ReadingRule.INHERITED:
            value = getattr(row, name, None)
            if value not in (None, ""):
                values[name] = value
    late_text = values.pop("late_text")
    window = Window(
        **{
            name: values.pop(name)
            for name in (
                "opens_day", "closes_day", "closes_next_month", "is_moved_by_holidays", "time_zone"
            )
        }
    )  # fmt: skip
    return Rules(window=window, thresholds=Thresholds(**values), late_text=late_text)
