"""Looking changes nothing, and nothing is changed without the token of a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Membership, User
from contracts.models import Contract
from tests.frame.test_walk import ALL, CLOSED
from tests.samples import samples

pytestmark = pytest.mark.django_db

# Notes of what was looked at, and what every request may touch.
NOTES = {
    "accounts_journalentry", "accounts_journallink", "cache_entry", "django_session",
    "usersessions_usersession",
}  # fmt: skip
# A paper that was never asked for is made then, and its row names it.
MADE = {
    "documents:document-file": {"documents_document"},
    "meters:submission-paper": {"meters_submissionpaper"},
}
# django-allauth copies the person's address to where it looks for it.
COPIED = {"account_email": {"account_emailaddress"}}


def written() -> set[tuple[str, int]]:
    """The tables that this test has written to so far, and how often."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_stat_get_xact_tuples_inserted(oid)"
            " + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid)"
            " FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return set(cursor.fetchall())


def test_what_only_a_button_opens_says_so(vega: User, login: Callable[[User], Browser]) -> None:
    answer = login(vega).get(reverse("documents:bundle-new-of-all"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    text = answer.content.decode()
    assert "Эта страница открывается только кнопкой" in text
    assert "Вернуться на главную" in text
    assert not login(vega).head(reverse("documents:bundle-new-of-all")).content


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("name", ALL)
def test_looking_changes_nothing(
    name: str,
    method: str,
    request: pytest.FixtureRequest,
    vega: User,
    login: Callable[[User], Browser],
) -> None:
    address = reverse(name, kwargs=samples(name, request))
    browser = login(vega)
    before = written()
    answer = getattr(browser, method)(address)
    assert answer.status_code in {200, 302, 405}
    changed = {table for table, _ in written() - before} - NOTES
    is_given = "Content-Disposition" in answer and method == "get"
    opened = {"documents_opening"} if is_given else set()
    assert changed <= MADE.get(name, set()) | COPIED.get(name, set()) | opened


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_taken_without_the_token(
    name: str, request: pytest.FixtureRequest, vega: User
) -> None:
    """A page that takes forms past the check would answer otherwise."""
    address = reverse(name, kwargs=samples(name, request))
    browser = Browser(enforce_csrf_checks=True)
    if name in CLOSED:
        browser.force_login(vega, backend="allauth.account.auth_backends.AuthenticationBackend")
    before = written()
    answer = browser.post(address, {"text": "x"})
    assert answer.status_code == 403
    assert "<h1" in answer.content.decode()
    assert {table for table, _ in written() - before} <= NOTES


# What is nobody's to choose on a page of a client.
FORGED = {
    "is_staff": "on", "is_superuser": "on", "is_active": "", "groups": "1", "user_permissions": "1",
    "username": "forged", "role": "director", "all_contracts": "on", "ends_on": "31.12.2099",
    "client": "1", "company": "1", "contract": "1", "user": "1", "author": "1", "submitted_by": "1",
    "value_prev": "1", "received_at": "01.01.2020", "state": "closed", "amount": "0.01",
}  # fmt: skip
# So that forms with nothing else to ask are taken.
VALID = {"color_scheme": "dark", "document_letters": "never"}


def rights() -> list[list[tuple[Any, ...]]]:
    """Who may do what, in rows; without what people choose for themselves."""
    users = User.objects.values_list(
        "pk", "username", "password", "email", "is_staff", "is_superuser", "is_active",
        "has_one_time_password", "last_name", "position", "groups", "user_permissions",
    )  # fmt: skip
    memberships = Membership.objects.values_list(
        "pk", "user", "client", "role", "position", "starts_on", "ends_on", "all_contracts",
        "revoked_at", "limits",
    )  # fmt: skip
    contracts = Contract.objects.values_list()
    return [list(rows.order_by("pk")) for rows in (users, memberships, contracts)]


@pytest.mark.parametrize("who", ["vega", "vega_reader"])
@pytest.mark.parametrize("name", CLOSED)
def test_no_form_takes_more_than_it_asks_for(
    name: str, who: str, request: pytest.FixtureRequest, login: Callable[[User], Browser]
) -> None:
    address = reverse(name, kwargs=samples(name, request))
    browser = login(request.getfixturevalue(who))
    before = rights()
    browser.post(address, FORGED | VALID)
    assert rights() == before
