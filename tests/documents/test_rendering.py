"""PDFs are made once, whole, newest first; a broken document stops nobody."""

from __future__ import annotations

import datetime
import hashlib
import itertools
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import JournalEntry, User
from cabinet import press
from contracts.models import Contract
from documents import batches, papers, rendering, tasks
from documents.models import Batch, Document, Kind
from tests import make
from tests.documents.conftest import Stated, body

Login = Callable[[User], Browser]


def stored_files() -> list[Path]:
    return [file for file in Path(django_settings.MEDIA_ROOT).rglob("*") if file.is_file()]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The documents whose PDF was made, in that order; the making itself takes no time."""
    order: list[int] = []

    def make_paper(document: Document, *, seconds: float | None = None) -> press.Made:
        if not document.content:
            raise press.Broken("Содержание: пусто.")
        order.append(document.pk)
        return press.Made(content=b"%PDF-1.7\n", cpu_seconds=0, peak_mb=0)

    monkeypatch.setattr(papers, "make_apart", make_paper)
    return order


@pytest.mark.django_db
def test_what_is_stored_is_what_was_made(stated: Stated) -> None:
    row = rendering.render_document(document=stated(Kind.TRANSFER_ACT))
    row.refresh_from_db()
    content = default_storage.open(row.path).read()
    assert content.startswith(b"%PDF-1.7")
    assert (row.size, row.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert row.rendered_at is not None
    assert [str(file.relative_to(django_settings.MEDIA_ROOT)) for file in stored_files()] == [
        row.path
    ]


@pytest.mark.django_db
def test_a_second_call_makes_nothing(stated: Stated, made: list[int]) -> None:
    stale = stated(Kind.TRANSFER_ACT)
    first = rendering.render_document(document=stale)
    assert stale.path == "", "the caller's own row is left alone"
    assert rendering.render_document(document=stale).path == first.path
    assert rendering.render_document(document=first).path == first.path
    assert made == [stale.pk]


@pytest.mark.django_db(transaction=True)
def test_two_who_open_it_at_once_get_one_file(
    vega: User, vega_contract: Contract, stated: Stated, login: Login
) -> None:
    row = stated(Kind.TRANSFER_ACT)
    rendering.render_document(document=stated(Kind.TRANSFER_ACT))  # WeasyPrint is loaded
    before = len(stored_files())
    address = reverse("documents:document-file", args=[vega_contract.pk, row.pk])
    browsers = [login(vega), login(vega)]
    answers: list[bytes] = []
    start = threading.Barrier(2)

    def open_it(browser: Browser) -> None:
        start.wait(10)
        answers.append(body(browser.get(address)))
        connection.close()

    threads = [threading.Thread(target=open_it, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert answers[0].startswith(b"%PDF")
    assert len(stored_files()) == before + 1
    assert JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).count() == 2


@pytest.mark.django_db(transaction=True)
def test_whoever_waits_too_long_is_told_so(
    vega: User, vega_contract: Contract, stated: Stated, login: Login
) -> None:
    """Another process holds the row: the page answers after `lock_timeout`, with a sentence."""
    row = stated(Kind.TRANSFER_ACT)
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Document.objects.select_for_update().get(pk=row.pk)
            locked.set()
            done.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert locked.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        address = reverse("documents:document-file", args=[vega_contract.pk, row.pk])
        response = login(vega).get(address)
    finally:
        done.set()
        holder.join()
        connection.close()
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert "Документ ещё готовится" in response.content.decode()
    assert stored_files() == []


@pytest.mark.django_db
def test_no_reference_without_a_file(
    stated: Stated, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk refuses half-way: neither a half file nor a row that names one."""
    row = stated(Kind.TRANSFER_ACT)

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cabinet.files.os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        rendering.render_document(document=row)
    row.refresh_from_db()
    assert row.path == ""
    assert stored_files() == []


@pytest.mark.django_db
def test_no_file_without_a_reference(
    stated: Stated, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row cannot be written: the file goes again."""
    row = stated(Kind.TRANSFER_ACT)
    monkeypatch.setattr(rendering, "Now", lambda: "never")
    with pytest.raises(Exception, match="never"), transaction.atomic():
        rendering.render_document(document=row)
    assert stored_files() == []


@pytest.mark.django_db
def test_the_newest_are_made_first(stated: Stated, made: list[int]) -> None:
    months = (8, 10, 9)
    rows = {
        month: stated(Kind.TRANSFER_ACT, period=datetime.date(2026, month, 1)) for month in months
    }
    later = stated(
        Kind.TRANSFER_ACT,
        period=datetime.date(2026, 10, 1),
        issued_on=datetime.date(2026, 11, 2),
    )
    assert rendering.render_missing() == 4
    assert made == [later.pk, rows[10].pk, rows[9].pk, rows[8].pk]
    assert rendering.render_missing() == 0


@pytest.mark.django_db
def test_a_broken_document_is_marked_and_skipped(
    vega_contract: Contract, stated: Stated, made: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    good = stated(Kind.TRANSFER_ACT, period=datetime.date(2026, 9, 1))
    broken = make.document(vega_contract, period=datetime.date(2026, 10, 1))
    assert rendering.render_missing() == 1
    assert made == [good.pk]
    broken.refresh_from_db()
    assert broken.failure == "Содержание: пусто."
    assert broken.failed_at is not None
    assert f"document {broken.pk} cannot be rendered: Содержание: пусто." in caplog.text
    caplog.clear()
    tasks.render_missing()
    assert not caplog.records, "not by every run"
    with pytest.raises(rendering.RenderingFailed):
        rendering.open_document(document=broken)
    assert not caplog.records, "nor by every click"
    # Once the office has asked for it, it is tried again.
    assert batches.retry() == 1
    assert rendering.render_missing() == 0
    broken.refresh_from_db()
    assert broken.failure


@pytest.mark.django_db
def test_a_document_of_tomorrow_waits(stated: Stated, made: list[int]) -> None:
    stated(Kind.TRANSFER_ACT, published_at=timezone.now() + datetime.timedelta(days=1))
    assert rendering.render_missing() == 0
    assert made == []


@pytest.mark.django_db
def test_the_reason_is_in_words(stated: Stated) -> None:
    """Of the real process: the office reads which field is wrong."""
    good = stated(Kind.TRANSFER_ACT)
    good.content["lines"][0]["vat"] = "сто"
    broken = make.document(good.contract, Kind.TRANSFER_ACT, content=good.content)
    with pytest.raises(rendering.RenderingFailed):
        rendering.render_document(document=broken)
    broken.refresh_from_db()
    place = "поле «строки → строка 1 → сумма НДС» (lines.0.vat): не число"
    assert broken.failure == f"Содержание: {place}."


@pytest.mark.django_db
def test_who_opens_a_long_one_is_told_to_come_back(
    vega: User,
    vega_contract: Contract,
    stated: Stated,
    login: Login,
    made: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker makes it, without the short limit of a page."""
    row = stated(Kind.TRANSFER_ACT)
    real, woken = papers.make_apart, []

    def slow(document: Document, *, seconds: float | None = None) -> press.Made:
        if seconds is not None:
            raise press.TooSlow("Не успел.")
        return real(document)

    monkeypatch.setattr(papers, "make_apart", slow)
    monkeypatch.setattr("cabinet.celery.wake", lambda task, *args: woken.append((task, *args)))
    address = reverse("documents:document-file", args=[vega_contract.pk, row.pk])
    browser = login(vega)
    response = browser.get(address)
    assert response.status_code == 503
    assert "Документ ещё готовится" in response.content.decode()
    assert woken == [(tasks.render_one, row.pk)]
    row.refresh_from_db()
    assert row.failure == ""
    tasks.render_one(row.pk)
    assert body(browser.get(address)).startswith(b"%PDF")


@pytest.mark.django_db
def test_one_too_long_for_a_worker_is_marked(
    stated: Stated, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = stated(Kind.TRANSFER_ACT)

    def slow(document: Document, *, seconds: float | None = None) -> press.Made:
        raise press.TooSlow("Не успел за 300 с.")

    monkeypatch.setattr(papers, "make_apart", slow)
    tasks.render_one(row.pk)
    row.refresh_from_db()
    assert row.failure == "Не успел за 300 с."


@pytest.mark.django_db
def test_a_run_ends_in_time(
    stated: Stated, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(0, 20)
    woken: list[Any] = []
    monkeypatch.setattr("cabinet.celery.wake", lambda task, *args: woken.append(task))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    for month in range(1, 10):
        stated(Kind.TRANSFER_ACT, period=datetime.date(2026, month, 1))
    assert rendering.render_missing(seconds=50) < 9
    assert made
    assert woken == [tasks.render_missing], "the rest does not wait for beat"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("runs", "made_beside"), [(1, 0), (2, 1)])
def test_so_many_runs_at_a_time(
    runs: int, made_beside: int, stated: Stated, made: list[int], settings: Settings
) -> None:
    """One more returns at once, so that its worker is free for letters."""
    settings.PDF_RUNS = runs
    stated(Kind.TRANSFER_ACT)
    results: list[Any] = []

    def another_run() -> None:
        results.append(rendering.render_missing())
        connection.close()

    with rendering._a_run_of_its_own() as is_ours:
        assert is_ours
        other = threading.Thread(target=another_run)
        other.start()
        other.join(10)
    assert results == [made_beside]
    assert rendering.render_missing() == 1 - made_beside, "the place is free again"


@pytest.mark.django_db(transaction=True)
def test_runs_side_by_side_make_each_document_once(
    stated: Stated, made: list[int], settings: Settings
) -> None:
    settings.PDF_RUNS = 3
    rows = [stated(Kind.TRANSFER_ACT) for _ in range(12)]

    def run() -> None:
        rendering.render_missing()
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(made) == [row.pk for row in rows]
    (batch,) = Batch.objects.all()
    assert batch.made == 12
    rendering.render_missing()
    batch.refresh_from_db()
    assert batch.finished_at is not None


@pytest.mark.django_db
def test_files_of_no_document_are_swept_after_a_day(stated: Stated, made: list[int]) -> None:
    """A COMMIT that failed leaves a PDF, a killed worker a half-written one."""
    owned = Path(
        default_storage.path(rendering.render_document(document=stated(Kind.TRANSFER_ACT)).path)
    )
    lost, unfinished, fresh = (owned.with_name(name) for name in ("a.pdf", "b.part", "c.part"))
    two_days_ago = time.time() - 2 * 86_400
    for path in (lost, unfinished, fresh):
        path.write_bytes(b"%PDF")
    for path in (owned, lost, unfinished):
        os.utime(path, (two_days_ago, two_days_ago))
    tasks.sweep_orphans()
    assert set(stored_files()) == {owned, fresh}
    daily = django_settings.CELERY_BEAT_SCHEDULE["sweep-orphaned-documents"]
    assert (daily["task"], daily["schedule"]) == (tasks.sweep_orphans.name, 86_400.0)


def test_beat_looks_every_minute() -> None:
    entry = django_settings.CELERY_BEAT_SCHEDULE["render-missing-documents"]
    assert entry["task"] == tasks.render_missing.name
    assert entry["schedule"] == 60.0
    assert entry["schedule"] > rendering.RUN_SECONDS
