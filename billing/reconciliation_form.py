"""For which period an act of reconciliation is asked, and for which contracts."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.http import urlencode

from billing import books, reconciliation
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month

# A sentence names no more contracts than these.
_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class Piece:
    """An act that can be made at once: its words and the query that asks for it."""

    contract: Contract
    label: str
    query: str


class ReconciliationForm(forms.Form):
    """First and last day, this contract or all of the company's."""

    CONTRACT, COMPANY = "contract", "company"

    starts_on = forms.DateField(
        label="С",
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": "Введите первый день периода.",
            "invalid": "Введите первый день так: 01.01.2026.",
        },
    )
    ends_on = forms.DateField(
        label="По",
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": "Введите последний день периода.",
            "invalid": "Введите последний день так: 30.09.2026.",
        },
    )
    scope = forms.ChoiceField(
        label="Договоры",
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), "Выберите договоры из списка."
        ),
    )

    def __init__(
        self, data: Any = None, *, contract: Contract, siblings: Sequence[Contract]
    ) -> None:
        """`siblings`: the contracts of the company that the person sees, this one among them."""
        today = timezone.localdate()
        self._contract, self._siblings = contract, siblings
        self._begin_on = books.begin_on([contract, *siblings])
        first = max(today.replace(month=1, day=1), min(self._begin_on[contract.pk], today))
        super().__init__(data, initial={"starts_on": first, "ends_on": today})
        every = formats.counted(len(siblings), "договор", "договора", "договоров")
        self.fields["scope"].choices = [  # type: ignore[attr-defined]
            (self.CONTRACT, f"№ {contract.number}"),
            (self.COMPANY, f"все договоры компании ({every})"),
        ]
        if len(siblings) < 2:
            del self.fields["scope"]

    @property
    def bounds(self) -> tuple[datetime.date, datetime.date]:
        """First and last day of the acts: none begins before its contract's books. Of a valid
        form."""
        begin_on = min(self._begin_on[contract.pk] for contract in self.contracts)
        return max(self.cleaned_data["starts_on"], begin_on), self.cleaned_data["ends_on"]

    @property
    def contracts(self) -> list[Contract]:
        """Of which contracts: those whose books had begun by the last day. Of a valid form."""
        return self._with_books(self.cleaned_data["ends_on"], self.cleaned_data.get("scope"))

    @property
    def beginning(self) -> str:
        """Why acts begin later than was asked; empty where they do not. Of a valid form."""
        asked = self.cleaned_data["starts_on"]
        late = [one for one in self.contracts if self._begin_on[one.pk] > asked]
        days = {self._begin_on[one.pk] for one in late}
        if len(days) > 1 or (days and len(late) < len(self.contracts)):
            return (
                "Акт начинается не раньше, чем расчёты по договору в кабинете: такой первый день"
                " стоит под номером договора."
            )
        if len(late) > 1:
            return f"Расчёты ведутся в кабинете с {formats.day(min(days))}: акты начинаются с него."
        return f"{self._words(late[0])}: акт начинается с этого дня." if late else ""

    @property
    def left_out(self) -> str:
        """The contracts of which there is no act, since their books begin later. Of a valid
        form."""
        made = self.contracts
        named = [f"№ {one.number}" for one in self._chosen() if one not in made]
        if not named:
            return ""
        more = len(named) - _NAMED
        numbers = ", ".join(named[:_NAMED]) + (f" и ещё {more}" if more > 0 else "")
        return f"Расчёты в кабинете начались позже, акта нет: {numbers}."

    def _chosen(self, scope: str | None = None) -> Sequence[Contract]:
        is_every = (scope or self.cleaned_data.get("scope")) == self.COMPANY
        return self._siblings if is_every else [self._contract]

    def _with_books(self, ends_on: datetime.date, scope: str | None) -> list[Contract]:
        return [one for one in self._chosen(scope) if self._begin_on[one.pk] <= ends_on]

    def _words(self, contract: Contract) -> str:
        return books.words(contract, self._begin_on[contract.pk], is_named=len(self._siblings) > 1)

    def clean(self) -> dict[str, Any]:
        """A period that has begun with the books and is over, today included."""
        cleaned = super().clean() or self.cleaned_data
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        today = timezone.localdate()
        if ends_on and ends_on > today:
            self.add_error(
                "ends_on",
                f"Последний день — не позже сегодняшнего, {formats.day(today)}:"
                " будущего в расчётах ещё нет.",
            )
        elif starts_on and ends_on and starts_on > ends_on:
            self.add_error("ends_on", "Последний день не может быть раньше первого.")
        elif ends_on and not self._with_books(ends_on, cleaned.get("scope")):
            first = self._first_with_books(cleaned.get("scope"))
            self.add_error("ends_on", f"{self._words(first)}: выберите последний день не раньше.")
        return cleaned

    def _first_with_books(self, scope: str | None) -> Contract:
        return min(self._chosen(scope), key=lambda one: self._begin_on[one.pk])

    def query(self) -> str:
        """What was asked, for the address of the act; of a valid form."""
        return self._query(*self.bounds, self.cleaned_data.get("scope") or self.CONTRACT)

    def pieces(self) -> list[Piece]:
        """The acts into which a period that is too long splits; of a valid form."""
        return [
            Piece(
                contract=contract,
                label=f"с {formats.day(first)} по {formats.day(last)}",
                query=self._query(first, last, self.CONTRACT),
            )
            for contract, first, last in reconciliation.parts(self.contracts, *self.bounds)
        ]

    def presets(self) -> list[tuple[str, str]]:
        """Periods that are often asked for: words and query.

        The first one begins with the books, of all contracts where all were asked for.
        """
        today = timezone.localdate()
        scope = self.data.get("scope") if "scope" in self.fields else None
        scope = self.COMPANY if scope == self.COMPANY else self.CONTRACT
        begins_on = min(self._begin_on[one.pk] for one in self._chosen(scope))
        month, quarter = Month.of(today), Month(today.year, (today.month - 1) // 3 * 3 + 1)
        spans = [
            (f"с начала расчётов, {formats.day(begins_on)}", begins_on, today),
            ("прошлый месяц", month.shifted(-1).first_day, month.shifted(-1).last_day),
            ("прошлый квартал", quarter.shifted(-3).first_day, quarter.shifted(-1).last_day),
            ("с начала года", Month(today.year, 1).first_day, today),
            (
                f"{today.year - 1} год",
                Month(today.year - 1, 1).first_day,
                Month(today.year - 1, 12).last_day,
            ),
        ]
        return [
            (words, self._query(first, last, scope))
            for words, first, last in spans
            if begins_on <= last
        ]

    def _query(self, first: datetime.date, last: datetime.date, scope: str) -> str:
        return urlencode({"starts_on": str(first), "ends_on": str(last), "scope": scope})
