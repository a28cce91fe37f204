"""The office looks at money, which billing alone changes, and keeps the terms of payment."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import finding as accounts_finding
from billing.models import (
    Balance,
    BalanceDifference,
    Instalment,
    LedgerEntry,
    PayerAccount,
    PaymentTerm,
    VatRate,
)
from cabinet import formats
from cabinet.office import OfficeAdmin, ReadOnlyAdmin
from contracts import finding

_SEARCH_HELP = "Номер договора, клиент или ИНН"


class _OfContract(OfficeAdmin):
    """The client beside the contract."""

    contract_path: ClassVar[str | None] = "contract"
    list_select_related = ("contract__client",)
    search_help_text = _SEARCH_HELP
    owners = {"contract": finding.contracts}
    hangs_on = {"contracts.contract": "contract"}

    @admin.display(description="клиент", ordering="contract__client__short_name")
    def client(self, row: Any) -> str:
        """Whose contract it is."""
        return str(row.contract.client)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(_OfContract, ReadOnlyAdmin):
    """Entries of all accounts, searchable by contract, client and document."""

    list_display = (
        "booked_on", "contract", "client", "title", "number", "kind", "account", "amount",
    )  # fmt: skip
    list_filter = ("kind", "account", "period")
    search_fields = ("=number",)
    search_help_text = f"Номер документа. {_SEARCH_HELP}"

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """A contract's by day; all of them, of which there are millions, as they came."""
        is_of_contract = "contract__id__exact" in request.GET
        return ("-booked_on", "-pk") if is_of_contract else ("-pk",)

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        """Only those of a contract are put in another order."""
        is_of_contract = "contract__id__exact" in request.GET
        return tuple(self.list_display) if is_of_contract else ()


@admin.register(Balance)
class BalanceAdmin(_OfContract, ReadOnlyAdmin):
    """What billing stated, when."""

    list_display = ("as_of", "contract", "client", "account", "amount")
    list_filter = ("account",)


@admin.register(BalanceDifference)
class BalanceDifferenceAdmin(_OfContract, ReadOnlyAdmin):
    """«Расхождения сальдо»: billing's newest statements that its entries do not bear out.

    The whole list is one statement of SQL. An entry is missing, or the ledger does not begin with
    the contract and its opening balance has not come.
    """

    # The statement compares all contracts at once: no page of a contract asks it.
    hangs_on = {}
    list_display = ("contract", "client", "account", "as_of", "stated", "computed", "difference")
    list_display_links = None
    list_filter = ("account",)

    @admin.display(description="по данным биллинга, ₽", ordering="amount")
    def stated(self, row: BalanceDifference) -> str:
        """Billing's word."""
        return formats.amount(row.amount)

    @admin.display(description="по записям, ₽")
    def computed(self, row: BalanceDifference) -> str:
        """What the entries add up to."""
        return formats.amount(row.computed)

    @admin.display(description="расхождение, ₽", ordering="difference")
    def difference(self, row: BalanceDifference) -> str:
        """Stated less computed."""
        return formats.amount(row.difference)


@admin.register(Instalment)
class InstalmentAdmin(_OfContract, ReadOnlyAdmin):
    """What billing asks for a month."""

    list_display = ("contract", "client", "period", "share_percent", "due_on", "amount")
    list_filter = ("period",)


@admin.register(PaymentTerm)
class PaymentTermAdmin(_OfContract, OfficeAdmin):
    """Shares and days: of a contract, or of all that have none of their own."""

    has_common_rows = True
    list_display = ("contract_or_all", "order", "share_percent", "due_day", "months_later")
    autocomplete_fields = ("contract",)

    @admin.display(description="договор", ordering="contract__number")
    def contract_or_all(self, term: PaymentTerm) -> str:
        """«№ 35-01-004217», «все остальные договоры»."""
        return str(term.contract) if term.contract else "все остальные договоры"


@admin.register(PayerAccount)
class PayerAccountAdmin(ReadOnlyAdmin):
    """From which accounts clients pay: their own people enter them."""

    list_display = ("account", "bank", "bic", "client", "added_by", "added_at")
    list_select_related = ("client", "added_by")
    search_fields = ("^account", "^bic")
    search_help_text = "Номер счёта, БИК, клиент или ИНН"
    owners = {"client": accounts_finding.clients}
    hangs_on = {"accounts.client": "client"}

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """Of whoever holds one of the contracts."""
        return rows.filter(client__in=contracts.values("client"))


@admin.register(VatRate)
class VatRateAdmin(OfficeAdmin):
    """Rates of VAT: purposes of payments name the one of the day."""

    list_display = ("percent", "starts_on")
