"""«Акт сверки»: of any period, at once, for a contract or for all contracts of the company."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.roles import Right
from billing import disagreeing, reconciliation
from billing.reconciliation_form import ReconciliationForm
from cabinet import formats, press
from contracts.access import (
    ContractDoor,
    ContractMadeFile,
    ContractTemplatePage,
    MadeFile,
    contracts_allowing,
)
from contracts.models import Contract

_NOT_MADE = (
    "Акт не успел составиться: сейчас готовится много документов или в периоде слишком много строк."
    " Выберите период короче или повторите через несколько минут."
)


class ReconciliationDoor(ContractDoor):
    """What the address asks: `?starts_on=2026-01-01&ends_on=2026-09-30&scope=contract`."""

    @cached_property
    def siblings(self) -> list[Contract]:
        """All contracts of the company that this person sees, by number."""
        visible = Contract.objects.visible_to(self.membership.user)
        own = visible.filter(client=self.contract.client).select_related("client")
        return list(own.order_by("number", "pk"))

    @cached_property
    def form(self) -> ReconciliationForm:
        """The period of the address; at first the year so far, and nothing is found yet."""
        data = self.request.GET if "starts_on" in self.request.GET else None
        return ReconciliationForm(data, contract=self.contract, siblings=self.siblings)


class ReconciliationView(ReconciliationDoor, ContractTemplatePage):
    """Choosing a period; then the balances and turnovers, the act, and «Не согласен»."""

    template_name = "billing/reconciliation.html"
    tab = "debt"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What the ledger says of the period; 422 for a period of which no act is made."""
        if not self.form.is_bound:
            return self.render_to_response(self.get_context_data())
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        return self.render_to_response(self.get_context_data(found=self._found()))

    def _found(self) -> dict[str, Any]:
        form = self.form
        found = reconciliation.overviews(form.contracts, *form.bounds)
        entries = sum(row.entries for row in found)
        is_long = entries > reconciliation.MAX_ROWS
        return {
            "rows": found,
            "entries": entries,
            "is_many": len(form.contracts) > 1,
            "totals": reconciliation.totals(found) if len(form.contracts) > 1 else [],
            "max_rows": reconciliation.MAX_ROWS,
            "query": form.query(),
            "pieces": form.pieces() if is_long else [],
            "as_of": min(reconciliation.as_of(form.contracts).values(), default=None),
            "disagreements": disagreeing.addresses(self._written_about(), *form.bounds),
        }

    def _written_about(self) -> list[Contract]:
        """The contracts of the act of which this person may write messages."""
        allowed = contracts_allowing(self.membership.user, Right.SEND_MESSAGES)
        keys = set(allowed.values_list("pk", flat=True))
        return [contract for contract in self.form.contracts if contract.pk in keys]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the form."""
        return super().get_context_data(form=self.form, **kwargs)


class ReconciliationActView(ReconciliationDoor, ContractMadeFile):
    """The act as PDF: for the contract, or an act for each contract of the company in one file."""

    def make_file(self) -> MadeFile | HttpResponseBase:
        """The act; back to the page for a period of which none can be made."""
        form = self.form
        if not form.is_bound or not form.is_valid():
            return self._page()
        try:
            acts = reconciliation.acts(form.contracts, *form.bounds)
            content = reconciliation.act_pdf(acts)
        except reconciliation.TooLong:
            return self._page()
        except press.NotMade:
            messages.error(self.request, _NOT_MADE)
            return self._page()
        first, last = (formats.day(day) for day in form.bounds)
        of = f"договор № {acts[0].contract.number}" if len(acts) == 1 else "все договоры"
        return MadeFile(
            content=content,
            filename=f"Акт сверки с {first} по {last}, {of}.pdf",
            content_type="application/pdf",
            title=f"Акт сверки с {first} по {last}",
            details={"contracts": [act.contract.number for act in acts]},
        )

    def _page(self) -> HttpResponseBase:
        address = reverse("billing:reconciliation", args=[self.contract.pk])
        query = self.request.GET.urlencode()
        return redirect(f"{address}?{query}" if query else address)
