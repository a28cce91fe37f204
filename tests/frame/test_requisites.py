"""Requisites: examples that must pass, and each with one digit changed that must not."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from cabinet import requisites

GOOD = [
    (requisites.validate_inn, "7707083893"),
    (requisites.validate_inn, "500100732259"),
    (requisites.validate_ogrn, "1027700132195"),
    (requisites.validate_ogrn, "304500116000157"),
    (requisites.validate_kpp, "773601001"),
    (requisites.validate_kpp, "7736AB001"),
    (requisites.validate_bic, "044525225"),
]
BAD = [
    (requisites.validate_inn, "7707083894"),
    (requisites.validate_inn, "500100732250"),
    (requisites.validate_inn, "77070838931"),
    (requisites.validate_inn, " 7707083893"),
    (requisites.validate_ogrn, "1027700132196"),
    (requisites.validate_ogrn, "304500116000158"),
    (requisites.validate_kpp, "77360100"),
    (requisites.validate_kpp, "7736аб001"),
    (requisites.validate_bic, "04452522"),
    (requisites.validate_bic, "٠٤٤٥٢٥٢٢٥"),
]


@pytest.mark.parametrize(("validate", "value"), GOOD)
def test_good(validate, value: str) -> None:
    validate(value)


@pytest.mark.parametrize(("validate", "value"), BAD)
def test_bad(validate, value: str) -> None:
    with pytest.raises(ValidationError):
        validate(value)


def test_accounts() -> None:
    assert requisites.is_account_valid("40702810200000000001", "044525225")
    assert not requisites.is_account_valid("40702810300000000001", "044525225")
    assert not requisites.is_account_valid("4070281020000000000", "044525225")
    assert requisites.is_correspondent_account_valid("30101810400000000225", "044525225")
    assert not requisites.is_correspondent_account_valid("30101810400000000226", "044525225")


def test_the_retailer_has_good_requisites() -> None:
    retailer = settings.RETAILER
    requisites.validate_inn(retailer.inn)
    requisites.validate_kpp(retailer.kpp)
    requisites.validate_ogrn(retailer.ogrn)
    requisites.validate_bic(retailer.bic)
    assert requisites.is_account_valid(retailer.account, retailer.bic)
    assert requisites.is_correspondent_account_valid(retailer.correspondent_account, retailer.bic)
