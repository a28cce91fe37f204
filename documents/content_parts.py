"""The parts of documents' contents: sides, lines, references to other documents.

Money has 2 places, energy 3, price 5; the VAT rate stands on each line (domain.md, sections 5 and
12). A field's title is its Russian name, used when it is wrong (documents/content_errors.py).
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cabinet.formats import NBSP, quantity

Money = Annotated[Decimal, Field(max_digits=15, decimal_places=2)]
Energy = Annotated[Decimal, Field(max_digits=15, decimal_places=3)]
Price = Annotated[Decimal, Field(max_digits=12, decimal_places=5)]
Text = Annotated[str, Field(min_length=1)]
# Per cent of a month's cost.
Share = Annotated[Decimal, Field(gt=0, le=100, max_digits=5, decimal_places=2)]
# Per cent of VAT; None is «без НДС».
Rate = Annotated[int, Field(ge=0, le=99)] | None

NOTHING = Decimal("0.00")
# Billing rounds by parts of a line; a rate that is wrong by a per cent shows from 100 roubles on.
_VAT_TOLERANCE = Decimal(1)


class Content(BaseModel):
    """Common to every part: unknown fields are refused, nothing is changed after publication."""

    # What a document says is its client's: an error in a log tells the place, not the value.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Party(Content):
    """One side of the contract with its requisites."""

    name: Text = Field(title="наименование")
    inn: Text = Field(title="ИНН")
    kpp: str = Field(default="", title="КПП")
    address: Text = Field(title="адрес")
    bank: str = Field(default="", title="банк")
    bic: str = Field(default="", title="БИК")
    account: str = Field(default="", title="расчётный счёт")
    correspondent_account: str = Field(default="", title="корреспондентский счёт")


class Signatories(Content):
    """Who signs for the supplier on the document's day; left out, those of the settings."""

    director_position: Text = Field(title="должность руководителя")
    director: Text = Field(title="руководитель")
    accountant: str = Field(default="", title="главный бухгалтер")


class Line(Content):
    """One line of goods: energy of a category, with its price and tax.

    `quantity` in `unit` (кВт·ч, ОКЕИ 245), `price` in roubles for a unit without VAT.
    """

    name: Text = Field(title="наименование")
    unit: str = Field(default="кВт·ч", title="единица измерения")
    unit_code: str = Field(default="245", title="код единицы по ОКЕИ")
    quantity: Energy = Field(title="количество")
    price: Price = Field(title="цена без НДС")
    net: Money = Field(title="сумма без НДС")
    vat_rate: Rate = Field(title="ставка НДС, %")
    vat: Money = Field(title="сумма НДС")
    total: Money = Field(title="всего с НДС")

    @property
    def rate_words(self) -> str:
        """«22 %», «без НДС»."""
        return "без НДС" if self.vat_rate is None else f"{self.vat_rate}{NBSP}%"

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.net + self.vat != self.total:
            raise ValueError("сумма без НДС и сумма НДС не дают «всего с НДС»")
        expected = self.net * (self.vat_rate or 0) / 100
        if abs(self.vat - expected) > _VAT_TOLERANCE:
            raise ValueError(f"сумма НДС не по ставке: должно быть около {expected:.2f}")
        return self


class Reference(Content):
    """Another document, by number and date."""

    title: str = Field(default="", title="название")
    number: Text = Field(title="номер")
    date: datetime.date = Field(title="дата")


class Correction(Content):
    """Line 1а of a VAT invoice: its number and date; line 1 keeps those of the original."""

    number: Text = Field(title="номер исправления")
    date: datetime.date = Field(title="дата исправления")
    original: Reference = Field(title="исправляемый счёт-фактура")


class Advance(Reference):
    """A VAT invoice for an advance, in line 5б, with its last correction if it has one."""

    correction: Reference | None = Field(default=None, title="последнее исправление")


class AdvanceLine(Content):
    """What an advance was paid for. `vat` is the part `vat_rate`/(100 + `vat_rate`) of `total`."""

    name: Text = Field(title="наименование")
    vat_rate: Annotated[int, Field(ge=0, le=99)] = Field(title="ставка НДС, %")
    vat: Money = Field(title="сумма НДС")
    total: Money = Field(title="сумма оплаты с НДС")

    @property
    def rate_words(self) -> str:
        """«22/122»: the computed rate of п. 4 ст. 164 НК РФ."""
        return f"{self.vat_rate}/{100 + self.vat_rate}"

    @model_validator(mode="after")
    def _by_the_rate(self) -> Self:
        expected = self.total * self.vat_rate / (100 + self.vat_rate)
        if abs(self.vat - expected) > _VAT_TOLERANCE:
            raise ValueError(f"сумма НДС не по ставке: должно быть около {expected:.2f}")
        return self


class ActLine(Line):
    """A line of a transfer act, with the point and what its price depends on, where they differ."""

    point: str = Field(default="", title="точка поставки")
    voltage: str = Field(default="", title="уровень напряжения")
    price_category: int | None = Field(default=None, ge=1, le=6, title="ценовая категория")
    power_kw: Energy | None = Field(default=None, title="мощность, кВт")

    @property
    def conditions(self) -> str:
        """«ТП-1, ввод 1 · НН · 1-я ценовая категория · 640 кВт»; empty when nothing is stated."""
        category = f"{self.price_category}-я ценовая категория" if self.price_category else ""
        power = f"{quantity(self.power_kw)}{NBSP}кВт" if self.power_kw is not None else ""
        return " · ".join(filter(None, (self.point, self.voltage, category, power)))


class Entry(Content):
    """One row of a reconciliation act by the supplier's books."""

    date: datetime.date = Field(title="дата")
    title: Text = Field(title="документ")
    debit: Money = Field(default=NOTHING, title="дебет")
    credit: Money = Field(default=NOTHING, title="кредит")


class Consumption(Content):
    """One register's month: `difference` = `current` − `previous` (past zero: + 10ⁿ)."""

    point_number: int = Field(title="№ точки учёта")
    point: Text = Field(title="точка учёта")
    meter: Text = Field(title="счётчик")
    zone: Text = Field(title="зона")
    previous: Energy = Field(title="предыдущее показание")
    current: Energy = Field(title="текущее показание")
    difference: Energy = Field(title="разность показаний")
    ratio: int = Field(ge=1, title="расчётный коэффициент")
    metered_kwh: Energy = Field(title="учтённый расход, кВт·ч")
    losses_kwh: Energy = Field(title="потери, кВт·ч")
    total_kwh: Energy = Field(title="итоговый расход, кВт·ч")
    price: Price = Field(title="тариф")
    net: Money = Field(title="сумма без НДС")

    @model_validator(mode="after")
    def _energy_follows(self) -> Self:
        if self.difference * self.ratio != self.metered_kwh:
            raise ValueError("учтённый расход не равен разности показаний × коэффициент")
        if self.metered_kwh + self.losses_kwh != self.total_kwh:
            raise ValueError("итоговый расход не равен учтённому с потерями")
        return self


class NamedValue(Content):
    """A name and its value: «Срок действия» — «до 31.12.2027»."""

    name: Text = Field(title="название")
    value: Text = Field(title="значение")
