"""The office's pages of a load: from the upload over the check and the report to the undoing."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import Client, JournalEntry, User
from cabinet import celery
from exchange import tasks
from exchange.incoming import loading, reporting, waiting
from exchange.models import Import
from tests import factors, make
from tests.exchange.conftest import Spoil

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """A member of the office."""
    return login(office)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are called by hand here."""
    monkeypatch.setattr(celery, "wake", lambda *args: None)


def zipped(folder: Path) -> bytes:
    path = folder.parent / "november.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    return path.read_bytes()


def upload(browser: Browser, content: bytes) -> Any:
    file = SimpleUploadedFile("november.zip", content, "application/zip")
    return browser.post(reverse("admin:exchange_import_load"), {"file": file})


def page(browser: Browser, attempt: Import, query: str = "") -> str:
    address = reverse("admin:exchange_import_change", args=[attempt.pk])
    response = browser.get(address + query)
    assert response.status_code == 200
    return str(response.content.decode())


def press(browser: Browser, attempt: Import, what: str) -> Import:
    browser.post(reverse("admin:exchange_import_act", args=[attempt.pk]), {"do": what})
    waiting.work(attempt.pk)
    attempt.refresh_from_db()
    return attempt


def test_from_the_upload_to_the_undoing(desk: Browser, office: User, made: Path) -> None:
    response = upload(desk, zipped(made))
    attempt = Import.objects.get()
    assert response.url == reverse("admin:exchange_import_change", args=[attempt.pk])
    text = page(desk, attempt)
    assert "проверяется" in text
    state = reverse("admin:exchange_import_state", args=[attempt.pk])
    assert f'data-work="{state}"' in text
    assert desk.get(state).json() == {"is_working": True, "percent": 0, "stage": ""}

    tasks.go_on_with(attempt.pk)
    attempt.refresh_from_db()
    assert attempt.state == Import.State.CHECKED
    text = page(desk, attempt)
    assert "Пакет проверен, его можно загружать: новых" in text
    assert "data-work" not in text
    assert "Новые, первые строки" in text
    assert '<th scope="row">vega-1</th><td>vega</td><td>' in text
    assert "<td>2026-11-23T00:00:00+03:00</td>" in text, "as the file has it"
    assert desk.get(state).json()["is_working"] is False
    assert not Client.objects.exists()

    press(desk, attempt, "apply")
    assert (attempt.state, attempt.applied_by) == (Import.State.APPLIED, office)
    assert Client.objects.count() == 3
    assert attempt.path == "", "the file is not needed any more"
    assert "Отменить загрузку…" in page(desk, attempt)
    assert "Да, отменить загрузку" in page(desk, attempt, "?undo=1")

    press(desk, attempt, "undo")
    assert attempt.state == Import.State.UNDONE
    assert not Client.objects.exists()
    assert "данные снова прежние" in page(desk, attempt)

    entries = JournalEntry.objects.filter(subject__startswith="Пакет «november.zip»")
    assert list(entries.order_by("pk").values_list("subject", "user")) == [
        ("Пакет «november.zip»: загружен", office.pk),
        ("Пакет «november.zip»: загрузка отменена", office.pk),
    ]
    assert entries[0].details["rows"]["clients"] == {"new": 3}


def test_a_checked_package_may_be_dropped(desk: Browser, made: Path) -> None:
    upload(desk, zipped(made))
    attempt = Import.objects.get()
    waiting.work(attempt.pk)
    press(desk, attempt, "drop")
    assert attempt.state == Import.State.REFUSED
    assert attempt.trouble == waiting.DROPPED
    press(desk, attempt, "apply")
    assert not Client.objects.exists()


def test_refused_rows_are_shown_and_handed_out(desk: Browser, copied: Path, spoil: Spoil) -> None:
    spoil("points", lambda rows: rows[3].update(contract="<b>77"))
    upload(desk, zipped(copied))
    attempt = Import.objects.get()
    waiting.work(attempt.pk)
    text = page(desk, attempt)
    assert "points.csv, 5" in text
    assert "нет такого кода «&lt;b&gt;77»" in text
    address = reverse("admin:exchange_import_refused", args=[attempt.pk, "points"])
    answer = desk.get(address)
    assert answer["Content-Disposition"].startswith("attachment")
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert rows[0].endswith(";причина")
    assert len(rows) == 2
    assert desk.get(address.replace("points", "clients")).status_code == 404


def test_mended_rows_come_back_until_all_is_right(
    desk: Browser, copied: Path, spoil: Spoil
) -> None:
    spoil("points", lambda rows: rows[3].update(contract="vega-77"))
    spoil("balances", lambda rows: rows[0].update(amount="сто"))
    upload(desk, zipped(copied))
    first = Import.objects.get()
    waiting.work(first.pk)
    first.refresh_from_db()
    assert "Проверить с исправлениями" in page(desk, first)

    def mended(attempt: Import, table: str, wrong: str, right: str) -> Import:
        text = "".join(reporting.refused_rows(attempt, table))
        assert wrong in text
        # A spreadsheet saves it in an encoding of its own.
        content = text.removeprefix("\ufeff").replace(wrong, right, 1).encode("cp1251")
        file = SimpleUploadedFile(f"{table}.csv", content)
        act = reverse("admin:exchange_import_act", args=[attempt.pk])
        desk.post(act, {"do": "mend", table: file})
        latest = Import.objects.latest("pk")
        waiting.work(latest.pk)
        latest.refresh_from_db()
        return latest

    second = mended(first, "points", "vega-77", "vega-1")
    assert second.pk != first.pk
    links = [reverse("admin:exchange_import_change", args=[one.pk]) for one in (first, second)]
    assert f'<a href="{links[0]}">загрузку № {first.pk}</a>' in page(desk, second)
    assert f'<a href="{links[1]}">загрузка № {second.pk}</a>: пакет отклонён' in page(desk, first)
    assert [row.table for row in second.refusals.all()] == ["balances"], second.trouble
    third = mended(second, "balances", "сто", "100,00")
    assert third.state == Import.State.CHECKED, third.trouble
    press(desk, third, "apply")
    assert Client.objects.count() == 3

    act = reverse("admin:exchange_import_act", args=[first.pk])
    response = desk.post(act, {"do": "mend"}, follow=True)
    assert "Выберите файл с исправлениями" in response.content.decode()


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "Файл пустой"), (b"no archive", "Это не архив ZIP")]
)
def test_what_is_no_package_is_said_at_the_field(desk: Browser, content: bytes, words: str) -> None:
    response = upload(desk, content)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Import.objects.exists()


def test_a_package_may_be_larger_than_any_other_file(
    desk: Browser, settings: Settings, made: Path
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    content = zipped(made)
    assert len(content) > 1000
    assert upload(desk, content).status_code == 302
    settings.PACKAGE_MAX_BYTES = 1000
    assert upload(desk, content).status_code == 413


def test_the_form_is_protected(office: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(office, backend="allauth.account.auth_backends.AuthenticationBackend")
    factors.count_as_passed(browser, office)
    assert upload(browser, b"PK").status_code == 403


def test_rights(superuser: User, login: Login, made: Path, vega: User) -> None:
    reader = make.user("reader", is_staff=True)
    desk = login(reader)
    attempt = Import.objects.create(source=Import.Source.COMMAND, name="x")
    for name, arguments in (
        ("changelist", []), ("load", []), ("change", [attempt.pk]),
        ("refused", [attempt.pk, "points"]), ("state", [attempt.pk]),
    ):  # fmt: skip
        address = reverse(f"admin:exchange_import_{name}", args=arguments)
        assert desk.get(address).status_code == 403, name
        assert login(vega).get(address).status_code == 403, name
    act = reverse("admin:exchange_import_act", args=[attempt.pk])
    assert desk.post(act, {"do": "apply"}).status_code == 403
    assert desk.get(act).status_code in (403, 405)
    assert login(superuser).post(act, {"do": "nothing"}).status_code == 403


def test_the_list_costs_the_same_with_many(
    desk: Browser, statements: Callable[[Browser, str], int]
) -> None:
    address = reverse("admin:exchange_import_changelist")

    def add(count: int) -> None:
        for n in range(count):
            user = make.user(f"of-{Import.objects.count()}-{n}")
            Import.objects.create(source="upload", name=f"p-{n}", created_by=user)

    add(2)
    few = statements(desk, address)
    add(20)
    assert statements(desk, address) == few


# Workers -----------------------------------------------------------------------------------------


def test_an_import_wakes_its_worker_after_the_commit(
    office: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    woken: list[tuple[Any, ...]] = []
    monkeypatch.setattr(celery, "wake", lambda *args: woken.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        file = SimpleUploadedFile("november.zip", b"PK")
        attempt = waiting.receive(upload=file, user=office)
    assert woken == [(tasks.go_on_with, attempt.pk)]


def due(attempt: Import) -> None:
    Import.objects.filter(pk=attempt.pk).update(leased_until=Now())


def test_a_worker_that_died_is_replaced_and_not_for_ever(
    desk: Browser, office: User, made: Path
) -> None:
    upload(desk, zipped(made))
    attempt = Import.objects.get()
    assert waiting._claimed(attempt.pk) is not None
    assert waiting._claimed(attempt.pk) is None, "it is in another worker's hands"
    waiting.work(attempt.pk)
    attempt.refresh_from_db()
    assert attempt.state == Import.State.CHECKING
    due(attempt)
    tasks.go_on()
    attempt.refresh_from_db()
    assert attempt.state == Import.State.CHECKED

    waiting.approve(attempt, user=office)
    Import.objects.filter(pk=attempt.pk).update(attempts=waiting.TRIES)
    due(attempt)
    tasks.go_on()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.trouble) == (Import.State.FAILED, waiting.BROKEN_OFF)


def test_a_command_that_died_is_told(made: Path) -> None:
    attempt = Import.objects.create(source=Import.Source.COMMAND, name="x", state="applying")
    tasks.go_on()
    attempt.refresh_from_db()
    assert attempt.state == Import.State.FAILED


def test_a_load_that_is_at_work_is_waited_for(
    desk: Browser, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(desk, zipped(made))
    attempt = Import.objects.get()

    def busy(*args: object) -> None:
        raise loading.Busy

    monkeypatch.setattr(loading, "prepare", busy)
    waiting.work(attempt.pk)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.attempts) == (Import.State.CHECKING, 0)


def test_what_nobody_applied_is_let_go(desk: Browser, made: Path) -> None:
    upload(desk, zipped(made))
    attempt = Import.objects.get()
    waiting.work(attempt.pk)
    Import.objects.update(created_at=timezone.now() - waiting.KEPT_FOR * 2)
    tasks.sweep_imports()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.trouble, attempt.path) == (
        Import.State.REFUSED, waiting.TOO_OLD, "",
    )  # fmt: skip


def test_what_broke_off_may_be_repeated_while_its_file_is_kept(
    desk: Browser, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(desk, zipped(made))
    attempt = Import.objects.get()

    def breaks(*args: object) -> None:
        raise RuntimeError("no room on the disk")

    with monkeypatch.context() as patched:
        patched.setattr(loading, "prepare", breaks)
        waiting.work(attempt.pk)
    attempt.refresh_from_db()
    assert attempt.state == Import.State.FAILED
    assert "Повторить проверку" in page(desk, attempt)
    press(desk, attempt, "repeat")
    assert attempt.state == Import.State.CHECKED
    assert "Повторить проверку" not in page(desk, attempt)
    press(desk, attempt, "repeat")
    assert attempt.state == Import.State.CHECKED


def test_the_file_of_what_broke_off_does_not_stay_for_ever(desk: Browser, made: Path) -> None:
    upload(desk, zipped(made))
    old = timezone.now() - waiting.KEPT_FOR * 2
    Import.objects.update(state=Import.State.FAILED, created_at=old)
    path = Path(default_storage.path(Import.objects.get().path))
    assert path.exists()
    tasks.sweep_imports()
    attempt = Import.objects.get()
    assert (attempt.state, attempt.path) == (Import.State.FAILED, "")
    assert "Повторить проверку" not in page(desk, attempt)
    assert not waiting.repeat(attempt)


def test_the_journal_knows_who_took_refused_rows_out(
    desk: Browser, office: User, copied: Path, spoil: Spoil
) -> None:
    spoil("points", lambda rows: rows[3].update(contract="vega-77"))
    upload(desk, zipped(copied))
    attempt = Import.objects.get()
    waiting.work(attempt.pk)
    desk.get(reverse("admin:exchange_import_refused", args=[attempt.pk, "points"]))
    entry = JournalEntry.objects.latest("pk")
    assert (entry.action, entry.user) == (JournalEntry.Action.EXPORTED, office)
    assert "/refused/points.csv" in entry.details["path"]


def test_the_journal_knows_of_packages_that_nobody_handed_in(made: Path) -> None:
    loading.load(folder=made)
    entry = JournalEntry.objects.get()
    assert (entry.subject, entry.user) == ("Пакет «made»: загружен", None)
    assert entry.details["source"] == "command"
