"""What one submission handed in: number, moment, who, values, checksum."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404

from contracts.access import ContractTemplatePage
from meters import receipts, window


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
