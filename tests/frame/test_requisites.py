"""Requisites: examples that must pass, and each with one digit changed that must not."""

from __future__ import annotations

import dataclasses

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ValidationError
from pytest_django import Settings

from cabinet import checks, requisites

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


# A bank's, the Bank of Russia's own (its key takes other digits of the БИК), a treasury body's.
BANK, CENTRAL, TREASURY = "044525225", "044525000", "014030106"


@pytest.mark.parametrize(
    ("account", "bic", "code"),
    [
        ("40702810200000000001", BANK, ""),
        ("40702810300000000001", BANK, "account_key"),
        ("4070281020000000000", BANK, "account"),
        ("٤0702810200000000001", BANK, "account"),
        ("40702840200000000001", BANK, "currency"),
        ("40501810900000000001", CENTRAL, ""),
        ("40501810000000000001", CENTRAL, "account_key"),
        ("03221643190000001100", TREASURY, ""),
    ],
)
def test_an_account_and_its_bank(account: str, bic: str, code: str) -> None:
    assert _code(requisites.validate_account, account, bic) == code


@pytest.mark.parametrize(
    ("account", "bic", "code"),
    [
        ("30101810400000000225", BANK, ""),
        ("30101810500000000225", BANK, "correspondent_account"),
        ("", BANK, "correspondent_account"),
        ("", CENTRAL, ""),
        ("30101810400000000225", CENTRAL, "correspondent_account"),
        ("40102810045370000098", TREASURY, ""),
        ("40102", TREASURY, "correspondent_account"),
    ],
)
def test_a_correspondent_account(account: str, bic: str, code: str) -> None:
    assert _code(requisites.validate_correspondent_account, account, bic) == code


def _code(validate, *values: str) -> str:
    try:
        validate(*values)
    except ValidationError as error:
        return error.code or "?"
    return ""


def test_a_treasury_account_is_doubted_not_refused() -> None:
    account = "03221643190000001100"
    doubts = [
        requisites.treasury_doubt(account[:8] + digit + account[9:], TREASURY)
        for digit in "0123456789"
    ]
    assert sorted(map(bool, doubts)) == [False] + [True] * 9
    assert requisites.treasury_doubt("40702810300000000001", BANK) == ""


def test_the_retailer_has_good_requisites() -> None:
    assert checks.retailer_requisites(None) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("inn", "9601000138"),
        ("kpp", "96010100"),
        ("ogrn", "1029600000012"),
        ("bic", "4590990"),
        ("account", "40702810400000000100"),
        ("correspondent_account", "30101810400000000901"),
    ],
)
def test_a_start_warns_of_a_requisite_that_cannot_be(
    field: str, value: str, settings: Settings
) -> None:
    settings.RETAILER = dataclasses.replace(settings.RETAILER, **{field: value})
    warnings = [message.msg for message in run_checks() if message.id == "cabinet.W001"]
    assert any(warning.startswith(f"RETAILER_{field.upper()}:") for warning in warnings)
