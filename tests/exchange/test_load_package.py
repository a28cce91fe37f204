"""Loading: all or nothing, twice is once, and every mistake is named with its file and row."""

from __future__ import annotations

import csv
import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Client
from billing.models import Balance, LedgerEntry
from contracts.models import Branch, Contract, Topic
from exchange.demo import SEED, package
from exchange.incoming import loading
from exchange.incoming.tables import TABLES
from meters.models import Reading
from tests.exchange.conftest import TODAY, Spoil, describe, stated

pytestmark = pytest.mark.django_db


def refusal(folder: Path) -> str:
    with pytest.raises(loading.PackageError) as caught:
        loading.load(folder=folder)
    assert not Branch.objects.exists(), "something of a refused package was kept"
    assert not Topic.objects.exists()
    return str(caught.value)


def test_a_fresh_database_takes_every_row(made: Path) -> None:
    described = stated(made)
    counts = loading.load(folder=made)
    for name, count in counts.items():
        assert (count.new, count.changed, count.unchanged) == (described.tables[name].rows, 0, 0)
        # Billing answers about receipts, and a fresh portal has given none.
        assert count.new > 0 or name == "reading_answers"


def test_loading_twice_changes_nothing(loaded: dict[str, loading.Counts], made: Path) -> None:
    again = loading.load(folder=made)
    for name, count in again.items():
        assert (count.new, count.changed, count.unchanged) == (0, 0, loaded[name].new), name


def test_a_changed_row_is_changed_and_no_other(
    loaded: dict[str, loading.Counts], copied: Path, spoil: Spoil
) -> None:
    spoil("clients", lambda rows: rows[0].update(phone="8 800 000-99-99"))
    spoil("contracts", lambda rows: rows[1].update(branch="brod"))
    counts = loading.load(folder=copied)
    changed = {name: count.changed for name, count in counts.items() if count.changed}
    assert changed == {"clients": 1, "contracts": 1}
    assert Client.objects.get(external_id="vega").phone == "8 800 000-99-99"
    assert Contract.objects.get(external_id="vega-2").branch.external_id == "brod"


def test_an_empty_registration_day_does_not_erase_the_office_s(
    loaded: dict[str, loading.Counts], copied: Path, spoil: Spoil
) -> None:
    spoil("clients", lambda rows: rows[0].update(registered_on=""))
    before = Client.objects.get(external_id="vega").registered_on
    assert loading.load(folder=copied)["clients"].changed == 0
    assert Client.objects.get(external_id="vega").registered_on == before is not None


def test_the_office_s_settings_of_a_topic_are_kept(
    loaded: dict[str, loading.Counts], copied: Path, spoil: Spoil
) -> None:
    own = {"email": "desk@example.com", "answer_days": 9, "order": 70, "is_active": False}
    Topic.objects.filter(code="billing").update(**own, name="Имя офиса")
    assert loading.load(folder=copied)["topics"].changed == 1
    topics = Topic.objects.filter(code="billing")
    assert topics.values(*own).get() == own
    assert topics.get().name == "Начисления, счета, акты сверки"
    spoil("topics", lambda rows: rows[1].update(email="new@example.com", order="1"))
    assert loading.load(folder=copied)["topics"].changed == 0
    assert topics.values(*own).get() == own


def test_columns_may_stand_in_any_order(copied: Path) -> None:
    path = copied / "branches.csv"
    rows = [line.split(";") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(";".join(reversed(row)) + "\n" for row in rows), encoding="utf-8")
    describe(copied)
    loading.load(folder=copied)
    assert Branch.objects.get(external_id="brod").city == "пгт Северный Брод"


def test_a_package_without_the_optional_columns_is_taken(copied: Path) -> None:
    path = copied / "topics.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    left = [name for name in rows[0] if name not in ("group_name", "fallback_email")]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, left, delimiter=";", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    describe(copied)
    loading.load(folder=copied)
    assert set(Topic.objects.values_list("group_name", "fallback_email")) == {("", "")}
    Topic.objects.update(group_name="отдел офиса")
    assert loading.load(folder=copied)["topics"].changed == 0


def without(folder: Path, name: str) -> None:
    """Leave a table out of the package: its file, and its line in the manifest."""
    (folder / f"{name}.csv").unlink()
    path = folder / "manifest.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    del said["tables"][name]
    path.write_text(json.dumps(said), encoding="utf-8")


@pytest.mark.parametrize("name", ["notice_dispatches", "notice_withdrawals"])
def test_a_table_that_may_be_absent(name: str, copied: Path) -> None:
    without(copied, name)
    counts = loading.load(folder=copied)
    assert name not in counts
    assert counts["documents"].new > 0


def test_any_other_table_must_be_there(copied: Path) -> None:
    without(copied, "ledger")
    assert "нет таблицы «ledger»" in refusal(copied)


@pytest.mark.parametrize("name", ["notice_dispatches", "notice_withdrawals"])
def test_only_a_notice_is_sent_and_withdrawn(name: str, copied: Path, spoil: Spoil) -> None:
    with (copied / "documents.csv").open(encoding="utf-8", newline="") as stream:
        bill = next(
            row["external_id"]
            for row in csv.DictReader(stream, delimiter=";")
            if row["kind"] == "final_bill"
        )
    spoil(name, lambda rows: rows[0].update(document=bill))
    assert "документ не уведомление об ограничении" in refusal(copied)


def test_how_a_notice_was_sent_is_never_changed(
    loaded: dict[str, loading.Counts], copied: Path, spoil: Spoil
) -> None:
    spoil("notice_dispatches", lambda rows: rows[0].update(address="else@vega.example"))
    with pytest.raises(loading.PackageError, match="уже загружена и не меняется") as caught:
        loading.load(folder=copied)
    assert str(caught.value).endswith("»; отличается: address")


def test_the_document_of_the_format_lists_every_column() -> None:
    text = (settings.BASE_DIR / "docs" / "exchange.md").read_text(encoding="utf-8")
    written = [line for line in text.splitlines() if "external_id, " in line or "code, " in line]
    declared = [f"| {table.name} | {', '.join(table.columns)} |" for table in TABLES]
    assert [line for line in written if line.startswith("| ")] == declared


def test_no_manifest(copied: Path) -> None:
    (copied / "manifest.json").unlink()
    assert refusal(copied) == "manifest.json: в пакете нет описи"


def test_another_version(copied: Path) -> None:
    said = json.loads((copied / "manifest.json").read_text())
    (copied / "manifest.json").write_text(json.dumps({**said, "version": 2}))
    assert "версия формата 2" in refusal(copied)


def test_a_manifest_that_is_not_one(copied: Path) -> None:
    (copied / "manifest.json").write_text('{"version": 1}')
    assert refusal(copied).startswith("manifest.json: day:")


@pytest.mark.parametrize("moment", ["2026-11-23T06:00:00", "вчера", None])
def test_a_moment_without_an_offset(copied: Path, moment: str | None) -> None:
    said = json.loads((copied / "manifest.json").read_text())
    (copied / "manifest.json").write_text(json.dumps({**said, "as_of": moment}))
    assert refusal(copied).startswith("manifest.json: as_of:")


def test_a_package_without_an_optional_table_is_taken(copied: Path) -> None:
    (copied / "instalments.csv").unlink()
    said = json.loads((copied / "manifest.json").read_text())
    del said["tables"]["instalments"]
    (copied / "manifest.json").write_text(json.dumps(said))
    counts = loading.load(folder=copied)
    assert "instalments" not in counts
    assert counts["ledger"].new > 0


def test_a_package_from_before_the_accounts_is_all_of_the_main_debt(
    copied: Path, spoil: Spoil
) -> None:
    def only_main(rows: list[dict[str, Any]]) -> None:
        rows[:] = [row for row in rows if row["account"] == "main"]
        for row in rows:  # what was paid ahead was a payment then
            if row.get("kind") == "offset":
                row["kind"] = "payment"

    for name in ("ledger", "balances"):
        spoil(name, only_main)
        path = copied / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter=";"))
        left = [column for column in rows[0] if column != "account"]
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, left, delimiter=";", extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    describe(copied)
    loading.load(folder=copied)
    assert set(LedgerEntry.objects.values_list("account", flat=True)) == {"main"}
    assert set(Balance.objects.values_list("account", flat=True)) == {"main"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "charge", "account": "late_fee"}, "такой вид записи на этом счёте расчётов"),
        ({"kind": "advance", "account": "main"}, "такой вид записи на этом счёте расчётов"),
        ({"kind": "payment", "amount": "-1.00"}, "сумма не больше нуля"),
        ({"kind": "correction", "amount": "0.00"}, "сумма не больше нуля"),
        ({"account": "долг"}, "столбец «account»: неизвестное значение «долг»"),
    ],
)
def test_an_entry_that_its_account_does_not_take(
    copied: Path, spoil: Spoil, change: dict[str, str], words: str
) -> None:
    spoil("ledger", lambda rows: rows[4].update({"account": "main", **change}))
    assert refusal(copied).startswith(f"ledger.csv, строка 6: {words}")


def test_an_instalment_without_its_sum(copied: Path, spoil: Spoil) -> None:
    spoil("instalments", lambda rows: rows[1].update(amount=""))
    assert refusal(copied).startswith("instalments.csv, строка 3: у платежа с долей нет суммы")


def test_a_missing_file(copied: Path) -> None:
    (copied / "meters.csv").unlink()
    assert refusal(copied) == "meters.csv: файла нет"


def test_a_wrong_checksum(copied: Path) -> None:
    with (copied / "ledger.csv").open("a") as stream:
        stream.write("\n")
    assert refusal(copied) == "ledger.csv: контрольная сумма не совпадает с описью"


def test_a_wrong_number_of_rows(copied: Path) -> None:
    said = json.loads((copied / "manifest.json").read_text())
    said["tables"]["balances"]["rows"] += 1
    (copied / "manifest.json").write_text(json.dumps(said))
    assert refusal(copied).startswith("balances.csv: 21 строк вместо 22")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("external_id;contract;as_of;amount;colour", "неизвестный столбец «colour»"),
        ("external_id;contract;as_of", "нет столбца «amount»"),
        ("external_id;contract;as_of;amount;amount", "столбец повторяется"),
        ("", "нет столбца «external_id»"),
    ],
)
def test_wrong_columns(copied: Path, header: str, words: str) -> None:
    (copied / "balances.csv").write_text(header + "\n", encoding="utf-8")
    describe(copied)
    assert refusal(copied) == f"balances.csv, строка 1: {words}"


def test_an_unknown_parent_is_named(copied: Path, spoil: Spoil) -> None:
    spoil("points", lambda rows: rows[3].update(contract="vega-77"))
    assert refusal(copied) == "points.csv, строка 5: столбец «contract»: нет такого кода «vega-77»"


def test_an_absent_parent_is_named(copied: Path, spoil: Spoil) -> None:
    spoil("points", lambda rows: rows[0].update(contract=""))
    assert refusal(copied) == "points.csv, строка 2: столбец «contract»: нет такого кода «»"


def test_a_reading_of_another_contract_s_point(copied: Path, spoil: Spoil) -> None:
    spoil("readings", lambda rows: rows[2].update(contract="orion-1"))
    message = refusal(copied)
    words = "readings.csv, строка 4: показание относится к точке другого договора, код «vega-1-"
    assert message.startswith(words)


def test_a_ledger_row_of_another_contract_s_document(copied: Path, spoil: Spoil) -> None:
    at: list[int] = []

    def move(rows: list[dict[str, Any]]) -> None:
        at.append(next(n for n, row in enumerate(rows) if row["document"]))
        rows[at[0]]["contract"] = "orion-1"

    spoil("ledger", move)
    words = f"ledger.csv, строка {at[0] + 2}: запись относится к документу другого договора"
    assert refusal(copied).startswith(words)


def test_a_reading_of_the_future(copied: Path, spoil: Spoil) -> None:
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    spoil("readings", lambda rows: rows[5].update(received_at=tomorrow.isoformat()))
    assert refusal(copied).startswith("readings.csv, строка 7: показание принято в будущем")


def test_a_repeated_code(copied: Path, spoil: Spoil) -> None:
    spoil("meters", lambda rows: rows[7].update(external_id=rows[2]["external_id"]))
    assert refusal(copied) == "meters.csv, строка 9: повторяется код «vega-1-3-a»"


def test_an_empty_code(copied: Path, spoil: Spoil) -> None:
    spoil("meters", lambda rows: rows[7].update(external_id=""))
    assert refusal(copied).startswith("meters.csv, строка 9: нет значения в столбце external_id")


def test_a_value_that_is_no_number(copied: Path, spoil: Spoil) -> None:
    spoil("readings", lambda rows: rows[10].update(value="сто"))
    assert refusal(copied).startswith("readings.csv, строка 12: столбец «value»:")


def test_an_absent_value(copied: Path, spoil: Spoil) -> None:
    spoil("readings", lambda rows: rows[10].update(value=""))
    assert refusal(copied).startswith("readings.csv, строка 12: столбец «value» не заполнен")


def test_an_unknown_choice(copied: Path, spoil: Spoil) -> None:
    spoil("documents", lambda rows: rows[4].update(kind="invoice"))
    assert (
        refusal(copied) == "documents.csv, строка 6: столбец «kind»: неизвестное значение «invoice»"
    )


def test_a_broken_constraint_names_the_row(copied: Path, spoil: Spoil) -> None:
    spoil("readings", lambda rows: rows[0].update(period="2026-01-02"))
    message = refusal(copied)
    words = "Месяц хранится по первому числу: не соблюдено условие"
    assert message.startswith(f"readings.csv, строка 2: {words}")
    assert "reading_period_is_a_month" in message


def test_a_loaded_reading_is_never_changed(
    loaded: dict[str, loading.Counts], copied: Path, spoil: Spoil
) -> None:
    spoil("readings", lambda rows: rows[0].update(value="1.0"))
    before = set(Reading.objects.values_list("external_id", "value"))
    with pytest.raises(loading.PackageError, match=r"readings.csv, строка 2: эта запись уже"):
        loading.load(folder=copied)
    assert set(Reading.objects.values_list("external_id", "value")) == before


def test_statements_do_not_grow_with_rows(made: Path, tmp_path: Path) -> None:
    def cost(folder: Path) -> int:
        with CaptureQueriesContext(connection) as captured:
            loading.load(folder=folder)
        return len(captured)

    package.generate(folder=tmp_path / "more", seed=SEED, scale=2, today=TODAY)
    with transaction.atomic():
        small = cost(made)
        transaction.set_rollback(True)
    assert cost(tmp_path / "more") == small > len(TABLES) * 5
    assert Contract.objects.count() > 40


def test_the_command_says_what_it_did(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_package", str(made))
    assert "clients: новых 3, изменено 0, без изменений 0" in capsys.readouterr().out


def test_the_command_says_what_is_wrong(copied: Path, spoil: Spoil) -> None:
    spoil("points", lambda rows: rows[0].update(contract="нет"))
    with pytest.raises(CommandError, match=r"Пакет не загружен\. points\.csv, строка 2"):
        call_command("load_package", str(copied))


def test_an_offset_comes_with_its_other_half(copied: Path, spoil: Spoil) -> None:
    def halve(rows: list[dict[str, str]]) -> None:
        offset = next(row for row in rows if row["kind"] == "offset" and row["account"] == "main")
        rows.remove(offset)

    spoil("ledger", halve)
    assert "у зачёта аванса нет второй записи" in refusal(copied)
