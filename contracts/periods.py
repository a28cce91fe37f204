"""A billing period is a calendar month, and three pages filter by it.

Months are those of the retailer's time zone: «ноябрь» begins when the retailer's clock says so.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django import forms
from django.db import models
from django.utils import timezone

from cabinet import formats


@dataclass(frozen=True, order=True)
class Month:
    """A billing period."""

    year: int
    number: int

    @classmethod
    def of(cls, day: datetime.date) -> Self:
        """The month that holds `day`."""
        return cls(day.year, day.month)

    @classmethod
    def current(cls) -> Self:
        """The month that the retailer's clock shows."""
        return cls.of(timezone.localdate())

    @property
    def first_day(self) -> datetime.date:
        """The day by which the database stores the month."""
        return datetime.date(self.year, self.number, 1)

    @property
    def last_day(self) -> datetime.date:
        """Its last calendar day."""
        return datetime.date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    def shifted(self, months: int) -> Self:
        """The month so many months later (earlier, when negative)."""
        years, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return type(self)(years, number + 1)

    def __str__(self) -> str:
        return f"{formats.MONTHS[self.number - 1]} {self.year}"


class PeriodField(models.DateField):
    """A month in the database: its first day, and no other day (use `period_constraint`)."""


def period_constraint(field: str, name: str) -> models.CheckConstraint:
    """The constraint that a `PeriodField` holds first days of months only."""
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__day": 1}),
        name=name,
        violation_error_message="Месяц хранится по первому числу.",
    )


class PeriodForm(forms.Form):
    """Month and year as the manual has them: the year alone means the whole year."""

    month = forms.TypedChoiceField(
        label="Месяц",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[
            ("", "любой"),
            *((number, name.capitalize()) for number, name in enumerate(formats.MONTHS, 1)),
        ],
        error_messages={"invalid_choice": "Выберите месяц из списка."},
    )
    year = forms.TypedChoiceField(
        label="Год",
        coerce=int,
        error_messages={"invalid_choice": "Выберите год из списка.", "required": "Выберите год."},
    )

    def __init__(self, *args: object, years: Iterable[int], **kwargs: object) -> None:
        """`years`: the choices, newest first."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]

    @property
    def bounds(self) -> tuple[datetime.date, datetime.date]:
        """First and last day of what was chosen; call it on a valid form."""
        year, month = self.cleaned_data["year"], self.cleaned_data["month"]
        if month is None:
            return datetime.date(year, 1, 1), datetime.date(year, 12, 31)
        chosen = Month(year, month)
        return chosen.first_day, chosen.last_day

    @property
    def words(self) -> str:
        """What was chosen, in words: «октябрь 2026» or «2026 год»."""
        year, month = self.cleaned_data["year"], self.cleaned_data["month"]
        return f"{year} год" if month is None else str(Month(year, month))


def years_since(first_day: datetime.date) -> range:
    """The years from today's back to that of `first_day`."""
    return range(timezone.localdate().year, min(first_day.year, timezone.localdate().year) - 1, -1)
