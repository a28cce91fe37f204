"""«Кто открывал»: the journal of openings, for the company's director."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.shortcuts import get_object_or_404

from accounts.roles import Right
from contracts.access import ContractTemplatePage
from documents import opening
from documents.models import Document


class ContractOpeningsView(ContractTemplatePage):
    """Who had which document of the contract, newest first."""

    template_name = "documents/contract_openings.html"
    tab = "documents"
    right = Right.SEE_OPENINGS
    right_for_reading = True

    @cached_property
    def document(self) -> Document | None:
        """Every document of the contract."""
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds a page of lines."""
        page = opening.journal(
            contract=self.contract, document=self.document, query=self.request.GET
        )
        own = {"document": self.document, "page": page, "rows": opening.rows(page.rows)}
        return super().get_context_data(**{**kwargs, **own, "nav": "documents"})


class DocumentOpeningsView(ContractOpeningsView):
    """Who had one document of the contract."""

    template_name = "documents/document_openings.html"

    @cached_property
    def document(self) -> Document | None:
        """The one that the address names, of this contract."""
        own = Document.objects.published().filter(contract=self.contract).defer("content")
        found: Document = get_object_or_404(own, pk=self.kwargs["document"])
        return found
