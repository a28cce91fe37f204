"""What the script adds to the table of readings, in Chromium; and that it is not needed."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from contracts.models import Contract
from meters import filtering
from meters.models import Installation, ReadingDraft, Register, Submission
from tests import make

# The browser's fixtures belong to tests/browser; a test takes them by importing them.
from tests.browser.conftest import browser_type_launch_args, complaints, context  # noqa: F401
from tests.meters.table import address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_table(page: Page, contract: Contract) -> None:
    page.goto("/")
    page.get_by_label("Логин").fill("vega")
    page.get_by_label("Пароль").fill(make.PASSWORD)
    page.get_by_role("button", name="Войти").click()
    page.wait_for_url("**/home/")
    page.goto(address(contract))


def test_consumption_while_typing(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    page: Page,
    complaints: list[str],  # noqa: F811
) -> None:
    Installation.objects.filter(meter=known[0].meter).update(current_ratio=80)
    open_table(page, vega_contract)
    first, second = (page.locator(f"#r{register.pk}") for register in known)
    shown, total = page.locator("[data-shown]"), page.locator("[data-total]")
    first.fill("1 326,6")
    expect(shown.nth(0)).to_have_text("26\u00a0128")
    expect(total).to_have_text("26\u00a0128")
    second.fill("2000.5")
    expect(shown.nth(1)).to_have_text("0,5")
    expect(total).to_have_text("26\u00a0128,5")
    for refused in ("абв", "1999", "12345678", "2000,55", "20 00"):
        second.fill(refused)
        expect(shown.nth(1)).to_have_text("—")
        expect(total).to_have_text("26\u00a0128")
    second.fill("")
    expect(shown.nth(1)).to_have_text("")
    assert not complaints


def test_enter_goes_on_and_does_not_send(
    vega: User, vega_contract: Contract, known: list[Register], page: Page
) -> None:
    open_table(page, vega_contract)
    first, second = (page.locator(f"#r{register.pk}") for register in known)
    first.fill("1100")
    first.press("Enter")
    expect(second).to_be_focused()
    second.press("Enter")
    expect(page.get_by_role("button", name="Проверить")).to_be_focused()
    assert not Submission.objects.exists()


def test_a_pasted_column_fills_downwards(
    vega: User, vega_contract: Contract, known: list[Register], page: Page
) -> None:
    open_table(page, vega_contract)
    first, second = (page.locator(f"#r{register.pk}") for register in known)
    first.evaluate(
        """(input) => {
            const data = new DataTransfer();
            data.setData("text", "1100,5\\tпримечание\\r\\n2100\\r\\n9\\r\\n");
            input.dispatchEvent(new ClipboardEvent("paste",
                { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(first).to_have_value("1100,5")
    expect(second).to_have_value("2100")
    expect(page.locator("[data-total]")).to_have_text("200,5")


def test_a_folded_row_is_opened_to_correct_it(
    vega: User, vega_contract: Contract, known: list[Register], page: Page
) -> None:
    open_table(page, vega_contract)
    page.locator(f"#r{known[0].pk}").fill("1100")
    page.get_by_role("button", name="Передать", exact=True).click()
    page.get_by_role("link", name="Вернуться к точкам учёта").click()
    expect(page.locator(f"#r{known[0].pk}")).to_be_hidden()
    page.locator("summary", has_text="исправить").click()
    page.locator(f"#r{known[0].pk}").fill("1200")
    expect(page.locator("[data-shown]").nth(0)).to_have_text("200")
    page.locator(f"#r{known[0].pk}").fill("")
    expect(page.locator("[data-shown]").nth(0)).to_have_text("100")


def test_without_javascript(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    browser: Browser,
    live_server: LiveServer,
) -> None:
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = plain.new_page()
    open_table(page, vega_contract)
    first, second = (page.locator(f"#r{register.pk}") for register in known)
    first.fill("1100")
    second.fill("ой")
    first.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("проверьте 1 строку")
    second.fill("2100")
    page.get_by_role("button", name="Передать", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Показания переданы специалистам")
    page.get_by_role("link", name="Передать исправление").click()
    page.locator(f"#r{known[0].pk}").fill("1150")
    page.get_by_role("button", name="Передать", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("001\u00a0150,0")
    assert Submission.objects.count() == 2
    plain.close()


def test_enter_in_the_search_searches(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    page: Page,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filtering, "_ROWS_WORTH_A_SEARCH", 1)
    open_table(page, vega_contract)
    page.locator(f"#r{known[0].pk}").fill("1100")
    page.locator("#q").fill(known[0].meter.serial)
    page.locator("#q").press("Enter")
    expect(page).to_have_url(re.compile(rf"[?&]q={known[0].meter.serial}"))
    expect(page.locator(f"#r{known[0].pk}")).to_have_value("1100")
    expect(page.locator(f"#r{known[1].pk}")).to_have_count(0)


def test_what_was_typed_is_kept_when_the_page_is_left(
    vega: User, vega_contract: Contract, known: list[Register], page: Page
) -> None:
    open_table(page, vega_contract)
    page.locator(f"#r{known[0].pk}").fill("1100")
    page.goto("/home/")
    deadline = time.monotonic() + 5
    while not ReadingDraft.objects.exists() and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    page.goto(address(vega_contract))
    expect(page.locator(f"#r{known[0].pk}")).to_have_value("1100")
    assert ReadingDraft.objects.count() == 1
