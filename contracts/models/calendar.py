"""The production calendar: days that are unlike their weekday."""

from __future__ import annotations

from django.db import models


class CalendarDay(models.Model):
    """A day of the production calendar (производственный календарь) that is unlike its weekday.

    Official holidays, days off moved by the government, and working Saturdays; every other day
    follows its weekday (contracts/working_days.py).
    """

    date = models.DateField("день", primary_key=True)
    is_working = models.BooleanField("рабочий", default=False)
    note = models.CharField("что это за день", max_length=200, blank=True)

    class Meta:
        """By date."""

        verbose_name = "день календаря"
        verbose_name_plural = "производственный календарь"
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date:%d.%m.%Y}: {'рабочий' if self.is_working else 'выходной'}"
