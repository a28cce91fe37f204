"""What billing has rejected and nothing has replaced: the word about it on the client's pages."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count
from django.utils import timezone

from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from meters import notices, window
from meters.models import StandingRejection
from meters.rules import Rules

# What was rejected earlier stands in the history alone: nobody corrects it here any more.
MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """The rejected values of a contract in one month, at so many points.

    `numbers` are their receipts; `correction_term` says until when a right value is taken, empty
    when it is too late.
    """

    period: Month
    points: int
    numbers: list[str]
    correction_term: str = ""

    @property
    def words(self) -> str:
        """«за октябрь по 2 точкам»; a month of another year names it."""
        first_day = self.period.first_day
        is_of_today = self.period.year == timezone.localdate().year
        month = formats.month_name(first_day) if is_of_today else formats.month(first_day)
        points = formats.counted(self.points, "точке", "точкам", "точкам")
        return f"за{formats.NBSP}{month} по {points}"

    @property
    def code(self) -> str:
        """«2026-10», as addresses carry the month."""
        return window.code(self.period)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What a contract's page of readings says of its rejected values, the latest month first."""

    months: list[Rejected]

    @property
    def lead(self) -> str:
        """«Биллинг отклонил показания за октябрь по 2 точкам.»"""
        return f"Биллинг отклонил показания {self._words}."

    @property
    def short(self) -> str:
        """The same for a line of the home page."""
        return f"Отклонены показания {self._words}"

    @property
    def _words(self) -> str:
        return ", ".join(month.words for month in self.months)


def of_contract(contract: Contract, known: Rules, now: datetime.datetime) -> Notice | None:
    """What the page of a contract says, by one statement; None where nothing is rejected."""
    months = [
        Rejected(
            period=month.period,
            points=month.points,
            numbers=month.numbers,
            correction_term=(
                notices.until_words(known, month.period, now) if contract.is_active else ""
            ),
        )
        for month in _months([contract.pk]).get(contract.pk, [])
    ]
    return Notice(months=months) if months else None


def of_contracts(contracts: Sequence[int]) -> dict[int, Notice]:
    """The same of many contracts by key, by one statement and without terms.

    They are named one by one: of a subquery PostgreSQL cannot guess how few they are.
    """
    return {key: Notice(months=months) for key, months in _months(contracts).items()}


def _months(contracts: Sequence[int]) -> dict[int, list[Rejected]]:
    floor = Month.current().shifted(-MONTHS).first_day
    held = StandingRejection.objects.filter(contract__in=contracts, period__gte=floor)
    rows: Any = held.order_by("-period").values("contract", "period")
    rows = rows.annotate(
        points=Count("point", distinct=True),
        numbers=ArrayAgg("answer__submission__number", distinct=True),
    )
    found: dict[int, list[Rejected]] = defaultdict(list)
    for row in rows:
        month = Month.of(row["period"])
        found[row["contract"]].append(
            Rejected(period=month, points=row["points"], numbers=row["numbers"])
        )
    return dict(found)
