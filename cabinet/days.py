"""Days as moments of the retailer's clock."""

from __future__ import annotations

import datetime

from django.utils import timezone


def begins_at(day: datetime.date) -> datetime.datetime:
    """The first moment of a day in the retailer's time zone."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
