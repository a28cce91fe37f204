"""The journal of access only grows."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import journal
from accounts.models import JournalEntry, User


@pytest.mark.parametrize(
    "change", ["UPDATE accounts_journalentry SET login = 'x'", "DELETE FROM accounts_journalentry"]
)
def test_the_journal_only_grows(change: str, office: User) -> None:
    journal.record(journal.Action.LOGIN, user=office)
    with (
        pytest.raises(DatabaseError, match="only added"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
    assert JournalEntry.objects.get().login == "office"
