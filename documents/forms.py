"""«Месяц», «Год», «Вид документа»."""

from __future__ import annotations

from django import forms

from contracts.periods import PeriodForm
from documents.models import Kind


class DocumentSearchForm(PeriodForm):
    """The archive's search: all kinds unless one is chosen."""

    kind = forms.ChoiceField(
        label="Вид документа",
        required=False,
        choices=[("", "любой"), *Kind.choices],
        error_messages={"invalid_choice": "Выберите вид документа из списка."},
    )

    @property
    def kind_label(self) -> str:
        """The chosen kind as people name it; empty for all kinds. Call it on a valid form."""
        kind = self.cleaned_data["kind"]
        return str(Kind(kind).label) if kind else ""
