"""The archive of a contract, and of all contracts of a person at once."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic import TemplateView, View
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from accounts.visitor import user_of
from contracts.access import ContractDoor, ContractTemplatePage
from contracts.models import Contract
from documents import archive, bundles, registry
from documents.searching import PRINTED_AT_MOST, Search


class Searched(TemplateResponseMixin, ContextMixin):
    """A list of documents under a search; a subclass says of which contracts."""

    request: HttpRequest

    @property
    def of_contract(self) -> Contract | None:
        """The contract to which the page belongs, if it does."""
        return None

    @cached_property
    def search(self) -> Search:
        """What the address asks for."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What was asked for; 422 for a period, kind or order that is none."""
        status = 200 if self.search.is_valid else 422
        return self.render_to_response(self.get_context_data(), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the search and a page of rows (or, to print, many), or the reason for none."""
        search, form = self.search, self.search.form
        context = super().get_context_data(search=search, form=form, nav="documents", **kwargs)
        if not search.is_valid:
            return context
        is_print = "print" in self.request.GET
        page = search.whole() if is_print else search.page()
        rows = archive.rows(page.rows, contracts=search.contracts, user=user_of(self.request))
        reason = "" if rows else archive.why_nothing(search.contracts.values(), form)
        return {
            **context,
            "page": page,
            "rows": rows,
            "reason": reason,
            "is_print": is_print,
            "printed_at_most": PRINTED_AT_MOST,
            "form_key": uuid.uuid4(),
            "bundles": bundles.recent(user_of(self.request), contract=self.of_contract),
        }


class DocumentListView(Searched, ContractTemplatePage):
    """Documents of a month, of a year, of one kind or all, newest first."""

    template_name = "documents/document_list.html"
    tab = "documents"

    @property
    def of_contract(self) -> Contract:
        """The page's own."""
        return self.contract

    @cached_property
    def search(self) -> Search:
        """Among the contract's own documents."""
        return Search(contracts=[self.contract], query=self.request.GET)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the topic under which a document that is not there is requested."""
        return super().get_context_data(request_topic=settings.DOCUMENTS_TOPIC, **kwargs)


class AllDocumentsView(Searched, LoginRequiredMixin, TemplateView):
    """The documents of every contract in view."""

    template_name = "documents/all_documents.html"

    @cached_property
    def search(self) -> Search:
        """Through the one rule that turns a user into rows."""
        return search_of_all(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the company, where there is only one."""
        clients = {contract.client for contract in self.search.contracts.values()}
        current = clients.pop() if len(clients) == 1 else None
        return super().get_context_data(current_client=current, **kwargs)


class RegistryView(ContractDoor):
    """What a search of the contract's archive finds, as a table to save."""

    is_download = True
    http_method_names = ["get", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """XLSX or CSV; to the list, which says what is wrong, when the search is not valid."""
        search = Search(contracts=[self.contract], query=request.GET)
        if not search.is_valid:
            address = reverse("documents:document-list", args=[self.contract.pk])
            return redirect(f"{address}?{request.GET.urlencode()}")
        return registry.respond(request, search, kind=kwargs["kind"])


class RegistryOfAllView(LoginRequiredMixin, View):
    """The same of every contract in view."""

    is_download = True
    http_method_names = ["get", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """XLSX or CSV; to the list, which says what is wrong, when the search is not valid."""
        search = search_of_all(request)
        if not search.is_valid:
            return redirect(f"{reverse('documents:all-documents')}?{request.GET.urlencode()}")
        return registry.respond(request, search, kind=kwargs["kind"])


def search_of_all(request: HttpRequest) -> Search:
    """Among the documents of every contract in view."""
    contracts = Contract.objects.visible_to(user_of(request)).select_related("client")
    return Search(contracts=list(contracts), query=request.GET, offers_contracts=True)
