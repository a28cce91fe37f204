"""Every page of the office in Chromium: axe, no sideways scroll at 320 px, a silent console.

The pages are those that tests/office/pages.txt opens to an administrator. All that are our own are
walked; of Django's lists and cards, of which one differs from the next in its words, the examples
below. `test_every_template_is_drawn` holds both to it: what is drawn by a template of ours is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test.signals import template_rendered
from playwright.sync_api import Page, expect

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from tests import factors
from tests.browser import staff
from tests.browser.test_axe import REFUSED, violations
from tests.office import asking
from tests.office.furniture import Furniture
from tests.office.test_pages import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What Django makes of every model.
_KINDS = ("_changelist", "_add", "_change", "_delete", "_history")
EXAMPLES = {
    # A list with filters and a search; with dates above; with actions; with buttons of ours above.
    "accounts_client_changelist", "accounts_membership_changelist", "accounts_letter_changelist",
    "contracts_specialist_changelist", "accounts_enrolment_changelist",
    "accounts_enrolmentlist_changelist", "accounts_journalentry_changelist",
    "exchange_outgoingbatch_changelist",
    # A card that is read: of a model, with rows of others below, with a long text, with buttons.
    "billing_ledgerentry_change", "meters_meter_change", "documents_document_change",
    "accounts_journalentry_change", "accounts_accessrequest_change", "accounts_enrolment_change",
    "accounts_membership_change", "messaging_incomingmail_change", "messaging_message_change",
    "accounts_enrolmentlist_change", "exchange_import_change", "exchange_outgoingbatch_change",
    "exchange_outgoingorder_change",
    # A card that is changed: a person, a moment, ticks, a choice among many, rows of others below.
    "accounts_client_change", "accounts_user_change", "accounts_sitenotice_change",
    "contracts_branch_change", "contracts_contract_change", "contracts_topic_change",
    "accounts_user_add", "billing_paymentterm_add", "meters_readingrule_change",
    # One of each: whatever is removed or was done looks alike.
    "contracts_leave_delete", "contracts_contract_history",
}  # fmt: skip
# Answers that are no pages: PDFs, tables, letters, what scripts ask for.
NO_PAGES = {
    "accounts_dossier_file", "accounts_enrolment_pdf", "accounts_enrolment_scan",
    "accounts_enrolmentlist_agreements", "accounts_enrolmentlist_blank",
    "accounts_journalentry_export", "accounts_membership_agreement", "autocomplete",
    "documents_document_file", "exchange_import_refused", "exchange_import_state",
    "exchange_outgoingbatch_file", "exchange_outgoingorder_state", "jsi18n",
    "messaging_incomingmail_source", "messaging_message_file", "meters_silent_file",
}  # fmt: skip
WALKED = sorted(
    name
    for name, marks in PAGES.items()
    if marks[-1] in ("r", "w")
    and name not in NO_PAGES
    and (name in EXAMPLES or not name.endswith(_KINDS))
)
# Rules that fail by Django's own markup, where we do not override it: the rule, the pages, why.
TOLERATED = [
    (
        "empty-table-header",
        {"contracts_branch_change", "contracts_contract_change"},
        "Rows that are changed below a card: Django puts the row's name above its fields, in a"
        " column without a heading.",
    ),
]
# Templates that only what is posted shows, or a list before it is confirmed.
SEEN_ELSEWHERE = {
    "admin/accounts/slip.html": "test_enrolment.py",
    "admin/accounts/enrolmentlist/verdicts.html": "test_enrolment.py",
}
# The last one stays for the page that is opened next.
NARROW, WIDE = (320, 640, "dark"), (1280, 900, "light")
TEMPLATES = settings.BASE_DIR / "templates"


def show(page: Page, screen: tuple[int, int, str]) -> None:
    """The window as wide and high, in that scheme of colours, which fade over."""
    width, height, scheme = screen
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.wait_for_timeout(200)


def look(page: Page, name: str) -> list[str]:
    """What is wrong with the page that is open, narrow and dark, then wide and light."""
    found = []
    for screen in (NARROW, WIDE):
        show(page, screen)
        width, *_ = screen
        found += [f"{width}: {line}" for line in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0:
            found.append(f"{width}: scrolls sideways")
    known = [f"{rule}: " for rule, pages, _ in TOLERATED if name in pages]
    tolerated = [line for line in found if any(rule in line for rule in known)]
    missed = [rule for rule in known if not any(rule in line for line in tolerated)]
    return [line for line in found if line not in tolerated] + [f"mended: {one}" for one in missed]


@pytest.fixture
def rooms(vega: User, vega_contract: Contract, specialist: Specialist, topic: Topic) -> Furniture:
    """A row of everything."""
    return Furniture(contract=vega_contract, director=vega, specialist=specialist, topic=topic)


@pytest.fixture
def drawn() -> Iterator[set[str]]:
    """The templates that the server, in a thread of this process, has drawn so far."""
    names: set[str] = set()

    def note(template: Any, **rest: Any) -> None:
        names.add(str(template.name))

    template_rendered.connect(note, weak=False)
    yield names
    template_rendered.disconnect(note)


def test_every_page(
    rooms: Furniture, office: User, page: Page, complaints: list[str], drawn: set[str]
) -> None:
    factors.give(office)
    staff.log_in(page)
    show(page, WIDE)
    found: dict[str, list[str]] = {}
    for name in WALKED:
        complaints.clear()  # what axe itself provokes does not count
        page.goto(asking.address(name, rooms))
        if wrong := [*complaints, *look(page, name)]:
            found[name] = wrong
    page.goto(asking.address("meters_silent", rooms))
    page.get_by_role("button", name="Напомнить всем из списка").click()
    expect(page.get_by_role("button", name="Отправить напоминания")).to_be_visible()
    assert (found, look(page, "meters_silent_remind")) == ({}, [])
    own = {str(path.relative_to(TEMPLATES)) for path in Path(TEMPLATES, "admin").rglob("*.html")}
    assert own - drawn == set(SEEN_ELSEWHERE)


def test_refused_forms(rooms: Furniture, office: User, page: Page) -> None:
    """A summary, marks at the fields; the same rules hold."""
    factors.give(office)
    staff.log_in(page)
    for name, field, button in (
        ("accounts_accessrequest_refuse", "Причина", "Отказать"),
        ("accounts_enrolment_person", "Телефон", "Дальше"),
        ("contracts_specialist_reassign", "С какого дня", "Передать закрепления"),
    ):
        page.goto(asking.address(name, rooms))
        page.get_by_label(field).fill("")
        page.get_by_role("button", name=button).click()
        expect(page).to_have_title(REFUSED)
        assert look(page, name) == [], name
    page.goto(asking.address("contracts_topic_change", rooms))
    page.get_by_label("Название").fill("")
    page.get_by_role("button", name="Сохранить", exact=True).click()
    expect(page.locator(".errornote")).to_be_visible()
    assert look(page, "contracts_topic_change") == []


def test_every_example_is_a_page_of_the_table() -> None:
    listed = {name for _, pages, _ in TOLERATED for name in pages} | EXAMPLES | NO_PAGES
    assert {name for name in listed if PAGES[name][-1] not in ("r", "w")} == set()
