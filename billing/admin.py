"""The office looks at money, which billing alone changes, and keeps the terms of payment."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
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
from cabinet.office import OfficeAdmin, ReadOnlyAdmin, money
from contracts import finding
from contracts.periods import Month

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
        "booked_on", "contract", "client", "title", "number", money("amount"), "kind", "account",
    )  # fmt: skip
    list_filter = ("kind", "account", "period")
    search_fields = ("=number",)
    search_help_text = f"Номер документа. {_SEARCH_HELP}"
    # As the index `ledger_newest` stands: there are millions.
    ordering = ("-booked_on", "-pk")

    def get_sortable_by(self, request: HttpRequest) -> tuple[Any, ...]:
        """Only those of a contract are put in another order."""
        is_of_contract = "contract__id__exact" in request.GET
        return tuple(self.list_display) if is_of_contract else ()


@admin.register(Balance)
class BalanceAdmin(_OfContract, ReadOnlyAdmin):
    """What billing stated, when."""

    list_display = ("as_of", "contract", "client", "account", money("amount", "сальдо, ₽"))
    list_filter = ("account",)


@admin.register(BalanceDifference)
class BalanceDifferenceAdmin(_OfContract, ReadOnlyAdmin):
    """«Расхождения сальдо»: billing's newest statements that its entries do not bear out.

    The whole list is one statement of SQL. An entry is missing, or the ledger does not begin with
    the contract and its opening balance has not come.
    """

    # The statement compares all contracts at once: no page of a contract asks it.
    hangs_on = {}
    list_display = (
        "contract",
        "client",
        "account",
        "as_of",
        money("amount", "по данным биллинга, ₽"),
        money("computed", "по записям, ₽", sorts=False),
        money("difference", "расхождение, ₽"),
    )
    list_display_links = None
    list_filter = ("account",)


@admin.register(Instalment)
class InstalmentAdmin(_OfContract, ReadOnlyAdmin):
    """What billing asks for a month."""

    list_display = ("contract", "client", "month", "share_percent", "due_on", money("amount"))
    list_filter = ("period",)

    @admin.display(description="период", ordering="period")
    def month(self, row: Instalment) -> str:
        """«ноябрь 2026»."""
        return str(Month.of(row.period))


class PaymentTermForm(forms.ModelForm):
    """One instalment; its first month is chosen from a year before and after this one."""

    first_month = forms.TypedChoiceField(
        label="С расчётного месяца",
        required=False,
        coerce=datetime.date.fromisoformat,
        empty_value=None,
        error_messages={"invalid_choice": "Выберите месяц из списка."},
        help_text="Сроки прежних месяцев остаются прежними. У нового договора — месяц, с которого"
        " идёт поставка.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        """The row's own month is among the choices, however long ago it was."""
        super().__init__(*args, **options)
        months = [Month.current().shifted(place) for place in range(12, -13, -1)]
        own = self.instance.first_month
        if own and Month.of(own) not in months:
            months.append(Month.of(own))
        self.fields["first_month"].choices = [  # type: ignore[attr-defined]
            *((month.first_day.isoformat(), str(month)) for month in months),
            ("", "с самого начала"),
        ]


@admin.register(PaymentTerm)
class PaymentTermAdmin(_OfContract, OfficeAdmin):
    """Shares and days from a month on: of a contract, or of all that have none of their own."""

    has_common_rows = True
    form = PaymentTermForm
    list_display = (
        "contract_or_all", "beginning", "order", "share_percent", "due_day", "months_later",
    )  # fmt: skip
    autocomplete_fields = ("contract",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From the next month on: of this one something may be billed, due or overdue already."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"first_month": Month.current().shifted(1).first_day, **given}

    def get_fieldsets(self, request: HttpRequest, obj: PaymentTerm | None = None) -> Any:
        """Terms that hold already are not changed for the future alone: the page says how."""
        fields = self.get_fields(request, obj)
        if obj is None or obj.begins_in > Month.current().first_day:
            return [(None, {"fields": fields})]
        words = (
            "Эти сроки уже действуют: изменение сдвинет и те платежи, срок которых прошёл. Новые"
            " сроки добавьте отдельными строками с месяца, с которого они действуют."
        )
        return [(None, {"fields": fields, "description": words})]

    @admin.display(description="с месяца", ordering=F("first_month").asc(nulls_first=True))
    def beginning(self, term: PaymentTerm) -> str:
        """«декабрь 2026», «с самого начала»."""
        return str(Month.of(term.first_month)) if term.first_month else "с самого начала"

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
