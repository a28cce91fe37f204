"""Paying, in Chromium: copy buttons, the account that is entered once, the file for the bank."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import zxingcpp
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import User
from contracts.models import Contract
from tests import make
from tests.billing import client_bank
from tests.browser.test_axe import SCREENS, violations
from tests.browser.test_manual import log_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def paying(vega: User, vega_contract: Contract, page: Page) -> Page:
    """Vega's director on the debt page, one click from paying."""
    page.goto("/")
    log_in(page)
    page.wait_for_url("**/home/")
    page.goto(reverse("billing:debt", args=[vega_contract.pk]))
    page.get_by_role("link", name="Оплатить").click()
    return page


def test_a_requisite_is_copied(paying: Page, complaints: list[str]) -> None:
    paying.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = paying.get_by_role("button", name="Копировать: Расчётный счёт")
    button.click()
    expect(button).to_have_text("Скопировано")
    expect(paying.locator("[role=status]").last).to_have_text("Скопировано: Расчётный счёт")
    assert paying.evaluate("navigator.clipboard.readText()") == "40702810300000000100"
    assert complaints == []


def test_requisites_of_another_choice_are_not_left_standing(
    paying: Page, complaints: list[str]
) -> None:
    shown = paying.get_by_role("heading", name="К оплате").or_(paying.locator("#requisites")).first
    expect(shown).to_be_visible()
    total = paying.get_by_label("Сумма, ₽")
    total.fill("5")
    expect(shown).to_be_hidden()
    expect(paying.get_by_text("Выбор изменён.")).to_be_visible()
    total.fill("")
    expect(shown).to_be_visible()
    expect(paying.get_by_text("Выбор изменён.")).to_be_hidden()
    total.fill("5")
    paying.get_by_role("button", name="Показать реквизиты").click()
    expect(paying.locator("#requisites")).to_contain_text("5,00")
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_code_is_read_from_the_screen(paying: Page, scheme: str) -> None:
    paying.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    picture = Image.open(io.BytesIO(paying.locator("svg.payment-qr").screenshot()))
    (code,) = zxingcpp.read_barcodes(picture.convert("L"))
    assert code.bytes.startswith("ST00012|Name=АО «Северэнергосбыт»|PersonalAcc=4070".encode())
    assert b"|Sum=1234567|" in code.bytes


def test_an_account_is_entered_once_and_the_order_is_saved(paying: Page, tmp_path: Path) -> None:
    paying.get_by_role("link", name="Добавить счёт").click()
    paying.get_by_label("Расчётный счёт").fill("4070 2810 2000 0000 0001")
    paying.get_by_label("БИК банка").fill("044525225")
    paying.get_by_label("Банк", exact=True).fill("ПАО «Пример-банк», г. Новоборск")
    paying.get_by_label("Корреспондентский счёт банка").fill("30101810400000000225")
    paying.get_by_role("button", name="Сохранить").click()
    paying.get_by_label("Номер поручения").fill("17")
    with paying.expect_download() as download:
        paying.get_by_role("button", name="Скачать поручение").click()
    assert download.value.suggested_filename.startswith("Платёжное поручение № 17 от ")
    target = tmp_path / "order.txt"
    download.value.save_as(target)
    (order,) = client_bank.read(target.read_bytes()).orders
    assert order["ПлательщикРасчСчет"] == "40702810200000000001"
    assert order["Сумма"] == "12345.67"


def test_a_sum_that_cannot_be_paid_moves_the_focus_to_the_summary(paying: Page) -> None:
    paying.get_by_label("Сумма, ₽").fill("сто")
    paying.get_by_role("button", name="Показать реквизиты").click()
    expect(paying.locator(".error-summary")).to_be_focused()
    expect(paying).to_have_title(re.compile("^Ошибка: "))


def test_what_was_found_is_accessible(
    paying: Page, vega: User, vega_contract: Contract, complaints: list[str]
) -> None:
    make.contract(vega_contract.client)
    make.payer_account(vega_contract.client, vega)
    make.charge(vega_contract)
    act = reverse("billing:reconciliation", args=[vega_contract.pk])
    for address in (
        f"{act}?starts_on=2026-01-01&ends_on=2026-10-31&scope=company",
        f"{reverse('billing:pay', args=[vega_contract.pk])}?subject=advance&amount=1234567,89",
    ):
        for width, height, scheme in SCREENS:
            paying.set_viewport_size({"width": width, "height": height})
            paying.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            paying.goto(address)
            assert violations(paying) == [], (address, width)
            assert paying.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert complaints == []
