"""Values that rows of one package exchange: what counts is how rows end, forward and back again."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from accounts.models import User
from contracts.models import Contract, Leave, Specialist
from exchange.incoming import loading, statements
from exchange.incoming.declaration import Table
from exchange.incoming.tables import TABLES
from exchange.models import Import
from meters.models import Installation, MeteringPoint
from tests import make
from tests.exchange.conftest import Spoil
from tests.exchange.test_check import check, reasons
from tests.exchange.test_undoing import everything, undo

pytestmark = pytest.mark.django_db

Row = dict[str, Any]
Rows = list[Row]
Edit = Callable[[Rows], None]


def named(rows: Rows, *keys: str) -> Rows:
    """The rows of these codes, in this order."""
    return [next(row for row in rows if row["external_id"] == key) for key in keys]


def passed_on(rows: Rows, *columns: str) -> None:
    """Each row takes what the next one had in `columns`, the last one what the first had."""
    values = [{column: row[column] for column in columns} for row in rows]
    for row, taken in zip(rows, [*values[1:], values[0]], strict=True):
        row.update(taken)


def loads_and_is_undone(copied: Path, user: User, **changed: int) -> None:
    """The package loads, so many rows of a table change, and undoing gives everything back."""
    before = everything()
    counts = loading.load(folder=copied)
    assert {name: counts[name].changed for name in changed} == changed
    loaded = everything()
    assert loaded != before
    undo(Import.objects.latest("pk"), user)
    assert everything() == before


def test_two_contracts_exchange_numbers(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    number = Contract.objects.get(external_id="vega-1").number
    spoil("contracts", lambda rows: passed_on(rows[:2], "number"))
    attempt = check(copied)
    assert attempt.state == Import.State.CHECKED
    assert attempt.counts["contracts"]["changed"] == 2
    loads_and_is_undone(copied, superuser, contracts=2)
    assert loading.load(folder=copied)["contracts"].changed == 2
    assert Contract.objects.get(number=number).external_id == "vega-2"


def test_points_of_a_contract_exchange_numbers(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    spoil("points", lambda rows: passed_on(rows[:2], "number"))
    loads_and_is_undone(copied, superuser, points=2)


def test_three_numbers_go_round(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    spoil("points", lambda rows: passed_on(rows[:3], "number"))
    spoil("contracts", lambda rows: passed_on(rows[:3], "number"))
    loads_and_is_undone(copied, superuser, points=3, contracts=3)


def test_a_new_point_comes_before_all_others(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    def insert(rows: Rows) -> None:
        own = [row for row in rows if row["contract"] == "vega-1"]
        for row in own:
            row["number"] = int(row["number"]) + 1
        rows.insert(0, {**own[0], "external_id": "p-new", "number": 1})

    ends = MeteringPoint.objects.filter(contract__external_id="vega-1").count()
    spoil("points", insert)
    loads_and_is_undone(copied, superuser, points=ends)


@pytest.mark.parametrize("is_new_first", [False, True])
@pytest.mark.parametrize("day", ["2026-11-05", "2026-11-19"])
def test_a_replacement_was_on_another_day(
    day: str, is_new_first: bool, loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    def correct(rows: Rows) -> None:
        old, new = named(rows, "vega-1-4-a", "vega-1-4-b")
        assert old["removed_on"] == new["installed_on"] == "2026-11-12"
        old["removed_on"] = new["installed_on"] = day
        if is_new_first:
            rows.remove(new)
            rows.insert(0, new)

    spoil("installations", correct)
    loads_and_is_undone(copied, superuser, installations=2)
    loading.load(folder=copied)
    assert Installation.objects.get(external_id="vega-1-4-a").removed_on.isoformat() == day


def test_two_points_exchange_their_meters(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    """The points of two installations: both constraints of the table see only the end."""

    def exchange(rows: Rows) -> None:
        passed_on(named(rows, "vega-4-1-a", "vega-4-2-a"), "meter")

    spoil("installations", exchange)
    # What was read of a meter stays with its point: such a package mends readings too.
    for table in ("act_readings", "readings"):
        spoil(table, lambda rows: rows.clear())
    loads_and_is_undone(copied, superuser, installations=2)


def in_turn(rows: Rows) -> None:
    """Two leaves of one specialist, one after the other."""
    first = rows[0]
    first.update(starts_on="2026-11-01", ends_on="2026-11-10")
    rows.append({**first, "external_id": "l-2", "starts_on": "2026-11-11", "ends_on": "2026-11-20"})


def moved(day: str, last: str) -> Edit:
    def edit(rows: Rows) -> None:
        rows[0]["ends_on"], rows[-1]["starts_on"] = last, day

    return edit


def followed(rows: Rows) -> None:
    """A holder of a topic of a branch, and the one after him."""
    first = rows[0]
    new = {"external_id": "a-2", "specialist": "specialist-2", "starts_on": "2026-11-11"}
    rows.append({**first, **new})
    first["ends_on"] = "2026-11-10"


def of_a_contract(rows: Rows) -> None:
    """The same of a topic of a contract."""
    first = {**rows[0], "external_id": "a-1", "branch": "", "contract": "vega-1"}
    first.update(starts_on="2026-01-01", ends_on="2026-11-10")
    new = {"external_id": "a-2", "specialist": "specialist-2", "starts_on": "2026-11-11"}
    rows.insert(0, first)
    rows.append({**first, **new, "ends_on": ""})


@pytest.mark.parametrize(
    ("table", "arranged"),
    [("leaves", in_turn), ("assignments", followed), ("assignments", of_a_contract)],
)
def test_the_day_between_two_terms_moves(
    table: str, arranged: Edit, loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    spoil(table, arranged)
    loading.load(folder=copied)
    for day, last in (("2026-11-16", "2026-11-15"), ("2026-11-06", "2026-11-05")):
        spoil(table, moved(day, last))
        loads_and_is_undone(copied, superuser, **{table: 2})
        loading.load(folder=copied)


@pytest.mark.parametrize(
    ("table", "first", "second", "columns"),
    [
        ("clients", 0, 1, ["inn"]),
        ("instalments", 0, 1, ["order"]),
        ("ledger", 0, 1, ["number", "booked_on"]),
        ("notice_withdrawals", 0, 1, ["document"]),
    ],
)
def test_whatever_else_is_unique_is_exchanged(
    table: str,
    first: int,
    second: int,
    columns: list[str],
    loaded: object,
    copied: Path,
    spoil: Spoil,
    superuser: User,
) -> None:
    spoil(table, lambda rows: passed_on([rows[first], rows[second]], *columns))
    loads_and_is_undone(copied, superuser, **{table: 2})


def test_registers_of_a_meter_exchange_zones(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    def exchange(rows: Rows) -> None:
        passed_on([row for row in rows if row["meter"] == "vega-3-2-a"][:2], "zone")

    spoil("registers", exchange)
    loads_and_is_undone(copied, superuser, registers=2)


def test_two_rows_that_end_alike_are_both_named(loaded: object, copied: Path, spoil: Spoil) -> None:
    def edit(rows: Rows) -> None:
        rows[0]["number"], rows[1]["number"] = "96-01-777777", "96-01-777777"

    spoil("contracts", edit)
    attempt = check(copied)
    words = "Договор с таким номером уже есть: совпадает number (contract_number_once; строка"
    assert [line for line in reasons(attempt) if line.startswith("contracts")] == [
        f"contracts.csv, строка 2: {words} 3, код «vega-2»), код «vega-1»",
        f"contracts.csv, строка 3: {words} 2, код «vega-1»), код «vega-2»",
    ]
    assert {row.column for row in attempt.refusals.filter(table="contracts")} == {"number"}
    assert attempt.trouble.startswith("Отклонено: ")


def test_a_row_that_stays_is_not_to_blame(loaded: object, copied: Path, spoil: Spoil) -> None:
    spoil("points", lambda rows: rows[0].update(number=rows[1]["number"]))
    attempt = check(copied)
    assert [line for line in reasons(attempt) if line.startswith("points")] == [
        "points.csv, строка 2: Точка с таким номером в договоре уже есть: совпадает contract,"
        " number (point_number_in_contract; строка 3, код «vega-1-2»), код «vega-1-1»"
    ]


def test_a_row_that_the_package_lacks_keeps_what_it_has(
    loaded: object, copied: Path, spoil: Spoil
) -> None:
    keys: list[str] = []

    def recode(rows: Rows) -> None:
        keys.append(rows[-1]["external_id"])
        rows[-1]["external_id"] = "l-new"

    spoil("ledger", recode)
    (line,) = reasons(check(copied))
    assert f"(ledger_entry_once; в портале, код «{keys[0]}»), код «l-new»" in line


def test_days_that_overlap_are_named_row_by_row(loaded: object, copied: Path, spoil: Spoil) -> None:
    def edit(rows: Rows) -> None:
        old, new = named(rows, "vega-1-4-a", "vega-1-4-b")
        old["removed_on"], new["installed_on"] = "2026-11-15", "2026-11-14"

    spoil("installations", edit)
    attempt = check(copied)
    words = (
        "На точке в эти дни уже стоит прибор: пересекается с другой записью по point,"
        " installed_on, removed_on (one_installation_of_a_point; строка"
    )
    assert [line for line in reasons(attempt) if line.startswith("installations")] == [
        f"installations.csv, строка 5: {words} 6, код «vega-1-4-b»), код «vega-1-4-a»",
        f"installations.csv, строка 6: {words} 5, код «vega-1-4-a»), код «vega-1-4-b»",
    ]
    assert attempt.trouble.startswith("Отклонено: ")


def test_what_the_office_has_written_is_met_by_name(
    loaded: object, copied: Path, spoil: Spoil
) -> None:
    away = Specialist.objects.get(external_id="specialist-3")
    deputy = Specialist.objects.get(external_id="specialist-11")
    day = datetime.date(2026, 12, 20)
    Leave.objects.create(specialist=away, deputy=deputy, starts_on=day, ends_on=day)

    def edit(rows: Rows) -> None:
        rows.append({**rows[0], "external_id": "l-wrong", "deputy": "nobody"})
        rows[0]["ends_on"] = "2026-12-31"

    spoil("leaves", edit)
    _, line = sorted(reasons(check(copied)), reverse=True)
    assert line.startswith("leaves.csv, строка 2: На эти дни отсутствие уже записано: пере")
    assert "(one_leave_at_a_time; в портале, без кода биллинга), код «leave-1»" in line


def test_a_term_that_ends_too_early_hides_no_other(
    loaded: object, copied: Path, spoil: Spoil
) -> None:
    """Days in the wrong order are no term at all: the database cannot even compare them."""

    def edit(rows: Rows) -> None:
        old, new = named(rows, "vega-1-4-a", "vega-1-4-b")
        old["removed_on"], new["installed_on"] = "2026-11-15", "2026-11-14"
        last = {"external_id": "i-new", "installed_on": "2026-11-20", "removed_on": "2026-11-01"}
        rows.append({**rows[-1], **last})

    spoil("installations", edit)
    found = [line for line in reasons(check(copied)) if line.startswith("installations")]
    assert [line.partition(":")[0].removeprefix("installations.csv, ") for line in found] == [
        "строка 5",
        "строка 6",
        "строка 144",
    ]
    assert "installation_removed_after_installed" in found[2]


def shifted(rows: Rows) -> Rows:
    """The points of a contract, each with the number of the next one."""
    own = [row for row in rows if row["contract"] == "vega-2"]
    assert len(own) > 12, "more than rounds of judging"
    for row in own:
        row["number"] = int(row["number"]) + 1
    return own


def test_one_mistake_among_shifted_numbers(loaded: object, copied: Path, spoil: Spoil) -> None:
    """Whoever would take what a refused row still has is not refused with it."""

    def edit(rows: Rows) -> None:
        own = shifted(rows)
        own[-1]["number"] = own[-3]["number"]

    spoil("points", edit)
    attempt = check(copied)
    found = attempt.refusals.filter(table="points")
    assert [row.key for row in found] == ["vega-2-118", "vega-2-120"]
    assert all("point_number_in_contract" in row.reason for row in found)
    assert attempt.trouble.startswith("Отклонено: ")


def test_a_row_refused_for_another_reason_among_shifted_numbers(
    loaded: object, copied: Path, spoil: Spoil
) -> None:
    spoil("points", lambda rows: shifted(rows)[-1].update(opened_on="вчера"))
    attempt = check(copied)
    assert [row.column for row in attempt.refusals.filter(table="points")] == ["opened_on"]
    assert attempt.trouble.startswith("Отклонено: ")


def test_nothing_of_a_refused_package_is_kept(loaded: object, copied: Path, spoil: Spoil) -> None:
    before = everything()
    spoil("points", lambda rows: shifted(rows)[-1].update(opened_on="вчера"))
    with pytest.raises(loading.PackageError):
        loading.load(folder=copied)
    assert everything() == before


def test_a_page_hears_of_its_mistake_at_once(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    """Also in a transaction in which a package was taken in, or undone."""

    def refuses() -> None:
        first, second = Contract.objects.order_by("pk")[:2]
        with pytest.raises(IntegrityError, match="contract_number_once"), transaction.atomic():
            make.contract(first.client, number=first.number)
        with pytest.raises(IntegrityError, match="contract_number_once"), transaction.atomic():
            Contract.objects.filter(pk=second.pk).update(number=first.number)

    refuses()
    spoil("contracts", lambda rows: passed_on(rows[:2], "number"))
    loading.load(folder=copied)
    refuses()
    undo(Import.objects.latest("pk"), superuser)
    refuses()


def compared(table: Table) -> list[tuple[str, bool, bool, set[str]]]:
    """Constraints and unique indexes of a table: name, deferrable, by default deferred, columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(conname, indexrelid::regclass::text), coalesce(condeferrable, false),"
            " coalesce(condeferred, false), ARRAY(SELECT attname::text FROM pg_attribute"
            " WHERE attrelid = indrelid AND attnum = ANY(indkey))"
            " FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid"
            " AND contype IN ('p', 'u', 'x')"
            " WHERE indrelid = %s::regclass AND (indisunique OR indisexclusion)",
            [table.model._meta.db_table],
        )
        return [(name, may, does, set(of)) for name, may, does, of in cursor.fetchall()]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_a_package_may_exchange_is_judged_at_the_end(table: Table) -> None:
    """Codes are arbiters of ON CONFLICT and stay plain; so does what no package changes."""
    changing = set() if table.frozen == "true" else set(statements.changing(table))
    declared = {
        one.name: getattr(one, "deferrable", None) == models.Deferrable.IMMEDIATE
        for one in table.model._meta.constraints
    }
    for name, may_be_deferred, is_deferred, columns in compared(table):
        assert may_be_deferred == bool(columns & changing), name
        assert not is_deferred, f"{name}: a page would hear of it at COMMIT"
        assert declared.get(name, False) == may_be_deferred, name
