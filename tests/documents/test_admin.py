"""Documents in the office: found, looked at, opened with a line in the journal, never changed."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import JournalEntry, User
from contracts.models import Contract
from contracts.periods import Month
from documents import rendering
from documents.models import Document, Kind
from tests import make
from tests.documents.conftest import Stated, body

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
LIST = "admin:documents_document_changelist"


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def page(document: Document) -> str:
    return reverse("admin:documents_document_change", args=[document.pk])


def file(document: Document) -> str:
    return reverse("admin:documents_document_file", args=[document.pk])


@pytest.mark.parametrize("words", ["СФ-77", "004217", "Вега", "inn"])
def test_a_document_is_found(
    words: str, desk: Browser, vega_contract: Contract, orion_contract: Contract
) -> None:
    own = make.document(vega_contract, number="СФ-77")
    make.document(orion_contract, number="СФ-78")
    words = vega_contract.client.inn if words == "inn" else words
    assert list(desk.get(reverse(LIST), {"q": words}).context["cl"].result_list) == [own]


def test_the_filters(desk: Browser, vega_contract: Contract, stated: Stated) -> None:
    month = Month.current().shifted(-3)
    old = make.document(vega_contract, period=month.first_day)
    made = rendering.render_document(document=stated(Kind.TRANSFER_ACT))

    def found(**query: str) -> set[int]:
        return {row.pk for row in desk.get(reverse(LIST), query).context["cl"].result_list}

    assert found(kind__exact=Kind.TRANSFER_ACT) == {made.pk}
    assert found(period=month.first_day.isoformat()) == {old.pk}
    assert found(period="yesterday") == {old.pk, made.pk}
    assert found(state="made") == {made.pk}
    assert found(state="waiting") == {old.pk}


def test_state_and_content_are_shown(desk: Browser, stated: Stated) -> None:
    waiting = stated(Kind.TRANSFER_ACT)
    html = desk.get(page(waiting)).content.decode()
    assert "ждёт" in html
    assert "40\u00a0800,651" in html
    assert file(waiting) in html
    rendering.render_document(document=waiting)
    html = desk.get(reverse(LIST)).content.decode()
    assert '<span class="status status--ok">сделан</span>' in html


def stated_of(desk: Browser, document: Document) -> Tag:
    soup = BeautifulSoup(desk.get(page(document)).content, "html.parser").select_one(".stated")
    assert soup is not None
    return soup


def test_a_content_is_read_as_tables(desk: Browser, stated: Stated) -> None:
    shown = stated_of(desk, stated(Kind.FINAL_BILL))
    names = {row.th.text: row.td.text for row in shown.select(".stated__values tr")}
    assert names["Оплатить не позднее"] == "18.11.2026"
    assert names["К оплате"] == "119\u00a0394,36"
    assert [head.text for head in shown.select("h3")] == ["Поставщик", "Потребитель", "Строки"]
    heads = [head.text for head in shown.select("thead th")]
    (row,) = [
        [cell.text for cell in row.select("td")] for row in shown.select(".rows-scroll tbody tr")
    ]
    line = dict(zip(heads, row, strict=True))
    assert line["Количество"] == "40\u00a0800,651"
    assert line["Ставка НДС, %"] == "22\u00a0%"
    assert not shown.select("pre")


@pytest.mark.parametrize("kind", Kind.values)
def test_a_content_of_each_kind_is_read(kind: str, desk: Browser, stated: Stated) -> None:
    shown = stated_of(desk, stated(kind))
    assert "35-01-004217" in shown.text
    assert not [word for word in ("{", "None", "Decimal") if word in shown.text]


def test_a_content_that_is_not_of_its_kind_is_shown_as_it_is(
    desk: Browser, vega_contract: Contract
) -> None:
    shown = stated_of(desk, make.document(vega_contract, content={"debt": "<b>?"}))
    (raw,) = shown.select("pre")
    assert json.loads(raw.text) == {"debt": "<b>?"}


def test_the_newest_come_first_whatever_the_order_of_loading(
    desk: Browser, vega_contract: Contract, orion_contract: Contract
) -> None:
    months = [datetime.date(2026, month, 1) for month in (10, 8, 9)]
    owners = [vega_contract, orion_contract, vega_contract]
    rows = [make.document(owner, period=day) for owner, day in zip(owners, months, strict=True)]
    listed = list(desk.get(reverse(LIST)).context["cl"].result_list)
    assert listed == [rows[0], rows[2], rows[1]]


def test_opening_is_in_the_journal(desk: Browser, office: User, stated: Stated) -> None:
    document = stated(Kind.TRANSFER_ACT, number="10-17", issued_on=datetime.date(2026, 10, 31))
    response = desk.get(file(document))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("inline")
    assert body(response).startswith(b"%PDF")
    entry = JournalEntry.objects.get(action=JournalEntry.Action.FILE_OPENED)
    assert (entry.user, entry.client) == (office, document.contract.client)
    assert entry.subject == "Акт приёмки-передачи № 10-17 от 31.10.2026 (договор № 35-01-004217)"


def test_no_pdf_is_made_before_publication(desk: Browser, stated: Stated) -> None:
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    row = stated(Kind.FINAL_BILL, published_at=tomorrow)
    html = desk.get(file(row), follow=True).content.decode()
    assert "PDF будет после публикации" in html
    row.refresh_from_db()
    assert row.path == ""


def test_a_broken_document_leads_back_with_a_sentence(
    desk: Browser, vega_contract: Contract
) -> None:
    broken = make.document(vega_contract)
    response = desk.get(file(broken), follow=True)
    assert response.redirect_chain[-1][0] == page(broken)
    assert "PDF сейчас не открыть" in response.content.decode()
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()


def test_nothing_is_changed_added_deleted_or_made_anew(desk: Browser, stated: Stated) -> None:
    document = stated(Kind.TRANSFER_ACT)
    assert desk.post(page(document), {"number": "другой"}).status_code == 403
    assert desk.get(reverse("admin:documents_document_add")).status_code == 403
    delete = reverse("admin:documents_document_delete", args=[document.pk])
    assert desk.post(delete, {"post": "yes"}).status_code == 403
    assert (
        desk.get(reverse(LIST))
        .context["cl"]
        .model_admin.get_actions(desk.get(reverse(LIST)).wsgi_request)
        == {}
    )
    document.refresh_from_db()
    assert document.number != "другой"


def test_clients_and_staff_without_the_right_are_refused(
    vega: User, office: User, stated: Stated, login: Login
) -> None:
    document = stated(Kind.TRANSFER_ACT)
    assert login(vega).get(file(document)).status_code == 403
    right = Permission.objects.get(codename="view_document")
    office.groups.get().permissions.remove(right)
    assert login(User.objects.get(pk=office.pk)).get(file(document)).status_code == 403
    document.refresh_from_db()
    assert not document.path


def test_the_number_of_statements_does_not_grow(desk: Browser, vega_contract: Contract) -> None:
    def cost() -> int:
        desk.get(reverse(LIST))
        with CaptureQueriesContext(connection) as captured:
            desk.get(reverse(LIST))
        return len(captured)

    for _ in range(2):
        make.document(vega_contract)
    few = cost()
    for _ in range(18):
        make.document(make.contract(vega_contract.client))
    assert cost() == few
