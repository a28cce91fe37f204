"""Drafts that nobody touches go away with their files; others stay."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from messaging import drafts, repeats, tasks
from messaging.models import Attachment, Draft
from tests.messaging.post import pdf, stored_files

pytestmark = pytest.mark.django_db

NOTHING = repeats.Typed(topic=None, text="", email="", phone="")


def keep(author: User, contract: Contract, *uploads: UploadedFile) -> Draft:
    """A new draft."""
    kept = drafts.keep(
        author=author, contract=contract, form_key=uuid.uuid4(), typed=NOTHING, uploads=uploads
    )
    assert kept.draft is not None
    return kept.draft


def test_drafts_of_thirty_days_are_swept(
    vega: User, vega_contract: Contract, django_capture_on_commit_callbacks: Any
) -> None:
    old, fresh = keep(vega, vega_contract, pdf()), keep(vega, vega_contract, pdf())
    long_ago = timezone.now() - datetime.timedelta(days=30, minutes=1)
    Draft.objects.filter(pk=old.pk).update(updated_at=long_ago)
    old_path, fresh_path = (draft.attachments.get().path for draft in (old, fresh))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep_stale_drafts()
    assert list(Draft.objects.all()) == [fresh]
    assert (default_storage.exists(old_path), default_storage.exists(fresh_path)) == (False, True)


def test_a_touched_draft_stays(vega: User, vega_contract: Contract) -> None:
    draft = keep(vega, vega_contract)
    Draft.objects.update(updated_at=timezone.now() - datetime.timedelta(days=31))
    drafts.keep(author=vega, contract=vega_contract, form_key=draft.form_key, typed=NOTHING)
    assert drafts.sweep_stale() == 0


def test_a_fault_of_the_database_leaves_no_file(
    vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(Attachment.objects, "create", fail)
    with pytest.raises(RuntimeError):
        keep(vega, vega_contract, pdf())
    assert stored_files() == []
    assert Draft.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_commit_without_an_answer_keeps_the_file(
    vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection dies during COMMIT: the rows may be there, so their file must be too."""

    def commit_and_die(self: BaseDatabaseWrapper) -> None:
        self.connection.commit()
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patched:
        patched.setattr(type(connections["default"]), "_commit", commit_and_die)
        with pytest.raises(OperationalError):
            keep(vega, vega_contract, pdf())
    path = Attachment.objects.get().path
    assert default_storage.exists(path)
