"""«Проверьте показания»: what is about to be handed in, before it is."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from meters import checking, entering, submitting, window
from meters.entering import Entry
from meters.models import ReadingDraft, Submission
from meters.views.page import CORRECTION_REASONS, ReadingsPage


class ReadingsCheckView(ReadingsPage):
    """Totals, deviations and what is missing; «Изменить» leads back to the row."""

    template_name = "meters/readings_check.html"
    right_for_reading = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What the draft of the month says; back to the table where there is nothing to check."""
        draft = self.draft
        if draft is None or not self.contract.is_active:
            return redirect(self._table)
        return self._show(draft, self.enter(entering.restored(draft.typed)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """«Передать показания»: exactly what was shown, or the page again."""
        draft = self.draft
        if draft is None:
            return self._repeat()
        entry = self.enter(entering.restored(draft.typed))
        if request.POST.get("seen") != _digest(draft):
            changed = "Черновик изменился, пока страница была открыта. Проверьте показания ещё раз."
            return self._show(draft, entry, changed, status=409)
        if entry.open_lines or entry.strangers:
            return self._show(draft, entry)
        try:
            return redirect("meters:receipt", self.contract.pk, self.submit(entry).number)
        except submitting.ReasonMissing:
            words = "Выберите или напишите причину исправления."
            return self._show(draft, entry, words, status=422)
        except submitting.NotTaken:
            # The table says what is wrong with each of the rest, and keeps what was typed.
            messages.error(request, "Показания не переданы: проверьте таблицу и передайте снова.")
            return redirect(self._table)

    def _repeat(self) -> HttpResponse:
        """A second click: the receipt of the first; without one, back to the table."""
        earlier = Submission.objects.filter(
            contract=self.contract, submitted_by=self.membership.user, form_key=self.form_key
        ).first()
        if earlier:
            return redirect("meters:receipt", self.contract.pk, earlier.number)
        return redirect(self._table)

    @property
    def _table(self) -> str:
        path = reverse("meters:readings", args=[self.contract.pk])
        return f"{path}?period={window.code(self.period)}{self.correct_query}"

    def _show(
        self, draft: ReadingDraft, entry: Entry, error: str = "", *, status: int = 200
    ) -> HttpResponse:
        if entry.open_lines or entry.strangers:
            messages.error(self.request, "Сначала исправьте или подтвердите отмеченные строки.")
            return redirect(self._table)
        return self.render_to_response(
            self.get_context_data(
                check=checking.summarise(entry),
                period=self.period,
                period_code=window.code(self.period),
                table_address=self._table,
                form_key=draft.form_key,
                seen=_digest(draft),
                error=error,
                has_errors=bool(error),
                corrections=CORRECTION_REASONS,
            ),
            status=status,
        )


def _digest(draft: ReadingDraft) -> str:
    """What the page has shown: a draft that changed meanwhile is not handed in unseen."""
    canonical = json.dumps(draft.typed, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
