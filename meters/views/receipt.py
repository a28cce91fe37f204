"""What one submission handed in: number, moment, who, values, checksum."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404

from contracts.access import ContractTemplatePage
from meters import receipts, window


class ReceiptView(ContractTemplatePage):
    """What one submission handed in: number, moment, who, values, checksum, billing's answers."""

    template_name = "meters/receipt.html"
    tab = "points"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the receipt, looked up within the contract."""
        submissions = receipts.of_contract(self.contract)
        submission = get_object_or_404(submissions, number=self.kwargs["number"])
        submission.contract = self.contract
        receipt = receipts.open_receipt(submission)
        facts = receipt.contents.facts
        return super().get_context_data(
            receipt=receipt,
            contents=receipt.contents,
            facts=[*facts, ("Ответ биллинга", receipt.answers)] if receipt.answers else facts,
            period_code=window.code(receipt.contents.period),
            site_url=settings.SITE_URL,
            topic=settings.READINGS_TOPIC,
            **kwargs,
        )
