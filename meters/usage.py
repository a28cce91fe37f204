"""What was consumed at points month by month: one statement, however many points and months.

The arithmetic is that of meters/consumption.py, done where the readings lie. A point's month is the
sum over the meters that hung on it: the difference of two monthly readings by the ratio of the
installation; where a meter was installed or removed within the month, from or up to its act.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from contracts.models import Contract
from contracts.periods import Month
from meters import consumption

# (point, energy, zone)
Counter = tuple[int, str, str]

# Readings that count, one for each register and period; then the values before them.
_SEGMENTS = """
    WITH standing AS MATERIALIZED (
        SELECT DISTINCT ON (period, point_id, register_id)
               period, point_id, register_id, value, is_rollover
        FROM meters_reading
        WHERE contract_id = %(contract)s AND period = ANY(%(read)s)
              AND (%(points)s::bigint[] IS NULL OR point_id = ANY(%(points)s::bigint[]))
        ORDER BY period DESC, point_id, register_id, received_at DESC, id DESC
    ),
    hung AS MATERIALIZED (
        SELECT installation.id, installation.point_id, installation.meter_id, installation.ratio,
               installation.installed_on, installation.removed_on, point.opened_on, point.closed_on
        FROM meters_installation installation
        JOIN meters_meteringpoint point ON point.id = installation.point_id
        WHERE point.contract_id = %(contract)s
              AND (%(points)s::bigint[] IS NULL OR point.id = ANY(%(points)s::bigint[]))
    ),
    asked AS (SELECT unnest(%(asked)s::date[]) AS period),
    segments AS (
        SELECT asked.period, hung.point_id, register.energy, register.zone, hung.ratio,
               register.integer_digits,
               register.zone <> 'total' OR NOT EXISTS (
                   SELECT FROM meters_register other
                   WHERE other.meter_id = hung.meter_id AND other.energy = register.energy
                         AND other.zone <> 'total'
               ) AS is_counted,
               CASE WHEN hung.installed_on >= asked.period
                    THEN coalesce(opening.value, before.value) ELSE before.value END AS previous,
               CASE WHEN hung.removed_on < asked.period + interval '1 month'
                    THEN coalesce(closing.value, now_.value) ELSE now_.value END AS current,
               coalesce(now_.is_rollover, false) AS is_rollover
        FROM asked
        JOIN hung ON hung.installed_on < asked.period + interval '1 month'
             AND (hung.removed_on IS NULL OR hung.removed_on > asked.period)
             AND hung.opened_on < asked.period + interval '1 month'
             AND (hung.closed_on IS NULL OR hung.closed_on > asked.period)
        JOIN meters_register register ON register.meter_id = hung.meter_id
        LEFT JOIN standing now_ ON now_.period = asked.period
             AND now_.point_id = hung.point_id AND now_.register_id = register.id
        LEFT JOIN standing before ON before.period = (asked.period - interval '1 month')::date
             AND before.point_id = hung.point_id AND before.register_id = register.id
        LEFT JOIN meters_actreading opening ON opening.installation_id = hung.id
             AND opening.register_id = register.id AND opening.moment = 'installed'
        LEFT JOIN meters_actreading closing ON closing.installation_id = hung.id
             AND closing.register_id = register.id AND closing.moment = 'removed'
    ),
    quantities AS (
        SELECT period, point_id, energy, zone, is_counted,
               CASE WHEN current >= previous THEN (current - previous) * ratio
                    WHEN is_rollover
                    THEN (10::numeric ^ integer_digits - previous + current) * ratio
               END AS quantity
        FROM segments
    ),
    months AS (
        SELECT period, point_id, energy, zone, is_counted,
               CASE WHEN bool_and(quantity IS NOT NULL) THEN sum(quantity) END AS quantity
        FROM quantities
        GROUP BY period, point_id, energy, zone, is_counted
    )
"""

_BY_MONTH = (
    _SEGMENTS  # noqa: S608 - constants both
    + """
    SELECT period, point_id, energy, zone, is_counted, trim_scale(quantity) FROM months
    WHERE quantity IS NOT NULL
    ORDER BY period, point_id, energy, zone, is_counted
"""
)

# The zones of a point together, and all points together: of every month in which a meter hung.
_OF_POINTS = (
    _SEGMENTS  # noqa: S608 - constants both
    + """
    , of_points AS (
        SELECT period, point_id, energy,
               CASE WHEN bool_and(quantity IS NOT NULL) THEN sum(quantity) END AS quantity
        FROM months WHERE is_counted
        GROUP BY period, point_id, energy
    )
"""
)

_BY_POINT = (
    _OF_POINTS  # noqa: S608 - constants both
    + """
    SELECT period, point_id, energy, trim_scale(quantity) FROM of_points
    WHERE quantity IS NOT NULL
"""
)

_TOGETHER = (
    _OF_POINTS  # noqa: S608 - constants both
    + """
    SELECT period, energy, trim_scale(sum(quantity)), count(*) - count(quantity)
    FROM of_points
    GROUP BY period, energy
    ORDER BY period, energy
"""
)

_USUAL = (
    _SEGMENTS  # noqa: S608 - constants both
    + """
    SELECT point_id, energy, zone, count(quantity),
           sum(quantity) / sum(extract(day FROM period + interval '1 month' - interval '1 day'))
               FILTER (WHERE quantity IS NOT NULL),
           trim_scale(sum(quantity) FILTER (WHERE period = %(year_ago)s)),
           trim_scale(sum(quantity) FILTER (WHERE period = %(before)s))
    FROM (
        SELECT period, point_id, energy, zone,
               CASE WHEN bool_and(quantity IS NOT NULL) THEN sum(quantity) END AS quantity
        FROM months
        GROUP BY period, point_id, energy, zone
    ) counters
    GROUP BY point_id, energy, zone
"""
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """One point's month of one energy and zone; `quantity` in the energy's unit.

    `is_counted`: it adds to the point's total (Σ of a meter that counts by zones does not).
    """

    period: datetime.date
    point_id: int
    energy: str
    zone: str
    is_counted: bool
    quantity: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Together:
    """What all points used in a month of one energy, in its unit.

    `unknown`: at how many points it cannot be told; `quantity` leaves them out and is None where
    nothing is known.
    """

    period: datetime.date
    energy: str
    quantity: Decimal | None
    unknown: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """What a counter shows as a rule.

    `months`: of how many of the twelve months before the consumption is known; `a_day`: their mean
    for a day, None when there are none; `year_ago`: the same month of last year; `before`: the
    month before.
    """

    months: int
    a_day: Decimal | None
    year_ago: Decimal | None
    before: Decimal | None


def by_month(contract: Contract, periods: Iterable[Month]) -> list[Used]:
    """What each point of a contract used in each of `periods`, where it is known; oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_MONTH, _arguments(contract, periods))
        return [
            Used(
                period=period,
                point_id=point_id,
                energy=energy,
                zone=zone,
                is_counted=is_counted,
                quantity=quantity,
            )
            for period, point_id, energy, zone, is_counted, quantity in cursor.fetchall()
        ]


def in_month(contract: Contract, period: Month) -> dict[Counter, Decimal]:
    """What each counter of a contract used in one month, where it is known."""
    return consumption.sum_by(
        ((used.point_id, used.energy, used.zone), used.quantity)
        for used in by_month(contract, [period])
    )


def by_point(
    contract: Contract, periods: Iterable[Month], points: Iterable[int] | None = None
) -> dict[tuple[datetime.date, int, str], Decimal]:
    """What points used in each of `periods`, zones together, where it is known.

    By (first day of the month, point, energy); of all points, or of those with the keys `points`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BY_POINT, _arguments(contract, periods, points))
        return {
            (period, point, energy): quantity
            for period, point, energy, quantity in cursor.fetchall()
        }


def together(
    contract: Contract, periods: Iterable[Month], points: Iterable[int] | None = None
) -> list[Together]:
    """What all points (those of `points`) used in each of `periods`, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER, _arguments(contract, periods, points))
        return [
            Together(period=period, energy=energy, quantity=quantity, unknown=unknown)
            for period, energy, quantity, unknown in cursor.fetchall()
        ]


def usual(contract: Contract, period: Month) -> dict[Counter, Usual]:
    """What is usual at each point before `period`: the last twelve months and a year ago."""
    arguments = _arguments(contract, [period.shifted(-back) for back in range(1, 13)])
    arguments |= {
        "year_ago": period.shifted(-12).first_day,
        "before": period.shifted(-1).first_day,
    }
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, arguments)
        return {
            (point_id, energy, zone): Usual(
                months=months, a_day=a_day, year_ago=year_ago, before=before
            )
            for point_id, energy, zone, months, a_day, year_ago, before in cursor.fetchall()
        }


def _arguments(
    contract: Contract, periods: Iterable[Month], points: Iterable[int] | None = None
) -> dict[str, Any]:
    """The months asked for, those whose readings they need, and the points (None: all)."""
    asked = sorted(periods)
    read = {month.first_day for month in asked} | {month.shifted(-1).first_day for month in asked}
    return {
        "contract": contract.pk,
        "points": None if points is None else list(points),
        "asked": [month.first_day for month in asked],
        "read": sorted(read),
    }
