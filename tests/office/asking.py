"""Asking every page of the office as somebody, and what the answers amount to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import connection
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, reverse

from accounts.models import User
from tests.office.furniture import ARGUMENTS, POSTED, QUERIES, Furniture

# Of a model's own page, with the key of its row.
_OF_A_ROW = ("_change", "_history", "_delete")
# Pages that only show: what is posted to them changes nothing.
_SHOW = ("_changelist", "_history")
SHOWING = {
    "index", "app_list", "jsi18n", "autocomplete", "mail_flow", "messaging_message_board",
    "contracts_assignment_route", "accounts_membership_agreement", "documents_document_file",
    "messaging_message_file", "messaging_incomingmail_source", "board", "find",
}  # fmt: skip
# The way in and out, the same for everybody of the office.
WAYS = {"login", "logout", "password_change", "password_change_done"}
_WRITES = re.compile(r'^(INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
# Written by looking: sessions, counters of limits, the journal of what was opened.
_BY_THE_WAY = {
    "django_session", "cache_entry", "usersessions_usersession", "accounts_journalentry",
}  # fmt: skip


def names() -> Iterator[str]:
    """Every named address of the office."""

    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            elif pattern.name:
                yield pattern.name

    yield from sorted(set(walk(admin.site.get_urls())) - WAYS)


def actions(user: User) -> Iterator[tuple[str, str]]:
    """Every action of every list, «accounts_letter!send_again», and its mark for this person.

    «w»: the list opens and offers it; Django takes no action that the list does not offer.
    """
    request = RequestFactory().get("/")
    request.user = user
    for model, model_admin in sorted(admin.site._registry.items(), key=str):
        offered = model_admin.get_actions(request)
        opens = model_admin.has_view_or_change_permission(request)
        for _, name, _ in model_admin._get_base_actions():
            label = f"{model._meta.app_label}_{model._meta.model_name}!{name}"
            yield label, "w" if opens and name in offered else "-"


def address(name: str, rooms: Furniture) -> str:
    """Where the page is, of a row in view."""
    label = _label_of(name)
    if name in ARGUMENTS:
        return reverse(f"admin:{name}", kwargs=ARGUMENTS[name](rooms))
    if label and name.endswith(_OF_A_ROW):
        return reverse(f"admin:{name}", args=[rooms.row(label).pk])
    return reverse(f"admin:{name}") + QUERIES.get(name, lambda _: "")(rooms)


def _label_of(name: str) -> str:
    """«contracts.branch» of «contracts_branch_change»; empty for a page that is no model's."""
    for model in admin.site._registry:
        meta = model._meta
        if name.rpartition("_")[0] == f"{meta.app_label}_{meta.model_name}":
            return meta.label_lower
    return ""


def mark(browser: Browser, name: str, rooms: Furniture) -> str:
    """What the page is for this person.

    «-» closed: 403 whatever is asked; «r» it shows and takes nothing; «w» it shows, and takes what
    is posted; «p» it only takes; otherwise both statuses, which no table holds.
    """
    where = address(name, rooms)
    shown = browser.get(where).status_code
    with CaptureQueriesContext(connection) as captured:
        taken = browser.post(where, POSTED.get(name, lambda _: {})(rooms)).status_code
    written = {
        found[2] for query in captured if (found := _WRITES.match(query["sql"]))
    } - _BY_THE_WAY
    if {shown, taken} <= {403, 405} and not written:
        return "-"
    if shown in (200, 302) and _only_shows(name):
        return "r" if not written else f"{shown}/{taken} {written}"
    if shown in (200, 302) and taken in (403, 405) and not written:
        return "r"
    if shown in (200, 302) and taken in (200, 302, 422):
        return "w"
    if shown == 405 and taken in (200, 302, 422):
        return "p"
    return f"{shown}/{taken}"


def _only_shows(name: str) -> bool:
    return name.endswith(_SHOW) or name in SHOWING


def listed(browser: Browser, name: str) -> list[Any]:
    """The rows of a list."""
    return list(browser.get(reverse(f"admin:{name}_changelist")).context["cl"].result_list)


def status(browser: Browser, name: str, row: Any, method: str = "get", **data: Any) -> int:
    """Of a page of one row."""
    where = reverse(f"admin:{name}", args=[row.pk])
    return int(getattr(browser, method)(where, data).status_code)
