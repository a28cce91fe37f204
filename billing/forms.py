"""What the pages of money ask for."""

from __future__ import annotations

from django import forms

from billing.models import Account
from billing.turnovers import SPANS
from cabinet import formats
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
