"""A rejection comes by a file or by a package: one letter, none where it was undone before."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.models import Letter, User
from contracts.models import Contract
from exchange.incoming import loading
from exchange.models import Import, OutgoingBatch
from exchange.outgoing import answering, batching
from meters import rejection_letters
from meters.models import BillingAnswer, Rejection, Submission
from tests import make
from tests.exchange.conftest import Spoil
from tests.exchange.test_undoing import refusal, undo

pytestmark = pytest.mark.django_db

Rows = list[dict[str, Any]]


def tell() -> int:
    """Write what waits, as if it had been gathered long enough."""
    gathered = rejection_letters.GATHERED_FOR
    Rejection.objects.update(noted_at=F("noted_at") - gathered)
    return rejection_letters.tell()


def take(batch: OutgoingBatch, text: str) -> int:
    taken, _ = answering.take(batch=batch, stream=io.BytesIO(text.encode()), name="answers.csv")
    return taken.new


@pytest.fixture
def batch(vega: User, vega_contract: Contract) -> OutgoingBatch:
    make.submission(vega_contract, vega, "100.5", "200.0")
    return batching.make(kind=OutgoingBatch.Kind.READINGS)


@pytest.fixture
def submission(loaded: object) -> Submission:
    """What a person of the demo's Vega handed in."""
    contract = Contract.objects.get(external_id="vega-1")
    person = make.user("vega")
    make.membership(person, contract.client)
    return make.submission(contract, person, "123.0", period=datetime.date(2026, 10, 1))


@pytest.fixture
def rejected(submission: Submission, copied: Path, spoil: Spoil) -> Import:
    """A package that has rejected it."""

    def reject(rows: Rows) -> None:
        register = submission.readings.get().register
        rows[:] = [
            {
                "external_id": "answer-1", "submission": submission.number,
                "register": register.external_id, "state": "rejected", "reason": "нет фото",
                "answered_at": (timezone.now() - datetime.timedelta(hours=1)).isoformat(),
            }
        ]  # fmt: skip

    spoil("reading_answers", reject)
    loading.load(folder=copied)
    return Import.objects.latest("pk")


@pytest.fixture
def application(db: None) -> Iterator[None]:
    """From here on the test is the application under its own role."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE application")
        call_command("grant_rights", "application", verbosity=0)
        cursor.execute("SET ROLE application")
        yield
        cursor.execute("RESET ROLE")


def test_a_file_of_answers_is_one_letter(batch: OutgoingBatch, vega: User) -> None:
    text = "row;state;reason\n1;rejected;нет фотографии табло\n2;rejected;меньше прежнего\n"
    assert take(batch, text) == 2
    assert tell() == 1
    take(batch, text)  # the same file again
    assert take(batch, text.replace("rejected", "отклонено")) == 0
    assert tell() == 0
    letter = Letter.objects.get()
    assert letter.to == vega.email
    assert "нет фотографии табло" in letter.plain
    assert "меньше прежнего" in letter.plain


def test_a_refused_file_tells_nobody(batch: OutgoingBatch) -> None:
    with pytest.raises(answering.AnswerRefused):
        take(batch, "row;state;reason\n1;rejected;нет фото\n9;rejected;нет фото\n")
    assert not Rejection.objects.waiting().exists()


def test_a_second_file_that_sets_the_first_right_in_time_leaves_nothing_to_tell(
    batch: OutgoingBatch,
) -> None:
    take(batch, "row;state;reason\n1;rejected;ошибка\n2;rejected;ошибка\n")
    take(batch, "row;state\n1;accepted\n2;counted\n")
    assert tell() == 0
    assert not Letter.objects.exists()
    assert not Rejection.objects.waiting().exists()


def test_a_package_is_told_like_a_file(rejected: Import, submission: Submission) -> None:
    assert tell() == 1
    assert submission.number in Letter.objects.get().subject


def test_a_package_that_was_only_checked_tells_nobody(
    submission: Submission, rejected: Import, copied: Path, superuser: User
) -> None:
    undo(rejected, superuser)
    loading.load(folder=copied, is_final=False)
    assert not Rejection.objects.waiting().exists()


def test_undone_before_the_letters_nobody_is_told(rejected: Import, superuser: User) -> None:
    assert Rejection.objects.count() == 1
    undo(rejected, superuser)
    assert rejected.state == Import.State.UNDONE
    assert not BillingAnswer.objects.exists()
    assert tell() == 0
    assert not Letter.objects.exists()


def test_undone_and_loaded_again_it_is_told_once(
    rejected: Import, copied: Path, superuser: User
) -> None:
    undo(rejected, superuser)
    loading.load(folder=copied)
    assert tell() == 1


def test_after_the_letters_it_cannot_be_undone(rejected: Import, superuser: User) -> None:
    tell()
    words = refusal(rejected, superuser)
    code = BillingAnswer.objects.get().external_id
    relying = "На ответы биллинга этого пакета опираются письма об отказе биллинга: 1"
    assert words == f"{relying} (код «{code}»)."
    rejected.refresh_from_db()
    assert rejected.state == Import.State.APPLIED


def test_what_nobody_could_be_told_does_not_stand_in_the_way(
    rejected: Import, superuser: User
) -> None:
    User.objects.update(email="")
    assert tell() == 0
    undo(rejected, superuser)
    assert not BillingAnswer.objects.exists()


def test_the_applications_role_notes_tells_and_undoes(
    submission: Submission, application: None, rejected: Import, superuser: User
) -> None:
    assert Rejection.objects.count() == 1
    undo(rejected, superuser)
    assert not BillingAnswer.objects.exists()


def test_the_applications_role_tells(
    submission: Submission, application: None, rejected: Import
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        later = rejection_letters.GATHERED_FOR
        Rejection.objects.update(noted_at=F("noted_at") - later)
        cursor.execute("SET ROLE application")
    assert rejection_letters.tell() == 1
    assert not Rejection.objects.waiting().exists()
