"""A document's PDF."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from contracts.access import ContractFile, File
from documents import opening, rendering
from documents.models import Document


class DocumentFileView(ContractFile):
    """A document's PDF: shown in the browser, or saved when the address says `?download=1`."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Decide how it is handed out."""
        super().setup(request, *args, **kwargs)
        self.inline = "download" not in request.GET

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The PDF; 503 and a reason while there is none."""
        try:
            return super().get(request, *args, **kwargs)
        except rendering.NotRendered as error:
            return _unavailable(request, contract=self.contract.pk, error=error)

    def get_file(self) -> File:
        """The PDF of a document of this contract, made at once if it is not there yet."""
        own = Document.objects.published().filter(contract=self.contract)
        document = rendering.open_document(
            document=get_object_or_404(own, pk=self.kwargs["document"])
        )
        means = opening.Means.OPENED if self.inline else opening.Means.SAVED
        return opening.document_file(document, means=means)


def _unavailable(
    request: HttpRequest, *, contract: int, error: rendering.NotRendered
) -> HttpResponse:
    is_soon = isinstance(error, rendering.BeingRendered)
    context = {"is_soon": is_soon, "contract_pk": contract, "name": str(error)}
    response = render(request, "documents/document_unavailable.html", context, status=503)
    if is_soon:
        response["Retry-After"] = "10"
    return response
