"""The generator: the same bytes for the same seed, size and day; sound on every day."""

from __future__ import annotations

import csv
import datetime
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pypdf import PdfReader

from billing.models import Account
from contracts.periods import Month
from documents.models import Kind
from exchange.demo import SEED, package, papers
from exchange.incoming import loading
from exchange.incoming.tables import TABLES
from tests.exchange.conftest import TODAY, stated


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def test_the_same_bytes(made: Path, tmp_path: Path) -> None:
    call_command("generate_package", str(tmp_path), seed=SEED, scale=1, today=TODAY)
    assert content(tmp_path) == content(made)
    assert set(content(made)) == {
        "manifest.json", papers.PROTOCOL.name, *(table.file_name for table in TABLES),
    }  # fmt: skip


def test_another_seed_is_another_past(made: Path, tmp_path: Path) -> None:
    package.generate(folder=tmp_path, seed=SEED + 1, scale=1, today=TODAY)
    assert (tmp_path / "readings.csv").read_bytes() != (made / "readings.csv").read_bytes()


def test_a_bigger_one_holds_the_demo_and_more(made: Path, tmp_path: Path) -> None:
    package.generate(folder=tmp_path, seed=SEED, scale=2, today=TODAY)
    for table in TABLES:
        small, big = rows(made, table.name), rows(tmp_path, table.name)
        assert [row for row in big if row in small] == small if len(small) < 100 else True
    assert len(rows(tmp_path, "clients")) == 23
    inns = [row["inn"] for row in rows(tmp_path, "clients")]
    assert len(set(inns)) == len(inns)


def test_the_manifest_states_the_day_and_the_moment(made: Path) -> None:
    said = stated(made)
    assert (said.day, said.version) == (TODAY, 1)
    assert said.as_of.isoformat() == "2026-11-23T00:00:00+03:00"
    moments = {datetime.datetime.fromisoformat(row["as_of"]) for row in rows(made, "balances")}
    assert moments == {said.as_of}


@pytest.mark.parametrize("day", [1, 5, 10, 16, 20, 21, 28])
def test_nothing_happens_after_its_day_began(day: int, tmp_path: Path) -> None:
    """A demo is started at any hour, and what comes from the future is refused."""
    today = datetime.date(2026, 10, day)
    package.generate(folder=tmp_path, seed=SEED, scale=1, today=today)
    latest = {
        (name, column): max(datetime.datetime.fromisoformat(row[column]) for row in found)
        for name, column in (
            ("balances", "as_of"),
            ("documents", "published_at"),
            ("notice_dispatches", "sent_at"),
            ("notice_withdrawals", "withdrawn_at"),
            ("readings", "received_at"),
        )
        if (found := rows(tmp_path, name))
    }
    began = datetime.datetime.combine(today, datetime.time(), timezone.get_default_timezone())
    assert len(latest) == 5
    assert {key: at for key, at in latest.items() if at > began} == {}


def test_a_day_before_the_contracts_have_a_past_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    with pytest.raises(CommandError, match=r"Раньше 01\.05\.2025"):
        call_command("generate_package", str(folder), today=datetime.date(2025, 4, 30))
    assert not folder.exists()
    call_command("generate_package", str(folder), today=datetime.date(2025, 5, 1))
    assert len(rows(folder, "balances")) == 7 * len(Account)


# Past days: readings of the future do not load.
@pytest.mark.django_db
@pytest.mark.parametrize(
    "day",
    [
        datetime.date(2025, 12, 1),
        datetime.date(2026, 1, 1),
        datetime.date(2026, 1, 31),
        datetime.date(2026, 2, 28),
        datetime.date(2026, 3, 20),
        datetime.date(2026, 8, 15),
    ],
)
def test_every_day_loads(day: datetime.date, tmp_path: Path) -> None:
    package.generate(folder=tmp_path, seed=SEED, scale=1, today=day)
    loaded = loading.load(folder=tmp_path)
    # Billing answers about receipts, and a fresh portal has given none.
    assert {name for name, count in loaded.items() if not count.new} == {"reading_answers"}


@pytest.mark.parametrize(
    "day",
    [
        datetime.date(2026, 12, 1),
        datetime.date(2027, 1, 1),
        datetime.date(2026, 1, 31),
        datetime.date(2028, 2, 29),
        datetime.date(2027, 3, 20),
        datetime.date(2027, 8, 15),
    ],
)
def test_every_day_has_a_debt_and_an_overpayment(day: datetime.date, tmp_path: Path) -> None:
    package.generate(folder=tmp_path, seed=SEED, scale=1, today=day)
    balances = {
        row["contract"]: Decimal(row["amount"])
        for row in rows(tmp_path, "balances")
        if row["account"] == Account.MAIN
    }
    assert balances["vega-1"] > 0 > balances["vega-2"]
    assert balances["vega-4"] == 0
    documents = rows(tmp_path, "documents")
    kinds = {(row["contract"], row["kind"]) for row in documents}
    assert len(kinds) == len(Kind) * len(balances)
    # A debtor's notice stands on every day (documents/notices.py says until when).
    noon = [
        datetime.datetime.fromisoformat(json.loads(row["content"])["restricted_from"]).date()
        for row in documents
        if (row["contract"], row["kind"]) == ("vega-1", "restriction_notice")
    ]
    assert max(noon) + datetime.timedelta(days=1) >= day
    # The current month has the planned bills that its day allows, and no more.
    now = Month.of(day).first_day.isoformat()
    bills = [row for row in documents if row["period"] == now and row["contract"] == "vega-2"]
    bills = [row for row in bills if row["kind"] == Kind.PLANNED_BILL]
    assert len(bills) == (2 if day.day >= 15 else 1)
    assert max(row["issued_on"] for row in documents) <= day.isoformat()
    published = [datetime.datetime.fromisoformat(row["published_at"]) for row in documents]
    assert max(published).date() <= day
    readings = {row["period"] for row in rows(tmp_path, "readings")}
    assert max(readings) == Month.of(day).shifted(-1).first_day.isoformat()


def test_papers_of_a_month_appear_on_a_working_day_after_it(made: Path) -> None:
    """All of them are of finished months: the generator's day is later than any of these days."""
    own = [
        (datetime.date.fromisoformat(row["issued_on"]), row["published_at"])
        for row in rows(made, "documents")
        if Month.of(datetime.date.fromisoformat(row["period"])).last_day.isoformat()
        == row["issued_on"]
    ]
    assert own
    for issued_on, published_at in own:
        moment = datetime.datetime.fromisoformat(published_at)
        assert 4 <= (moment.date() - issued_on).days <= 14
        assert moment.weekday() < 5
        assert moment.hour == 9


def test_the_protocol_names_the_contract_to_which_it_belongs(made: Path) -> None:
    (contract,) = {
        row["contract"] for row in rows(made, "documents") if row["file"] == papers.PROTOCOL.name
    }
    (number,) = {row["number"] for row in rows(made, "contracts") if row["external_id"] == contract}
    text = PdfReader(papers.PROTOCOL).pages[0].extract_text()
    assert re.findall(r"\d\d-\d\d-\d{6}", text) == [number]


def test_the_agreements_term_is_a_sentence(made: Path) -> None:
    terms = {
        json.loads(row["content"])["values"][0]["value"]
        for row in rows(made, "documents")
        if row["title"] == "Дополнительное соглашение"
    }
    assert "с июля 2026, бессрочно" in terms


def test_invoices_name_the_advances_that_they_settle(made: Path) -> None:
    """Line 5б names as many advance invoices as the offset needs, in the order of their days."""
    contents = {row["external_id"]: json.loads(row["content"]) for row in rows(made, "documents")}
    advances: dict[tuple[str, str], Decimal] = {}
    invoices: dict[tuple[str, str], list[str]] = {}
    for row in rows(made, "documents"):
        key, said = (row["contract"], row["number"]), contents[row["external_id"]]
        if row["kind"] == Kind.ADVANCE_VAT_INVOICE:
            advances[key] = Decimal(row["amount"])
        if row["kind"] == Kind.VAT_INVOICE and row["period"] >= "2026-01-01":
            invoices[key] = [advance["number"] for advance in said["advances"]]
    offsets = {
        (row["contract"], row["number"]): Decimal(row["amount"])
        for row in rows(made, "ledger")
        if row["kind"] == "offset" and row["account"] == Account.MAIN
    }
    assert offsets
    for (contract, number), named in invoices.items():
        offset = abs(offsets.get((contract, number), Decimal(0)))
        sums = [advances[contract, advance] for advance in named]
        assert sum(sums) >= offset, (contract, number)
        # The last one is needed; what the first one covered before is not asked for here.
        assert sum(sums[:-1]) < offset or not sums, (contract, number)


def test_instalments_are_what_the_bills_say(made: Path) -> None:
    bills = {
        row["external_id"]: Decimal(row["amount"])
        for row in rows(made, "documents")
        if row["kind"] == Kind.PLANNED_BILL
    }
    asked = {
        row["document"]: Decimal(row["amount"])
        for row in rows(made, "instalments")
        if row["document"]
    }
    assert asked == bills


def test_a_month_is_planned_whole_before_its_second_bill(tmp_path: Path) -> None:
    package.generate(folder=tmp_path, seed=SEED, scale=1, today=datetime.date(2026, 8, 14))
    planned = [
        (row["share_percent"], bool(row["document"]))
        for row in rows(tmp_path, "instalments")
        if (row["contract"], row["period"]) == ("vega-1", "2026-08-01")
    ]
    assert planned == [("30", True), ("40", False)]
