"""Takes the pictures of the documentation from a running demo: `make pictures`.

BASE_URL names the demo. Every picture is one line of PICTURES; the dates in them follow the day
on which they are taken.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a script, it sees its own folder only

from exchange.demo import factor

FOLDER = Path(__file__).parent / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PASSWORD = "demo-cabinet-2026"

# Name of the file, where to click from the home page, width of the screen, scheme of colours.
PICTURES = [
    ("front", None, 1440, "light"),
    ("home", [], 1440, "light"),
    ("contacts", ["Контакты"], 1440, "light"),
    ("documents", ["Документы"], 1440, "light"),
    ("readings", ["Точки учёта"], 1440, "light"),
    ("debt", ["Задолженность"], 1440, "light"),
    ("case", ["Обращения", "ОБ-"], 1440, "light"),
    ("readings-phone-dark", ["Точки учёта"], 375, "dark"),
]
# Which contract of the home page, where it is not the first one.
CONTRACTS = {"readings": 2, "readings-phone-dark": 2}
# How tall a screen is, where its point would lie below it.
HEIGHTS = {"readings": 1480}


def main() -> int:
    """Take every picture; the exit code for the shell."""
    base_url = os.environ.get("BASE_URL")
    if not base_url:
        print("BASE_URL is not set: run `make pictures`", file=sys.stderr)
        return 2
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for name, clicks, width, scheme in PICTURES:
            context = browser.new_context(
                base_url=base_url,
                locale="ru-RU",
                viewport={"width": width, "height": HEIGHTS.get(name, 900)},
                color_scheme=scheme,  # type: ignore[arg-type]
            )
            page = context.new_page()
            page.goto("/")
            if clicks is not None:
                open_page(page, clicks, CONTRACTS.get(name, 0))
            page.screenshot(path=FOLDER / f"{name}.png", full_page=width < 1000)
            print(f"docs/pictures/{name}.png")
            context.close()
        picture_of_the_office(browser.new_page(base_url=base_url, locale="ru-RU"))
        browser.close()
    return 0


def open_page(page: Page, clicks: list[str], contract: int) -> None:
    """Log in as Vega's director and, if there are links to click, open a contract.

    The first link is a tab of the contract, the next ones stand on the page.
    """
    page.get_by_label("Логин").fill("vega")
    page.get_by_label("Пароль").fill(PASSWORD)
    page.get_by_role("button", name="Войти").click()
    page.wait_for_url("**/home/")
    if clicks:
        page.get_by_role("main").get_by_role("link", name="№").nth(contract).click()
    place = page.get_by_role("navigation", name="Разделы договора")
    for label in clicks:
        place.get_by_role("link", name=label).first.click()
        page.wait_for_load_state("networkidle")
        place = page.get_by_role("main")


def picture_of_the_office(page: Page) -> None:
    """The board of the day, behind the second factor."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/office/board/")
    page.get_by_label("Логин").fill("office")
    page.get_by_label("Пароль").fill(PASSWORD)
    page.get_by_role("button", name="Войти").click()
    page.locator("input[name=code]").fill(factor.code())
    page.locator("input[name=code]").press("Enter")
    page.wait_for_url("**/office/board/")
    page.screenshot(path=FOLDER / "office-board.png")
    print("docs/pictures/office-board.png")


if __name__ == "__main__":
    sys.exit(main())
