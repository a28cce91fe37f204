"""The word about the term: until when, how long, how much is there; on every page of a contract."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.utils import timezone

from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from meters import progress, rules, table, window
from meters.inventory import Inventory
from meters.progress import Progress
from meters.rules import Rules

# So long before the end of the term it becomes a warning.
URGENT = datetime.timedelta(days=3)
# A term that is over is mentioned so long on pages that are not about readings.
_MENTIONED_AFTER = datetime.timedelta(days=10)


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Parameters of components/notice.html."""

    lead: str
    text: str = ""
    detail: str = ""
    modifier: str = ""
    value: int = 0
    max: int = 0
    meter: str = ""


def of_contract(contract: Contract, now: datetime.datetime) -> Notice | None:
    """What every page of a contract says; None where nothing is asked or the term is long over."""
    if not contract.is_active:
        return None
    known = rules.of_contract(contract)
    period = known.window.reading_period(now)
    if now - known.window.closes_at(period) > _MENTIONED_AFTER:
        return None
    return of_term(period, _progress(contract, period, now), known, now)


def of_inventory(inventory: Inventory, known: Rules, now: datetime.datetime) -> Notice | None:
    """The same for the month of a page that has loaded its registers already."""
    return of_term(inventory.period, inventory.progress, known, now)


def of_term(
    period: Month, progress: tuple[int, int], known: Rules, now: datetime.datetime
) -> Notice | None:
    """What to say about the term of the period; None when the client has nothing to enter."""
    done, all_points = progress
    if not all_points:
        return None
    lead, text, modifier = _term_words(period, known, now, is_done=done == all_points)
    is_warned = known.window.is_late(period, now) and done < all_points
    return Notice(
        lead=lead,
        text=text,
        detail=known.late_text if is_warned else "",
        modifier=modifier,
        value=done,
        max=all_points,
        meter=table.progress_words(done, all_points),
    )


def _progress(contract: Contract, period: Month, now: datetime.datetime) -> tuple[int, int]:
    """As `Inventory.progress`, by one statement: points handed in, points asked for."""
    found = progress.of_contracts([(contract.pk, period)], timezone.localdate(now))
    known = found.get(contract.pk, Progress())
    return known.done, known.all_points


def _term_words(
    period: Month, known: Rules, now: datetime.datetime, *, is_done: bool
) -> tuple[str, str, str]:
    """Lead, text and modifier of the notice."""
    month, until = formats.month_name(period.first_day), known.window.due_words(period)
    if known.window.is_late(period, now):
        if is_done:
            return f"Показания за {month} переданы.", f"Срок был до {until}.", "ok"
        late = "Показания принимаются с отметкой «после срока»."
        return f"Срок передачи показаний за {month} истёк {until}.", late, "warn"
    if is_done:
        return f"Показания за {month} переданы.", f"Исправить их можно до {until}.", "ok"
    is_urgent = known.window.closes_at(period) - now <= URGENT
    lead = f"Показания за {month} принимаются до {until},"
    return lead, known.window.remaining_words(period, now), "warn" if is_urgent else ""


@dataclass(frozen=True, kw_only=True)
class Other:
    """The way to the other month that is taken now: `lead` says why, `words` are the link."""

    code: str
    lead: str
    words: str


def other_period(
    contract: Contract, inventory: Inventory, known: Rules, now: datetime.datetime
) -> Other | None:
    """From the month asked for to the one before, which is taken late, and back."""
    current, late = known.window.accepted_periods(now)
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


def until_words(known: Rules, period: Month, now: datetime.datetime) -> str:
    """Until when readings of the period, and corrections of them, are taken; empty when it is over.

    «до 1 декабря 23:59 (МСК)», «до 1 января 23:59 (МСК), с отметкой «после срока»».
    """
    if period not in known.window.accepted_periods(now):
        return ""
    if known.window.is_late(period, now):
        return f"до {known.window.taken_words(period)}, с отметкой «после срока»"
    return f"до {known.window.due_words(period)}"
