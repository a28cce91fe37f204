"""One metering point in full: the meter that hangs there, those that hung, their acts and terms."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from cabinet import formats
from meters import history, table, verification
from meters.models import ActReading, Installation, MeteringPoint, Register


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """Until when something is verified."""

    what: str
    until: str
    state: str
    modifier: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Hung:
    """A meter at the point, from–to; `acts` are lines like «сутки: при установке 000 012,3»."""

    meter: str
    serial: str
    year: str
    ratio: str
    transformers: str
    since: str
    until: str
    acts: list[str]
    is_present: bool


@dataclass(frozen=True, kw_only=True)
class Passport:
    """What the page of a point says; `meter` holds the present meter's facts, if one hangs."""

    facts: list[tuple[str, str]]
    meter: list[tuple[str, str]]
    terms: list[Term]
    hung: list[Hung]
    is_automatic: bool


def open_passport(point: MeteringPoint) -> Passport:
    """The passport of a point, by four statements."""
    today = timezone.localdate()
    found = point.installations.select_related("meter").order_by("-installed_on", "-pk")
    installations = list(found.prefetch_related("meter__registers", "act_readings__register"))
    present = next((one for one in installations if _hangs(one, today)), None)
    return Passport(
        facts=_facts(point),
        meter=_meter(present) if present else [],
        terms=_terms(present, today) if present else [],
        hung=[_hung(one, is_present=one is present) for one in installations],
        is_automatic=present is not None and present.meter.is_automatic,
    )


def _hangs(installation: Installation, day: datetime.date) -> bool:
    removed_on = installation.removed_on
    return installation.installed_on <= day and (removed_on is None or removed_on > day)


def _facts(point: MeteringPoint) -> list[tuple[str, str]]:
    """What is known of the place; a row without a value is not shown."""
    power = point.max_power_kw
    closed_on = point.closed_on
    return [
        ("Объект", point.site),
        ("Где стоит", point.place),
        ("№ в договоре", str(point.number)),
        ("Максимальная мощность", f"{formats.exact(power)}{formats.NBSP}кВт" if power else ""),
        ("Потери", _losses(point)),
        ("Действует с", formats.day(point.opened_on)),
        ("Закрыта", formats.day(closed_on) if closed_on else ""),
    ]


def _losses(point: MeteringPoint) -> str:
    if point.losses_percent is not None:
        return f"{formats.exact(point.losses_percent)}{formats.NBSP}%"
    if point.losses_kwh is not None:
        return f"{formats.exact(point.losses_kwh)}{formats.NBSP}кВт·ч в месяц"
    return ""


def _meter(installation: Installation) -> list[tuple[str, str]]:
    meter = installation.meter
    verified_on = meter.verified_on
    return [
        ("Марка и тип", meter.title),
        ("Заводской номер", meter.serial),
        ("Год выпуска", str(meter.year) if meter.year else ""),
        ("Установлен", formats.day(installation.installed_on)),
        ("Расчётный коэффициент", _ratio(installation)),
        ("Шкалы", "; ".join(_register(register) for register in meter.registers.all())),
        ("Поверен", formats.day(verified_on) if verified_on else ""),
    ]


def _ratio(installation: Installation) -> str:
    """«60 (Ктт 60 × Ктн 1)»; of a meter without transformers «1, прямое включение»."""
    transformers = _transformers(installation)
    ratio = formats.quantity(installation.ratio)
    return f"{ratio} ({transformers})" if transformers else f"{ratio}, прямое включение"


def _transformers(installation: Installation) -> str:
    if installation.ratio == 1:
        return ""
    current, voltage = installation.current_ratio, installation.voltage_ratio
    return f"Ктт {formats.quantity(current)} × Ктн {formats.quantity(voltage)}"


def _register(register: Register) -> str:
    """«сутки, 6+1 цифр»: as many before the comma and after it."""
    zone, energy = table.zone_words(register.energy, register.zone)
    words = f"{zone}, {energy}" if energy else zone
    digits = f"{register.integer_digits}"
    if register.fraction_digits:
        digits += f"+{register.fraction_digits}"
    return f"{words} (цифр на табло {digits})"


def _terms(installation: Installation, today: datetime.date) -> list[Term]:
    found = []
    for what, until in verification.terms(installation):
        words, modifier = verification.state(until, today)
        found.append(Term(what=what, until=formats.day(until), state=words, modifier=modifier))
    return found


def _hung(installation: Installation, *, is_present: bool) -> Hung:
    meter = installation.meter
    removed_on = installation.removed_on
    return Hung(
        meter=meter.title,
        serial=meter.serial,
        year=str(meter.year) if meter.year else "",
        ratio=formats.quantity(installation.ratio),
        transformers=_transformers(installation),
        since=formats.day(installation.installed_on),
        until=formats.day(removed_on) if removed_on else "",
        acts=_acts(installation.act_readings.all()),
        is_present=is_present,
    )


def _acts(readings: Iterable[ActReading]) -> list[str]:
    """What the acts state, installation before removal, in the order of the display."""
    ordered = sorted(readings, key=lambda one: (one.moment, one.register.order, one.register_id))
    return [
        f"{one.get_moment_display()}, {_zone(one.register)}:"
        f" {history.display(one.register).show(one.value)}"
        for one in ordered
    ]


def _zone(register: Register) -> str:
    zone, energy = table.zone_words(register.energy, register.zone)
    return f"{zone}, {energy}" if energy else zone
