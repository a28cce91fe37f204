"""«Кому придёт?»: the routing rule tried on one contract, topic and day."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from contracts import supervision, working_days
from contracts.models import Contract, Topic
from contracts.supervision import Step, Supervisor

REFUSED = 422


class RouteForm(forms.Form):
    """What would be asked, about which contract, and when."""

    contract = forms.ModelChoiceField(
        label="Номер договора",
        queryset=Contract.objects.select_related("client", "branch"),
        to_field_name="number",
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        error_messages={
            "required": "Укажите номер договора.",
            "invalid_choice": "Договора с таким номером нет.",
        },
    )
    topic = forms.ModelChoiceField(
        label="Тема",
        queryset=Topic.objects.all(),
        error_messages={"required": "Выберите тему.", "invalid_choice": "Такой темы нет."},
    )
    on = forms.DateField(
        label="День",
        required=False,
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Пусто: сегодня.",
        error_messages={"invalid": "Укажите день, например 31.12.2026."},
    )

    def confine(self, contracts: QuerySet[Contract] | None) -> None:
        """Only these contracts are found; None: all."""
        if contracts is not None:
            field = self.fields["contract"]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 — declared above
            field.queryset = contracts.select_related("client", "branch")

    def clean_on(self) -> datetime.date:
        """Today unless given; of the years for which a calendar makes sense."""
        day: datetime.date = self.cleaned_data["on"] or timezone.localdate()
        if not 2000 <= day.year <= 2100:
            raise forms.ValidationError("Укажите день ближе к сегодняшнему.")
        return day


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Every step of the rule, the one that decides, and the date that the client would be told."""

    contract: Contract
    topic: Topic
    on: datetime.date
    steps: list[Step]
    chosen: Step
    due_on: datetime.date

    @property
    def supervisor(self) -> Supervisor:
        """Who would get it."""
        assert self.chosen.found is not None  # noqa: S101 — the duty address is always there
        return self.chosen.found


def answer(*, contract: Contract, topic: Topic, on: datetime.date) -> Answer:
    """Who would get a message of `topic` about `contract` that came on a day."""
    steps = supervision.steps(contract, topic, on=on)
    return Answer(
        contract=contract,
        topic=topic,
        on=on,
        steps=steps,
        chosen=next(step for step in steps if step.found),
        due_on=working_days.add(on, topic.answer_days),
    )
