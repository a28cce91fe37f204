"""Having stored files checked by the antivirus, and letting go the letters that waited for it.

A verdict and the letters that it lets go are one transaction. While clamd looks at a file no row is
locked: a page that sends a draft with this very file does not wait for it.
"""

from __future__ import annotations

import logging

from django.core.files.storage import default_storage
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from cabinet import alone, antivirus
from messaging import delivery
from messaging.models import Attachment, Message

logger = logging.getLogger(__name__)

Scan = Attachment.Scan

# The first half of the advisory locks' keys, the second one is the file's, or `_RUN`.
_LOCKS = 7_301
_VIRUS_MAX_CHARS = 200
# So many files in a row without an answer are left for later: not one, because a single file that
# clamd chokes on must not stop those behind it.
_PATIENCE = 3
_RUN = 0


def scan_pending() -> int:
    """Check the files that wait, oldest first, one after the other; how many got a verdict.

    Without an answer of clamd they wait for the next time; nothing is raised. Where the
    installation has no antivirus any more, what waited for it goes as it would go now.
    """
    with alone.at(_LOCKS, _RUN) as is_only:
        # Twenty uploads wake twenty tasks: one of them does the work of all, the rest end at once.
        return _scan_all() if is_only else 0


def _scan_all() -> int:
    done = 0
    last = failures = 0
    while failures < _PATIENCE and (attachment := _next(after=last)) is not None:
        last = attachment.pk
        with alone.at(_LOCKS, attachment.pk % 2**31) as is_ours:
            # Another worker may have finished it between the look and the lock.
            if not is_ours or not _is_pending(attachment.pk):
                continue
            try:
                scan, virus = _verdict(attachment)
            except antivirus.Unavailable as error:
                logger.warning("attachment %s waits for the antivirus: %s", attachment.pk, error)
                failures += not isinstance(error, antivirus.NoVerdict)
                continue
            except FileNotFoundError:
                logger.exception("attachment %s has no file", attachment.pk)
                continue
            failures = 0
            if virus:
                logger.warning("attachment %s is infected: %s", attachment.pk, virus)
            try:
                done += _record(attachment.pk, scan, virus)
            except OperationalError as error:  # the row is busy: it is checked again later
                logger.warning("attachment %s keeps waiting: %s", attachment.pk, error)
    return done


def _next(*, after: int) -> Attachment | None:
    return Attachment.objects.filter(scan=Scan.PENDING, pk__gt=after).order_by("pk").first()


def _is_pending(pk: int) -> bool:
    return Attachment.objects.filter(pk=pk, scan=Scan.PENDING).exists()


def _verdict(attachment: Attachment) -> tuple[Scan, str]:
    if not antivirus.is_on():
        return Scan.OFF, ""
    with default_storage.open(attachment.path, "rb") as file:
        virus = antivirus.scan(file)
    return (Scan.INFECTED, virus[:_VIRUS_MAX_CHARS]) if virus else (Scan.CLEAN, "")


def _record(pk: int, scan: Scan, virus: str) -> bool:
    """Store the verdict and let go the letters that waited for it; False if the file is gone.

    A draft may become a message meanwhile. The message is locked first, as messaging/thread.py
    does, so that no letter is held by somebody who still saw the file unchecked.
    """
    while True:
        rows = Attachment.objects.filter(pk=pk, scan=Scan.PENDING)
        found = rows.values_list("message", flat=True).first()
        verdict = {"scan": scan, "virus": virus, "scanned_at": Now()}
        if found is None:
            # In autocommit, so that nothing is locked while it waits for who sends the draft.
            if rows.filter(message=None).update(**verdict):
                return True
            if not _is_pending(pk):
                return False
            continue
        with transaction.atomic():
            message = Message.objects.select_for_update().get(pk=found)
            is_stored = bool(rows.update(**verdict))
            delivery.release(message)
            return is_stored
