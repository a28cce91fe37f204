"""Consumption month by month against last year: a chart, and a table with the same numbers.

The quantities are those of meters/usage.py: what the meters counted, without losses. Energies are
shown one at a time; active and reactive, in and out, never add up.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cabinet import charts, formats
from cabinet.sheets import Cell, Column
from contracts.models import Contract
from contracts.periods import Month
from meters import consumption, exporting, table, usage
from meters.models import MeteringPoint, Register
from meters.usage import Together

MONTHS_SHOWN = 12
# Those shown and a year before each of them.
_MONTHS = 24

# How quantities of the table are written.
Show = Callable[[Decimal | None], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A month and the same month of last year; `note` names points that are not in the sum."""

    month: str
    quantity: str
    note: str
    year_ago: str
    year_ago_note: str
    change: str


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An energy that can be shown."""

    code: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a chart and its table show; `total` is of the months wholly known in both years."""

    chart: charts.MonthlyChart
    unit: str
    choices: list[Choice]
    rows: list[Row]
    total: Row | None
    span: str
    is_partial: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """One month of one energy."""

    quantity: Decimal | None = None
    unknown: int = 0


def of_contract(contract: Contract, *, last: Month, energy: str) -> Usage:
    """All points of a contract in the twelve months up to `last` (or the one before it).

    `energy` is what the visitor asks for; one that the contract does not have gives the usual one.
    Quantities are shown in whole units: tenths of a sum of hundreds of points say nothing.
    """
    found = usage.together(contract, _months(last))
    title = f"Расход по договору № {contract.number}"
    return _usage(found, last, energy, title=title, show=formats.quantity)


def of_point(contract: Contract, point: MeteringPoint, *, last: Month, energy: str) -> Usage:
    """The same of one point, to the last digit."""
    found = usage.together(contract, _months(last), [point.pk])
    return _usage(found, last, energy, title=f"Расход, {point.name}", show=formats.exact)


def _months(last: Month) -> list[Month]:
    """The two years up to `last`, and a month more, so that there are two up to the one before."""
    return [last.shifted(-back) for back in range(_MONTHS, -1, -1)]


def _usage(found: Sequence[Together], last: Month, asked: str, *, title: str, show: Show) -> Usage:
    energies = sorted({one.energy for one in found}) or [Register.Energy.ACTIVE_IN.value]
    energy = asked if asked in energies else energies[0]
    known = {
        one.period: _Known(quantity=one.quantity, unknown=one.unknown)
        for one in found
        if one.energy == energy
    }
    # While nothing of the running month is there, the year ends with the month before.
    has_last = known.get(last.first_day, _Known()).quantity is not None
    end = last if has_last else last.shifted(-1)
    months = [end.shifted(-back) for back in range(MONTHS_SHOWN - 1, -1, -1)]
    pairs = [
        (month, known.get(month.first_day, _Known()), known.get(_before(month), _Known()))
        for month in months
    ]
    return Usage(
        chart=_chart(pairs, energy, title),
        unit=consumption.unit(energy),
        choices=_choices(energies, energy),
        rows=[_row(str(month), now, ago, show) for month, now, ago in pairs],
        total=_total([(now, ago) for _, now, ago in pairs], show),
        span=f"{formats.month(months[0].first_day)} — {formats.month(end.first_day)}",
        is_partial=any(one.unknown for pair in pairs for one in pair[1:] if one.quantity),
    )


def _before(month: Month) -> datetime.date:
    return month.shifted(-12).first_day


def _chart(
    pairs: Sequence[tuple[Month, _Known, _Known]], energy: str, title: str
) -> charts.MonthlyChart:
    return charts.MonthlyChart(
        key="usage",
        title=f"{title}: {table.ENERGIES[energy]}, по месяцам",
        unit=consumption.unit(energy),
        months=[month.first_day for month, _, _ in pairs],
        series=[
            charts.Series(
                title="годом раньше",
                values={month.first_day: ago.quantity for month, _, ago in pairs},
            ),
            charts.Series(
                title="последние 12 месяцев",
                values={month.first_day: now.quantity for month, now, _ in pairs},
            ),
        ],
    )


def _choices(energies: Sequence[str], chosen: str) -> list[Choice]:
    """The energies, when there is anything to choose."""
    if len(energies) == 1:
        return []
    return [
        Choice(code=energy, words=table.ENERGIES[energy], is_chosen=energy == chosen)
        for energy in energies
    ]


def _row(words: str, now: _Known, ago: _Known, show: Show) -> Row:
    return Row(
        month=words,
        quantity=show(now.quantity),
        note=_without(now),
        year_ago=show(ago.quantity),
        year_ago_note=_without(ago),
        change=_change(now, ago),
    )


def _change(now: _Known, ago: _Known) -> str:
    """Like is compared with like: a month of which points are missing with none."""
    if now.unknown or ago.unknown:
        return formats.ABSENT
    return change_words(now.quantity, ago.quantity)


def _without(known: _Known) -> str:
    """«без 3 точек»: how much is missing in a sum that is there."""
    if known.quantity is None or not known.unknown:
        return ""
    return f"без {formats.counted(known.unknown, 'точки', 'точек', 'точек')}"


def change_words(now: Decimal | None, ago: Decimal | None) -> str:
    """«+12 %» against last year; «—» where there is nothing to compare with."""
    if now is None or not ago:
        return formats.ABSENT
    percent = formats.quantity((now - ago) * 100 / ago)
    sign = "+" if now > ago and percent != "0" else ""
    return f"{sign}{percent}{formats.NBSP}%"


def _total(pairs: Sequence[tuple[_Known, _Known]], show: Show) -> Row | None:
    """The sums of the months that are wholly known in both years: like is compared with like."""
    both = [
        (now.quantity, ago.quantity)
        for now, ago in pairs
        if now.quantity is not None
        and ago.quantity is not None
        and not now.unknown
        and not ago.unknown
    ]
    if not both:
        return None
    words = "Итого"
    if len(both) < len(pairs):
        months = formats.counted(len(both), "месяц", "месяца", "месяцев")
        known = "известный" if len(both) == 1 else "известные"
        words = f"Итого за {months}, {known} в обоих годах"
    now, ago = (sum(values, Decimal(0)) for values in zip(*both, strict=True))
    return _row(words, _Known(quantity=now), _Known(quantity=ago), show)


# The table to save -------------------------------------------------------------------------------


def columns(last: Month) -> list[Column]:
    """What stands where in `cells`: the months of two years at the end."""
    return [
        Column(title="№ точки", width=9),
        Column(title="Точка учёта", width=28),
        Column(title="Где стоит", width=24),
        Column(title="Объект", width=36),
        Column(title="Энергия", width=20),
        Column(title="Единица", width=10),
        *(
            Column(title=f"{month.first_day:%m.%Y}", width=13, places=3)
            for month in _months_to_save(last)
        ),
    ]


def cells(contract: Contract, last: Month) -> Iterator[Sequence[Cell]]:
    """What each point used in each month of two years, by two statements."""
    months = _months_to_save(last)
    used = usage.by_point(contract, months)
    energies: dict[int, set[str]] = {}
    for _, key, energy in used:
        energies.setdefault(key, set()).add(energy)
    points = MeteringPoint.objects.filter(contract=contract).order_by("number", "pk")
    for point in points.iterator():
        for energy in sorted(energies.get(point.pk, ())):
            yield (
                point.number,
                point.name,
                point.place,
                point.site,
                exporting.plain(table.ENERGIES[energy]),
                consumption.unit(energy),
                *(used.get((month.first_day, point.pk, energy)) for month in months),
            )


def _months_to_save(last: Month) -> list[Month]:
    return _months(last)[1:]
