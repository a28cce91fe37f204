"""A load is seen while it is at work, and it is alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction

from exchange import telling
from exchange.incoming import loading, progress
from exchange.incoming.tables import TABLES
from exchange.models import Import


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_transaction_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_EVERY_SECONDS", 0)
    attempt = Import.objects.create(source=Import.Source.COMMAND, name="x")
    heard: list[tuple[int, str]] = []
    with transaction.atomic():
        with progress.told(attempt, lambda *said: heard.append(said)) as tell:
            tell(42, "счётчики: чтение")
        transaction.set_rollback(True)
    before = attempt.leased_until
    attempt.refresh_from_db()
    assert (attempt.percent, attempt.stage) == (42, "счётчики: чтение")
    assert attempt.leased_until > before
    assert heard == [(42, "счётчики: чтение")]


def test_the_share_grows_with_the_bytes() -> None:
    said: list[int] = []
    first, second = TABLES[:2]
    meter = progress.Progress(
        {first.name: 100, second.name: 900}, lambda percent, stage: said.append(percent)
    )
    meter.at(first, "чтение")
    meter.moved(100)
    meter.at(first, "проверка")
    meter.at(first, "запись")
    meter.at(second, "чтение")
    meter.moved(450)
    meter.at(second, "запись")
    assert said == sorted(said)
    assert (said[0], said[4], said[-1]) == (0, 10, 55)


@pytest.mark.django_db
def test_a_second_load_goes_away(made: Path) -> None:
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [loading._LOCK])
        with pytest.raises(loading.Busy):
            loading.load(folder=made)
        assert not Import.objects.exists()
        with pytest.raises(CommandError, match="Идёт другая загрузка"):
            call_command("load_package", str(made))
    finally:
        other.close()
    loading.load(folder=made)
