"""Uploading a table of readings: it waits as rows until somebody hands it in."""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from collections.abc import Mapping

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from cabinet import sheets
from cabinet.sheets import Limits
from contracts.models import Contract
from contracts.periods import Month
from meters import drafts, entering, filled, matching, submitting
from meters.entering import Entry, Typed
from meters.inventory import Inventory
from meters.models import ReadingUpload, Submission

# As for drafts: the month is not taken any more by then.
KEPT_FOR = drafts.KEPT_FOR
LIMITS = Limits()
_NAME_LENGTH = 200


def accept(*, author: User, contract: Contract, inventory: Inventory, file: UploadedFile) -> int:
    """Read a file for the month of `inventory` and keep its rows; the key of the upload.

    The same file of the same person that still waits is the same upload, with what was answered.

    Raises:
        sheets.SheetRefused: it is no table of readings of this contract and month.
    """
    period, name = inventory.period, clean_name(file.name or "")
    read = sheets.read_table(file, file.name or "", limits=LIMITS)
    found = filled.read(
        read,
        known=matching.known_keys(inventory),
        contract_number=contract.number,
        period=str(period),
    )
    upload, _ = ReadingUpload.objects.update_or_create(
        contract=contract,
        period=period.first_day,
        author=author,
        sha256=_sha256(file),
        submission=None,
        defaults={
            "name": name,
            "content": found.as_json(),
            "uploaded_at": timezone.now(),
        },
    )
    return int(upload.pk)


def clean_name(raw: str) -> str:
    """The name as a page can show it: no folders, nothing invisible, not too long."""
    last = raw.replace("\\", "/").rpartition("/")[2]
    visible = "".join(
        char for char in last if unicodedata.category(char)[0] not in "CZ" or char == " "
    )
    return visible.strip()[-_NAME_LENGTH:] or "без имени"


def _sha256(file: UploadedFile) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def handed_in_before(upload: ReadingUpload) -> ReadingUpload | None:
    """The same file for the same month that was handed in already, by whomever."""
    same = ReadingUpload.objects.filter(
        contract=upload.contract_id,
        period=upload.period,
        sha256=upload.sha256,
        submission__isnull=False,
    ).exclude(pk=upload.pk)
    return same.select_related("submission", "author").order_by("-uploaded_at", "-pk").first()


def of_month(*, author: User, contract: Contract, period: Month) -> list[ReadingUpload]:
    """What this person has uploaded for the month, the latest first."""
    own = ReadingUpload.objects.filter(author=author, contract=contract, period=period.first_day)
    return list(own.defer("content", "answers").select_related("submission")[:10])


def keep_answers(upload: ReadingUpload, answers: Mapping[int, Typed], inventory: Inventory) -> None:
    """Store what was said of doubtful values; what `answers` does not mention stays as it is."""
    asked = {place.register_id for place in inventory.asked}
    said = {str(key): list(row._replace(value="")) for key, row in answers.items() if key in asked}
    upload.answers = {**upload.answers, **said}
    upload.save(update_fields=["answers"])


@transaction.atomic
def hand_in(
    upload: ReadingUpload, *, author: User, accepted: Entry, correction_reason: str
) -> Submission:
    """Hand in the rows of an upload that were accepted; twice gives the same submission.

    What the person's draft of the month says of other registers stays a draft.

    Raises:
        submitting.NotTaken: it was not taken, and why.
    """
    waiting = ReadingUpload.objects.select_for_update(no_key=True).get(pk=upload.pk)
    if waiting.submission:
        return waiting.submission
    contract, period = upload.contract, Month.of(upload.period)
    submission = submitting.submit_readings(
        contract=contract,
        author=author,
        period=period,
        form_key=upload.form_key,
        stated=submitting.statements(accepted),
        correction_reason=correction_reason,
    )
    ReadingUpload.objects.filter(pk=upload.pk).update(submission=submission)
    return submission


def move_to_draft(upload: ReadingUpload, *, author: User, entry: Entry) -> int:
    """Put the values of the file into the person's draft of the month; how many these are.

    Values that stand already are not moved; unreadable ones are, to be mended there.
    """
    rows = {
        line.place.register_id: line.typed
        for line in entry.lines
        if not line.typed.is_empty and not entering.stands_already(line)
    }
    if rows:
        _keep_draft(author, upload.contract, Month.of(upload.period), rows)
    return len(rows)


def _keep_draft(
    author: User, contract: Contract, period: Month, typed: Mapping[int, Typed]
) -> None:
    """Add rows to the draft under a key that nothing was handed in with."""
    drafts.keep(author=author, contract=contract, period=period, typed=typed, form_key=uuid.uuid4())


def sweep_stale() -> int:
    """Throw away uploads that are older than `KEPT_FOR`; their number."""
    stale = ReadingUpload.objects.filter(uploaded_at__lt=timezone.now() - KEPT_FOR)
    return stale.delete()[0]
