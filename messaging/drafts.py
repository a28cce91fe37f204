"""Drafts: what is being written is kept on the server, with its files, from the first button on."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from cabinet import files
from contracts.models import Contract
from messaging import attachments, repeats
from messaging.models import Attachment, Draft, Message

# «Черновик» untouched for so long is thrown away with its files.
KEPT_FOR = datetime.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What became of a posted form.

    `draft` holds what was typed and the files; it is None when `repeated` is the message that
    already says exactly this. `used_by` is another message that took the form's key: the draft
    then has a new one. `added` and `removed` are names of files; `refusals` are sentences about
    those not taken.
    """

    draft: Draft | None
    added: list[str] = field(default_factory=list)
    removed: str = ""
    refusals: list[str] = field(default_factory=list)
    repeated: Message | None = None
    used_by: Message | None = None


def find(
    *, author: User, contract: Contract, form_key: uuid.UUID | None = None, topic_code: str = ""
) -> Draft | None:
    """The draft of this form, else the latest (of `topic_code` or no topic, if given)."""
    drafts = contract.drafts.filter(author=author).select_related("topic")
    if form_key and (named := drafts.filter(form_key=form_key).first()):
        return named
    if topic_code:
        drafts = drafts.filter(Q(topic__code=topic_code) | Q(topic=None))
    return drafts.first()


def keep(
    *,
    author: User,
    contract: Contract,
    form_key: uuid.UUID,
    typed: repeats.Typed,
    uploads: Iterable[UploadedFile] = (),
    remove: int | None = None,
) -> Kept:
    """Store what was typed and the good ones of the chosen files; take out the file `remove`."""
    stored, refusals = attachments.store(uploads)
    with transaction.atomic():
        try:
            kept, unused = _keep_rows(author, contract, form_key, typed, stored, remove)
        except BaseException:
            # Only before COMMIT: when that one fails, the rows may be there all the same, and
            # `attachments.sweep_orphans` finds the files if they are not.
            files.forget(file.path for file in stored)
            raise
    files.forget(file.path for file in unused)
    kept.refusals[:0] = refusals
    return kept


def _keep_rows(
    author: User,
    contract: Contract,
    form_key: uuid.UUID,
    typed: repeats.Typed,
    stored: list[attachments.Stored],
    remove: int | None,
) -> tuple[Kept, list[attachments.Stored]]:
    repeats.take_turns(author)
    sent = repeats.find(author=author, form_key=form_key)
    if sent and repeats.is_same(
        sent, contract=contract, typed=typed, sha256=(file.sha256 for file in stored)
    ):
        return Kept(draft=None, repeated=sent), stored
    # A key that is used up, or belongs to another contract's form, is replaced.
    if (
        sent
        or Draft.objects.filter(author=author, form_key=form_key)
        .exclude(contract=contract)
        .exists()
    ):
        form_key = uuid.uuid4()
    draft, _ = Draft.objects.update_or_create(
        author=author,
        contract=contract,
        form_key=form_key,
        defaults={
            "topic": typed.topic,
            "text": typed.text,
            "email": typed.email,
            "phone": typed.phone,
        },
    )
    removed = _remove_file(draft, remove)
    refusals, unused = attachments.attach(draft, stored)
    added = [file.name for file in stored if file not in unused]
    return Kept(draft=draft, added=added, removed=removed, refusals=refusals, used_by=sent), unused


def _remove_file(draft: Draft, pk: int | None) -> str:
    """Its name, or an empty string when the draft has no such file."""
    attachment = draft.attachments.filter(pk=pk).first() if pk is not None else None
    if attachment is None:
        return ""
    attachment.delete()
    transaction.on_commit(partial(files.forget, [attachment.path]), robust=True)
    return attachment.name


@transaction.atomic
def discard(*, author: User, contract: Contract, form_key: uuid.UUID) -> bool:
    """Throw a draft away with its files; whether there was one."""
    repeats.take_turns(author)
    return bool(_delete(Draft.objects.filter(author=author, contract=contract, form_key=form_key)))


@transaction.atomic
def sweep_stale() -> int:
    """Throw away drafts that nobody touched for `KEPT_FOR`; their number."""
    stale = Draft.objects.filter(updated_at__lt=timezone.now() - KEPT_FOR)
    return _delete(stale.order_by("pk").select_for_update(skip_locked=True))


def _delete(drafts: Iterable[Draft]) -> int:
    keys = [draft.pk for draft in drafts]
    paths = list(Attachment.objects.filter(draft__in=keys).values_list("path", flat=True))
    Draft.objects.filter(pk__in=keys).delete()
    transaction.on_commit(partial(files.forget, paths), robust=True)
    return len(keys)
