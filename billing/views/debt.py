"""«Задолженность»: the balance, what the month has moved, the latest payments."""

from __future__ import annotations

from typing import Any

from billing import ledger
from billing.models import LedgerEntry
from contracts.access import ContractTemplatePage
from contracts.periods import Month, PeriodForm, years_since

LATEST_PAYMENTS = 6


class DebtView(ContractTemplatePage):
    """Debt or overpayment with the moment of the data, this month's turnover, payments."""

    template_name = "billing/debt.html"
    tab = "debt"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the month's turnover and the latest payments."""
        month = Month.current()
        payments = LedgerEntry.objects.filter(contract=self.contract, kind=LedgerEntry.Kind.PAYMENT)
        return super().get_context_data(
            month=month,
            turnover=ledger.turnover(self.contract, month.first_day, month.last_day),
            payments=payments.order_by("-booked_on", "-pk")[:LATEST_PAYMENTS],
            form=PeriodForm(
                initial={"month": month.number, "year": month.year},
                years=years_since(self.contract.signed_on),
            ),
            **kwargs,
        )
