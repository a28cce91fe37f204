"""«Задолженность»: what is owed and why, what is due when, the year's turnovers, the payments."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from billing import balance, instalments, turnovers
from billing.forms import HistoryForm
from billing.models import Account, LedgerEntry
from contracts.access import ContractTemplatePage
from contracts.periods import Month, years_since

LATEST_PAYMENTS = 6
MONTHS = 12


class DebtView(ContractTemplatePage):
    """Main debt, advances and late fees apart, each with the moment of its data; instalments."""

    template_name = "billing/debt.html"
    tab = "debt"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the accounts, the instalments, a year of turnovers and the latest payments."""
        today = timezone.localdate()
        month = Month.of(today)
        positions = balance.positions(self.contract, today)
        months = turnovers.by_month(self.contract, Account.MAIN, last=month, months=MONTHS)
        payments = LedgerEntry.objects.filter(contract=self.contract).payments()
        return super().get_context_data(
            positions=positions,
            plan=instalments.plan(self.contract, positions, today),
            months=months,
            total=turnovers.total(months),
            chart=turnovers.chart(months),
            payments=payments.order_by("-booked_on", "-pk")[:LATEST_PAYMENTS],
            form=HistoryForm(
                initial={"month": month.number, "year": month.year},
                years=years_since(self.contract.signed_on),
            ),
            **kwargs,
        )
