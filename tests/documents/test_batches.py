"""Many PDFs: counted, stopped, resumed, tried again; and the office's page about it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from cabinet import press
from contracts.models import Contract
from documents import batches, papers, rendering, tasks
from documents.admin.batches import left_in_words
from documents.models import Batch, Document, Kind
from tests import make
from tests.documents.conftest import Stated

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
PAGE = "admin:documents_batch_progress"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making takes no time; a document without content cannot be made."""

    def make_paper(document: Document, *, seconds: float | None = None) -> press.Made:
        if not document.content:
            raise press.Broken("Содержание: пусто.")
        return press.Made(content=b"%PDF-1.7\n", cpu_seconds=0, peak_mb=0)

    monkeypatch.setattr(papers, "make_apart", make_paper)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    tasks_woken: list[Any] = []
    monkeypatch.setattr("cabinet.celery.wake", lambda task, *args: tasks_woken.append(task))
    return tasks_woken


@pytest.fixture
def ten(vega_contract: Contract, stated: Stated) -> list[Document]:
    """Eight that can be made and two that cannot."""
    good = [stated(Kind.TRANSFER_ACT) for _ in range(8)]
    return good + [make.document(vega_contract) for _ in range(2)]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    return login(office)


def stop_after(monkeypatch: pytest.MonkeyPatch, count: int, user: User) -> None:
    """Somebody presses «Остановить» while so many are done."""
    real, done = batches.count, []

    def counted(batch: Batch, *, is_made: bool) -> bool:
        done.append(is_made)
        if len(done) == count:
            batches.stop(user=user)
        return real(batch, is_made=is_made)

    monkeypatch.setattr(batches, "count", counted)


def test_a_batch_counts_and_closes(ten: list[Document]) -> None:
    assert rendering.render_missing() == 8
    (batch,) = Batch.objects.all()
    assert (batch.made, batch.failed) == (8, 2)
    assert batch.finished_at is not None
    assert batches.progress(batch).total == batches.progress(batch).done == 10
    assert rendering.render_missing() == 0
    assert Batch.objects.count() == 1, "nothing waits: no new batch"


def test_it_stops_and_goes_on(
    ten: list[Document], office: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, 4, office)
        rendering.render_missing()
    batch = Batch.objects.get()
    progress = batches.progress(batch)
    assert (progress.done, progress.waiting, progress.total) == (4, 6, 10)
    assert progress.left is None
    assert rendering.render_missing() == 0, "it is stopped"
    assert batches.progress(Batch.objects.get()).done == 4
    opened = Document.objects.unrendered().exclude(content={})[0]
    assert rendering.open_document(document=opened).path, "who opens a document gets it"
    assert batches.resume()
    rendering.render_missing()
    batch.refresh_from_db()
    assert batch.finished_at is not None
    assert batch.made + batch.failed == 9
    assert not Document.objects.unrendered().exists()


def test_documents_published_meanwhile_join(
    ten: list[Document], stated: Stated, office: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, 4, office)
        rendering.render_missing()
    stated(Kind.TRANSFER_ACT)
    assert batches.progress(Batch.objects.get()).total == 11


def test_there_is_one_batch_at_a_time() -> None:
    Batch.objects.create()
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.create()


def test_the_rate_is_of_the_time_that_it_worked() -> None:
    """A night in which it was stopped does not count."""
    now = timezone.now()
    batch = Batch.objects.create(
        started_at=now - datetime.timedelta(hours=10),
        made=600,
        measured_from=now - datetime.timedelta(minutes=10),
        measured_made=500,
    )
    progress = batches.progress(batch)
    assert round(progress.per_minute) == 10
    assert progress.rate in ("10", "10,0", "9", "9,9")


@pytest.mark.parametrize(
    ("waiting", "per_minute", "words"),
    [
        (10_000, 60.0, "около 2\u00a0ч 47\u00a0мин"),
        (120, 1.0, "около 2\u00a0ч"),
        (1, 60.0, "около 1\u00a0мин"),
        (10, 0.0, ""),
    ],
)
def test_what_is_left_in_words(waiting: int, per_minute: float, words: str) -> None:
    progress = batches.Progress(batch=Batch(), waiting=waiting, per_minute=per_minute)
    assert left_in_words(progress) == words


def test_a_load_of_documents_wakes_a_worker_after_its_commit(
    woken: list[Any], django_capture_on_commit_callbacks: Any, ten: list[Document]
) -> None:
    rendering.render_missing()
    with django_capture_on_commit_callbacks(execute=True):
        assert batches.retry() == 2
        assert not woken
    assert woken == [tasks.render_missing]


# The page ----------------------------------------------------------------------------------------


def test_the_page_before_anything_was_made(desk: Browser) -> None:
    html = desk.get(reverse(PAGE)).content.decode()
    assert "PDF ещё не создавались" in html
    assert "Таких документов нет" in html


def test_the_page_says_how_far_it_is(
    desk: Browser, ten: list[Document], office: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, 4, office)
        rendering.render_missing()
    html = desk.get(reverse(PAGE)).content.decode()
    assert '<progress value="4" max="10"' in html
    assert "4 из 10" in html
    assert "остановлена</span>" in html
    assert str(office) in html
    assert "Продолжить" in html
    assert 'value="stop"' not in html


def test_stop_resume_and_once_more(desk: Browser, office: User, woken: list[Any]) -> None:
    batch = Batch.objects.create()
    html = desk.post(reverse(PAGE), {"do": "stop"}, follow=True).content.decode()
    assert "Остановлено: начатые PDF будут доделаны" in html
    batch.refresh_from_db()
    assert batch.stopped_by == office
    html = desk.post(reverse(PAGE), {"do": "stop"}, follow=True).content.decode()
    assert "Ничего не изменилось" in html
    html = desk.post(reverse(PAGE), {"do": "resume"}, follow=True).content.decode()
    assert "Создание PDF продолжено" in html
    batch.refresh_from_db()
    assert batch.stopped_at is None


def test_a_stopped_batch_ends_when_others_have_made_its_rest(
    office: User, vega_contract: Contract
) -> None:
    stopped = Batch.objects.create(stopped_at=timezone.now(), stopped_by=office)
    assert rendering.render_missing() == 0
    stopped.refresh_from_db()
    assert stopped.finished_at is not None
    make.document(vega_contract)
    begun = batches.begin()
    assert begun
    assert begun.stopped_at is None, "what comes later does not join it"


def test_failures_are_listed_with_their_reason_and_tried_again(
    desk: Browser, ten: list[Document]
) -> None:
    rendering.render_missing()
    html = desk.get(reverse(PAGE)).content.decode()
    assert html.count("Содержание: пусто.") == 2
    assert html.count(">Повторить</button>") == 2
    failed = Document.objects.failed().first()
    answer = desk.post(reverse(PAGE), {"do": "retry", "document": failed.pk}, follow=True)
    assert "Снова ждут очереди: 1\u00a0документ." in answer.content.decode()
    assert Document.objects.failed().count() == 1
    answer = desk.post(reverse(PAGE), {"do": "retry", "document": ""}, follow=True)
    assert Document.objects.failed().count() == 0
    assert Document.objects.unrendered().count() == 2


def test_a_made_document_is_not_tried_again(desk: Browser, ten: list[Document]) -> None:
    rendering.render_missing()
    made = Document.objects.exclude(path="").first()
    desk.post(reverse(PAGE), {"do": "retry", "document": made.pk})
    for forged in ("x", "9" * 30):
        answer = desk.post(reverse(PAGE), {"do": "retry", "document": forged}, follow=True)
        assert "Ничего не изменилось" in answer.content.decode()
    assert Document.objects.failed().count() == 2


def test_who_may_only_look(office: User, login: Login, ten: list[Document]) -> None:
    rendering.render_missing()
    group = office.groups.get()
    group.permissions.remove(Permission.objects.get(codename="change_batch"))
    browser = login(User.objects.get(pk=office.pk))
    assert "Повторить" not in browser.get(reverse(PAGE)).content.decode()
    assert browser.post(reverse(PAGE), {"do": "retry"}).status_code == 403
    group.permissions.remove(Permission.objects.get(codename="view_batch"))
    browser = login(User.objects.get(pk=office.pk))
    assert browser.get(reverse(PAGE)).status_code == 403
    html = browser.get(reverse("admin:documents_document_changelist")).content.decode()
    assert "Создание PDF" not in html


def test_clients_are_refused(vega: User, login: Login) -> None:
    assert login(vega).get(reverse(PAGE)).status_code == 403


def test_the_lists_lead_there(desk: Browser) -> None:
    for name in ("document", "batch"):
        address = reverse(f"admin:documents_{name}_changelist")
        assert "Создание PDF" in desk.get(address).content.decode()
    assert desk.get(reverse("admin:documents_batch_changelist") + "progress/").status_code == 200


def test_the_number_of_statements_does_not_grow(desk: Browser, vega_contract: Contract) -> None:
    def cost() -> int:
        desk.get(reverse(PAGE))
        with CaptureQueriesContext(connection) as captured:
            desk.get(reverse(PAGE))
        return len(captured)

    for _ in range(2):
        make.document(vega_contract, failure="Не успел за 300 с.", failed_at=timezone.now())
    few = cost()
    for _ in range(18):
        own = make.contract(vega_contract.client)
        make.document(own, failure="Не успел за 300 с.", failed_at=timezone.now())
    assert cost() == few


def test_a_failed_document_says_so_in_its_list_and_on_its_page(
    desk: Browser, ten: list[Document]
) -> None:
    rendering.render_missing()
    failed = Document.objects.failed().first()
    listed = desk.get(reverse("admin:documents_document_changelist"), {"state": "failed"})
    assert listed.context["cl"].result_count == 2
    assert "не получился</span>" in listed.content.decode()
    page = desk.get(reverse("admin:documents_document_change", args=[failed.pk]))
    assert "Содержание: пусто." in page.content.decode()
    assert reverse(PAGE) in page.content.decode()


def test_both_directions_of_a_correction_are_links(desk: Browser, vega_contract: Contract) -> None:
    first = make.document(vega_contract, number="1")
    second = make.document(vega_contract, number="2", corrects=first)
    for row, other in ((first, second), (second, first)):
        html = desk.get(reverse("admin:documents_document_change", args=[row.pk])).content.decode()
        assert f"/documents/document/{other.pk}/change/" in html
