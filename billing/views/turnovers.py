"""«Обороты по месяцам»: a chart, its table, a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from billing import books, tables, turnovers
from billing.forms import TurnoverForm
from billing.models import Account
from billing.views.files import TableFile
from contracts.access import ContractTemplatePage
from contracts.models import Contract
from contracts.periods import Month


class TurnoversView(ContractTemplatePage):
    """Opening, charged, paid, closing of the last 12 or 24 months of one account."""

    template_name = "billing/turnovers.html"
    tab = "debt"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A year of the main debt at first; 422 for a choice that is none."""
        form = asked(request.GET)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        rows, account = found(self.contract, form), Account(form.cleaned_data["account"])
        return self.render_to_response(
            self.get_context_data(
                form=form,
                rows=rows,
                total=turnovers.total(rows),
                chart=turnovers.chart(rows, account),
                words=turnovers.WORDS[account],
                caption=f"Обороты по месяцам, {account.label}",
            )
        )


class TurnoversFileView(TableFile):
    """The same table to save."""

    def get_table(self) -> tables.Table | None:
        """None for a choice that the page does not offer."""
        form = asked(self.request.GET)
        if not form.is_valid():
            return None
        return tables.of_turnovers(self.contract, form, found(self.contract, form))


def asked(query: QueryDict) -> TurnoverForm:
    """What the address asks for: a year of the main debt when it asks for nothing."""
    is_asked = "months" in query or "account" in query
    first = {"months": turnovers.SPANS[0], "account": Account.MAIN}
    return TurnoverForm({**first, **query.dict()} if is_asked else first)


def found(contract: Contract, form: TurnoverForm) -> list[turnovers.MonthRow]:
    """The months that a valid form asks for, the current one the last."""
    return turnovers.by_month(
        contract,
        form.cleaned_data["account"],
        last=Month.current(),
        months=form.cleaned_data["months"],
        first_day=books.first_day(contract),
    )
