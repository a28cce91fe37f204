"""Limits of an account: counted by login, refused politely, nobody else's business."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract, Topic
from messaging import limits, thread
from messaging.models import Attachment, Entry, Message
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few(settings: Settings) -> None:
    settings.MESSAGES_PER_HOUR, settings.MESSAGES_PER_DAY = 3, 5
    settings.ATTACHMENTS_BYTES_PER_DAY = 100


def sent(author: User, contract: Contract, topic: Topic, *, minutes_ago: int) -> Message:
    """A message of some time ago."""
    moment = timezone.now() - datetime.timedelta(minutes=minutes_ago)
    return make.message(contract, author, topic, sent_at=moment)


def test_the_hour(vega: User, vega_contract: Contract, topic: Topic, settings: Settings) -> None:
    for minutes_ago in (61, 59, 30):
        sent(vega, vega_contract, topic, minutes_ago=minutes_ago)
    limits.check_messages(vega)
    sent(vega, vega_contract, topic, minutes_ago=1)
    with pytest.raises(limits.TooMany, match=r"3\sсообщения за час") as refusal:
        limits.check_messages(vega)
    assert settings.RETAILER.phone in str(refusal.value)


def test_the_day(vega: User, vega_contract: Contract, topic: Topic) -> None:
    for hours in (25, 20, 15, 10, 5):
        sent(vega, vega_contract, topic, minutes_ago=60 * hours)
    limits.check_messages(vega)
    sent(vega, vega_contract, topic, minutes_ago=120)
    with pytest.raises(limits.TooMany, match="за сутки"):
        limits.check_messages(vega)


def test_additions_count_too(vega: User, vega_contract: Contract, topic: Topic) -> None:
    message = sent(vega, vega_contract, topic, minutes_ago=200)
    for _ in range(3):
        thread.add(message, who=thread.Person(user=vega), text="Ещё.")
    assert Entry.objects.filter(author=vega).count() == 3
    with pytest.raises(limits.TooMany):
        limits.check_messages(vega)


def test_a_colleague_is_not_meant(
    vega: User, vega_accountant: User, vega_contract: Contract, topic: Topic
) -> None:
    for _ in range(3):
        sent(vega, vega_contract, topic, minutes_ago=1)
    limits.check_messages(vega_accountant)


def test_bytes_of_a_day(vega: User, vega_contract: Contract, topic: Topic) -> None:
    assert limits.room_for_files(vega) == 100
    message = sent(vega, vega_contract, topic, minutes_ago=1)
    for size, days_ago in ((30, 0), (50, 2)):
        file = make.attachment(message, content=b"x" * size)
        Attachment.objects.filter(pk=file.pk).update(
            uploaded_by=vega, added_at=timezone.now() - datetime.timedelta(days=days_ago)
        )
    assert limits.room_for_files(vega) == 70
    Attachment.objects.update(size=1000, added_at=timezone.now())
    assert limits.room_for_files(vega) == 0
