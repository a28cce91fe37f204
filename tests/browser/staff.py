"""Logging staff in, as they do it: login, password, code."""

from __future__ import annotations

from playwright.sync_api import Page

from tests import factors, make


def log_in(page: Page, username: str = "office", *, ahead: int = 0) -> None:
    """From the front page into the office; the person has the factor of `factors.give`.

    `ahead`: for a second login of the same person within half a minute.
    """
    page.goto("/")
    page.get_by_label("Логин").fill(username)
    page.get_by_label("Пароль").fill(make.PASSWORD)
    page.get_by_role("button", name="Войти").click()
    page.get_by_label("Код из приложения").fill(factors.code(ahead=ahead))
    page.get_by_role("button", name="Продолжить").click()
    page.wait_for_url("**/office/")
