"""What the pages of money ask for."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from billing import books
from billing.models import Account
from billing.turnovers import SPANS
from cabinet import formats
from contracts.models import Contract
from contracts.periods import PeriodForm

_NO_SUCH_ACCOUNT = {"invalid_choice": "Выберите вид расчётов из списка."}


class HistoryForm(PeriodForm):
    """Month and year, and which account of the settlements; empty means all of them."""

    account = forms.ChoiceField(
        label="Расчёты",
        required=False,
        choices=[("", "все"), *Account.choices],
        error_messages=_NO_SUCH_ACCOUNT,
    )


class DayForm(forms.Form):
    """A day of the books that has come: «Остаток на дату»."""

    on = forms.DateField(
        label="Остаток на конец дня",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": "Укажите дату.",
            "invalid": "Укажите дату, например 31.10.2026.",
        },
    )

    def __init__(self, data: Any = None, *, contract: Contract, first_day: datetime.date) -> None:
        """`first_day`: the first one of the contract's books."""
        super().__init__(data)
        self._contract, self.first_day = contract, first_day
        self.fields["on"].widget.attrs["min"] = first_day.isoformat()

    @property
    def is_today(self) -> bool:
        """Whether a valid form names the day that is not over yet."""
        return bool(self.cleaned_data["on"] == timezone.localdate())

    def clean_on(self) -> datetime.date:
        """Not a day to come: nobody knows what will be paid; none before the books either."""
        day: datetime.date = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise forms.ValidationError("Этот день ещё не наступил. Укажите прошедшую дату.")
        if day < self.first_day:
            words = books.words(self._contract, self.first_day)
            raise forms.ValidationError(f"{words}: укажите день не раньше.", code="before_books")
        return day


class TurnoverForm(forms.Form):
    """How many months, and of which account."""

    months = forms.TypedChoiceField(
        label="За последние",
        coerce=int,
        choices=[
            (months, formats.counted(months, "месяц", "месяца", "месяцев")) for months in SPANS
        ],
        error_messages={"invalid_choice": "Выберите срок из списка."},
    )
    account = forms.ChoiceField(
        label="Расчёты", choices=Account.choices, error_messages=_NO_SUCH_ACCOUNT
    )
