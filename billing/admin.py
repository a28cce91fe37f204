"""The office looks at money; billing alone changes it."""

from __future__ import annotations

from django.contrib import admin

from billing.models import Balance, LedgerEntry, PayerAccount, VatRate
from cabinet.office import OfficeAdmin, ReadOnlyAdmin


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """Charges and payments, searchable by contract, client and document."""

    list_display = ("booked_on", "contract", "client", "title", "number", "kind", "amount")
    list_filter = ("kind", "period")
    list_select_related = ("contract__client",)
    search_fields = (
        "number",
        "contract__number",
        "contract__client__short_name",
        "contract__client__inn",
    )

    @admin.display(description="клиент", ordering="contract__client__short_name")
    def client(self, entry: LedgerEntry) -> str:
        """Whose contract it is."""
        return str(entry.contract.client)


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin):
    """What billing stated, when."""

    list_display = ("as_of", "contract", "client", "amount")
    list_select_related = ("contract__client",)
    search_fields = ("contract__number", "contract__client__short_name", "contract__client__inn")

    @admin.display(description="клиент", ordering="contract__client__short_name")
    def client(self, balance: Balance) -> str:
        """Whose contract it is."""
        return str(balance.contract.client)


@admin.register(PayerAccount)
class PayerAccountAdmin(ReadOnlyAdmin):
    """From which accounts clients pay: their own people enter them."""

    list_display = ("account", "bank", "bic", "client", "added_by", "added_at")
    list_select_related = ("client", "added_by")
    search_fields = ("account", "bic", "client__short_name", "client__inn")


@admin.register(VatRate)
class VatRateAdmin(OfficeAdmin):
    """Rates of VAT: purposes of payments name the one of the day."""

    list_display = ("percent", "starts_on")
