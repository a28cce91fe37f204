"""Checking: what would change is shown, every refused row is named, nothing is kept."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Client
from billing.models import LedgerEntry
from contracts.models import Contract
from exchange.incoming import loading, reporting
from exchange.models import AddedRows, ChangedRow, Import
from tests import make
from tests.exchange.conftest import Spoil, describe

pytestmark = pytest.mark.django_db

Rows = list[dict[str, Any]]


def check(folder: Path) -> Import:
    """The import that a check leaves behind."""
    with contextlib.suppress(loading.PackageError):
        loading.load(folder=folder, is_final=False)
    return Import.objects.latest("pk")


def reasons(attempt: Import) -> list[str]:
    return [f"{row}: {row.reason}" for row in attempt.refusals.all()]


def test_a_check_keeps_nothing(made: Path) -> None:
    attempt = check(made)
    assert attempt.state == Import.State.CHECKED
    assert attempt.counts["clients"]["new"] == 3
    assert attempt.as_of is not None
    for model in (Client, Contract, LedgerEntry, AddedRows, ChangedRow):
        assert not model.objects.exists(), model


def test_the_difference_is_shown(loaded: object, copied: Path, spoil: Spoil) -> None:
    def edit(rows: Rows) -> None:
        rows[0].update(phone="8 800 000-99-99")
        rows.append({**rows[1], "external_id": "new", "inn": make.with_check_digit_inn(7)})

    spoil("clients", edit)
    spoil("contracts", lambda rows: rows[1].update(branch="brod"))
    gone: list[str] = []
    spoil("balances", lambda rows: gone.append(rows.pop()["external_id"]))
    attempt = check(copied)
    assert attempt.counts["clients"] == {
        "new": 1, "changed": 1, "unchanged": 2, "vanished": 0, "refused": 0,
    }  # fmt: skip
    before = Client.objects.get(external_id="vega").phone
    assert attempt.samples["clients"]["changed"] == [
        {"key": "vega", "fields": [["phone", before, "8 800 000-99-99"]]}
    ]
    (changed,) = attempt.samples["contracts"]["changed"]
    assert changed["key"] == "vega-2"
    assert [(name, after) for name, _, after in changed["fields"]] == [("branch", "brod")]
    assert attempt.counts["balances"]["vanished"] == 1
    assert attempt.samples["balances"]["vanished"] == gone
    assert "новых 1, изменено 2" in reporting.summary(attempt)


@pytest.mark.parametrize(
    ("table", "column", "text", "words"),
    [
        ("clients", "inn", "9601040012", "контрольные"),
        ("clients", "kpp", "12", "Нужны 9 знаков".lower()),
        ("clients", "ogrn", "1027700132196", "контрольная"),
        ("clients", "email", "не почта", "электронной почты"),
        ("clients", "short_name", "", "не заполнен"),
        ("contracts", "number", "", "не заполнен"),
    ],
)
def test_what_a_card_would_not_take_does_not_come_by_a_package(
    copied: Path, spoil: Spoil, table: str, column: str, text: str, words: str
) -> None:
    spoil(table, lambda rows: rows[0].update({column: text}))
    (refusal,) = [row for row in check(copied).refusals.all() if row.table == table]
    assert (refusal.row, refusal.column) == (2, column)
    assert words in refusal.reason.lower()


def test_every_refused_row_is_named(copied: Path, spoil: Spoil) -> None:
    def edit(rows: Rows) -> None:
        rows[0].update(amount="-1.00", kind="payment")
        rows[1].update(contract="нет")
        rows[2].update(booked_on="вчера", amount="сто")
        rows[3].update(amount="1.234")
        rows[4].update(title="Я" * 101)
        rows[5].update(period="2026-01-02")

    spoil("ledger", edit)
    attempt = check(copied)
    assert attempt.state == Import.State.REFUSED
    found = reasons(attempt)
    for expected in (
        "ledger.csv, строка 2: такой вид записи на этом счёте расчётов (account) не ведётся",
        "ledger.csv, строка 3: столбец «contract»: нет такого кода «нет»",
        "ledger.csv, строка 4: столбец «booked_on»: не дата «вчера»; столбец «amount»: не число",
        "ledger.csv, строка 5: столбец «amount»: больше 2 знаков после запятой «1.234»",
        "ledger.csv, строка 6: столбец «title»: длиннее 100 знаков",
        "ledger.csv, строка 7: Месяц хранится по первому числу: не соблюдено условие ledger_period",
    ):
        assert any(line.startswith(expected) for line in found), "\n".join([expected, *found])
    assert "; сумма не больше нуля" in found[0], "every reason of a row is told"
    assert [row.row for row in attempt.refusals.all()] == [2, 3, 4, 5, 6, 7]
    assert attempt.counts["ledger"]["refused"] == 6
    assert not Client.objects.exists()


def test_what_names_a_refused_row_says_so(copied: Path, spoil: Spoil) -> None:
    spoil("contracts", lambda rows: rows[0].update(price_category="99"))
    spoil("branches", lambda rows: rows[0].update(external_id="Х" * 65))
    attempt = check(copied)
    found = reasons(attempt)
    assert "points.csv, строка 2: столбец «contract»: отклонена строка «vega-1»" in found


def test_an_entry_that_comes_twice_under_two_codes(copied: Path, spoil: Spoil) -> None:
    spoil("ledger", lambda rows: rows.append({**rows[0], "external_id": "once more"}))
    first, last = reasons(check(copied))
    assert first.startswith("ledger.csv, строка 2: ")
    for line in (first, last):
        assert "уже есть: совпадает contract, account, kind, number, booked_on" in line


def test_a_constraint_that_asks_no_rows_is_named_for_the_file(copied: Path, spoil: Spoil) -> None:
    """A trigger's own, say: the database's words are all that there is."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION refuse_all() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'нельзя' USING ERRCODE = 'integrity_constraint_violation';
            END $$;
            CREATE TRIGGER refuse_all BEFORE INSERT ON meters_meter
                FOR EACH ROW EXECUTE FUNCTION refuse_all();
            """
        )
    attempt = check(copied)
    assert attempt.state == Import.State.REFUSED
    assert attempt.trouble == "meters.csv: нельзя"


def test_refused_rows_come_back_as_they_were(copied: Path, spoil: Spoil) -> None:
    spoil("points", lambda rows: rows[3].update(contract="vega-77"))
    attempt = check(copied)
    assert reporting.tables_refused(attempt) == [
        "points",
        "installations",
        "act_readings",
        "readings",
    ]
    text = "".join(reporting.refused_rows(attempt, "points")).removeprefix("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    with (copied / "points.csv").open(encoding="utf-8", newline="") as stream:
        came = list(csv.DictReader(stream, delimiter=";"))[3]
    why = row.pop("причина")
    assert row == came
    assert why == "строка 5: столбец «contract»: нет такого кода «vega-77»"


def test_a_mended_file_may_keep_its_reasons(copied: Path, spoil: Spoil) -> None:
    path = copied / "branches.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join([f"{lines[0]};причина", *(f"{line};исправлено" for line in lines[1:])]) + "\n",
        encoding="utf-8",
    )
    describe(copied)
    assert check(copied).counts["branches"]["new"] == 3


def test_the_same_package_again_says_so(loaded: object, made: Path) -> None:
    attempt = check(made)
    assert not attempt.has_changed
    assert reporting.summary(attempt).startswith("Этот пакет уже загружен")


def test_an_older_package_is_refused(loaded: object, copied: Path) -> None:
    path = copied / "manifest.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "as_of": "2026-11-22T06:00:00+03:00"}))
    assert "старше загруженных" in check(copied).trouble


def test_a_package_of_the_future_is_refused(copied: Path) -> None:
    path = copied / "manifest.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "as_of": "2099-01-01T00:00:00+03:00"}))
    assert "ещё не наступил" in check(copied).trouble


def test_a_balance_of_the_future_is_refused(copied: Path, spoil: Spoil) -> None:
    spoil("balances", lambda rows: rows[2].update(as_of="2099-01-01T00:00:00+03:00"))
    attempt = check(copied)
    assert attempt.state == Import.State.REFUSED
    (reason,) = reasons(attempt)
    assert reason.startswith("balances.csv, строка 4: сальдо на момент в будущем (as_of), код ")
    assert not Client.objects.exists()


def test_a_package_of_this_evening_is_one_of_the_future(copied: Path) -> None:
    """It would make the next honest one an old one."""
    soon = (timezone.now() + datetime.timedelta(hours=1)).isoformat()
    path = copied / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "as_of": soon}))
    assert "ещё не наступил" in check(copied).trouble


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("clients", "registered_on", "2126-11-01"),
        ("contracts", "signed_on", "2126-05-03"),
        ("ledger", "booked_on", "1826-10-31"),
        ("meters", "year", "3019"),
        ("meters", "verified_until", "1029-07-17"),
        ("points", "losses_percent", "250"),
        ("readings", "period", "2099-05-01"),
        ("readings", "received_at", "1026-11-01T00:00:00+03:00"),
    ],
)
def test_what_cannot_be_is_refused(
    copied: Path, spoil: Spoil, table: str, column: str, value: str
) -> None:
    spoil(table, lambda rows: rows[0].update({column: value}))
    (refusal,) = [row for row in check(copied).refusals.all() if row.table == table]
    assert (refusal.row, refusal.column) == (2, column)


def test_the_command_only_checks(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_package", str(made), "--check")
    said = capsys.readouterr().out
    assert "clients: новых 3, изменено 0, без изменений 0" in said
    assert "Пакет проверен, его можно загружать" in said
    assert not Client.objects.exists()


def test_the_command_writes_refused_rows_which_then_come_back(copied: Path, spoil: Spoil) -> None:
    spoil("points", lambda rows: rows[3].update(contract="vega-77"))
    mended = copied / "mended"
    with pytest.raises(CommandError, match=r"points\.csv, строка 5.*Записаны: points\.csv"):
        call_command("load_package", str(copied), refused=mended)
    path = mended / "points.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("vega-77", "vega-1", 1), "utf-8")
    for other in mended.iterdir():
        if other != path:
            other.unlink()
    call_command("load_package", str(copied))
    assert Client.objects.count() == 3
