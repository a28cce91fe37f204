"""A document's PDF: who gets it, under which name, and the journal knows."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import JournalEntry, User
from contracts.models import Contract
from documents.models import Document, Kind
from tests import make
from tests.documents.conftest import Stated, body, text_of

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def address(contract: Contract, document: Document) -> str:
    return reverse("documents:document-file", args=[contract.pk, document.pk])


@pytest.fixture
def invoice(stated: Stated) -> Document:
    return stated(Kind.VAT_INVOICE, number="10-004217/35", issued_on=datetime.date(2026, 10, 31))


def test_it_opens_in_the_browser_under_its_name(
    vega: User, vega_contract: Contract, invoice: Document, login: Login
) -> None:
    response = login(vega).get(address(vega_contract, invoice))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    name = quote("Счёт-фактура № 10-004217-35 от 31.10.2026.pdf")
    assert response["Content-Disposition"] == f"inline; filename*=utf-8''{name}"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    # Chromium's viewer does not start inside a sandbox.
    assert "sandbox" not in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "10-004217/35" in text_of(body(response))


def test_it_is_saved_under_the_same_name(
    vega: User, vega_contract: Contract, invoice: Document, login: Login
) -> None:
    response = login(vega).get(address(vega_contract, invoice), {"download": "1"})
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response["Content-Disposition"].endswith(".pdf")


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("1/2\\3", "1-2-3"),
        ('"x":<y>|?*', "-x---y----"),
        ("1\r\nSet-Cookie: a=b", "1--Set-Cookie- a=b"),
        ("..", ".."),
    ],
)
def test_no_number_breaks_the_name(
    number: str,
    name: str,
    vega: User,
    vega_contract: Contract,
    stated: Stated,
    login: Login,
) -> None:
    act = stated(Kind.TRANSFER_ACT, number=number, issued_on=datetime.date(2026, 10, 31))
    assert act.filename == f"Акт приёмки-передачи № {name} от 31.10.2026.pdf"
    response = login(vega).get(address(vega_contract, act))
    assert response["Content-Disposition"].startswith("inline; filename")
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("who", ["vega", "vega_accountant", "vega_engineer", "vega_reader"])
def test_every_role_may_open_it_and_the_journal_says_so(
    who: str,
    request: pytest.FixtureRequest,
    vega_contract: Contract,
    invoice: Document,
    login: Login,
) -> None:
    person = request.getfixturevalue(who)
    assert login(person).get(address(vega_contract, invoice)).status_code == 200
    entry = JournalEntry.objects.get(action=JournalEntry.Action.FILE_OPENED)
    assert (entry.user, entry.client) == (person, vega_contract.client)
    assert entry.subject == ("Счёт-фактура № 10-004217/35 от 31.10.2026 (договор № 35-01-004217)")
    invoice.refresh_from_db()
    assert entry.details == {
        "document": invoice.pk,
        "external_id": invoice.external_id,
        "sha256": invoice.sha256,
    }


def test_strangers_find_nothing(
    orion: User,
    orion_contract: Contract,
    vega_contract: Contract,
    invoice: Document,
    login: Login,
) -> None:
    browser = login(orion)
    for contract in (vega_contract, orion_contract):
        assert browser.get(address(contract, invoice)).status_code == 404
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()
    invoice.refresh_from_db()
    assert not invoice.path, "nothing was made for a stranger"


def test_a_document_is_found_only_under_its_own_contract(
    vega: User, vega_contract: Contract, orion_contract: Contract, stated: Stated, login: Login
) -> None:
    browser = login(vega)
    second = make.contract(vega_contract.client)
    for foreign in (stated(Kind.FINAL_BILL, contract=second), make.document(orion_contract)):
        assert browser.get(address(vega_contract, foreign)).status_code == 404
    unknown = reverse("documents:document-file", args=[vega_contract.pk, 2**60])
    assert browser.get(unknown).status_code == 404


def test_nothing_is_posted_here(
    vega: User, vega_contract: Contract, invoice: Document, login: Login
) -> None:
    assert login(vega).post(address(vega_contract, invoice)).status_code == 405


def test_the_proxy_may_send_the_bytes(
    vega: User, vega_contract: Contract, invoice: Document, login: Login, settings
) -> None:
    settings.X_ACCEL_PREFIX = "/private/"
    response = login(vega).get(address(vega_contract, invoice))
    invoice.refresh_from_db()
    assert response["X-Accel-Redirect"] == f"/private/{invoice.path}"
    assert body(response) == b""


def test_a_document_that_cannot_be_made_says_so(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    """Billing sent something that is not of its kind: a sentence, not an error page."""
    broken = make.document(vega_contract, number="Х-1", content={"contract_number": "?"})
    response = login(vega).get(address(vega_contract, broken))
    assert response.status_code == 503
    html = response.content.decode()
    assert "Документ не открылся" in html
    assert "Счёт-фактура № Х-1" in html
    assert reverse("documents:document-list", args=[vega_contract.pk]) in html
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()


def test_files_lie_under_names_that_say_nothing(
    vega: User, vega_contract: Contract, invoice: Document, login: Login
) -> None:
    login(vega).get(address(vega_contract, invoice))
    invoice.refresh_from_db()
    files = [file for file in Path(settings.MEDIA_ROOT).rglob("*") if file.is_file()]
    assert [str(file.relative_to(settings.MEDIA_ROOT)) for file in files] == [invoice.path]
    assert "004217" not in invoice.path
