"""Drafts: what is being typed into the table of readings is kept on the server."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Mapping

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters import entering
from meters.entering import Typed
from meters.models import ReadingDraft, Submission

# An untouched draft is thrown away after so long: its month is not taken any more by then.
KEPT_FOR = datetime.timedelta(days=70)


def find(*, author: User, contract: Contract, period: Month) -> ReadingDraft | None:
    """What this person has left unfinished for the month."""
    own = ReadingDraft.objects.filter(author=author, contract=contract, period=period.first_day)
    return own.first()


@transaction.atomic
def keep(
    *,
    author: User,
    contract: Contract,
    period: Month,
    typed: Mapping[int, Typed],
    form_key: uuid.UUID,
    keys: Collection[int] | None = None,
    is_by_itself: bool = False,
) -> ReadingDraft | None:
    """Store `typed`: rows that are in it replace the draft's, an empty one takes a row out.

    `keys`: the registers that are asked for; what was typed for others leaves the draft. A form
    that was handed in before gets a new key. `is_by_itself`: a script saves; what a page still
    saves after «Передать» must not come back as a draft. None when nothing is left to keep.
    """
    _take_turns(author)
    if Submission.objects.filter(submitted_by=author, form_key=form_key).exists():
        if is_by_itself:
            return None
        form_key = uuid.uuid4()
    draft = find(author=author, contract=contract, period=period)
    before = entering.restored(draft.typed) if draft else {}
    rows = entering.kept({**before, **typed}, keys)
    if not rows:
        if draft:
            draft.delete()
        return None
    draft = draft or ReadingDraft(author=author, contract=contract, period=period.first_day)
    draft.typed, draft.form_key, draft.updated_at = rows, form_key, timezone.now()
    draft.save()
    return draft


@transaction.atomic
def take_out(*, author: User, contract: Contract, period: Month, keys: Collection[int]) -> None:
    """Take rows out of the draft: they were handed in. What was typed beside them stays."""
    _take_turns(author)
    draft = find(author=author, contract=contract, period=period)
    if draft is None:
        return
    rest = {key: row for key, row in draft.typed.items() if int(key) not in keys}
    if rest:
        draft.typed = rest
        draft.save(update_fields=["typed"])
    else:
        draft.delete()


def discard(*, author: User, contract: Contract, period: Month) -> None:
    """Throw the draft of the month away."""
    ReadingDraft.objects.filter(author=author, contract=contract, period=period.first_day).delete()


def sweep_stale() -> int:
    """Throw away drafts that nobody touched for `KEPT_FOR`; their number."""
    stale = ReadingDraft.objects.filter(updated_at__lt=timezone.now() - KEPT_FOR)
    return stale.delete()[0]


def _take_turns(author: User) -> None:
    """One form of a person at a time until COMMIT."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=author.pk)
