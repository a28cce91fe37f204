"""Until when meters and transformers are verified (поверка), and what is due.

The last day of a verification still counts: on the next one it is over. Readings of a meter with an
expired verification may be replaced by a reckoned consumption, which is mostly a higher one (ПП РФ
№ 442, section X): therefore what is due is told `NOTICE` before.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Least

from cabinet import formats
from cabinet.sheets import Cell, Column
from contracts.models import Contract
from meters import inventory
from meters.inventory import Place
from meters.models import DueVerification, Installation

# How long before its end a verification is mentioned.
NOTICE = inventory.VERIFICATION_NOTICE

METER = "счётчик"
CURRENT = "трансформаторы тока"
VOLTAGE = "трансформаторы напряжения"

COLUMNS = (
    Column(title="Поверен до", width=12),
    Column(title="Состояние", width=28),
    Column(title="Что поверять", width=26),
    Column(title="№ точки", width=9),
    Column(title="Точка учёта", width=28),
    Column(title="Где стоит", width=24),
    Column(title="Объект", width=36),
    Column(title="Прибор", width=24),
    Column(title="Заводской №", width=14),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """Something that is verified until a day; `modifier` is that of its status."""

    until: datetime.date
    what: str
    state: str
    modifier: str
    point_id: int
    number: int
    point: str
    where: str
    site: str
    meter: str
    serial: str

    @property
    def until_words(self) -> str:
        """«14.12.2026»."""
        return formats.day(self.until)

    @property
    def is_over(self) -> bool:
        """Whether the verification has ended."""
        return self.modifier == "bad"


def state(until: datetime.date | None, today: datetime.date) -> tuple[str, str]:
    """«закончилась 14 дней назад», «осталось 12 дней», «действует»; and the colour of the word."""
    if until is None:
        return "нет сведений", "plain"
    days = (until - today).days
    counted = formats.counted(abs(days), "день", "дня", "дней")
    if days < 0:
        return f"закончилась {counted} назад", "bad"
    if until - today > NOTICE:
        return "действует", "ok"
    if days == 0:
        return "последний день", "warn"
    left = "остался" if formats.plural(days, "1", "2", "5") == "1" else "осталось"
    return f"{left} {counted}", "warn"


def due(contract: Contract, today: datetime.date) -> list[Item]:
    """What of a contract is due within `NOTICE` or over, soonest first; by one statement."""
    last_day = today + NOTICE
    hung = _hung(today).filter(
        Q(meter__verified_until__lte=last_day)
        | Q(current_transformers_verified_until__lte=last_day)
        | Q(voltage_transformers_verified_until__lte=last_day),
        point__contract=contract,
    )
    found = [
        item
        for installation in hung.select_related("point", "meter")
        for item in _items(installation, today)
        if item.until <= last_day
    ]
    return sorted(found, key=lambda item: (item.until, item.number, item.what))


def unknown(contract: Contract, today: datetime.date) -> int:
    """How many meters of a contract have no date of verification."""
    hung = _hung(today).filter(point__contract=contract, meter__verified_until__isnull=True)
    return hung.count()


def terms(installation: Installation) -> list[tuple[str, datetime.date | None]]:
    """What is verified at an installation: the meter, and transformers where there are any."""
    found: list[tuple[str, datetime.date | None]] = [(METER, installation.meter.verified_until)]
    current, voltage = (
        installation.current_transformers_verified_until,
        installation.voltage_transformers_verified_until,
    )
    if installation.current_ratio > 1 or current is not None:
        found.append((CURRENT, current))
    if installation.voltage_ratio > 1 or voltage is not None:
        found.append((VOLTAGE, voltage))
    return found


def _items(installation: Installation, today: datetime.date) -> Iterator[Item]:
    point, meter = installation.point, installation.meter
    for what, until in terms(installation):
        if until is not None:
            words, modifier = state(until, today)
            yield Item(
                until=until,
                what=what,
                state=words,
                modifier=modifier,
                point_id=point.pk,
                number=point.number,
                point=point.name,
                where=point.place,
                site=point.site,
                meter=meter.title,
                serial=meter.serial,
            )


def _hung(today: datetime.date) -> QuerySet[Installation]:
    """Meters that hang today at points in force."""
    return Installation.objects.on(today).filter(
        Q(point__closed_on__isnull=True) | Q(point__closed_on__gt=today),
        point__opened_on__lte=today,
    )


def cells(items: Iterable[Item]) -> Iterator[Sequence[Cell]]:
    """The rows of the table to save."""
    for item in items:
        yield (
            item.until,
            item.state.replace(formats.NBSP, " "),
            item.what,
            item.number,
            item.point,
            item.where,
            item.site,
            item.meter,
            item.serial,
        )


def warning(places: Iterable[Place]) -> str:
    """«Поверка закончилась у 2 приборов, у 3 заканчивается в ближайшие 90 дней.»; mostly empty.

    Of the registers of a page; meters that were removed are not meant. A meter counts once, by
    whatever of it and its transformers ends first.
    """
    ends = {
        place.row.installation_id: place.verified_until for place in places if not place.is_removed
    }
    today = next((place.today for place in places), None)
    if today is None:
        return ""
    known = [until for until in ends.values() if until is not None]
    over = sum(until < today for until in known)
    soon = sum(today <= until <= today + NOTICE for until in known)
    meters = ("прибора", "приборов", "приборов")
    days = formats.counted(NOTICE.days, "день", "дня", "дней")
    if over and soon:
        return (
            f"Поверка закончилась у {formats.counted(over, *meters)},"
            f" у {formats.quantity(soon)} заканчивается в ближайшие {days}."
        )
    if over:
        return f"Поверка закончилась у {formats.counted(over, *meters)}."
    if soon:
        return f"В ближайшие {days} заканчивается поверка у {formats.counted(soon, *meters)}."
    return ""


def of_all(today: datetime.date) -> QuerySet[DueVerification]:
    """What is due within `NOTICE` or over at all points in force, with `due_on`.

    Three walks of the indexes of dates find the rows; terms of other meters are not looked at.
    """
    last_day = today + NOTICE
    found = [
        Installation.objects.filter(**{f"{term}__lte": last_day}).order_by().values("pk")
        for term in (
            "meter__verified_until",
            "current_transformers_verified_until",
            "voltage_transformers_verified_until",
        )
    ]
    due_on = Least(
        F("meter__verified_until"),
        F("current_transformers_verified_until"),
        F("voltage_transformers_verified_until"),
    )
    return DueVerification.objects.filter(
        pk__in=_hung(today).filter(pk__in=found[0].union(*found[1:])).values("pk")
    ).annotate(due_on=due_on)
