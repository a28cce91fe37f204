"""A restriction notice: what it demands, how it was sent, who has read it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.roles import Right
from contracts.access import ContractDoor, ContractTemplatePage
from documents import notices
from documents.models import Document, NoticeWithdrawal


class NoticeView(ContractTemplatePage):
    """The notice with the log of its sending and the names of those who have read it."""

    template_name = "documents/notice.html"
    tab = "documents"

    @cached_property
    def document(self) -> Document:
        """The contract's own notice that the address names."""
        own = notices.own(self.contract).prefetch_related("dispatches")
        found: Document = get_object_or_404(own, pk=self.kwargs["document"])
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the notice, whether it still stands, and what was done about it."""
        withdrawal = NoticeWithdrawal.objects.filter(document=self.document).first()
        own = {
            "document": self.document,
            "notice": notices.of(self.document),
            "withdrawal": withdrawal,
        }
        return super().get_context_data(**{**kwargs, **own, "nav": "documents"})


class NoticeAcknowledgeView(ContractDoor):
    """«Ознакомлен»."""

    http_method_names = ["post", "options"]
    right = Right.ACKNOWLEDGE_NOTICES

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Store who and when, then show the notice."""
        document = get_object_or_404(notices.own(self.contract), pk=kwargs["document"])
        notices.acknowledge(
            document=document, membership=self.membership, ip=get_client_ip(request)
        )
        messages.success(request, "Записано, что вы ознакомлены с уведомлением.")
        return redirect("documents:notice", self.contract.pk, document.pk)
