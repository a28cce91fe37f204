"""What a document says, apart from how it looks: one schema for each kind.

Billing states the content, the portal never computes it anew; the models only check that its sums
agree with each other. Money has 2 places, energy 3, price 5; the VAT rate stands on each line
(domain.md, sections 5 and 12).
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from documents.models import Kind

Money = Annotated[Decimal, Field(max_digits=15, decimal_places=2)]
Energy = Annotated[Decimal, Field(max_digits=15, decimal_places=3)]
Price = Annotated[Decimal, Field(max_digits=12, decimal_places=5)]


class Content(BaseModel):
    """Common to every part: unknown fields are refused, nothing is changed after publication."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Party(Content):
    """One side of the contract with its requisites."""

    name: str
    inn: str
    kpp: str = ""
    address: str
    bank: str = ""
    bic: str = ""
    account: str = ""
    correspondent_account: str = ""


class Line(Content):
    """One line of goods: energy of a category, with its price and tax.

    `quantity` in `unit` (кВт·ч, ОКЕИ 245), `price` in roubles for a unit without VAT, `vat_rate` in
    per cent.
    """

    name: str
    unit: str = "кВт·ч"
    unit_code: str = "245"
    quantity: Energy
    price: Price
    net: Money
    vat_rate: int
    vat: Money
    total: Money

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.net + self.vat != self.total:
            raise ValueError("net + vat must be total")
        return self


class Reference(Content):
    """Another document, by number and date."""

    title: str = ""
    number: str
    date: datetime.date


class DocumentContent(Content):
    """The head that every kind has: whose contract, and between whom."""

    contract_number: str
    contract_date: datetime.date
    supplier: Party
    customer: Party


class WithLines(DocumentContent):
    """A document with lines of goods and their sums."""

    lines: list[Line] = Field(min_length=1)
    net: Money
    vat: Money
    total: Money

    @model_validator(mode="after")
    def _sums_agree(self) -> Self:
        for name in ("net", "vat", "total"):
            if sum(getattr(line, name) for line in self.lines) != getattr(self, name):
                raise ValueError(f"{name} must be the sum of the lines")
        return self


class PlannedBill(WithLines):
    """Плановый счёт: one instalment of the month (30 % or 40 %)."""

    share_percent: int
    base_volume_kwh: Energy
    due_on: datetime.date
    purpose: str


class FinalBill(WithLines):
    """Итоговый счёт: the month's fact, less what was paid in advance.

    `to_pay` = `opening_balance` + `total` − `paid`; negative means an overpayment.
    """

    opening_balance: Money
    paid: Money
    to_pay: Money
    due_on: datetime.date
    purpose: str

    @model_validator(mode="after")
    def _to_pay_follows(self) -> Self:
        if self.opening_balance + self.total - self.paid != self.to_pay:
            raise ValueError("to_pay must be opening_balance + total − paid")
        return self


class VatInvoice(WithLines):
    """Счёт-фактура (ПП РФ № 1137): `payments` is line 5, `shipment` 5а, `advances` 5б."""

    payments: list[Reference] = []
    shipment: Reference
    advances: list[Reference] = []


class TransferAct(WithLines):
    """Акт приёмки-передачи: what was supplied in the month, in total."""

    volume_kwh: Energy
    vat_invoice: Reference


class Entry(Content):
    """One row of a reconciliation act by the supplier's books."""

    date: datetime.date
    title: str
    debit: Money = Decimal("0.00")
    credit: Money = Decimal("0.00")


class ReconciliationAct(DocumentContent):
    """Акт сверки: turnovers between two days. A positive balance is the customer's debt."""

    starts_on: datetime.date
    ends_on: datetime.date
    opening_balance: Money
    entries: list[Entry]
    closing_balance: Money

    @model_validator(mode="after")
    def _closing_follows(self) -> Self:
        turnover = sum((entry.debit - entry.credit for entry in self.entries), Decimal(0))
        if self.opening_balance + turnover != self.closing_balance:
            raise ValueError("closing_balance must follow from the entries")
        return self


class Consumption(Content):
    """One register's month: `difference` = `current` − `previous` (past zero: + 10ⁿ)."""

    point_number: int
    point: str
    meter: str
    zone: str
    previous: Energy
    current: Energy
    difference: Energy
    ratio: int
    metered_kwh: Energy
    losses_kwh: Energy
    total_kwh: Energy
    price: Price
    net: Money

    @model_validator(mode="after")
    def _energy_follows(self) -> Self:
        if (
            self.difference * self.ratio != self.metered_kwh
            or self.metered_kwh + self.losses_kwh != self.total_kwh
        ):
            raise ValueError("metered = difference × ratio, total = metered + losses")
        return self


class ConsumptionStatement(DocumentContent):
    """Ведомость энергопотребления: every register's readings, and the month's account."""

    rows: list[Consumption]
    total_kwh: Energy
    net: Money
    vat: Money
    charged: Money
    opening_balance: Money
    paid: Money
    closing_balance: Money
    next_month_kwh: Energy

    @model_validator(mode="after")
    def _totals_follow(self) -> Self:
        if sum(row.total_kwh for row in self.rows) != self.total_kwh:
            raise ValueError("total_kwh must be the sum of the rows")
        if self.net + self.vat != self.charged:
            raise ValueError("net + vat must be charged")
        if self.opening_balance + self.charged - self.paid != self.closing_balance:
            raise ValueError("closing_balance must follow")
        return self


class RestrictionNotice(DocumentContent):
    """Уведомление об ограничении: how much, from when, which points, what to do before."""

    debt: Money
    debt_as_of: datetime.date
    restricted_from: datetime.datetime
    level: str
    points: list[str]
    sent_by: str = ""


SCHEMAS: dict[str, type[DocumentContent]] = {
    Kind.PLANNED_BILL: PlannedBill,
    Kind.FINAL_BILL: FinalBill,
    Kind.VAT_INVOICE: VatInvoice,
    Kind.TRANSFER_ACT: TransferAct,
    Kind.RECONCILIATION_ACT: ReconciliationAct,
    Kind.CONSUMPTION_STATEMENT: ConsumptionStatement,
    Kind.RESTRICTION_NOTICE: RestrictionNotice,
}


def read(kind: str, content: dict[str, Any]) -> DocumentContent:
    """The stored content of a document as its kind's schema.

    Raises:
        pydantic.ValidationError: the content is not of this kind or its sums disagree.
    """
    return SCHEMAS[kind].model_validate(content)
