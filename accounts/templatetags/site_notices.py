"""What every page says for a while: `{% load site_notices %}`."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django import template
from django.utils import timezone

from accounts.models import SiteNotice
from cabinet import formats

register = template.Library()


@dataclass(frozen=True, kw_only=True)
class Said:
    """Parameters of components/notice.html."""

    lead: str
    text: str
    modifier: str


@register.simple_tag
def site_notices() -> list[Said]:
    """`{% site_notices as found %}`: what is to be said now, by one statement."""
    now = timezone.now()
    return [_said(notice, now) for notice in SiteNotice.objects.current()]


def _said(notice: SiteNotice, now: datetime.datetime) -> Said:
    if notice.stops_at is None or notice.resumes_at is None or notice.resumes_at <= now:
        return Said(lead="", text=notice.text, modifier="")
    zone = formats.time_zone_label()
    if notice.stops_at <= now:
        until = formats.clock(notice.resumes_at)
        lead = f"Идут плановые работы до {until} ({zone}), страницы могут не открываться."
    else:
        lead = f"Плановые работы {_hours(notice.stops_at, notice.resumes_at)} ({zone})."
    return Said(lead=lead, text=notice.text, modifier="warn")


def _hours(first: datetime.datetime, last: datetime.datetime) -> str:
    """«28 ноября с 22:00 до 23:30», or with both days."""
    days = (formats.day_words(first), formats.day_words(last))
    clocks = (formats.clock(first), formats.clock(last))
    if days[0] == days[1]:
        return f"{days[0]} с {clocks[0]} до {clocks[1]}"
    return f"с {days[0]} {clocks[0]} до {days[1]} {clocks[1]}"
