"""«Месяц», «Год», «Вид документа», «Номер», «Порядок»."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models

from cabinet.keyset import Order
from contracts.models import Contract
from contracts.periods import PeriodForm
from documents.models import Kind

ALL_TIME = (datetime.date.min, datetime.date.max)


class Sorting(models.TextChoices):
    """The orders of the list."""

    NEWEST = "", "сначала новые"
    OLDEST = "oldest", "сначала старые"
    LARGEST = "largest", "сначала большие суммы"
    SMALLEST = "smallest", "сначала малые суммы"

    @property
    def order(self) -> Order:
        """By which keys; each order has an index that begins with the contract."""
        by_sum = self in (Sorting.LARGEST, Sorting.SMALLEST)
        return Order(
            keys=("sum", "pk") if by_sum else ("period", "issued_on", "pk"),
            is_descending=self in (Sorting.NEWEST, Sorting.LARGEST),
        )


class DocumentSearchForm(PeriodForm):
    """The archive's search: all kinds, all numbers and, without a year, all time.

    `contracts`: those among which one may choose; the field is left out where there is no choice.
    """

    kind = forms.ChoiceField(
        label="Вид документа",
        required=False,
        choices=[("", "любой"), *Kind.choices],
        error_messages={"invalid_choice": "Выберите вид документа из списка."},
    )
    number = forms.CharField(
        label="Номер",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Номер документа не длиннее 60 знаков."},
    )
    sort = forms.ChoiceField(
        label="Порядок",
        required=False,
        choices=Sorting.choices,
        error_messages={"invalid_choice": "Выберите порядок из списка."},
    )
    contract = forms.TypedChoiceField(
        label="Договор",
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Выберите договор из списка."},
    )

    # The month that the page offered by itself: it does not limit a number typed beside it.
    offered = forms.CharField(required=False, max_length=7, widget=forms.HiddenInput())

    field_order = ("contract", "month", "year", "kind", "number", "sort")

    def __init__(
        self, *args: Any, years: Iterable[int], contracts: Iterable[Contract] = (), **kwargs: Any
    ) -> None:
        """`years`: the choices, newest first."""
        super().__init__(*args, years=years, **kwargs)
        year = self.fields["year"]
        year.required = False
        year.empty_value = None  # type: ignore[attr-defined]
        year.choices = [("", "любой"), *year.choices]  # type: ignore[attr-defined]
        offered = [(row.pk, f"№ {row.number}") for row in contracts]
        if offered:
            self.fields["contract"].choices = [("", "все"), *offered]  # type: ignore[attr-defined]
        else:
            del self.fields["contract"]

    def clean_number(self) -> str:
        """The number alone: «№ 12–34» as lists and letters write it is 12-34."""
        number: str = self.cleaned_data["number"].lstrip("№ \u00a0")
        return re.sub("[\u2010-\u2015\u2212]", "-", " ".join(number.split()))

    def clean(self) -> dict[str, Any]:
        """A month is one of a year."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("month") and cleaned.get("year") is None and "year" not in self.errors:
            self.add_error("year", self.fields["year"].error_messages["required"])
        return cleaned

    @property
    def bounds(self) -> tuple[datetime.date, datetime.date]:
        """First and last day of what was chosen, or of all time; call it on a valid form."""
        return super().bounds if self.cleaned_data["year"] else ALL_TIME

    @property
    def words(self) -> str:
        """«октябрь 2026», «2026 год», «всё время»; call it on a valid form."""
        return super().words if self.cleaned_data["year"] else "всё время"

    @property
    def kind_label(self) -> str:
        """The chosen kind as people name it; empty for all kinds. Call it on a valid form."""
        kind = self.cleaned_data["kind"]
        return str(Kind(kind).label) if kind else ""

    @property
    def is_narrowed(self) -> bool:
        """Whether more than a number was asked for; call it on a valid form."""
        data = self.cleaned_data
        return bool(data["year"] or data["kind"] or data.get("contract"))

    @property
    def sorting(self) -> Sorting:
        """The chosen order; call it on a valid form."""
        return Sorting(self.cleaned_data["sort"])
