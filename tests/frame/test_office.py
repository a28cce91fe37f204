"""What all lists of the office have in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.contenttypes.admin import GenericInlineModelAdmin
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.admin import rows
from accounts.models import User
from cabinet.office import OfficeAdmin
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

LARGE = (
    "accounts_journalentry",
    "accounts_letter",
    "billing_balance",
    "billing_ledgerentry",
    "documents_announcement",
    "documents_document",
    "documents_opening",
    "messaging_delivery",
    "messaging_message",
    "meters_reading",
    "meters_submission",
)


@pytest.mark.parametrize("model", LARGE)
def test_no_list_reads_the_whole_table(
    model: str, superuser: User, login: Callable[[User], Browser]
) -> None:
    desk = login(superuser)
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(reverse(f"admin:{model}_changelist")).status_code == 200
    table = f'FROM "{model}"'
    sums = [
        query["sql"]
        for query in captured
        if table in query["sql"] and query["sql"].startswith(("SELECT COUNT(", "SELECT MIN("))
    ]
    assert sums
    assert all("LIMIT 10000" in sql for sql in sums), sums


def test_every_list_of_the_portal_is_an_office_list() -> None:
    own = ("accounts", "contracts", "documents", "meters", "billing", "messaging", "exchange")
    pages = [page for model, page in admin.site._registry.items() if model._meta.app_label in own]
    assert pages
    assert all(isinstance(page, OfficeAdmin) for page in pages)


def test_nothing_is_edited_in_a_list_or_below_what_it_does_not_hang_on() -> None:
    """Rows of a list, and rows of generic relations, are where formsets let strange keys in."""
    for page in admin.site._registry.values():
        assert not page.list_editable, page
        for inline in page.inlines:
            assert issubclass(inline, admin.TabularInline | admin.StackedInline), inline
            assert not issubclass(inline, GenericInlineModelAdmin), inline


def test_a_card_shows_the_first_of_a_thousand_rows(
    office: User,
    vega: User,
    vega_contract: Contract,
    login: Callable[[User], Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "SHOWN", 1)
    address = reverse("admin:accounts_client_change", args=[vega_contract.client_id])
    assert "Показано строк" not in login(office).get(address).content.decode()
    make.contract(vega_contract.client)
    page = login(office).get(address).content.decode()
    assert "Показано строк: 1." in page
