"""Drafts: what is being typed into the table of readings is kept on the server."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping

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
) -> ReadingDraft | None:
    """Store `typed`: rows that are in it replace the draft's, an empty one takes a row out.

    None when nothing is left to keep, or when this very form has been handed in meanwhile: what a
    page still saves after «Передать» must not come back as a draft.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=author.pk)
    if Submission.objects.filter(submitted_by=author, form_key=form_key).exists():
        return None
    draft = find(author=author, contract=contract, period=period)
    before = entering.restored(draft.typed) if draft else {}
    rows = entering.kept({**before, **typed})
    if not rows:
        if draft:
            draft.delete()
        return None
    draft = draft or ReadingDraft(author=author, contract=contract, period=period.first_day)
    draft.typed, draft.form_key, draft.updated_at = rows, form_key, timezone.now()
    draft.save()
    return draft


def discard(*, author: User, contract: Contract, period: Month) -> None:
    """Throw the draft of the month away: it was handed in, or is not wanted."""
    ReadingDraft.objects.filter(author=author, contract=contract, period=period.first_day).delete()


def sweep_stale() -> int:
    """Throw away drafts that nobody touched for `KEPT_FOR`; their number."""
    stale = ReadingDraft.objects.filter(updated_at__lt=timezone.now() - KEPT_FOR)
    return stale.delete()[0]
