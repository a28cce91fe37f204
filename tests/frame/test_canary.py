"""The canary: Vega sings in every text field, and Orion must never hear it.

Every character field of every row that Vega owns holds a canary. Whatever Orion opens, searches,
posts or receives by mail must not contain it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection, models
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client, User
from contracts.models import Contract
from documents.models import Acknowledgement, Kind
from tests import make
from tests.frame.test_walk import CLOSED
from tests.samples import SAMPLES

pytestmark = pytest.mark.django_db

CANARY = "канарейка"

# What is common to all clients: the retailer's own people, branches and topics.
COMMON = {"Branch", "Specialist", "Topic", "Leave", "Assignment"}

# Fields that are long enough for words and hold none: the database takes digits or a path alone.
CONSTRAINED = {
    "path", "password", "mail_id", "external_id", "sha256", "file_sha256", "account",
    "correspondent_account",
}  # fmt: skip


@pytest.fixture
def singing(vega: User, vega_contract: Contract) -> Contract:
    """Vega's rows of every kind, with the canary in each free text field."""
    papers = {kind: make.document(vega_contract, kind) for kind in Kind.values}
    notice = papers[Kind.RESTRICTION_NOTICE]
    make.dispatch(notice)
    make.opening(notice, vega)
    make.bundle(vega, list(papers.values()))
    # Append-only: it sings from the first.
    Acknowledgement.objects.create(document=notice, user=vega, name=CANARY)
    handed_in = make.submission(vega_contract, vega)
    register = handed_in.readings.get().register
    make.billing_answer(handed_in, register, "rejected", reason=CANARY)
    make.charge(vega_contract)
    make.payment(vega_contract)
    make.payer_account(vega_contract.client, vega)
    make.reading_upload(vega_contract, vega)
    make.access_request(vega_contract.client, vega)
    make.enrolment(vega_contract.client, vega, scan=make.agreement_scan(vega))

    # What the database keeps from being changed may sing for a test.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE documents_document DISABLE TRIGGER USER")
    for model in apps.get_models():
        if model.__module__.split(".")[0] not in {
            "accounts", "contracts", "documents", "meters", "billing", "messaging",
        } or model.__name__ in COMMON:  # fmt: skip
            continue
        for field in free_text_fields(model):
            for row in model._default_manager.all():
                model._default_manager.filter(pk=row.pk).update(
                    **{field.name: f"{CANARY}{row.pk}"[: field.max_length]}
                )
    return vega_contract


def free_text_fields(model: type[models.Model]) -> Iterator[models.CharField]:
    """Character fields into which any words fit."""
    if model.__name__ in {
        "JournalEntry",
        "Submission",
        "Reading",
        "Acknowledgement",
        "Dossier",
        "BillingAnswer",
    }:
        return
    for field in model._meta.get_fields():
        if (
            isinstance(field, models.CharField)
            and not field.choices
            and (field.max_length or 0) >= 20
            and field.name not in CONSTRAINED
        ):
            yield field


def addresses(user_contract: Contract, foreign: Contract) -> Iterator[str]:
    """Every closed address, of Orion's own contract and of Vega's."""
    for name in CLOSED:
        arguments = SAMPLES[name]
        if set(arguments) == {"contract"}:
            for contract in (user_contract, foreign):
                yield reverse(name, args=[contract.pk])
        elif set(arguments) == {"company"}:
            for contract in (user_contract, foreign):
                yield reverse(name, args=[contract.client_id])
        elif not arguments:
            yield reverse(name)


def test_nothing_of_vegas_reaches_orion(
    singing: Contract,
    orion: User,
    orion_contract: Contract,
    login: Callable[[User], Browser],
    tmp_path: Path,
) -> None:
    browser = login(orion)
    visited = 0
    for address in addresses(orion_contract, singing):
        for query in (
            "",
            "?month=&year=2026",
            f"?q={CANARY[:-1]}",  # finds it as well, and a page may repeat what was searched for
            f"?contract={singing.pk}&client={singing.client_id}",
        ):
            response = browser.get(address + query)
            body = b"".join(response.streaming_content) if response.streaming else response.content
            assert CANARY not in body.decode("utf-8", "replace"), address + query
            visited += 1
    assert visited > 40
    assert all(CANARY not in str(letter.message()) for letter in mail.outbox)


def test_the_canary_sings_to_its_owner(
    singing: Contract, vega: User, login: Callable[[User], Browser]
) -> None:
    """The test above would pass on an empty page: Vega hears the canary on each of these."""
    User.objects.filter(pk=vega.pk).update(username="vega")
    browser = login(User.objects.get(pk=vega.pk))
    for name in (
        "contracts:contract",
        "documents:document-list",
        "documents:contract-openings",
        "meters:readings",
        "meters:readings-file",
        "meters:reading-history",
        "billing:debt",
    ):
        assert CANARY in browser.get(reverse(name, args=[singing.pk])).content.decode(), name
    assert CANARY in browser.get(reverse("documents:all-documents")).content.decode()
    desk = reverse("accounts:access-request-list", args=[singing.client_id])
    assert CANARY in browser.get(desk).content.decode()
    assert CANARY in browser.get(reverse("contracts:home")).content.decode()


def test_a_posted_contract_of_somebody_else_is_ignored(
    singing: Contract,
    orion: User,
    orion_contract: Contract,
    login: Callable[[User], Browser],
    vega_client: Client,
) -> None:
    browser = login(orion)
    foreign = {"contract": singing.pk, "client": vega_client.pk, "user": 1, "is_staff": "1"}
    for name in CLOSED:
        arguments = SAMPLES[name]
        if set(arguments) == {"contract"}:
            response = browser.post(reverse(name, args=[orion_contract.pk]), foreign)
            assert CANARY not in response.content.decode("utf-8", "replace"), name
    orion.refresh_from_db()
    assert not orion.is_staff
    assert Contract.objects.visible_to(orion).get() == orion_contract
