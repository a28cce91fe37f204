"""«Задолженность»: what is owed and why, what is due when, the year's turnovers, the payments."""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from billing import balance, books, history, instalments, ledger, turnovers
from billing.forms import DayForm, HistoryForm
from billing.models import Account, LedgerEntry
from cabinet.snapshots import snapshot
from contracts.access import ContractTemplatePage
from contracts.periods import Month, years_since

LATEST_PAYMENTS = 6
MONTHS = 12


class DebtView(ContractTemplatePage):
    """Main debt, advances and late fees apart, each with the moment of its data; instalments."""

    template_name = "billing/debt.html"
    tab = "debt"

    @cached_property
    def first_day(self) -> datetime.date:
        """The first day of the contract's books."""
        return books.first_day(self.contract)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; with `?on=`, also the balances of that day, or 422 for a day that is none."""
        data = request.GET if "on" in request.GET else None
        form = DayForm(data, contract=self.contract, first_day=self.first_day)
        if data is None:
            return self.render_to_response(self.get_context_data(day_form=form))
        if not form.is_valid():
            context = self.get_context_data(day_form=form, has_errors=True)
            return self.render_to_response(context, status=422)
        balances = ledger.balances_on(self.contract, form.cleaned_data["on"])
        found = [(account, balances[account]) for account in Account]
        return self.render_to_response(self.get_context_data(day_form=form, found=found))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the accounts, the instalments, a year of turnovers and the latest payments."""
        today = timezone.localdate()
        month = Month.of(today)
        payments = LedgerEntry.objects.filter(contract=self.contract).payments()
        # A package that is loaded meanwhile does not come between the sums.
        with snapshot():
            positions = balance.positions(self.contract, today)
            plan = instalments.plan(self.contract, positions, today)
            months = turnovers.by_month(
                self.contract, Account.MAIN, last=month, months=MONTHS, first_day=self.first_day
            )
            latest_month = history.latest_month(self.contract)
            latest = list(payments.order_by("-booked_on", "-pk")[:LATEST_PAYMENTS])
        return super().get_context_data(
            positions=positions,
            plan=plan,
            months=months,
            total=turnovers.total(months),
            words=turnovers.WORDS[Account.MAIN],
            chart=turnovers.chart(months, Account.MAIN),
            payments=latest,
            form=HistoryForm(
                initial={"month": latest_month.number, "year": latest_month.year},
                years=years_since(self.contract.signed_on),
            ),
            **kwargs,
        )
