"""The word about the term above the table: until when, how long, how much is there."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from meters import table, window
from meters.inventory import Inventory

# So long before the end of the term it becomes a warning.
URGENT = datetime.timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Parameters of components/notice.html."""

    lead: str
    text: str = ""
    modifier: str = ""
    value: int = 0
    max: int = 0
    meter: str = ""


def of_term(inventory: Inventory, now: datetime.datetime) -> Notice | None:
    """What to say about the term of the period; None when the client has nothing to enter."""
    period = inventory.period
    done, all_points = inventory.progress
    if not all_points:
        return None
    lead, text, modifier = _term_words(period, now, is_done=done == all_points)
    return Notice(
        lead=lead,
        text=text,
        modifier=modifier,
        value=done,
        max=all_points,
        meter=table.progress_words(inventory),
    )


def _term_words(period: Month, now: datetime.datetime, *, is_done: bool) -> tuple[str, str, str]:
    """Lead, text and modifier of the notice."""
    month, until = formats.month_name(period.first_day), window.due_words(period)
    if window.is_late(period, now):
        late = "Показания принимаются с отметкой «после срока»."
        return f"Срок передачи показаний за {month} истёк {until}.", late, "warn"
    if is_done:
        return f"Показания за {month} переданы.", f"Исправить их можно до {until}.", "ok"
    is_urgent = window.closes_at(period) - now <= URGENT
    lead = f"Показания за {month} принимаются до {until},"
    return lead, window.remaining_words(period, now), "warn" if is_urgent else ""


@dataclass(frozen=True, kw_only=True)
class Other:
    """The way to the other month that is taken now: `lead` says why, `words` are the link."""

    code: str
    lead: str
    words: str


def other_period(contract: Contract, inventory: Inventory, now: datetime.datetime) -> Other | None:
    """From the month asked for to the one before, which is taken late, and back."""
    current, late = window.accepted_periods(now)
    if inventory.period != current:
        return Other(
            code=window.code(current),
            lead="",
            words=f"Вернуться к показаниям {formats.for_month(current.first_day)}",
        )
    if late.last_day < contract.signed_on or not inventory.asked:
        return None
    missing = table.missing_points(inventory)
    month = formats.for_month(late.first_day)
    points = formats.counted(missing, "точке", "точкам", "точкам")
    return Other(
        code=window.code(late),
        lead=f"Нет показаний {month} по {points}." if missing else "",
        words=f"{'Передать' if missing else 'Исправить'} показания {month} (после срока)",
    )


def correction_term(period: Month, now: datetime.datetime) -> str:
    """«до 1 декабря 23:59 (МСК)», or that it will be marked as late; empty when it is over."""
    if period not in window.accepted_periods(now):
        return ""
    if window.is_late(period, now):
        return "с отметкой «после срока»"
    return f"до {window.due_words(period)}"
