"""The points of a contract as a list: the way to each of them, and what it used last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from meters import charting, usage
from meters.models import Installation, MeteringPoint, Register

_ENERGY = Register.Energy.ACTIVE_IN.value


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A point as the list shows it; `closed` is empty for one in force."""

    pk: int
    point: str
    place: str
    meter: str
    serial: str
    ratio: str
    quantity: str
    year_ago: str
    change: str
    closed: str


def search(contract: Contract, words: str) -> QuerySet[MeteringPoint]:
    """Points by name, place, site or the number of a meter that hangs or hung there."""
    found = MeteringPoint.objects.filter(contract=contract)
    if words:
        hung = Installation.objects.filter(
            point__contract=contract, meter__serial__icontains=words
        ).values("point")
        found = found.filter(
            Q(name__icontains=words)
            | Q(place__icontains=words)
            | Q(site__icontains=words)
            | Q(pk__in=hung)
        )
    now_hanging = Installation.objects.on(timezone.localdate()).select_related("meter")
    hanging = Prefetch("installations", queryset=now_hanging, to_attr="hanging")
    return found.prefetch_related(hanging).order_by("number", "pk")


def rows(contract: Contract, points: Iterable[MeteringPoint], month: Month) -> list[Row]:
    """The rows of a page of `search`, with the consumption of `month` and of a year before."""
    shown = list(points)
    ago = month.shifted(-12)
    used = usage.by_point(contract, [month, ago], [point.pk for point in shown])
    return [
        _row(
            point,
            used.get((month.first_day, point.pk, _ENERGY)),
            used.get((ago.first_day, point.pk, _ENERGY)),
        )
        for point in shown
    ]


def _row(point: Any, quantity: Decimal | None, year_ago: Decimal | None) -> Row:
    hanging: Installation | None = next(iter(point.hanging), None)
    closed_on = point.closed_on
    is_closed = closed_on is not None and closed_on <= timezone.localdate()
    return Row(
        pk=point.pk,
        point=point.name,
        place=", ".join(dict.fromkeys(filter(None, (point.site, point.place)))),
        meter=hanging.meter.title if hanging else "",
        serial=hanging.meter.serial if hanging else "",
        ratio=formats.quantity(hanging.ratio) if hanging else formats.ABSENT,
        quantity=formats.exact(quantity),
        year_ago=formats.exact(year_ago),
        change=charting.change_words(quantity, year_ago),
        closed=f"закрыта {formats.day(closed_on)}" if is_closed else "",
    )
