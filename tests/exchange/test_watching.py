"""The folder of exchange: whole packages are loaded in their order, unfinished ones left alone."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from accounts.models import Client
from exchange.incoming import attempts, loading, watching
from exchange.models import Import
from tests.exchange.conftest import Spoil

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """The watched folder, empty."""
    path = tmp_path / "exchange"
    path.mkdir()
    settings.PACKAGE_FOLDER = str(path)
    return path


def put(package: Path, folder: Path, name: str, *, minutes_ago: int = 5) -> Path:
    """Lay a package into the folder, untouched since."""
    target = Path(shutil.copytree(package, folder / name))
    age(target, minutes_ago)
    return target


def age(path: Path, minutes: int) -> None:
    moment = time.time() - minutes * 60
    for one in (path, *path.rglob("*")):
        os.utime(one, (moment, moment))


def test_no_folder_is_watched_unless_it_is_named(settings: Settings) -> None:
    assert settings.PACKAGE_FOLDER == ""
    assert watching.look() == []


def test_a_whole_package_is_loaded_and_put_away(made: Path, folder: Path) -> None:
    put(made, folder, "november")
    assert watching.look() == [folder / "done" / "november"]
    assert Import.objects.get().source == Import.Source.FOLDER
    assert Client.objects.count() == 3
    report = (folder / "done" / "november.report.txt").read_text(encoding="utf-8-sig")
    assert report.startswith("Пакет загружен: новых ")
    assert "clients.csv: новых 3" in report
    assert watching.look() == []


def test_the_same_again_is_put_away_as_well(loaded: object, made: Path, folder: Path) -> None:
    put(made, folder, "november")
    watching.look()
    put(made, folder, "november")
    (moved,) = watching.look()
    assert moved.name.endswith("-november")
    report = (moved.parent / f"{moved.name}.report.txt").read_text(encoding="utf-8-sig")
    assert report.startswith("Этот пакет уже загружен")


@pytest.mark.parametrize("minutes_ago", [0, 5])
def test_what_is_being_written_is_left_alone(made: Path, folder: Path, minutes_ago: int) -> None:
    fresh = put(made, folder, "fresh", minutes_ago=minutes_ago)
    if minutes_ago:
        (fresh / "ledger.csv").write_bytes((fresh / "ledger.csv").read_bytes()[:1000])
        age(fresh, minutes_ago)
    begun = put(made, folder, "begun", minutes_ago=60)
    (begun / "manifest.json").unlink()
    (folder / "half.zip.part").write_bytes(b"PK")
    assert watching.look() == []
    assert not Import.objects.exists()
    assert fresh.is_dir()
    assert begun.is_dir()
    (found,) = [one for one in watching.waiting(folder) if one.path == fresh]
    assert found.waits_for


def test_what_stays_incomplete_is_refused(made: Path, folder: Path) -> None:
    broken = put(made, folder, "broken")
    (broken / "ledger.csv").unlink()
    age(broken, 20)
    assert watching.look() == [folder / "refused" / "broken"]
    attempt = Import.objects.get()
    assert attempt.state == Import.State.REFUSED
    assert attempt.trouble == "ledger.csv: файла нет"


def test_refused_rows_lie_beside_the_package(copied: Path, folder: Path, spoil: Spoil) -> None:
    spoil("points", lambda rows: rows[3].update(contract="vega-77"))
    put(copied, folder, "november")
    watching.look()
    assert not Client.objects.exists()
    rows = (folder / "refused" / "november.rows" / "points.csv").read_text(encoding="utf-8-sig")
    assert "строка 5: столбец «contract»: нет такого кода «vega-77»" in rows


def test_the_oldest_data_go_first(made: Path, copied: Path, folder: Path) -> None:
    path = copied / "manifest.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "as_of": "2026-11-22T06:00:00+03:00"}))
    put(made, folder, "a-newer")
    put(copied, folder, "b-older")
    assert [path.name for path in watching.look()] == ["b-older", "a-newer"]
    assert Import.objects.applied().count() == 2


def breaking(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Loading the package of this name breaks off, as if the database were in trouble."""
    usual = loading.go_through

    def go_through(attempt: Import, path: Path, **options: Any) -> Any:
        if path.name == name:
            attempts.note_failed(attempt, loading.BROKEN_OFF)
            raise RuntimeError("no room on the disk")
        return usual(attempt, path, **options)

    monkeypatch.setattr(loading, "go_through", go_through)


@pytest.fixture
def older_and_newer(made: Path, copied: Path, folder: Path) -> None:
    path = copied / "manifest.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "as_of": "2026-11-22T06:00:00+03:00"}))
    put(made, folder, "newer")
    put(copied, folder, "older")


def test_newer_data_wait_for_older_that_broke_off(
    older_and_newer: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        breaking(patched, "older")
        assert watching.look() == []
        assert not Import.objects.applied().exists()
    assert [path.name for path in watching.look()] == ["older", "newer"]
    assert Import.objects.applied().count() == 2


def test_what_breaks_off_again_and_again_is_put_aside(
    older_and_newer: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, "older")
    for _ in range(watching.TRIES - 1):
        assert watching.look() == []
    assert watching.look() == [folder / "refused" / "older", folder / "done" / "newer"]
    report = (folder / "refused" / "older.report.txt").read_text(encoding="utf-8-sig")
    assert report.startswith("Загрузка прервалась")


def test_two_do_not_look_at_once(made: Path, folder: Path) -> None:
    put(made, folder, "november")
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [watching._LOCK])
        assert watching.look() == []
        assert not Import.objects.exists()
    finally:
        other.close()


def test_the_lock_is_given_back(folder: Path) -> None:
    watching.look()
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [watching._LOCK])
            assert cursor.fetchone() == (True,)
    finally:
        other.close()


def test_a_file_that_cannot_be_read_stops_nobody_else(
    made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = put(made, folder, "a-locked", minutes_ago=20)
    put(made, folder, "b-november")
    usual = Path.open

    def opened(path: Path, *args: Any, **options: Any) -> Any:
        if path == locked / "ledger.csv":
            raise PermissionError(13, "Permission denied")
        return usual(path, *args, **options)

    monkeypatch.setattr(Path, "open", opened)
    assert watching.look() == [folder / "refused" / "a-locked", folder / "done" / "b-november"]
    refused = Import.objects.get(name="a-locked")
    assert refused.trouble == "ledger.csv: файл не читается: Permission denied"


def test_the_report_is_that_of_its_own_import(
    made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another import may begin while this one is at work."""
    put(made, folder, "november")
    usual = loading.go_through

    def go_through(attempt: Import, path: Path, **options: Any) -> Any:
        outcome = usual(attempt, path, **options)
        Import.objects.create(source=Import.Source.FOLDER, name="another", trouble="Не тот отчёт")
        return outcome

    monkeypatch.setattr(loading, "go_through", go_through)
    watching.look()
    report = (folder / "done" / "november.report.txt").read_text(encoding="utf-8-sig")
    assert "Пакет: november" in report
