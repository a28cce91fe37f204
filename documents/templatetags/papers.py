"""What papers about money need: `{% load papers %}`."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from num2words import num2words

from cabinet import formats

register = template.Library()


@register.filter
def in_words(amount: Decimal) -> str:
    """«Триста рублей 36 копеек»: roubles in words, kopecks in figures."""
    # An int would be taken for kopecks.
    words: str = num2words(
        Decimal(amount), lang="ru", to="currency", currency="RUB", separator="", cents=False
    )
    return words[0].upper() + words[1:]


@register.filter
def day_in_words(day: datetime.date) -> str:
    """«31 октября 2026 г.», as papers are dated; of a moment, the day by the retailer's clock."""
    if isinstance(day, datetime.datetime):
        day = timezone.localtime(day).date()
    return f"{formats.day_words(day)}{formats.NBSP}{day.year}{formats.NBSP}г."
