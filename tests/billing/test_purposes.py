"""Purposes of payments: number of the contract, VAT to the kopeck, 210 characters at most."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import purposes
from billing.models import VatRate
from billing.purposes import Vat

SIGNED = datetime.date(2019, 3, 14)


def say(detail: str, vat: Vat | None, *, number: str = "35-01-004217") -> str:
    return purposes.purpose(
        what="Оплата", contract_number=number, contract_date=SIGNED, detail=detail, vat=vat
    )


def test_a_taxed_payment() -> None:
    vat = purposes.vat_within(Decimal("123456.78"), 22)
    assert say("за электроэнергию, ноябрь 2026", vat) == (
        "Оплата по договору № 35-01-004217 от 14.03.2019 за электроэнергию, ноябрь 2026,"
        " в т.ч. НДС 22% - 22262,70 руб."
    )


def test_late_fees_are_not_taxed() -> None:
    assert say("за просрочку", None).endswith(" за просрочку. НДС не облагается")


def test_several_rates_and_an_unknown_rate() -> None:
    assert say("за энергию", Vat(amount=Decimal("5.50"), rate=None)).endswith(
        ", в т.ч. НДС - 5,50 руб."
    )
    assert say("за энергию", purposes.vat_within(Decimal(1), None)).endswith(", в т.ч. НДС")


@pytest.mark.parametrize(
    ("amount", "rate", "vat"),
    [("122.00", 22, "22.00"), ("120.00", 20, "20.00"), ("0.01", 22, "0.00"), ("100", 22, "18.03")],
)
def test_tax_within_a_sum(amount: str, rate: int, vat: str) -> None:
    assert purposes.vat_within(Decimal(amount), rate).amount == Decimal(vat)


def test_a_part_of_a_bill_holds_its_part_of_the_tax() -> None:
    whole = Vat(amount=Decimal("71809.15"), rate=22)
    assert purposes.share(whole, of=Decimal("398214.36"), paid=Decimal("398214.36")) is whole
    part = purposes.share(whole, of=Decimal("398214.36"), paid=Decimal("122"))
    assert part == Vat(amount=Decimal("22.00"), rate=22)
    mixed = Vat(amount=Decimal("10.00"), rate=None)
    assert purposes.share(mixed, of=Decimal(60), paid=Decimal(30)).amount == Decimal("5.00")


@given(
    detail=st.text(st.characters(exclude_categories=["Cs"]), max_size=400),
    number=st.text("0123456789-/АБ", min_size=1, max_size=40),
    amount=st.decimals("0.01", "9999999999999.99", places=2),
    taxed=st.booleans(),
)
def test_number_and_tax_survive_any_words(
    detail: str, number: str, amount: Decimal, taxed: bool
) -> None:
    vat = purposes.vat_within(amount, 22) if taxed else None
    said = say(detail, vat, number=number)
    assert len(said) <= purposes.LIMIT
    assert f"№ {number} от 14.03.2019" in said
    assert said.endswith("руб." if taxed else "НДС не облагается")
    said.encode("cp1251")


def rate_on(year: int, month: int, number: int) -> int | None:
    day = datetime.date(year, month, number)
    return VatRate.objects.by_day([day])[day]


@pytest.mark.django_db
def test_the_rate_is_that_of_the_day() -> None:
    VatRate.objects.all().delete()
    assert rate_on(2026, 1, 1) is None
    VatRate.objects.create(starts_on=datetime.date(2019, 1, 1), percent=20)
    VatRate.objects.create(starts_on=datetime.date(2026, 1, 1), percent=22)
    assert rate_on(2018, 12, 31) is None
    assert rate_on(2025, 12, 31) == 20
    assert rate_on(2026, 1, 1) == 22


def test_a_bill_of_a_month_without_cost_states_no_tax() -> None:
    """It asks for a debt of before, and several rates give no rule for its tax."""
    unknown = purposes.share(Vat(amount=Decimal(0), rate=None), of=Decimal(0), paid=Decimal(500))
    assert unknown == Vat(amount=None, rate=None)
