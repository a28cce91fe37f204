"""The second factor in Chromium: without a script, at 320 px, read by axe."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from exchange.demo import factor
from tests import factors, make
from tests.browser import staff
from tests.browser.test_axe import SCREENS, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def check(page: Page) -> list[str]:
    """What axe and the narrow screen complain of, on the page as it stands: no reload."""
    found: list[str] = []
    for width, height, scheme in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_timeout(200)  # colours fade over
        found += [f"{width} {scheme}: {line}" for line in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0:
            found.append(f"{width}: scrolls sideways")
    return found


def test_from_the_first_login_to_the_office(
    office: User, page: Page, complaints: list[str]
) -> None:
    page.goto("/office/")
    page.get_by_label("Логин").fill("office")
    page.get_by_label("Пароль").fill(make.PASSWORD)
    page.get_by_role("button", name="Войти").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Включить код при входе")
    assert check(page) == []
    page.get_by_role("button", name="Включить код при входе").click()
    expect(page).to_have_title(re.compile("^Ошибка: "))
    assert check(page) == []
    key = page.locator(".factor__key").inner_text().replace(" ", "")
    page.get_by_label("Код из приложения").fill(factor.code(key))
    page.get_by_label("Текущий пароль").fill(make.PASSWORD)
    page.get_by_role("button", name="Включить код при входе").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Резервные коды")
    expect(page.locator(".spare-codes li")).to_have_count(10)
    assert check(page) == []
    page.get_by_role("link", name="Коды сохранены, продолжить").click()
    page.wait_for_url("**/office/")
    page.get_by_role("link", name="Код при входе").click()
    expect(page.get_by_text("включён")).to_be_visible()
    assert check(page) == []
    assert [line for line in complaints if "policy" in line.lower()] == []


def test_logging_in_with_a_code(office: User, page: Page, complaints: list[str]) -> None:
    factors.give(office)
    page.goto("/")
    page.get_by_label("Логин").fill("office")
    page.get_by_label("Пароль").fill(make.PASSWORD)
    page.get_by_role("button", name="Войти").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Код при входе")
    assert check(page) == []
    page.get_by_role("button", name="Продолжить").click()
    expect(page).to_have_title(re.compile("^Ошибка: "))
    assert check(page) == []
    page.get_by_label("Код из приложения").fill(factors.code())
    page.get_by_role("button", name="Продолжить").click()
    page.wait_for_url("**/office/")
    assert [line for line in complaints if "policy" in line.lower()] == []


def forget_the_code(page: Page) -> None:
    """Sixteen minutes have passed since the code."""
    cookie = next(
        c for c in page.context.cookies() if c.get("name") == settings.SESSION_COOKIE_NAME
    )
    session = import_module(settings.SESSION_ENGINE).SessionStore(cookie.get("value"))
    for record in session["account_authentication_methods"]:
        record["at"] -= 16 * 60
    session.save()


def test_a_colleague_is_changed_after_a_new_code(
    office: User, front_desk: User, page: Page, complaints: list[str]
) -> None:
    factors.give(office)
    staff.log_in(page)
    page.goto(f"/office/accounts/user/{front_desk.pk}/change/?_changelist_filters=q%3Ddesk")
    page.get_by_label("Фамилия").fill("Кузнецова")
    forget_the_code(page)
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Подтвердите код")
    page.get_by_label("Код из приложения").fill(factors.code(ahead=1))
    page.get_by_role("button", name="Продолжить").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Код принят")
    page.reload()
    assert check(page) == []
    page.get_by_role("button", name="Завершить").click()
    page.wait_for_url("**/office/accounts/user/?q=desk")
    front_desk.refresh_from_db()
    assert front_desk.last_name == "Кузнецова"
    assert front_desk.groups.exists()
    assert [line for line in complaints if "policy" in line.lower()] == []


def test_without_a_script(office: User, browser: Browser, live_server: LiveServer) -> None:
    factors.give(office)
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, locale="ru-RU"
    )
    page = context.new_page()
    staff.log_in(page)
    page.goto("/account/second-factor/codes/")
    page.get_by_label("Текущий пароль").fill(make.PASSWORD)
    page.get_by_label("Код из приложения").fill(factors.code(ahead=1))
    page.get_by_role("button", name="Создать новые коды").click()
    expect(page.locator(".spare-codes li")).to_have_count(10)
    context.close()
