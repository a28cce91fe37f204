"""What breaks is closed: an error says its number, and nothing of what it was about."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import DatabaseError
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract
from documents.models import Kind
from tests import make
from tests.accounts.test_login import log_in
from tests.contents import content_of

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
INSIDE = "подробности: /srv/portal, пароль базы"


def broken(*args: object, **kwargs: object) -> None:
    raise DatabaseError(INSIDE)


def incident(browser: Browser, address: str, caplog: pytest.LogCaptureFixture) -> str:
    """The page of the error, which is in the log under its number."""
    browser.raise_request_exception = False
    answer = browser.get(address)
    html = str(answer.content.decode())
    assert answer.status_code == 500
    found = re.search(r"\b[0-9A-F]{8}\b", html)
    assert found
    assert found[0] in caplog.text
    assert INSIDE in caplog.text
    for words in (INSIDE, "Traceback", "DatabaseError", "DEBUG"):
        assert words not in html
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    return html


@pytest.mark.parametrize(
    "what",
    [
        "contracts.models.contract.ContractQuerySet.visible_to",  # whose it is
        "contracts.access._membership",  # in which role
        "accounts.middleware._lost_access",  # whether the access still holds
        "accounts.middleware._too_long",  # whether the session does
        "accounts.second_factor.rules.is_required",  # whether a code is needed
    ],
)
def test_a_client_sees_nothing_when_a_check_fails(
    what: str,
    vega: User,
    vega_contract: Contract,
    login: Login,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    browser = login(vega)
    address = reverse("contracts:contract", args=[vega_contract.pk])
    assert vega_contract.number in browser.get(address).content.decode()
    monkeypatch.setattr(what, broken)
    assert vega_contract.number not in incident(browser, address, caplog)


@pytest.mark.parametrize(
    "what",
    [
        "accounts.second_factor.rules.has_passed",  # whether a code was given
        "accounts.viewing.is_on",  # whose eyes
        "accounts.oversight.note",  # the journal cannot be written
        "cabinet.office.contracts_for",  # to whom the person is confined
    ],
)
def test_the_office_sees_nothing_when_a_check_fails(
    what: str,
    office: User,
    vega_contract: Contract,
    login: Login,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    browser = login(office)
    address = reverse("admin:contracts_contract_change", args=[vega_contract.pk])
    assert vega_contract.number in browser.get(address).content.decode()
    monkeypatch.setattr(what, broken)
    assert vega_contract.number not in incident(browser, address, caplog)


def test_nobody_comes_in_when_tries_cannot_be_counted_or_noted(
    vega: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for what in ("accounts.adapter.PortalAdapter.pre_authenticate", "accounts.journal.record"):
        browser = Browser(raise_request_exception=False)
        with monkeypatch.context() as patch:
            patch.setattr(what, broken)
            assert log_in(browser, vega.username).status_code == 500, what
        assert browser.get(reverse("contracts:home")).status_code == 302, what


def test_a_file_does_not_leave_unnoted(
    vega: User, vega_contract: Contract, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = content_of(Kind.TRANSFER_ACT, vega_contract)
    document = make.document(vega_contract, Kind.TRANSFER_ACT, content=content)
    browser = login(vega)
    browser.raise_request_exception = False
    monkeypatch.setattr("accounts.journal.record", broken)
    address = reverse("documents:document-file", args=[vega_contract.pk, document.pk])
    answer = browser.get(address)
    assert answer.status_code == 500
    assert b"%PDF" not in answer.content
    assert "X-Accel-Redirect" not in answer
