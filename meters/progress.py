"""How much of a month is handed in: points wholly handed in, and points to hand in."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from contracts.periods import Month

# Points whose registers all have a reading of the month that billing has not rejected, and points
# that are asked for; what an automatic meter reports by itself is not asked for.
_PROGRESS = """
    SELECT contract_id, count(*) FILTER (WHERE is_done), count(*),
           count(*) FILTER (WHERE is_rejected)
    FROM (
        SELECT asked.contract_id,
               bool_or(rejected.register_id IS NOT NULL) AS is_rejected,
               bool_and(EXISTS (
                   SELECT FROM meters_reading reading
                   WHERE reading.contract_id = asked.contract_id AND reading.period = asked.period
                         AND reading.point_id = point.id AND reading.register_id = register.id
               ) AND rejected.register_id IS NULL) AS is_done
        FROM unnest(%(contracts)s::bigint[], %(periods)s::date[], %(days)s::date[])
             AS asked (contract_id, period, day)
        JOIN meters_meteringpoint point ON point.contract_id = asked.contract_id
             AND point.opened_on <= asked.day
             AND (point.closed_on IS NULL OR point.closed_on > asked.day)
        JOIN meters_installation installation ON installation.point_id = point.id
             AND installation.installed_on <= asked.day
             AND (installation.removed_on IS NULL OR installation.removed_on > asked.day)
        JOIN meters_meter meter ON meter.id = installation.meter_id AND NOT meter.is_automatic
        JOIN meters_register register ON register.meter_id = meter.id
        LEFT JOIN meters_standing_rejection rejected
             ON rejected.contract_id = asked.contract_id AND rejected.period = asked.period
             AND rejected.point_id = point.id AND rejected.register_id = register.id
        GROUP BY asked.contract_id, point.id
    ) points
    GROUP BY contract_id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Points of a contract; `rejected` are those with a value that billing has rejected."""

    done: int = 0
    all_points: int = 0
    rejected: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to hand in."""
        return self.done == self.all_points


def of_contracts(asked: Iterable[tuple[int, Month]], today: datetime.date) -> dict[int, Progress]:
    """The progress of contracts, each in its month, by contract; by one statement.

    As `Inventory.progress` counts it; a contract with nothing to hand in is not there.
    """
    pairs = list(asked)
    with connection.cursor() as cursor:
        cursor.execute(
            _PROGRESS,
            {
                "contracts": [contract for contract, _ in pairs],
                "periods": [period.first_day for _, period in pairs],
                "days": [min(period.last_day, today) for _, period in pairs],
            },
        )
        return {
            contract: Progress(done=done, all_points=all_points, rejected=rejected)
            for contract, done, all_points, rejected in cursor.fetchall()
        }
