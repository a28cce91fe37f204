"""Letters about access: put into the outbox in the transaction of what they tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from accounts.models import Client, Letter
from cabinet import mail


def only(clients: Iterable[Client]) -> Client | None:
    """The client of a letter that is about one alone; None where it is about several."""
    found = {client.pk: client for client in clients}
    return next(iter(found.values())) if len(found) == 1 else None


def post(
    letter: str, *, to: str, context: Mapping[str, Any], client: Client | None = None
) -> Letter:
    """Store the letter and wake a worker after COMMIT.

    `client`: whose matter it is; None for one about the person, or about several companies.
    """
    text = mail.compose(letter, context)
    row = Letter.objects.create(
        to=to, client=client, subject=text.subject, plain=text.plain, html=text.html
    )
    transaction.on_commit(lambda: _wake(row.pk), robust=True)
    return row


def _wake(pk: int) -> None:
    from accounts.tasks import send_letter
    from cabinet.celery import wake

    wake(send_letter, pk)
