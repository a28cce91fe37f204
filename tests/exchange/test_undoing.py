"""Undoing: the portal is as it was before, unless something has built on the import."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone

from accounts.models import Client, User
from billing.models import MonthTurnover
from contracts.models import Contract
from documents.models import Document
from exchange.incoming import loading, undoing
from exchange.incoming.tables import TABLES
from exchange.models import AddedRows, ChangedRow, Import
from exchange.outgoing import answering, batching
from meters.models import Reading
from tests import make
from tests.exchange.conftest import Spoil

pytestmark = pytest.mark.django_db

Rows = list[dict[str, Any]]


def undo(attempt: Import, user: User) -> Import:
    assert undoing.begin(attempt, user=user), undoing.why_not(attempt)
    undoing.undo(attempt)
    attempt.refresh_from_db()
    return attempt


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the package, and the totals that follow from them."""
    models = [*(table.model for table in TABLES), MonthTurnover]
    held = {}
    for model in models:
        names = [
            field.name for field in model._meta.concrete_fields if field.name not in ("id", "path")
        ]
        held[model.__name__] = list(model._default_manager.order_by("pk").values_list(*names))
    return held


def test_the_first_package_can_be_undone(made: Path, superuser: User) -> None:
    before = everything()
    loading.load(folder=made)
    attempt = undo(Import.objects.get(), superuser)
    assert attempt.state == Import.State.UNDONE
    assert attempt.undone_by == superuser
    assert everything() == before
    assert not AddedRows.objects.exists()
    assert loading.load(folder=made)["clients"].new == 3, "it may come again"


def test_a_later_package_gives_back_what_it_took(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    def entries(rows: Rows) -> None:
        rows[0].update(amount="77.77")
        rows.append({**rows[1], "external_id": "new", "number": "new"})

    def contracts(rows: Rows) -> None:
        rows[1].update(branch="brod")
        rows.append({**rows[0], "external_id": "vega-9", "number": "35-01-999999"})

    before = everything()
    spoil("clients", lambda rows: rows[0].update(phone="8 800 000-99-99", kpp="350101009"))
    spoil("contracts", contracts)
    spoil("ledger", entries)
    counts = loading.load(folder=copied)
    assert (counts["ledger"].new, counts["ledger"].changed) == (1, 1)
    assert everything() != before
    undo(Import.objects.latest("pk"), superuser)
    assert everything() == before
    first = Import.objects.earliest("pk")
    assert undoing.why_not(first) == "", "the one before may follow"


def test_only_the_latest_import(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    spoil("clients", lambda rows: rows[0].update(phone="8 800 000-99-99"))
    loading.load(folder=copied)
    first, second = Import.objects.order_by("pk")
    assert "После него загружен пакет" in undoing.why_not(first)
    assert not undoing.begin(first, user=superuser)
    loading.load(folder=copied)
    assert undoing.why_not(second) == "", "a repeat that changed nothing is not in the way"
    assert "ничего не изменил" in undoing.why_not(Import.objects.latest("pk"))


def refusal(attempt: Import, user: User) -> str:
    before = everything()
    undoing.begin(attempt, user=user)
    with pytest.raises(undoing.NotUndone) as refused:
        undoing.undo(attempt)
    attempt.refresh_from_db()
    assert attempt.state == Import.State.APPLIED
    assert attempt.trouble == f"Не отменена. {refused.value}"
    assert everything() == before
    return str(refused.value)


def test_what_a_client_has_done_is_in_the_way(loaded: object, superuser: User) -> None:
    contract = Contract.objects.get(external_id="vega-1")
    vega = make.user("vega")
    make.membership(vega, contract.client)
    make.submission(contract, vega, "123.0", period=datetime.date(2026, 11, 1))
    make.message(contract, vega, make.topic())
    make.opening(Document.objects.filter(contract=contract)[0], vega)
    words = refusal(Import.objects.get(), superuser)
    for expected in ("передачи показаний", "обращения", "показания", "доступ"):
        assert expected in words.lower(), (expected, words)


def test_an_answer_that_names_its_document_is_in_the_way(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    """The relation has no name in the model of documents."""
    named = {"external_id": "named", "number": "named"}
    spoil("documents", lambda rows: rows.append({**rows[0], **named}))
    loading.load(folder=copied)
    contract = Document.objects.get(external_id="named").contract
    make.message(contract, superuser, make.topic())
    text = b"row;state;document\n1;done;named\n"
    batch = batching.make(kind="cases")
    answering.take(batch=batch, stream=io.BytesIO(text), name="answers.csv")
    words = refusal(Import.objects.latest("pk"), superuser)
    assert words == "На документы этого пакета опираются ответы на обращения: 1 (код «named»)."


def test_what_the_office_has_changed_since_is_in_the_way(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    spoil("clients", lambda rows: rows[0].update(phone="8 800 000-99-99"))
    loading.load(folder=copied)
    Client.objects.filter(external_id="vega").update(phone="8 800 000-11-11")
    words = refusal(Import.objects.latest("pk"), superuser)
    assert words == "Изменено после загрузки — клиенты: 1\u00a0строка (код «vega»)."


def test_a_document_published_meanwhile_keeps_what_it_says(
    loaded: object, copied: Path, spoil: Spoil, superuser: User
) -> None:
    tomorrow = (timezone.now() + datetime.timedelta(days=1)).isoformat()

    def edit(number: str) -> None:
        def in_rows(rows: Rows) -> None:
            last = {**rows[0], "external_id": "soon", "number": number, "published_at": tomorrow}
            rows[:] = [row for row in rows if row["external_id"] != "soon"]
            rows.append(last)

        spoil("documents", in_rows)
        loading.load(folder=copied)

    edit("один")
    edit("два")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE documents_document DISABLE TRIGGER USER")
        Document.objects.filter(external_id="soon").update(published_at=timezone.now())
        cursor.execute(
            "UPDATE exchange_changedrow SET after = jsonb_set(after, '{published_at}',"
            " (SELECT to_jsonb(published_at) FROM documents_document WHERE id = row_id))"
        )
        cursor.execute("ALTER TABLE documents_document ENABLE TRIGGER USER")
    attempt = Import.objects.latest("pk")
    undoing.begin(attempt, user=superuser)
    with pytest.raises(undoing.NotUndone, match="База не отпускает"):
        undoing.undo(attempt)


def test_the_database_lets_go_of_nothing_else(
    loaded: object, superuser: User, vega_contract: Contract
) -> None:
    def refuses(model: str, pk: int) -> None:
        table = apps.get_model(model)._meta.db_table
        sql = f'DELETE FROM "{table}" WHERE id = %s'  # noqa: S608 - a model's own
        refused = pytest.raises((InternalError, IntegrityError))
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [pk])

    reading = Reading.objects.first()
    document = Document.objects.order_by("pk").last()
    refuses("meters.Reading", reading.pk)
    refuses("documents.Document", document.pk)
    submission = make.submission(vega_contract, superuser, "1.0")
    undoing.begin(Import.objects.get(), user=superuser)
    refuses("meters.Reading", submission.readings.get().pk)


def test_what_cannot_be_undone_is_forgotten(loaded: object, copied: Path, spoil: Spoil) -> None:
    first = Import.objects.get()
    assert undoing.forget_superseded() == 0
    spoil("clients", lambda rows: rows[0].update(phone="8 800 000-99-99"))
    loading.load(folder=copied)
    assert undoing.forget_superseded() == 1
    assert not first.added.exists()
    assert ChangedRow.objects.count() == 1
