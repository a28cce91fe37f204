"""Adding to a message: one transaction, and the same form twice is one addition."""

from __future__ import annotations

import uuid

from django.db import transaction

from accounts.models import User
from messaging import drafts, limits, repeats, thread
from messaging.models import Attachment, Entry, Message


@transaction.atomic
def add_to_message(*, author: User, message: Message, form_key: uuid.UUID, text: str) -> Entry:
    """Store the client's words with the files of the draft that has this key.

    The same form again gets the same entry. A closed message opens again.

    Raises:
        AlreadySent: the key carried other words.
        TooMany: this person has sent as much as an account may.
    """
    repeats.take_turns(author)
    if earlier := _find_earlier(author, message, form_key, text):
        return earlier
    limits.check_messages(author)
    return thread.add(message, who=thread.Person(user=author), text=text, form_key=form_key)


def _find_earlier(author: User, message: Message, form_key: uuid.UUID, text: str) -> Entry | None:
    """The addition that this form already is; its draft, if any, is then thrown away."""
    if earlier := repeats.find_addition(author=author, form_key=form_key):
        if not repeats.is_same_addition(earlier, message=message, text=text):
            raise repeats.AlreadySent(earlier)
        return earlier
    files = Attachment.objects.filter(
        draft__author=author, draft__message=message, draft__form_key=form_key
    )
    twin = repeats.find_twin_addition(
        author=author, message=message, text=text, sha256=files.values_list("sha256", flat=True)
    )
    if twin:
        drafts.discard(author=author, contract=message.contract, message=message, form_key=form_key)
    return twin
