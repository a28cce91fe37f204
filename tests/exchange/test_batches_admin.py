"""The office looks into batches and fetches their files."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import openpyxl
import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import JournalEntry, User
from contracts.models import Contract, Topic
from exchange.models import OutgoingBatch
from exchange.outgoing import batching
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Kind = OutgoingBatch.Kind
NEW = "admin:exchange_outgoingbatch_new"


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


@pytest.fixture
def batch(vega: User, vega_contract: Contract) -> OutgoingBatch:
    make.submission(vega_contract, vega, "100.5", "200.0", is_late=True)
    return batching.make(kind=Kind.READINGS)


def page_of(batch: OutgoingBatch) -> str:
    return reverse("admin:exchange_outgoingbatch_change", args=[batch.pk])


def file_of(desk: Browser, batch: OutgoingBatch, format: str) -> bytes:
    address = reverse("admin:exchange_outgoingbatch_file", args=[batch.pk, format])
    return b"".join(desk.get(address).streaming_content)  # type: ignore[attr-defined]


def test_a_batch_is_looked_into(desk: Browser, batch: OutgoingBatch) -> None:
    page = desk.get(page_of(batch)).content.decode()
    assert "Показания, партия № 1" in page
    assert "35-01-004217" in page
    assert "после срока" in page
    assert "ответа ещё нет" in page
    listed = desk.get(reverse("admin:exchange_outgoingbatch_changelist")).content.decode()
    assert page_of(batch) in listed


def test_a_batch_of_cases_is_looked_into(
    desk: Browser, vega: User, vega_contract: Contract, topic: Topic
) -> None:
    case = make.message(vega_contract, vega, topic)
    page = desk.get(page_of(batching.make(kind=Kind.CASES))).content.decode()
    assert case.number in page
    assert "обращение: Прошу объяснить начисление." in page


@pytest.mark.parametrize("what", ["batch", "receipt", "case", "nothing"])
def test_a_batch_is_found(
    what: str,
    desk: Browser,
    batch: OutgoingBatch,
    vega: User,
    vega_contract: Contract,
    topic: Topic,
) -> None:
    case = make.message(vega_contract, vega, topic)
    cases = batching.make(kind=Kind.CASES)
    receipt = batch.readings.first().reading.submission.number
    term, found = {
        "batch": ("1", [cases, batch]),
        "receipt": (f" {receipt.lower()} ", [batch]),
        "case": (case.number, [cases]),
        "nothing": ("абв", []),
    }[what]
    page = desk.get(reverse("admin:exchange_outgoingbatch_changelist"), {"q": term})
    assert list(page.context["cl"].result_list) == found


def test_typed_text_stays_text(
    desk: Browser, vega: User, vega_contract: Contract, topic: Topic
) -> None:
    make.message(vega_contract, vega, topic, text='<script>alert("x")</script>')
    page = desk.get(page_of(batching.make(kind=Kind.CASES))).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_csv_is_guarded_and_the_others_are_not(
    desk: Browser, vega: User, vega_contract: Contract
) -> None:
    submission = make.submission(vega_contract, vega, "100.5")
    make.reading(
        submission.readings.get().register, "101.5", submission=submission, source="client",
        explanation="=1+1", doubts=["more"],
    )  # fmt: skip
    batch = batching.make(kind=Kind.READINGS)
    lines = file_of(desk, batch, "csv").decode().splitlines()
    assert lines[0].startswith("row;receipt;received_at;client;")
    assert "'=1+1" in lines[2]
    assert ";101.500;" in lines[2]
    said = json.loads(file_of(desk, batch, "json"))
    assert (said["kind"], said["number"], said["rows"]) == ("readings", 1, 2)
    row = said["data"][1]
    assert (row["row"], row["value"], row["explanation"]) == (2, 101.5, "=1+1")
    assert (row["asked"], row["is_late"], row["losses_kwh"]) == (["more"], False, None)
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(desk, batch, "xlsx"))).active
    assert sheet.title == "Показания, партия № 1"
    cells = {head.value: cell for head, cell in zip(sheet[1], sheet[3], strict=True)}
    assert cells["Показание"].value == 101.5
    assert (cells["Ответ клиента"].value, cells["Ответ клиента"].data_type) == ("=1+1", "s")
    assert cells["Ответ клиента"].quotePrefix
    assert cells["О чём переспросили"].value == "больше обычного"
    assert cells["Период"].number_format == "DD.MM.YYYY"


@pytest.mark.parametrize("format", ["csv", "xlsx", "json"])
def test_a_file_is_the_same_for_ever_and_in_the_journal(
    desk: Browser, batch: OutgoingBatch, office: User, format: str
) -> None:
    first = file_of(desk, batch, format)
    vega_contract = Contract.objects.get()
    Contract.objects.update(number="35-01-999999")
    vega_contract.points.update(name="Другое название")
    assert file_of(desk, batch, format) == first
    batch.files.all().delete()  # as if the disk had been lost
    assert file_of(desk, batch, format) == first
    entries = JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED, user=office)
    assert entries.count() == 3
    assert entries[0].subject == f"Показания, партия № 1, {format.upper()}"
    assert entries[0].details["batch"] == "readings-000001"


def test_rights_open_each_page(db: None, batch: OutgoingBatch, login: Login, vega: User) -> None:
    auditor = make.user("auditor", is_staff=True)
    browser = login(auditor)
    answer = reverse("admin:exchange_outgoingbatch_answer", args=[batch.pk])
    file = reverse("admin:exchange_outgoingbatch_file", args=[batch.pk, "csv"])
    for address in (page_of(batch), file, reverse(NEW), answer):
        assert browser.get(address).status_code == 403, address
        assert login(vega).get(address).status_code == 403, address
    rights = ("view_outgoingbatch", "view_submission")
    auditor.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    browser = login(User.objects.get(pk=auditor.pk))
    for address, status in ((page_of(batch), 200), (file, 200), (reverse(NEW), 403), (answer, 403)):
        assert browser.get(address).status_code == status, address
    assert browser.post(page_of(batch), {"rows": 5}).status_code == 403
    assert "Загрузить ответ" not in browser.get(page_of(batch)).content.decode()
    missing = reverse("admin:exchange_outgoingbatch_file", args=[batch.pk, "exe"])
    assert browser.get(missing).status_code == 404


@pytest.mark.parametrize("kind", ["readings", "cases"])
def test_a_page_costs_the_same_for_any_number_of_rows(
    desk: Browser, vega: User, vega_contract: Contract, topic: Topic, kind: str
) -> None:
    counts = []
    for rows in (2, 20):
        for _ in range(rows):
            make.submission(vega_contract, vega, "100.5")
            make.message(vega_contract, vega, topic)
        batch = batching.make(kind=kind)
        desk.get(page_of(batch))
        with CaptureQueriesContext(connection) as captured:
            desk.get(page_of(batch))
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_batches_of_what_one_may_not_read_are_not_there(
    vega: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    """Their rows say what the client wrote."""
    make.message(vega_contract, vega, topic)
    batch = batching.make(kind=Kind.CASES)
    own = Group.objects.create(name="Сверка партий")
    person = make.user("checker", is_staff=True)
    person.groups.add(own)
    file = reverse("admin:exchange_outgoingbatch_file", args=[batch.pk, "csv"])
    for codename, status, listed in (
        ("view_outgoingbatch", 404, []),
        ("view_message", 200, [batch]),
    ):
        own.permissions.add(Permission.objects.get(codename=codename))
        browser = login(User.objects.get(pk=person.pk))
        for address in (page_of(batch), file):
            assert browser.get(address).status_code == status, (codename, address)
        page = browser.get(reverse("admin:exchange_outgoingbatch_changelist"))
        assert list(page.context["cl"].result_list) == listed, codename
