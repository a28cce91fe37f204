"""«Скачать ZIP»: ordered, watched, cancelled, handed out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.generic import TemplateView, View

from accounts.visitor import user_of
from contracts import access
from contracts.access import ContractDoor
from contracts.models import Contract
from documents import bundles
from documents.models import Bundle
from documents.searching import Search


class _Ordering(View):
    """Takes the list's form: the ticked rows or all that the search found."""

    http_method_names = ["post", "options"]

    @property
    def contracts(self) -> Sequence[Contract]:
        """Whose documents may be in it."""
        raise NotImplementedError

    @property
    def list_url(self) -> str:
        """Where the list stands."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """To the page of the order; back to the list, which says why, when there is none."""
        query = QueryDict(request.POST.get("query", ""))
        search = Search(contracts=self.contracts, query=query, offers_contracts=True)
        if not search.is_valid:
            return redirect(f"{self.list_url}?{query.urlencode()}")
        is_all = request.POST.get("what") == "all"
        ticked = request.POST.getlist("document")
        limit = bundles.MAX_DOCUMENTS + 1
        try:
            bundle = bundles.order(
                user=user_of(request),
                key=_key(request.POST.get("form_key", "")),
                documents=search.first(limit) if is_all else search.chosen(ticked, limit),
                title=search.title if is_all else "выбранные документы",
                came_from=f"{self.list_url}?{query.urlencode()}",
            )
        except bundles.Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(f"{self.list_url}?{query.urlencode()}")
        return redirect("documents:bundle", bundle.key)


class BundleNewView(_Ordering, ContractDoor):
    """A ZIP of a contract's documents."""

    @property
    def contracts(self) -> Sequence[Contract]:
        """This one."""
        return [self.contract]

    @property
    def list_url(self) -> str:
        """The contract's archive."""
        return reverse("documents:document-list", args=[self.contract.pk])


class BundleNewOfAllView(LoginRequiredMixin, _Ordering):
    """A ZIP of documents of any contracts in view."""

    @property
    def contracts(self) -> Sequence[Contract]:
        """Through the one rule that turns a user into rows."""
        return list(Contract.objects.visible_to(user_of(self.request)).select_related("client"))

    @property
    def list_url(self) -> str:
        """The archive of all contracts."""
        return reverse("documents:all-documents")


class _OfBundle(LoginRequiredMixin, View):
    """Finds the person's own order; 404 for any other, and when a contract in it is out of view."""

    @cached_property
    def bundle(self) -> Bundle:
        """The order that the address names."""
        found: Bundle = get_object_or_404(
            bundles.visible_to(user_of(self.request)), key=self.kwargs["key"]
        )
        return found


class BundleView(_OfBundle, TemplateView):
    """Where the order is; the page asks again by itself, or by its link."""

    template_name = "documents/bundle.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the order."""
        return super().get_context_data(bundle=self.bundle, nav="documents", **kwargs)


class BundleStateView(_OfBundle):
    """The same for a script: the state and how many documents are in."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """`{"state", "done", "total"}`."""
        row = self.bundle
        return JsonResponse({"state": row.state, "done": row.done, "total": row.total})


class BundleCancelView(_OfBundle):
    """«Отменить»."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Stop it, if it is not too late."""
        if not bundles.cancel(self.bundle):
            messages.warning(request, "Отменять нечего: архив уже не собирается.")
        return redirect("documents:bundle", self.bundle.key)


class BundleFileView(_OfBundle):
    """The ZIP: a line in the journal for each contract, and one for each document."""

    is_download = True
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The file, as a download.

        Raises:
            Http404: it is not ready, or not kept any more.
        """
        bundle = self.bundle
        if not bundle.path:
            raise Http404
        owners = bundles.contracts_of(bundle, user=user_of(request))
        return access.hand_out_journalled(
            request, contract=owners[0], also_of=owners[1:], file=bundles.file_of(bundle)
        )


def _key(text: str) -> uuid.UUID:
    """The posted key of the form; a new one where it is missing or spoilt."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()
