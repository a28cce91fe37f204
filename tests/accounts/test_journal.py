"""The journal only grows, says in a line what happened, and shows what was done to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser
from django.urls import reverse

from accounts import chain, journal, tasks
from accounts.models import Client, JournalEntry, JournalLink, Letter, User
from contracts.models import Contract

Login = Callable[[User], Browser]
Action = JournalEntry.Action

TABLES = ("accounts_journalentry", "accounts_journallink")


def execute(*statements: str) -> None:
    """Run SQL as whoever owns the tables."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def commit() -> None:
    """What COMMIT does at last: the entries so far are chained."""
    execute("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def written(office: User, vega: User, vega_client: Client) -> list[JournalEntry]:
    """Five entries in the chain."""
    entries = [
        journal.record(
            Action.LOGIN,
            user=vega,
            person=office,
            client=vega_client,
            subject=f"запись {number}",
            details={"б": [number, None, "«x»"], "а": 1.5},
        )
        for number in range(5)
    ]
    commit()
    return entries


@pytest.fixture
def tampering(db: None) -> None:
    """The owner switches the triggers off."""
    triggers = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in TABLES]
    execute(*triggers)


# It only grows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET {} = NULL", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_it_only_grows(change: str, table: str, written: list[JournalEntry]) -> None:
    column = "subject" if table == TABLES[0] else "sha256"
    for name in TABLES:
        execute(f"ALTER TABLE {name} ENABLE TRIGGER {name}_is_never_emptied")
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        execute(change.format(table, column))
    assert JournalEntry.objects.count() == JournalLink.objects.count() == 5


def test_the_applications_role_may_only_add(written: list[JournalEntry]) -> None:
    execute("CREATE ROLE application")
    call_command("grant_rights", "application", verbosity=0)
    execute("SET ROLE application")
    columns = {TABLES[0]: "id", TABLES[1]: "position", "meters_reading": "id"}
    for table, column in columns.items():
        for change in ("UPDATE {0} SET {1} = 1", "DELETE FROM {0}", "TRUNCATE {0}"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                execute(change.format(table, column))
    with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic():
        execute(f"ALTER TABLE {TABLES[0]} DISABLE TRIGGER USER")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute("INSERT INTO accounts_journallink VALUES (1, 0, 99, 'x')")
    execute("CREATE TEMP TABLE accounts_journallink (LIKE public.accounts_journallink)")
    journal.record(Action.LOGOUT)  # and adding works, its link in the true chain included
    commit()
    execute("DROP TABLE pg_temp.accounts_journallink")
    assert JournalLink.objects.count() == 6


def test_an_unknown_role_is_named(db: None) -> None:
    with pytest.raises(CommandError, match="nobody-here"):
        call_command("grant_rights", "nobody-here")


# The chain ----------------------------------------------------------------------------------------


def test_a_whole_journal(written: list[JournalEntry]) -> None:
    verdict = chain.check()
    assert verdict.is_whole
    assert verdict.checked == 5
    assert verdict.heads == [str(JournalLink.objects.get(position=5))]


def test_the_fingerprint_does_not_depend_on_the_session(written: list[JournalEntry]) -> None:
    execute("SET LOCAL TimeZone = 'Asia/Vladivostok'", "SET LOCAL DateStyle = 'German'")
    assert chain.check().is_whole


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ("UPDATE accounts_journalentry SET subject = 'x' WHERE subject = 'запись 2'", 3),
        ("UPDATE accounts_journalentry SET details = '{}' WHERE subject = 'запись 0'", 1),
        ("UPDATE accounts_journalentry SET at = at - interval '1 ms'", 1),
        ("UPDATE accounts_journalentry SET user_id = person_id WHERE subject = 'запись 4'", 5),
        ("DELETE FROM accounts_journallink WHERE position = 2", 3),
        ("UPDATE accounts_journallink SET sha256 = repeat('0', 64) WHERE position = 4", 4),
    ],
)
def test_tampering_is_noticed(
    change: str, position: int, written: list[JournalEntry], tampering: None
) -> None:
    execute(change)
    verdict = chain.check()
    assert not verdict.is_whole
    own = JournalLink.objects.values_list("chain", flat=True).distinct().order_by().get()
    assert verdict.broken_at == [f"{own}:{position}"]
    with pytest.raises(SystemExit):
        call_command("check_journal")


def test_an_entry_outside_the_chain_is_noticed(
    written: list[JournalEntry], tampering: None
) -> None:
    journal.record(Action.LOGIN)
    assert chain.check().outside == 1


def test_an_end_that_was_cut_off_is_noticed_by_its_head(
    written: list[JournalEntry], tampering: None
) -> None:
    heads = chain.check().heads
    call_command("check_journal", head=heads)
    execute(
        "DELETE FROM accounts_journallink WHERE position = 5",
        "DELETE FROM accounts_journalentry WHERE subject = 'запись 4'",
    )
    assert chain.check().is_whole
    with pytest.raises(SystemExit):
        call_command("check_journal", head=heads)


def test_the_duty_address_is_told_at_night(written: list[JournalEntry], tampering: None) -> None:
    tasks.check_journal()
    assert not Letter.objects.exists()
    execute("UPDATE accounts_journalentry SET subject = 'x'")
    tasks.check_journal()
    assert ":1." in Letter.objects.get().plain


def test_parts_of_the_chain_fit_together(
    written: list[JournalEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "_AT_ONCE", 2)
    assert chain.check().is_whole


# What stands in an entry --------------------------------------------------------------------------


def test_control_characters_are_escaped(db: None) -> None:
    evil = "x\r\nLOGIN ok\x1b[2K\x00\u2028"
    entry = journal.record(
        Action.LOGIN_REFUSED, login=evil, subject=evil, details={evil: [evil, {"a": evil}]}
    )
    entry.refresh_from_db()
    escaped = "x\\x0d\\nLOGIN ok\\x1b[2K\\x00\\x2028"
    assert entry.login == entry.subject == escaped
    assert entry.details == {escaped: [escaped, {"a": escaped}]}


def test_an_entry_names_its_request(orion: User, vega_contract: Contract, login: Login) -> None:
    answer = login(orion).get(
        reverse("billing:debt", args=[vega_contract.pk]), headers={"X-Request-ID": "forged"}
    )
    entry = JournalEntry.objects.get(action=Action.REFUSED)
    assert answer.status_code == 404
    assert entry.user == orion
    assert entry.request_id == answer["X-Request-ID"] != "forged"
    assert entry.client is None


@pytest.mark.django_db(transaction=True)
def test_chains_do_not_fork_when_many_commit_at_once() -> None:
    """Each thread has a connection of its own; all of them write for as long as the others do."""

    def write(number: int) -> None:
        try:
            for _ in range(15):
                with transaction.atomic():
                    journal.record(Action.LOGIN, login=f"writer-{number}")
                    journal.record(Action.LOGOUT, login=f"writer-{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as writers:
        list(writers.map(write, range(6)))
    verdict = chain.check()
    assert verdict.is_whole
    assert verdict.checked == JournalEntry.objects.count() == 6 * 15 * 2


def test_every_action_is_told_somewhere() -> None:
    """A new action must be put into one of the groups of which papers and pages are made."""
    told = [*journal.COMING_IN, *journal.OF_ACCESS, *journal.OF_ROWS, *journal.LOOKS]
    assert sorted(told) == sorted(journal.Action)
