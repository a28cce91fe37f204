"""Drafts: what is being written is kept on the server, with its files, from the first button on."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from cabinet import files
from cabinet.accepting import Stored
from contracts.models import Contract
from messaging import attachments, repeats
from messaging.models import Attachment, Draft, Entry, Message

# «Черновик» untouched for so long is thrown away with its files.
KEPT_FOR = datetime.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What became of a posted form.

    `draft` holds what was typed and the files; it is None when `repeated` is the message or the
    addition that already says exactly this. `used_by` is another one that took the form's key: the
    draft then has a new one. `added` and `removed` are names of files; `refusals` are sentences
    about those not taken.
    """

    draft: Draft | None
    added: list[str] = field(default_factory=list)
    removed: str = ""
    refusals: list[str] = field(default_factory=list)
    repeated: Message | Entry | None = None
    used_by: Message | Entry | None = None


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Whose form it is, and of which page: a new message about a contract, or an addition."""

    author: User
    contract: Contract
    message: Message | None

    @property
    def drafts(self) -> QuerySet[Draft]:
        """Everything that was left unfinished here."""
        return Draft.objects.filter(
            author=self.author, contract=self.contract, message=self.message
        )

    def find_sent(self, form_key: uuid.UUID) -> Message | Entry | None:
        """What was sent from here by this form."""
        if self.message is None:
            return repeats.find(author=self.author, form_key=form_key)
        return repeats.find_addition(author=self.author, form_key=form_key)

    def is_same(
        self, sent: Message | Entry, typed: repeats.Typed, stored: Iterable[Stored]
    ) -> bool:
        """Whether that already says all this and has these files."""
        sums = [file.sha256 for file in stored]
        if isinstance(sent, Message):
            return repeats.is_same(sent, contract=self.contract, typed=typed, sha256=sums)
        return self.message is not None and repeats.is_same_addition(
            sent, message=self.message, text=typed.text, sha256=sums
        )


def find(
    *,
    author: User,
    contract: Contract,
    message: Message | None = None,
    form_key: uuid.UUID | None = None,
    topic_code: str = "",
) -> Draft | None:
    """The draft of this form, else the latest (of `topic_code` or no topic, if given).

    With `message` those that add to it, without it those of new messages.
    """
    place = _Place(author=author, contract=contract, message=message)
    drafts = place.drafts.select_related("topic")
    if form_key and (named := drafts.filter(form_key=form_key).first()):
        return named
    if topic_code:
        drafts = drafts.filter(Q(topic__code=topic_code) | Q(topic=None))
    return drafts.first()


def is_sent(
    *, author: User, contract: Contract, message: Message | None = None, form_key: uuid.UUID
) -> bool:
    """Whether this form was sent already: then nothing of it is left to keep."""
    place = _Place(author=author, contract=contract, message=message)
    return place.find_sent(form_key) is not None


def keep(
    *,
    author: User,
    contract: Contract,
    message: Message | None = None,
    form_key: uuid.UUID,
    typed: repeats.Typed,
    uploads: Iterable[UploadedFile] = (),
    stored: Iterable[Stored] = (),
    remove: int | None = None,
) -> Kept:
    """Store what was typed and the good ones of the chosen files; take out the file `remove`.

    With `message` it is an addition to that message. `stored` are files that were written before
    and have no rows yet: they stay where they are when this fails, for another try.
    """
    written, refusals = attachments.store(uploads)
    place = _Place(author=author, contract=contract, message=message)
    with transaction.atomic():
        try:
            kept, unused = _keep_rows(place, form_key, typed, [*stored, *written], remove)
        except BaseException:
            # Only before COMMIT: when that one fails, the rows may be there all the same, and
            # `attachments.sweep_orphans` finds the files if they are not.
            files.forget(file.path for file in written)
            raise
    files.forget(file.path for file in unused)
    kept.refusals[:0] = refusals
    return kept


def _keep_rows(
    place: _Place,
    form_key: uuid.UUID,
    typed: repeats.Typed,
    stored: list[Stored],
    remove: int | None,
) -> tuple[Kept, list[Stored]]:
    repeats.take_turns(place.author)
    sent = place.find_sent(form_key)
    if sent and place.is_same(sent, typed, stored):
        return Kept(draft=None, repeated=sent), stored
    # A key that is used up, or belongs to the form of another page, is replaced.
    elsewhere = Draft.objects.filter(author=place.author, form_key=form_key).exclude(
        pk__in=place.drafts
    )
    if sent or elsewhere.exists():
        form_key = uuid.uuid4()
    draft, _ = Draft.objects.update_or_create(
        author=place.author,
        contract=place.contract,
        message=place.message,
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
def discard(
    *, author: User, contract: Contract, message: Message | None = None, form_key: uuid.UUID
) -> bool:
    """Throw a draft away with its files; whether there was one."""
    repeats.take_turns(author)
    place = _Place(author=author, contract=contract, message=message)
    return bool(_delete(place.drafts.filter(form_key=form_key)))


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
