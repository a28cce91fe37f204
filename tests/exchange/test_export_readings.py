"""Batches by command and in billing's folder: whole files, every batch once."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import JournalEntry, User
from contracts.models import Contract, Topic
from exchange.models import OutgoingBatch
from exchange.outgoing import batch_files, batch_folder, batching
from meters.models import BillingAnswer
from tests import make

pytestmark = pytest.mark.django_db


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_the_command_puts_what_is_new(
    vega: User, vega_contract: Contract, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.submission(vega_contract, vega)
    call_command("export_readings", str(tmp_path), "--format", "csv", "--format", "json")
    assert names(tmp_path) == ["readings-000001.csv", "readings-000001.json"]
    entry = JournalEntry.objects.latest("pk")
    assert (entry.user, entry.details["folder"]) == (None, str(tmp_path))
    first = (tmp_path / "readings-000001.csv").read_bytes()
    call_command("export_readings", str(tmp_path))
    assert "Новых нет" in capsys.readouterr().out
    (tmp_path / "readings-000001.csv").unlink()
    call_command("export_readings", str(tmp_path), "--again", "1")
    assert (tmp_path / "readings-000001.csv").read_bytes() == first
    with pytest.raises(CommandError, match="Партии № 7 нет"):
        call_command("export_readings", str(tmp_path), "--again", "7")


def test_without_the_folder_nothing_leaves(
    vega: User, vega_contract: Contract, tmp_path: Path
) -> None:
    make.submission(vega_contract, vega)
    with pytest.raises(CommandError, match="В папку не записать"):
        call_command("export_readings", str(tmp_path / "no-such"))
    assert batching.count_new("readings") == 1


def test_the_folder_gets_every_batch_once(
    vega: User, vega_contract: Contract, topic: Topic, tmp_path: Path, settings: Settings
) -> None:
    make.submission(vega_contract, vega)
    assert batch_folder.fill() == 0
    batching.make(kind="readings", by=vega)
    settings.EXPORT_FOLDER, settings.EXPORT_FORMATS = str(tmp_path / "billing"), ["csv", "xlsx"]
    make.message(vega_contract, vega, topic)
    with pytest.raises(OSError, match="billing"):
        batch_folder.fill()
    assert batching.count_new("cases") == 1, "no batch is made that has no place to go"
    (tmp_path / "billing").mkdir()
    assert batch_folder.fill() == 2
    assert names(tmp_path / "billing") == [
        "cases-000001.csv", "cases-000001.xlsx", "readings-000001.csv", "readings-000001.xlsx",
    ]  # fmt: skip
    assert batch_folder.fill() == 0
    assert not OutgoingBatch.objects.filter(delivered_at=None).exists()


def test_the_command_takes_answers(
    vega: User, vega_contract: Contract, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.submission(vega_contract, vega)
    batching.make(kind="readings")
    path = tmp_path / "answers.csv"
    path.write_text("row;state\n1;counted\n", encoding="utf-8")
    call_command("take_answers", "readings", "1", str(path))
    assert "новых ответов 1" in capsys.readouterr().out
    call_command("take_answers", "readings", "1", str(path))
    assert "уже принят" in capsys.readouterr().out
    path.write_text("row;state\n2;counted\n", encoding="utf-8")
    with pytest.raises(CommandError, match="Строка файла 2: в партии строк 1"):
        call_command("take_answers", "readings", "1", str(path))
    with pytest.raises(CommandError, match="Партии № 2 нет"):
        call_command("take_answers", "readings", "2", str(path))
    with pytest.raises(CommandError, match="Файл не прочитать"):
        call_command("take_answers", "readings", "1", str(tmp_path / "no-such"))
    assert BillingAnswer.objects.count() == 1


def test_the_journal_tells_of_files_when_all_of_them_are_there(
    vega: User,
    vega_contract: Contract,
    tmp_path: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make.submission(vega_contract, vega)
    settings.EXPORT_FOLDER, settings.EXPORT_FORMATS = str(tmp_path), ["csv", "xlsx"]
    usual = batch_files.write_to

    def full(batch: OutgoingBatch, format: str, folder: Path) -> Path:
        if format == "xlsx":
            raise OSError("no space left")
        return usual(batch, format, folder)

    entries = JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED)
    with monkeypatch.context() as patched:
        patched.setattr(batch_files, "write_to", full)
        with pytest.raises(OSError, match="no space left"):
            batch_folder.fill()
        assert not entries.exists()
    assert batch_folder.fill() == 1
    assert entries.count() == 2
