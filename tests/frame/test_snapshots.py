"""What is read in a snapshot belongs together."""

from __future__ import annotations

import threading

import pytest
from django.db import InternalError, connection

from accounts.models import Client
from cabinet.snapshots import snapshot
from tests import make


@pytest.mark.django_db(transaction=True)
def test_what_others_commit_meanwhile_is_not_seen() -> None:
    def commit_another() -> None:
        make.client()
        connection.close()

    make.client()
    with snapshot():
        before = Client.objects.count()
        other = threading.Thread(target=commit_another)
        other.start()
        other.join()
        assert Client.objects.count() == before
    assert Client.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_in_it() -> None:
    with pytest.raises(InternalError, match="read-only"), snapshot():
        make.client()


@pytest.mark.django_db
def test_inside_a_transaction_it_is_the_callers() -> None:
    with snapshot():
        make.client()
    assert Client.objects.exists()
