"""Where undoing meets others: edits since, packages since, its own rows, rights, batches."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import Client, User
from contracts.models import Contract
from exchange.incoming import loading, undoing
from exchange.incoming.tables import TABLES
from exchange.models import AddedRows, Import, OutgoingBatch
from exchange.outgoing import batching
from meters.models import BillingAnswer, Reading
from tests import make
from tests.exchange.conftest import Spoil
from tests.exchange.test_undoing import everything, refusal, undo

pytestmark = pytest.mark.django_db

Rows = list[dict[str, Any]]


@pytest.fixture
def with_a_new_client(loaded: object, copied: Path, spoil: Spoil) -> Import:
    """A later package that has added a client."""
    new = {"external_id": "neu", "inn": "7707083893"}
    spoil("clients", lambda rows: rows.append({**rows[0], **new}))
    loading.load(folder=copied)
    return Import.objects.latest("pk")


@pytest.fixture
def answered(loaded: object, spoil: Spoil) -> OutgoingBatch:
    """A batch with one reading; the package that waits in `copied` has the answer."""
    contract = Contract.objects.get(external_id="vega-1")
    vega = make.user("vega")
    make.membership(vega, contract.client)
    submission = make.submission(contract, vega, "123.0", period=datetime.date(2026, 11, 1))
    register = submission.readings.get().register
    batch = batching.make(kind="readings")
    answered_at = submission.received_at - datetime.timedelta(hours=1)

    def answer(rows: Rows) -> None:
        said = {"state": "accepted", "reason": "", "answered_at": answered_at.isoformat()}
        named = {"submission": submission.number, "register": register.external_id}
        rows[:] = [{"external_id": "answer-1", **named, **said}]

    spoil("reading_answers", answer)
    return batch


@pytest.fixture
def application(db: None) -> Iterator[None]:
    """From here on the test is the application under its own role."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE application")
        call_command("grant_rights", "application", verbosity=0)
        cursor.execute("SET ROLE application")
        yield
        cursor.execute("RESET ROLE")


def test_an_added_row_that_the_office_has_edited_is_in_the_way(
    with_a_new_client: Import, superuser: User
) -> None:
    Client.objects.filter(external_id="neu").update(phone="8 911 111-11-11")
    words = refusal(with_a_new_client, superuser)
    assert words == "Добавлено этим пакетом, а потом изменено или удалено — клиенты."


def test_a_package_that_came_while_the_undoing_waited_is_in_the_way(
    with_a_new_client: Import, copied: Path, spoil: Spoil, superuser: User
) -> None:
    assert undoing.begin(with_a_new_client, user=superuser)
    spoil("clients", lambda rows: rows[-1].update(phone="8 922 222-22-22"))
    loading.load(folder=copied)
    with pytest.raises(undoing.NotUndone, match="После него загружен пакет"):
        undoing.undo(with_a_new_client)
    assert Client.objects.get(external_id="neu").phone == "8 922 222-22-22"
    with_a_new_client.refresh_from_db()
    assert with_a_new_client.state == Import.State.APPLIED


def test_what_is_being_undone_still_stands(
    with_a_new_client: Import, made: Path, superuser: User
) -> None:
    assert with_a_new_client.as_of is not None
    moment = with_a_new_client.as_of + datetime.timedelta(hours=1)
    Import.objects.filter(pk=with_a_new_client.pk).update(as_of=moment)
    undoing.begin(with_a_new_client, user=superuser)
    with pytest.raises(loading.PackageError, match="старше загруженных"):
        loading.load(folder=made)
    first = Import.objects.earliest("pk")
    assert "После него загружен пакет" in undoing.why_not(first)


def test_a_changed_row_may_point_to_an_added_one(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    before = everything()
    new = {"external_id": "new-branch", "name": "Новое"}
    spoil("branches", lambda rows: rows.append({**rows[0], **new}))
    spoil("contracts", lambda rows: rows[1].update(branch="new-branch"))
    loading.load(folder=copied)
    undo(Import.objects.latest("pk"), superuser)
    assert everything() == before


def test_an_undone_answer_is_counted_no_more(
    answered: OutgoingBatch, copied: Path, superuser: User
) -> None:
    for _ in range(2):
        loading.load(folder=copied)
        answered.refresh_from_db()
        assert answered.answered == 1
        undo(Import.objects.latest("pk"), superuser)
        answered.refresh_from_db()
        assert answered.answered == 0


def test_answers_come_last() -> None:
    """Their batches are locked until the load ends."""
    assert TABLES[-1].model is BillingAnswer


def test_the_applications_role_undoes(
    answered: OutgoingBatch, application: None, copied: Path, spoil: Spoil, superuser: User
) -> None:
    before = everything()

    def read(rows: Rows) -> None:
        later = {"external_id": "r-new", "received_at": "2026-11-23T12:00:00+03:00"}
        rows.append({**rows[0], **later})

    spoil("clients", lambda rows: rows[0].update(phone="8 800 000-99-99"))
    spoil("readings", read)
    counts = loading.load(folder=copied)
    assert (counts["readings"].new, counts["reading_answers"].new) == (1, 1)
    undo(Import.objects.latest("pk"), superuser)
    assert everything() == before


def test_the_applications_role_takes_away_nothing_else(
    loaded: object, application: None, vega_contract: Contract, superuser: User
) -> None:
    attempt = Import.objects.get()
    mine = make.submission(vega_contract, superuser, "1.0").readings.get()
    noted = attempt.added.filter(table="clients").get()

    def refuses(words: str, statement: str, *values: Any) -> None:
        refused = pytest.raises(DatabaseError, match=words)
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)

    let_go = "SELECT exchange_let_go(%s, %s)"
    note = (
        'INSERT INTO exchange_addedrows (attempt_id, "table", first_id, last_id)'
        " VALUES (%s, 'readings', 1, %s)"
    )
    turn = "UPDATE exchange_addedrows SET \"table\" = 'readings' WHERE id = %s"
    refuses("are noted by their insertion alone", note, attempt.pk, mine.pk)
    refuses("are noted by their insertion alone", turn, noted.pk)
    refuses("is not being undone", let_go, attempt.pk, "readings")
    undoing.begin(attempt, user=superuser)
    refuses("permission denied", "DELETE FROM meters_reading WHERE id = %s", mine.pk)
    refuses("are not let go of here", let_go, attempt.pk, "accounts_journalentry")


def test_a_client_s_reading_stays_though_it_is_noted(
    loaded: object, vega_contract: Contract, superuser: User
) -> None:
    attempt = Import.objects.get()
    submitted = make.submission(vega_contract, superuser, "1.0").readings.get()
    AddedRows.objects.create(
        attempt=attempt, table="readings", first_id=submitted.pk, last_id=submitted.pk
    )
    undoing.begin(attempt, user=superuser)
    refused = pytest.raises(DatabaseError, match="only added")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM meters_reading WHERE id = %s", [submitted.pk])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT exchange_let_go(%s, 'readings')", [attempt.pk])
        assert Reading.objects.filter(pk=submitted.pk).exists()
        assert not Reading.objects.filter(submission=None).exists()
        transaction.set_rollback(True)
