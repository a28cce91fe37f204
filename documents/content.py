"""What a document says, apart from how it looks: one schema for each kind.

Billing states the content, the portal never computes it anew; the models only check that its sums
agree with each other. docs/documents.md describes the schemas for the billing side.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Self

from pydantic import AwareDatetime, Field, model_validator

from cabinet import formats
from documents import content_parts as parts
from documents.models import Kind


class DocumentContent(parts.Content):
    """The head that every kind has: whose contract, and between whom."""

    contract_number: parts.Text = Field(title="номер договора")
    contract_date: datetime.date = Field(title="дата договора")
    supplier: parts.Party = Field(title="поставщик")
    customer: parts.Party = Field(title="потребитель")
    signatories: parts.Signatories | None = Field(default=None, title="кто подписывает")

    @property
    def amount(self) -> Decimal | None:
        """The sum that the list of documents shows, in roubles; None: there is none."""
        return None


class WithLines(DocumentContent):
    """A document with lines of goods and their sums."""

    lines: list[parts.Line] = Field(min_length=1, title="строки")
    net: parts.Money = Field(title="итого без НДС")
    vat: parts.Money = Field(title="итого НДС")
    total: parts.Money = Field(title="итого с НДС")

    @property
    def amount(self) -> Decimal | None:
        """The total with VAT."""
        return self.total

    @model_validator(mode="after")
    def _sums_agree(self) -> Self:
        for name in ("net", "vat", "total"):
            _require_sum(self, name, (getattr(line, name) for line in self.lines))
        return self


class PlannedBill(WithLines):
    """Плановый счёт: one instalment of the month (30 % or 40 %)."""

    share_percent: parts.Share = Field(title="доля месяца, %")
    base_volume_kwh: parts.Energy = Field(title="плановый объём, кВт·ч")
    due_on: datetime.date = Field(title="оплатить не позднее")
    purpose: parts.Text = Field(title="назначение платежа")
    executor: str = Field(default="", title="исполнитель")

    @property
    def share_words(self) -> str:
        """«30 %»."""
        return formats.percent(self.share_percent)


class FinalBill(WithLines):
    """Итоговый счёт: the month's fact, less what was paid in advance.

    `to_pay` = `opening_balance` + `total` − `paid`; negative means an overpayment.
    """

    opening_balance: parts.Money = Field(title="сальдо на начало")
    paid: parts.Money = Field(title="оплачено")
    to_pay: parts.Money = Field(title="к оплате")
    due_on: datetime.date = Field(title="оплатить не позднее")
    purpose: parts.Text = Field(title="назначение платежа")
    executor: str = Field(default="", title="исполнитель")

    @model_validator(mode="after")
    def _to_pay_follows(self) -> Self:
        if self.opening_balance + self.total - self.paid != self.to_pay:
            raise ValueError("«к оплате» не равно сальдо на начало + всего с НДС − оплачено")
        return self


class VatInvoice(WithLines):
    """Счёт-фактура (ПП РФ № 1137): `payments` is line 5, `shipment` 5а, `advances` 5б."""

    payments: list[parts.Reference] = Field(default=[], title="платёжно-расчётные документы")
    shipment: parts.Reference = Field(title="документ об отгрузке")
    advances: list[parts.Advance] = Field(default=[], title="счета-фактуры на аванс")
    correction: parts.Correction | None = Field(default=None, title="исправление")
    state_contract_id: str = Field(default="", title="идентификатор госконтракта")


class AdvanceVatInvoice(DocumentContent):
    """Счёт-фактура на аванс (п. 5.1 ст. 169 НК РФ): `payments` is line 5."""

    lines: list[parts.AdvanceLine] = Field(min_length=1, title="строки")
    vat: parts.Money = Field(title="итого НДС")
    total: parts.Money = Field(title="итого с НДС")
    payments: list[parts.Reference] = Field(min_length=1, title="платёжно-расчётные документы")
    correction: parts.Correction | None = Field(default=None, title="исправление")
    state_contract_id: str = Field(default="", title="идентификатор госконтракта")

    @property
    def amount(self) -> Decimal | None:
        """What was paid in advance, with VAT."""
        return self.total

    @model_validator(mode="after")
    def _sums_agree(self) -> Self:
        for name in ("vat", "total"):
            _require_sum(self, name, (getattr(line, name) for line in self.lines))
        return self


class TransferAct(WithLines):
    """Акт приёмки-передачи: what was supplied in the month, in total."""

    lines: list[parts.ActLine] = Field(min_length=1, title="строки")  # type: ignore[assignment]
    volume_kwh: parts.Energy = Field(title="объём, кВт·ч")
    vat_invoice: parts.Reference = Field(title="счёт-фактура")


class ReconciliationAct(DocumentContent):
    """Акт сверки: turnovers between two days. A positive balance is the customer's debt."""

    starts_on: datetime.date = Field(title="начало периода")
    ends_on: datetime.date = Field(title="конец периода")
    opening_balance: parts.Money = Field(title="сальдо на начало")
    entries: list[parts.Entry] = Field(title="строки")
    closing_balance: parts.Money = Field(title="сальдо на конец")

    @property
    def amount(self) -> Decimal | None:
        """The closing balance."""
        return self.closing_balance

    @model_validator(mode="after")
    def _closing_follows(self) -> Self:
        if self.starts_on > self.ends_on:
            raise ValueError("период кончается раньше, чем начинается")
        turnover = sum((entry.debit - entry.credit for entry in self.entries), Decimal(0))
        if self.opening_balance + turnover != self.closing_balance:
            raise ValueError("сальдо на конец не следует из сальдо на начало и строк")
        return self


class ConsumptionStatement(DocumentContent):
    """Ведомость энергопотребления: every register's readings, and the month's account.

    `late_fee` is apart from the balance: main debt and late fees are never mixed.
    """

    rows: list[parts.Consumption] = Field(title="строки")
    total_kwh: parts.Energy = Field(title="итого, кВт·ч")
    net: parts.Money = Field(title="итого без НДС")
    vat: parts.Money = Field(title="НДС")
    charged: parts.Money = Field(title="начислено с НДС")
    opening_balance: parts.Money = Field(title="сальдо на начало")
    paid: parts.Money = Field(title="оплачено")
    closing_balance: parts.Money = Field(title="сальдо на конец")
    next_month_kwh: parts.Energy = Field(title="договорной объём следующего периода, кВт·ч")
    late_fee: parts.Money = Field(default=parts.NOTHING, title="пени")

    @property
    def amount(self) -> Decimal | None:
        """What the month was charged with VAT."""
        return self.charged

    @model_validator(mode="after")
    def _totals_follow(self) -> Self:
        _require_sum(self, "total_kwh", (row.total_kwh for row in self.rows))
        _require_sum(self, "net", (row.net for row in self.rows))
        if self.net + self.vat != self.charged:
            raise ValueError("итого без НДС и НДС не дают «начислено с НДС»")
        if self.opening_balance + self.charged - self.paid != self.closing_balance:
            raise ValueError("сальдо на конец не равно сальдо на начало + начислено − оплачено")
        return self


class RestrictionNotice(DocumentContent):
    """Уведомление об ограничении: how much, from when, which points, what to do before."""

    debt: parts.Money = Field(title="задолженность")
    debt_as_of: datetime.date = Field(title="дата задолженности")
    restricted_from: AwareDatetime = Field(title="дата и время ограничения")
    level: parts.Text = Field(title="вид ограничения")
    points: list[parts.Text] = Field(min_length=1, title="точки учёта")
    sent_by: str = Field(default="", title="способ уведомления")
    reserve: str = Field(default="", title="аварийная и технологическая броня")

    @property
    def amount(self) -> Decimal | None:
        """The debt."""
        return self.debt


class Other(DocumentContent):
    """Прочее: a text of paragraphs under the document's title, and named values above it.

    `total`: the sum that it is about, where it is about one.
    """

    values: list[parts.NamedValue] = Field(default=[], title="реквизиты")
    total: parts.Money | None = Field(default=None, title="сумма")
    paragraphs: list[parts.Text] = Field(min_length=1, title="абзацы")

    @property
    def amount(self) -> Decimal | None:
        """The sum that it is about."""
        return self.total


SCHEMAS: dict[str, type[DocumentContent]] = {
    Kind.PLANNED_BILL: PlannedBill,
    Kind.FINAL_BILL: FinalBill,
    Kind.VAT_INVOICE: VatInvoice,
    Kind.ADVANCE_VAT_INVOICE: AdvanceVatInvoice,
    Kind.TRANSFER_ACT: TransferAct,
    Kind.RECONCILIATION_ACT: ReconciliationAct,
    Kind.CONSUMPTION_STATEMENT: ConsumptionStatement,
    Kind.RESTRICTION_NOTICE: RestrictionNotice,
    Kind.OTHER: Other,
}


def read(kind: str, content: dict[str, Any]) -> DocumentContent:
    """The stored content of a document as its kind's schema.

    Raises:
        pydantic.ValidationError: the content is not of this kind or its sums disagree.
    """
    return SCHEMAS[kind].model_validate(content)


def _require_sum(stated: parts.Content, name: str, parts: Iterable[Decimal]) -> None:
    """That the total `name` is the sum of its parts."""
    expected = sum(parts, Decimal(0))
    if getattr(stated, name) != expected:
        title = type(stated).model_fields[name].title
        raise ValueError(f"«{title}» не равно сумме строк ({expected})")
