"""Accessibility: no violation of WCAG 2.2 AA on any page, light and dark, wide and narrow.

Also what a rule engine cannot see from markup alone: no sideways scrolling at 320 px, and no
complaint of the browser's console about the policy or a missing file.
"""

from __future__ import annotations

import datetime
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from contracts.periods import Month
from documents.models import Kind
from tests import make
from tests.browser.test_manual import log_in
from tests.contents import content_of
from tests.frame.test_walk import ALL
from tests.samples import OPEN, SAMPLES, samples

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Answers that are no pages: text for machines, PDFs, files, and addresses that only take a POST.
NO_PAGES = {
    "meters:reading-history-file", "meters:submission-list-file", "meters:usage-file",
    "meters:verification-list-file",
    # Only with a login half done, or with a factor: tests/browser/test_second_factor.py.
    "mfa_authenticate", "mfa_reauthenticate", "accounts:recovery-codes-new",
    "accounts:second-factor-off",
    "live", "ready", "accounts:agreement", "accounts:session-end",
    "accounts:access-request-withdraw", "accounts:viewing-end", "documents:document-file",
    "meters:submission-paper", "meters:readings-blank",
    "messaging:attachment-file", "messaging:message-close", "accounts:first-password",
    "billing:pay-bill", "billing:pay-order", "billing:reconciliation-act",
    "documents:notice-acknowledge", "documents:bundle-new", "documents:bundle-new-of-all",
    "documents:bundle-cancel", "documents:bundle-state", "documents:bundle-file",
    "documents:registry", "documents:registry-of-all",
    "billing:history-file", "billing:turnovers-file",
}  # fmt: skip
OPEN_PAGES = [name for name in ALL if name in OPEN and name not in NO_PAGES]
CLOSED_PAGES = [name for name in ALL if name not in OPEN and name not in NO_PAGES]
REFUSED = re.compile("^Ошибка: ")
SCREENS = [(1440, 900, "light"), (320, 640, "dark")]


@pytest.fixture
def furnished(
    vega: User, vega_accountant: User, vega_contract: Contract, specialist: Specialist
) -> Contract:
    """Enough rows that every table, card and notice shows."""
    month = Month.current().shifted(-1)
    for kind in Kind.values:
        make.opening(make.document(vega_contract, kind, period=month.first_day), vega)
    content = content_of(Kind.RESTRICTION_NOTICE, vega_contract)
    named = (timezone.now() + datetime.timedelta(days=3)).isoformat()
    notice = make.document(
        vega_contract, Kind.RESTRICTION_NOTICE, content={**content, "restricted_from": named}
    )
    make.dispatch(notice)
    make.bundle(vega, [notice], is_ready=False)
    make.leave(specialist, make.specialist(vega_contract.branch, last_name="Кузнецов"))
    make.charge(vega_contract)
    make.payment(vega_contract)
    make.late_fee(vega_contract)
    make.advance(vega_contract, booked_on=Month.current().first_day)
    make.instalment(vega_contract, document=vega_contract.documents.first())
    return vega_contract


def violations(page: Page) -> list[str]:
    """What axe finds, one line a rule with the first element at fault."""
    found = (
        Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    )
    return [f"{rule['id']}: {rule['help']} — {rule['nodes'][0]['html'][:200]}" for rule in found]


def check(page: Page, address: str) -> list[str]:
    """All complaints about one page on every screen."""
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    for width, height, scheme in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(address)
        complaints += [f"{width} {scheme}: {line}" for line in violations(page)]
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if overflow > 0:
            complaints.append(f"{width}: scrolls sideways by {overflow} px")
    return complaints


def test_open_pages(
    furnished: Contract, live_server: LiveServer, page: Page, request: pytest.FixtureRequest
) -> None:
    found = {name: check(page, reverse(name, kwargs=samples(name, request))) for name in OPEN_PAGES}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_closed_pages(furnished: Contract, page: Page, request: pytest.FixtureRequest) -> None:
    page.goto("/")
    log_in(page)
    page.wait_for_url("**/home/")
    addresses = {name: reverse(name, kwargs=samples(name, request)) for name in CLOSED_PAGES}
    found = {name: check(page, address) for name, address in addresses.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_refused_forms(furnished: Contract, vega: User, topic: Topic, page: Page) -> None:
    """The same after an empty form was sent: summary, marks at the fields, focus on the summary."""
    page.goto("/")
    page.get_by_role("button", name="Войти").click()
    expect(page).to_have_title(REFUSED)
    assert violations(page) == []
    log_in(page)
    page.wait_for_url("**/home/")
    contract = furnished.pk
    case = make.message(furnished, vega, topic)
    for address, button in (
        (reverse("messaging:message-new", args=[contract]), "Отправить"),
        (case.get_absolute_url(), "Отправить"),
        (reverse("meters:readings", args=[contract]), "Передать"),
        (reverse("account_change_password"), "Изменить пароль"),
        (reverse("account_email"), "Отправить письмо"),
    ):
        page.goto(address)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page).to_have_title(REFUSED)
        assert violations(page) == [], address
        assert page.evaluate("document.activeElement.className").startswith("error-summary"), (
            address
        )


def test_without_javascript_and_with_the_keyboard_alone(furnished: Contract, page: Page) -> None:
    """Tab leads from the skip link through the login window; Enter sends it."""
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Перейти к содержанию"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "login":
            break
    page.keyboard.type("vega")
    page.keyboard.press("Tab")
    page.keyboard.type(make.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/home/")


def test_every_page_was_looked_at() -> None:
    assert set(OPEN_PAGES) | set(CLOSED_PAGES) | NO_PAGES == set(SAMPLES)
