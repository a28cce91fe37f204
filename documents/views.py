"""«Документы»: the archive with its search, and the PDFs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from contracts.access import ContractFile, ContractListPage, File
from documents import archive, rendering
from documents.forms import DocumentSearchForm
from documents.models import Document

PAGE_ROWS = 50


class DocumentListView(ContractListPage):
    """Documents of a month, of a year, of one kind or all, newest first."""

    template_name = "documents/document_list.html"
    tab = "documents"
    paginate_by = PAGE_ROWS

    form: DocumentSearchForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What was asked for; 422 for a period or kind that is none."""
        self.form = archive.search_form(self.contract, request.GET)
        self.object_list = self.get_queryset()
        status = 200 if self.form.is_valid() else 422
        return self.render_to_response(self.get_context_data(), status=status)

    def get_queryset(self) -> QuerySet[Document]:
        """The contract's own documents; none while the search is not valid."""
        if not self.form.is_valid():
            return Document.objects.none()
        found: QuerySet[Document] = (
            Document.objects.filter(contract=self.contract)
            .published()
            .in_period(*self.form.bounds)
            .of_kind(self.form.cleaned_data["kind"])
            .for_list()
        )
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the search and the rows, or the reason why there are none."""
        context = super().get_context_data(form=self.form, **kwargs)
        rows = archive.rows(context["page_obj"])
        is_empty = self.form.is_valid() and not rows
        reason = archive.why_nothing(self.contract, self.form) if is_empty else ""
        return {**context, "rows": rows, "reason": reason}


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
        return document_file(document)


def document_file(document: Document) -> File:
    """How a rendered document is handed out, to the client and to the office alike."""
    return File(
        path=document.path,
        filename=document.filename,
        content_type="application/pdf",
        title=str(document),
        details={
            "document": document.pk,
            "external_id": document.external_id,
            "sha256": document.sha256,
        },
    )


def _unavailable(
    request: HttpRequest, *, contract: int, error: rendering.NotRendered
) -> HttpResponse:
    is_soon = isinstance(error, rendering.BeingRendered)
    context = {"is_soon": is_soon, "contract_pk": contract, "name": str(error)}
    response = render(request, "documents/document_unavailable.html", context, status=503)
    if is_soon:
        response["Retry-After"] = "10"
    return response
