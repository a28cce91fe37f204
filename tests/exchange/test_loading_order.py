"""What a row gives up another one of the same package may take, forward and back again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from billing.models import LedgerEntry
from exchange.incoming import loading, staging, statements
from exchange.incoming.tables import TABLES
from exchange.models import Import
from tests.exchange.conftest import Spoil
from tests.exchange.test_undoing import everything, undo

pytestmark = pytest.mark.django_db

Rows = list[dict[str, Any]]


def loads_and_is_undone(copied: Path, table: str, user: User) -> None:
    before = everything()
    counts = loading.load(folder=copied)[table]
    assert (counts.new, counts.changed) == (1, 1)
    undo(Import.objects.latest("pk"), user)
    assert everything() == before


def test_a_meter_is_replaced(loaded: object, copied: Path, spoil: Spoil, superuser: User) -> None:
    def replace(rows: Rows) -> None:
        rows[0].update(removed_on="2026-11-20")
        new = {"external_id": "i-new", "meter": "m-new", "installed_on": "2026-11-20"}
        rows.append({**rows[0], **new, "removed_on": ""})

    meter = {"external_id": "m-new", "serial": "99999999"}
    spoil("meters", lambda rows: rows.append({**rows[0], **meter}))
    spoil("installations", replace)
    loads_and_is_undone(copied, "installations", superuser)


def test_a_specialist_is_followed_by_another(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    def follow(rows: Rows) -> None:
        rows[0].update(ends_on="2026-11-22")
        new = {"external_id": "a-new", "specialist": "specialist-2", "starts_on": "2026-11-23"}
        rows.append({**rows[0], **new, "ends_on": ""})

    spoil("assignments", follow)
    loads_and_is_undone(copied, "assignments", superuser)


def test_a_number_passes_to_a_new_entry(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    def pass_on(rows: Rows) -> None:
        old = dict(rows[0])
        rows[0].update(number="old-" + old["number"])
        rows.append({**old, "external_id": "l-new"})

    spoil("ledger", pass_on)
    loads_and_is_undone(copied, "ledger", superuser)


def test_who_takes_a_number_that_was_given_up_is_not_to_blame(
    loaded: object, copied: Path, spoil: Spoil
) -> None:
    def pass_on(rows: Rows) -> None:
        old = dict(rows[0])
        rows[0].update(number="old-" + old["number"])
        twice = {**rows[1], "external_id": "l-twice"}
        rows[:0] = [{**old, "external_id": "l-new"}, twice]

    spoil("ledger", pass_on)
    with pytest.raises(loading.PackageError):
        loading.load(folder=copied)
    refused = Import.objects.latest("pk").refusals.values_list("key", flat=True)
    assert list(refused) == ["l-twice"]
    assert not LedgerEntry.objects.filter(external_id__startswith="l-").exists()


_MADE = {
    "ledger": """
        SELECT 'l-' || n, 'c-' || n % 3000, NULL, CASE WHEN n % 10 < 2 THEN 'offset' ELSE 'charge'
            END, CASE WHEN n % 2 = 0 THEN 'main' ELSE 'advance' END, (n / 2)::text,
            date '2026-11-01', 10.0
        FROM generate_series(1, 20000) n
    """,
    "documents": """
        SELECT 'd-' || n, 'c-' || n % 3000, 'd-' || n - 1 FROM generate_series(1, 20000) n
    """,
}
_COLUMNS = {
    "ledger": "external_id, contract, document, kind, account, number, booked_on, amount",
    "documents": "external_id, contract, corrects",
}


@pytest.mark.parametrize(("name", "column"), [("ledger", "account"), ("documents", "corrects")])
def test_no_rule_asks_every_row_for_every_row(db: None, name: str, column: str) -> None:
    """A condition that PostgreSQL cannot hash costs the square of the rows."""
    table = next(table for table in TABLES if table.name == name)
    (rule,) = [rule for rule in table.rules if rule.column == column and "EXISTS" in rule.refused]
    with connection.cursor() as cursor:
        cursor.execute(staging.create(table).as_string(None))
        cursor.execute(f"INSERT INTO staging_{name} ({_COLUMNS[name]}) {_MADE[name]}")
        cursor.execute(f"ANALYZE staging_{name}")
        joined = statements.joined(table).as_string(None)
        cursor.execute(f"EXPLAIN SELECT FROM {joined} WHERE ({rule.refused}) OR staged.row < 0")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "hashed SubPlan" in plan
    assert not re.search(r"(?<!hashed )SubPlan \d+\)", plan), plan
