"""«Точки учёта»: handing in readings, the receipt, the history."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from accounts.roles import Right
from contracts.access import ContractTemplatePage
from contracts.periods import Month, PeriodForm, years_since
from meters import entering, history, inventory, notices, receipts, submitting, table, window
from meters.entering import Entry
from meters.models import Submission

PAGE_ROWS = 100


class ReadingsView(ContractTemplatePage):
    """The table of all points with an input in each row, «Проверить» and «Передать»."""

    template_name = "meters/readings.html"
    tab = "points"
    right = Right.SUBMIT_READINGS

    @cached_property
    def inventory(self) -> inventory.Inventory:
        """The contract's registers in the period that the address or the form names."""
        now = timezone.now()
        named = self.request.POST.get("period") or self.request.GET.get("period", "")
        return inventory.take(
            self.contract, window.choose(named, now) or window.reading_period(now)
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The table before anything is typed."""
        return self._show(entering.untouched(self.inventory))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check; on «Передать» store and go to the receipt. 422 when something is to be mended."""
        entry = entering.enter(self.inventory, request.POST)
        errors = table.errors(entry)
        if request.POST.get("period", "") not in ("", window.code(self.inventory.period)):
            errors.insert(0, ("", _other_period(self.inventory.period)))
        if errors:
            return self._show(entry, errors=errors, status=422)
        if request.POST.get("action") == "check":
            return self._show(entry, is_checked=True)
        try:
            return redirect("meters:receipt", self.contract.pk, self._submit(entry).number)
        except submitting.NothingNew:
            nothing = "Эти показания уже переданы: новых или исправленных среди них нет"
            return self._show(entry, errors=[("", nothing)], status=422)
        except submitting.FormUsed as used:
            return self._show(entry, used_by=used.submission, form_key=uuid.uuid4(), status=409)
        except submitting.ContractTerminated:
            return self._show(entry, status=409)

    def _submit(self, entry: Entry) -> Submission:
        return submitting.submit_readings(
            contract=self.contract,
            author=self.membership.user,
            period=entry.inventory.period,
            form_key=_read_key(self.request.POST.get("form_key")),
            stated=entry.stated,
        )

    def _show(self, entry: Entry, *, status: int = 200, **context: Any) -> HttpResponse:
        """The page with `entry` in it; nothing that was typed is lost."""
        now = timezone.now()
        period = entry.inventory.period
        may_enter = self.may(Right.SUBMIT_READINGS) and self.contract.is_active
        shown = {
            "form_key": _read_key(self.request.POST.get("form_key")),
            "period": period,
            "period_code": window.code(period),
            "groups": table.groups(entry, with_inputs=may_enter),
            "totals": table.totals(entry),
            "may_enter": may_enter and bool(entry.inventory.asked),
            "is_correction": "correct" in self.request.GET,
            "notice": notices.of_term(entry.inventory, now) if self.contract.is_active else None,
            "other": notices.other_period(self.contract, entry.inventory, now),
            "error_unit": "строку,строки,строк" if entry.open_lines and not entry.strangers else "",
            "has_errors": status != 200,
        }
        return self.render_to_response(self.get_context_data(**{**shown, **context}), status=status)


class ReceiptView(ContractTemplatePage):
    """What one submission handed in: number, moment, who, values, checksum."""

    template_name = "meters/receipt.html"
    tab = "points"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the receipt, looked up within the contract."""
        submissions = receipts.of_contract(self.contract)
        submission = get_object_or_404(submissions, number=self.kwargs["number"])
        submission.contract = self.contract
        receipt = receipts.open_receipt(submission)
        return super().get_context_data(
            receipt=receipt, period_code=window.code(receipt.period), **kwargs
        )


class ReadingHistoryView(ContractTemplatePage):
    """«История передачи показаний» by month and year, or by the year alone."""

    template_name = "meters/reading_history.html"
    tab = "points"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The chosen span, this year at first; 422 for a period that is none."""
        year = window.reading_period(timezone.now()).year
        chosen = request.GET if "year" in request.GET else {"month": "", "year": year}
        form = PeriodForm(chosen, years=years_since(self.contract.signed_on))
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        found = history.readings_between(self.contract, *form.bounds)
        page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
        context = self.get_context_data(
            form=form, page_obj=page, groups=history.groups(page), last_day=form.bounds[1]
        )
        return self.render_to_response(context)


def _read_key(raw: str | None) -> uuid.UUID:
    """The key of the posted form; a new one where it is missing or spoilt."""
    try:
        return uuid.UUID(raw or "")
    except ValueError:
        return uuid.uuid4()


def _other_period(period: Month) -> str:
    return (
        "Страница была открыта за месяц, показания за который больше не принимаются."
        f" Сейчас это таблица за {period}: проверьте значения и передайте их ещё раз"
    )
