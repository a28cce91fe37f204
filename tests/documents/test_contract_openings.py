"""«Кто открывал»: the journal of a contract's documents, and of one."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from documents.models import Document, Kind, Opening
from tests import make
from tests.documents.conftest import Stated

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def of_contract(contract: Contract) -> str:
    return reverse("documents:contract-openings", args=[contract.pk])


def of_document(document: Document) -> str:
    return reverse("documents:document-openings", args=[document.contract_id, document.pk])


def file(document: Document) -> str:
    return reverse("documents:document-file", args=[document.contract_id, document.pk])


def test_the_director_reads_who_had_what_and_how(
    vega: User, vega_accountant: User, vega_contract: Contract, stated: Stated, login: Login
) -> None:
    act, bill = stated(Kind.TRANSFER_ACT, number="А-1"), stated(Kind.FINAL_BILL, number="И-1")
    reader = login(vega_accountant)
    reader.get(file(act))
    reader.get(file(bill), {"download": "1"})
    director = login(vega)
    html = director.get(of_contract(vega_contract)).content.decode()
    assert html.index("сохранён на компьютер") < html.index("открыт в браузере"), "newest first"
    assert html.count("Соколова\u00a0Н.\u00a0В.") == 2
    assert "А-1" in html
    assert "И-1" in html
    one = director.get(of_document(act)).content.decode()
    assert "открыт в браузере" in one
    assert "И-1" not in one


def test_the_office_is_named_but_not_its_people(
    vega: User, superuser: User, vega_contract: Contract, stated: Stated, login: Login
) -> None:
    act = stated(Kind.TRANSFER_ACT)
    address = reverse("admin:documents_document_file", args=[act.pk])
    assert login(superuser).get(address).status_code == 200
    row = Opening.objects.get()
    assert (row.user, row.is_office) == (superuser, True)
    html = login(vega).get(of_document(act)).content.decode()
    assert 'data-label="Кто">Северэнергосбыт<' in html
    assert superuser.short_name not in html


@pytest.mark.parametrize("who", ["vega_accountant", "vega_engineer", "vega_reader"])
def test_it_is_the_directors(
    who: str,
    request: pytest.FixtureRequest,
    vega_contract: Contract,
    stated: Stated,
    login: Login,
) -> None:
    act = stated(Kind.TRANSFER_ACT)
    browser = login(request.getfixturevalue(who))
    for address in (of_contract(vega_contract), of_document(act)):
        assert browser.get(address).status_code == 403
    page = browser.get(reverse("documents:document-list", args=[vega_contract.pk]))
    assert "ткрывал" not in page.content.decode()


def test_a_document_of_another_contract_has_no_journal_here(
    vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    foreign = make.document(orion_contract)
    address = reverse("documents:document-openings", args=[vega_contract.pk, foreign.pk])
    assert login(vega).get(address).status_code == 404


def test_an_empty_journal_says_so(vega: User, vega_contract: Contract, login: Login) -> None:
    html = login(vega).get(of_contract(vega_contract)).content.decode()
    assert "Документы ещё никто не открывал" in html


def test_a_long_journal_has_pages(vega: User, vega_contract: Contract, login: Login) -> None:
    document, now = make.document(vega_contract), timezone.now()
    for minutes in range(60):
        make.opening(document, vega, at=now - datetime.timedelta(minutes=minutes // 2))
    browser = login(vega)
    first = browser.get(of_contract(vega_contract))
    page = first.context["page"]
    assert len(page.rows) == 50
    second = browser.get(of_contract(vega_contract), {"after": page.last.pk})
    rest = second.context["page"].rows
    assert len(rest) == 10
    assert not {row.pk for row in page.rows} & {row.pk for row in rest}


def test_the_number_of_statements_does_not_grow(
    vega: User,
    vega_contract: Contract,
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    browser, url = login(vega), of_contract(vega_contract)
    for _ in range(2):
        make.opening(make.document(vega_contract), vega)
    few = statements(browser, url)
    for number in range(20):
        make.opening(make.document(vega_contract), make.user(f"reader-{number}"))
    assert statements(browser, url) == few


def test_a_line_is_never_changed(vega: User, vega_contract: Contract) -> None:
    row = make.opening(make.document(vega_contract), vega)
    for act in (row.delete, lambda: Opening.objects.update(is_office=True)):
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            act()
