"""For which period an act of reconciliation is asked, and for which contracts."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.http import urlencode

from billing import reconciliation
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month


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
        first = max(today.replace(month=1, day=1), min(contract.signed_on, today))
        super().__init__(data, initial={"starts_on": first, "ends_on": today})
        self._contract, self._siblings = contract, siblings
        every = formats.counted(len(siblings), "договор", "договора", "договоров")
        self.fields["scope"].choices = [  # type: ignore[attr-defined]
            (self.CONTRACT, f"№ {contract.number}"),
            (self.COMPANY, f"все договоры компании ({every})"),
        ]
        if len(siblings) < 2:
            del self.fields["scope"]

    @property
    def bounds(self) -> tuple[datetime.date, datetime.date]:
        """First and last day; of a valid form."""
        return self.cleaned_data["starts_on"], self.cleaned_data["ends_on"]

    @property
    def contracts(self) -> list[Contract]:
        """Of which contracts: those that were already signed on the last day. Of a valid form."""
        return self._chosen(self.cleaned_data["ends_on"])

    def _chosen(self, ends_on: datetime.date) -> list[Contract]:
        if self.cleaned_data.get("scope") != self.COMPANY:
            return [self._contract]
        return [contract for contract in self._siblings if contract.signed_on <= ends_on]

    def clean(self) -> dict[str, Any]:
        """A period that has begun with the contract and is over, today included."""
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
        elif ends_on and not self._is_signed(ends_on, cleaned.get("scope")):
            raise ValidationError(
                f"Договор заключён {formats.day(self._contract.signed_on)}:"
                " выберите период, который кончается не раньше этого дня."
            )
        elif starts_on and ends_on and (late := self._begun_late(starts_on, ends_on)):
            contract, day = late
            self.add_error(
                "starts_on",
                f"Расчёты по договору № {contract.number} ведутся в кабинете"
                f" с {formats.day(day)}: выберите первый день не раньше.",
            )
        return cleaned

    def _begun_late(
        self, starts_on: datetime.date, ends_on: datetime.date
    ) -> tuple[Contract, datetime.date] | None:
        """A contract whose balance on `starts_on` nobody can tell, and the day that its books have.

        Of several contracts the one whose books begin last.
        """
        days = reconciliation.carried_over(self._chosen(ends_on))
        late = [(day, contract) for contract, day in days.items() if starts_on < day]
        if not late:
            return None
        day, contract = max(late, key=lambda row: row[0])
        return contract, day

    def _is_signed(self, day: datetime.date, scope: str | None) -> bool:
        contracts = self._siblings if scope == self.COMPANY else [self._contract]
        return any(contract.signed_on <= day for contract in contracts)

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
        """Periods that are often asked for: words and query."""
        today = timezone.localdate()
        begins_on = reconciliation.carried_over([self._contract]).get(self._contract)
        month, quarter = Month.of(today), Month(today.year, (today.month - 1) // 3 * 3 + 1)
        spans = [
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
            (words, self._query(first, last, self.CONTRACT))
            for words, first, last in spans
            if last >= self._contract.signed_on and (begins_on is None or first >= begins_on)
        ]

    def _query(self, first: datetime.date, last: datetime.date, scope: str) -> str:
        return urlencode({"starts_on": str(first), "ends_on": str(last), "scope": scope})
