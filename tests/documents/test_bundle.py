"""«Скачать ZIP»: ordered, made by a worker, watched, handed out, thrown away."""

from __future__ import annotations

import datetime
import io
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import JournalEntry, Membership, User
from contracts.models import Contract
from documents import bundles, rendering
from documents.models import Bundle, Document, Kind, Opening
from tests import make
from tests.documents.conftest import Stated, body

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]

State = Bundle.State


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which orders a worker was woken for; none comes by itself."""
    calls: list[int] = []
    monkeypatch.setattr("cabinet.celery.wake", lambda task, pk: calls.append(pk))
    return calls


@pytest.fixture
def acts(stated: Stated) -> list[Document]:
    """Three documents of October 2026."""
    october = datetime.date(2026, 10, 1)
    return [stated(Kind.TRANSFER_ACT, number=f"А-{n}", period=october) for n in (1, 2, 3)]


def post(browser: Browser, contract: Contract, **values: Any) -> Any:
    address = reverse("documents:bundle-new", args=[contract.pk])
    return browser.post(address, {"form_key": str(uuid.uuid4()), "query": "year=2026", **values})


def names(path: str) -> list[str]:
    with zipfile.ZipFile(Path(settings.MEDIA_ROOT) / path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def page(bundle: Bundle, name: str = "bundle") -> str:
    return reverse(f"documents:{name}", args=[bundle.key])


# Ordering ----------------------------------------------------------------------------------------


def test_the_ticked_documents_are_ordered(
    vega: User, vega_contract: Contract, acts: list[Document], login: Login,
    django_capture_on_commit_callbacks: Any, woken: list[int],
) -> None:  # fmt: skip
    ticked = [acts[0].pk, acts[2].pk]
    with django_capture_on_commit_callbacks(execute=True):
        response = post(login(vega), vega_contract, what="ticked", document=ticked)
    bundle = Bundle.objects.get()
    assert response["Location"] == page(bundle)
    assert set(bundle.documents.values_list("pk", flat=True)) == set(ticked)
    assert (bundle.state, bundle.total, bundle.user) == (State.QUEUED, 2, vega)
    assert woken == [bundle.pk]


def test_all_that_the_search_finds_is_ordered(
    vega: User, vega_contract: Contract, acts: list[Document], stated: Stated, login: Login
) -> None:
    stated(Kind.FINAL_BILL, period=datetime.date(2026, 9, 1))
    post(login(vega), vega_contract, what="all", query="year=2026&month=10")
    bundle = Bundle.objects.get()
    assert set(bundle.documents.all()) == set(acts)
    assert bundle.title == "октябрь 2026"


def test_documents_of_several_contracts_are_ordered_at_once(
    vega: User, vega_contract: Contract, acts: list[Document], stated: Stated, login: Login
) -> None:
    second = make.contract(vega_contract.client)
    stated(Kind.FINAL_BILL, contract=second, period=datetime.date(2026, 10, 1))
    address = reverse("documents:bundle-new-of-all")
    login(vega).post(address, {"what": "all", "query": "year=2026"})
    assert Bundle.objects.get().documents.count() == 4


def listed(browser: Browser, contract: Contract | None = None) -> list[str]:
    """The archives that a page of documents offers."""
    name = "document-list" if contract else "all-documents"
    response = browser.get(reverse(f"documents:{name}", args=[contract.pk] if contract else []))
    soup = BeautifulSoup(response.content, "html.parser")
    links = soup.select("main .files a")
    return sorted(link.text.replace("\u00a0", " ") for link in links)


def test_each_says_whose_documents_it_has(
    vega: User, vega_contract: Contract, acts: list[Document], stated: Stated, login: Login
) -> None:
    """In the list, on its own page and in the name of its file."""
    second = make.contract(vega_contract.client)
    other = stated(Kind.FINAL_BILL, contract=second, period=datetime.date(2026, 10, 1))
    browser = login(vega)
    post(browser, vega_contract, what="all")
    post(browser, second, what="all")
    of_all = reverse("documents:bundle-new-of-all")
    browser.post(of_all, {"what": "all", "query": "year=2026"})
    first, own, every = Bundle.objects.order_by("pk")
    assert set(own.documents.all()) == {other}
    names = [f"договор № {vega_contract.number}", f"договор № {second.number}", "все договоры"]
    for bundle, name in zip((first, own, every), names, strict=True):
        html = browser.get(page(bundle)).content.decode()
        assert f"{name[:1].upper()}{name[1:]}, 2026 год: " in html
        bundles.make(bundle.pk)
        answer = browser.get(page(bundle, "bundle-file"))["Content-Disposition"]
        assert quote(f"Документы, {name.replace('№ ', '')}, 2026 год.zip") in answer
    assert listed(browser, vega_contract) == [f"Архив: {names[0]}, 2026 год"]
    assert listed(browser, second) == [f"Архив: {names[1]}, 2026 год"]
    assert listed(browser) == sorted(f"Архив: {name}, 2026 год" for name in names)


def test_one_of_a_single_contract_is_its_own_wherever_it_was_ordered(
    vega: User, vega_contract: Contract, acts: list[Document], stated: Stated, login: Login
) -> None:
    second = make.contract(vega_contract.client)
    stated(Kind.FINAL_BILL, contract=second, period=datetime.date(2026, 10, 1))
    browser = login(vega)
    ticked = {"what": "ticked", "document": [acts[0].pk], "query": "year=2026"}
    browser.post(reverse("documents:bundle-new-of-all"), ticked)
    name = f"Архив: договор № {vega_contract.number}, выбранные документы"
    assert listed(browser, vega_contract) == [name]
    assert not listed(browser, second)


def test_one_of_a_contract_that_is_out_of_view_is_not_offered(
    vega: User, vega_contract: Contract, acts: list[Document], stated: Stated, login: Login
) -> None:
    second = make.contract(vega_contract.client)
    make.bundle(vega, [stated(Kind.FINAL_BILL, contract=second)])
    own = make.bundle(vega, acts)
    make.limit(Membership.objects.get(user=vega), vega_contract)
    assert listed(login(vega)) == [f"Архив: {own.whose}, {own.title}"]


def test_a_double_click_is_one_order(
    vega: User, vega_contract: Contract, acts: list[Document], login: Login
) -> None:
    browser, key = login(vega), str(uuid.uuid4())
    answers = {post(browser, vega_contract, what="all", form_key=key)["Location"] for _ in range(2)}
    assert answers == {page(Bundle.objects.get())}


def test_foreign_documents_are_never_in_it(
    vega: User, vega_contract: Contract, orion_contract: Contract, acts: list[Document],
    login: Login,
) -> None:  # fmt: skip
    foreign = make.document(orion_contract)
    other = make.document(make.contract(vega_contract.client))
    ticked = [foreign.pk, other.pk, acts[0].pk, "x", "9" * 30]
    post(login(vega), vega_contract, what="ticked", document=ticked)
    assert list(Bundle.objects.get().documents.all()) == [acts[0]]


def refused(response: Any, browser: Browser, words: str) -> None:
    assert not Bundle.objects.filter(title="2026 год").exists()
    html = browser.get(response["Location"]).content.decode().replace("\u00a0", " ")
    assert words in html


def test_nothing_ticked_is_refused_with_a_sentence(
    vega: User, vega_contract: Contract, acts: list[Document], login: Login
) -> None:
    browser = login(vega)
    response = post(browser, vega_contract, what="ticked")
    assert response["Location"].endswith("?year=2026"), "the search stays"
    refused(response, browser, "Отметьте хотя бы один документ.")


def test_too_many_are_refused_with_a_sentence(
    vega: User, vega_contract: Contract, acts: list[Document], login: Login,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(bundles, "MAX_DOCUMENTS", 2)
    browser = login(vega)
    response = post(browser, vega_contract, what="all")
    refused(response, browser, "В один архив входит не больше 2 документов.")


def test_too_large_is_refused_with_a_sentence(
    vega: User, vega_contract: Contract, acts: list[Document], login: Login
) -> None:
    for act in acts:
        Document.objects.filter(pk=act.pk).update(
            path=f"{act.pk}.pdf", sha256="0" * 64, size=bundles.MAX_BYTES // 2
        )
    browser = login(vega)
    refused(post(browser, vega_contract, what="all"), browser, "больше 300 МБ")


def test_so_many_at_a_time(
    vega: User, vega_contract: Contract, acts: list[Document], login: Login
) -> None:
    for _ in range(bundles.MAX_UNFINISHED):
        make.bundle(vega, acts, is_ready=False)
    browser = login(vega)
    refused(post(browser, vega_contract, what="all"), browser, "ещё собираются")


def test_a_spoilt_search_leads_back(
    vega: User, vega_contract: Contract, acts: list[Document], login: Login
) -> None:
    response = post(login(vega), vega_contract, what="all", query="year=1812")
    assert response["Location"].endswith("?year=1812")
    assert not Bundle.objects.exists()


# Making ------------------------------------------------------------------------------------------


def test_it_is_made_with_documents_that_had_no_pdf_yet(vega: User, acts: list[Document]) -> None:
    bundle = make.bundle(vega, acts, is_ready=False)
    bundles.make(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.state, bundle.done, bundle.missing) == (State.READY, 3, 0)
    day = f"{acts[0].issued_on:%d.%m.%Y}"
    assert sorted(names(bundle.path)) == [
        f"Акт приёмки-передачи № А-{n} от {day}.pdf" for n in (1, 2, 3)
    ]
    assert bundle.expires_at
    assert bundle.expires_at > timezone.now() + bundles.KEPT_FOR - datetime.timedelta(minutes=1)
    with zipfile.ZipFile(Path(settings.MEDIA_ROOT) / bundle.path) as archive:
        for entry in archive.infolist():
            assert entry.flag_bits & 0x800, "Windows reads the name as UTF-8"
            assert archive.read(entry).startswith(b"%PDF-")


def test_names_that_meet_are_told_apart_and_contracts_have_folders(
    vega: User, vega_contract: Contract, stated: Stated
) -> None:
    second = make.contract(vega_contract.client, number="35/2:Б")
    papers = [
        stated(Kind.TRANSFER_ACT, number="А-1"),
        stated(Kind.TRANSFER_ACT, number="а-1"),
        stated(Kind.TRANSFER_ACT, number="А-1", contract=second),
    ]
    bundle = make.bundle(vega, papers, is_ready=False)
    bundles.make(bundle.pk)
    bundle.refresh_from_db()
    found = names(bundle.path)
    folders = sorted({name.partition("/")[0] for name in found})
    assert folders == ["Договор 35-01-004217", "Договор 35-2-Б"]
    assert len({name.casefold() for name in found}) == 3
    assert sum(name.endswith(" (2).pdf") for name in found) == 1


def test_a_document_that_cannot_be_made_is_named_and_stops_nothing(
    vega: User, vega_contract: Contract, acts: list[Document], login: Login
) -> None:
    broken = make.document(vega_contract, number="Х-1", content={})
    bundle = make.bundle(vega, [*acts, broken], is_ready=False)
    bundles.make(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.state, bundle.missing) == (State.READY, 1)
    with zipfile.ZipFile(Path(settings.MEDIA_ROOT) / bundle.path) as archive:
        assert "Счёт-фактура № Х-1" in archive.read("Не вошли в архив.txt").decode("utf-8-sig")
    browser = login(vega)
    assert "Не вошли: 1\u00a0документ" in browser.get(page(bundle)).content.decode()
    body(browser.get(page(bundle, "bundle-file")))
    opened = Opening.objects.values_list("document", flat=True)
    assert set(opened) == {act.pk for act in acts}, "nobody was given what is not in it"
    entry = JournalEntry.objects.get(action=JournalEntry.Action.FILE_OPENED)
    assert entry.subject.startswith("Архив ZIP, 3\u00a0документа (")
    assert entry.details["documents"] == 3


def test_one_without_any_document_is_a_failed_one(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    broken = [make.document(vega_contract, number=f"Х-{n}", content={}) for n in (1, 2)]
    bundle = make.bundle(vega, broken, is_ready=False)
    bundles.make(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.state, bundle.path) == (State.FAILED, "")
    assert not list(Path(settings.MEDIA_ROOT, bundles.FOLDER).rglob("*.zip"))
    browser = login(vega)
    assert "Ни один документ подготовить не удалось." in browser.get(page(bundle)).content.decode()
    for address in (page(bundle, "bundle-state"), reverse("documents:all-documents")):
        assert browser.get(address).status_code == 200
    assert browser.get(page(bundle, "bundle-file")).status_code == 404


def test_a_long_one_gives_the_worker_back_and_goes_on(
    vega: User, acts: list[Document], woken: list[int]
) -> None:
    bundle = make.bundle(vega, acts, is_ready=False)
    bundles.make(bundle.pk, seconds=0)
    bundle.refresh_from_db()
    assert (bundle.state, bundle.attempts, woken) == (State.QUEUED, 0, [bundle.pk])
    assert bundles.make_due() == 1
    bundle.refresh_from_db()
    assert bundle.state == State.READY


def test_a_document_in_other_hands_is_waited_for(
    vega: User, acts: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = make.bundle(vega, acts, is_ready=False)

    def being_rendered(*, document: Document) -> Document:
        raise rendering.BeingRendered(str(document))

    with monkeypatch.context() as patched:
        patched.setattr(rendering, "render_document", being_rendered)
        bundles.make(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.state, bundle.attempts) == (State.QUEUED, 0)
    assert bundles.make_due() == 0, "not at once"
    Bundle.objects.update(leased_until=timezone.now())
    assert bundles.make_due() == 1
    bundle.refresh_from_db()
    assert (bundle.state, bundle.missing) == (State.READY, 0)


def test_a_lease_outlasts_the_longest_document(vega: User, acts: list[Document]) -> None:
    bundle = make.bundle(vega, acts, is_ready=False)
    claimed = bundles._claim(bundle.pk)
    assert claimed
    longest = datetime.timedelta(seconds=settings.PDF_SECONDS)
    assert claimed.leased_until > timezone.now() + longest


def test_two_workers_do_not_make_it_twice(vega: User, acts: list[Document]) -> None:
    bundle = make.bundle(vega, acts, is_ready=False)
    assert bundles._claim(bundle.pk) is not None
    assert bundles._claim(bundle.pk) is None
    assert bundles.make_due() == 0


def test_a_worker_that_died_is_followed_by_another_and_at_last_given_up(
    vega: User, acts: list[Document]
) -> None:
    bundle = make.bundle(vega, acts, is_ready=False)
    for _ in range(bundles.TRIES):
        assert bundles._claim(bundle.pk) is not None
        Bundle.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
    assert bundles.make_due() == 1
    bundle.refresh_from_db()
    assert bundle.state == State.FAILED
    assert bundle.trouble


def test_cancelled_while_it_is_made(
    vega: User, acts: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = make.bundle(vega, acts, is_ready=False)
    render = rendering.render_document

    def cancelling(*, document: Document) -> Document:
        bundles.cancel(bundle)
        return render(document=document)

    monkeypatch.setattr(rendering, "render_document", cancelling)
    bundles.make(bundle.pk)
    bundle.refresh_from_db()
    assert (bundle.state, bundle.path) == (State.CANCELLED, "")
    assert not list(Path(settings.MEDIA_ROOT, bundles.FOLDER).rglob("*.zip"))


def test_too_large_only_when_made(
    vega: User, acts: list[Document], login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MAX_BYTES", 1000)
    bundle = make.bundle(vega, acts, is_ready=False)
    bundles.make(bundle.pk)
    bundle.refresh_from_db()
    assert bundle.state == State.FAILED
    assert "несколькими архивами" in login(vega).get(page(bundle)).content.decode()
    assert not list(Path(settings.MEDIA_ROOT, bundles.FOLDER).rglob("*.zip"))


# Watching and handing out ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.QUEUED, "Архив ждёт очереди"),
        (State.MAKING, "Архив собирается"),
        (State.FAILED, "Архив не получился"),
        (State.CANCELLED, "Архив отменён"),
        (State.EXPIRED, "срок его хранения прошёл"),
    ],
)
def test_the_page_says_where_it_is(
    state: str, words: str, vega: User, acts: list[Document], login: Login
) -> None:
    bundle = make.bundle(vega, acts, is_ready=False)
    Bundle.objects.update(state=state, done=2)
    browser = login(vega)
    html = browser.get(page(bundle)).content.decode()
    assert words in html
    assert ("Обновить" in html) == (state in bundles.UNFINISHED)
    assert browser.get(page(bundle, "bundle-state")).json() == {
        "state": state, "done": 2, "total": 3,
    }  # fmt: skip
    assert browser.get(page(bundle, "bundle-file")).status_code == 404


def test_it_is_handed_out_with_a_line_for_each_document(
    vega: User, vega_contract: Contract, acts: list[Document], stated: Stated, login: Login
) -> None:
    second = make.contract(vega_contract.client)
    papers = [*acts, stated(Kind.FINAL_BILL, contract=second)]
    bundle = make.bundle(vega, papers, is_ready=False)
    bundles.make(bundle.pk)
    browser = login(vega)
    assert "Скачать ZIP" in browser.get(page(bundle)).content.decode()
    listed = browser.get(reverse("documents:all-documents")).content.decode()
    assert page(bundle) in listed, "it waits on the page of documents too"
    response = browser.get(page(bundle, "bundle-file"))
    assert zipfile.ZipFile(io.BytesIO(body(response))).testzip() is None
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    rows = Opening.objects.filter(user=vega, means=Opening.Means.BUNDLED)
    assert set(rows.values_list("document", flat=True)) == {paper.pk for paper in papers}
    entries = JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED)
    assert {entry.subject.partition("(")[2] for entry in entries} == {
        f"договор № {contract.number})" for contract in (vega_contract, second)
    }


def test_a_ready_one_is_cancelled_by_nobody(vega: User, acts: list[Document], login: Login) -> None:
    bundle = make.bundle(vega, acts)
    response = login(vega).post(page(bundle, "bundle-cancel"), follow=True)
    assert "Отменять нечего" in response.content.decode()
    bundle.refresh_from_db()
    assert bundle.state == State.READY


@pytest.mark.parametrize("name", ["bundle", "bundle-state", "bundle-cancel", "bundle-file"])
def test_it_is_its_owners_alone(
    name: str, vega: User, vega_accountant: User, orion: User, acts: list[Document], login: Login
) -> None:
    bundle = make.bundle(vega, acts)
    for person in (vega_accountant, orion):
        browser = login(person)
        method = browser.post if name == "bundle-cancel" else browser.get
        assert method(page(bundle, name)).status_code == 404


def test_it_goes_with_the_access_to_any_of_its_contracts(
    vega: User, vega_contract: Contract, acts: list[Document], stated: Stated, login: Login
) -> None:
    second = make.contract(vega_contract.client)
    bundle = make.bundle(vega, [*acts, stated(Kind.FINAL_BILL, contract=second)])
    make.limit(Membership.objects.get(user=vega), vega_contract)
    assert login(vega).get(page(bundle, "bundle-file")).status_code == 404
    assert not Opening.objects.exists()


# Throwing away -----------------------------------------------------------------------------------


def test_it_is_kept_for_a_while(vega: User, acts: list[Document]) -> None:
    bundle, later = make.bundle(vega, acts), make.bundle(vega, acts)
    path = Path(settings.MEDIA_ROOT) / bundle.path
    Bundle.objects.filter(pk=bundle.pk).update(expires_at=timezone.now())
    assert path.exists()
    assert bundles.expire() == 1
    bundle.refresh_from_db()
    assert (bundle.state, bundle.path) == (State.EXPIRED, "")
    assert not path.exists()
    assert (Path(settings.MEDIA_ROOT) / later.path).exists()
