"""A file of a message comes back as it went, to those who may have it, and the journal knows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import JournalEntry, User
from contracts.models import Contract, Topic
from messaging.models import Attachment
from tests import make
from tests.messaging.post import PDF

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def file(vega: User, vega_contract: Contract, topic: Topic) -> Attachment:
    """A file of Vega's message."""
    return make.attachment(make.message(vega_contract, vega, topic), "Акт № 1.pdf", PDF)


def address(contract: Contract, file: Attachment) -> str:
    """Where it is handed out."""
    assert file.message is not None
    return reverse("messaging:attachment-file", args=[contract.pk, file.message.number, file.pk])


def test_the_file_comes_back(
    vega_reader: User, vega_contract: Contract, file: Attachment, login: Login
) -> None:
    response = login(vega_reader).get(address(vega_contract, file))
    assert b"".join(response.streaming_content) == PDF  # type: ignore[attr-defined]
    assert response["Content-Disposition"].startswith("attachment;")
    assert "%D0%90%D0%BA%D1%82" in response["Content-Disposition"]
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    entry = JournalEntry.objects.get(action=JournalEntry.Action.FILE_OPENED)
    assert (entry.user, entry.client) == (vega_reader, vega_contract.client)
    assert "Акт № 1.pdf" in entry.subject


def test_strangers_find_nothing(
    orion: User, orion_contract: Contract, vega_contract: Contract, file: Attachment, login: Login
) -> None:
    browser = login(orion)
    assert browser.get(address(vega_contract, file)).status_code == 404
    assert browser.get(address(orion_contract, file)).status_code == 404
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()


def test_a_file_is_found_only_under_its_own_message(
    vega: User, vega_contract: Contract, topic: Topic, file: Attachment, login: Login
) -> None:
    other = make.message(vega_contract, vega, topic)
    wrong = reverse("messaging:attachment-file", args=[vega_contract.pk, other.number, file.pk])
    assert login(vega).get(wrong).status_code == 404
