"""Scans of signed agreements: what is taken, how it is kept, and how one leaves.

A scan is looked at like every file that comes in (`cabinet.accepting`); here it is a PDF or a
picture. Where the installation has an antivirus, it is asked at once; while it does not answer, the
scan is kept and not handed out.
"""

from __future__ import annotations

import logging

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts import journal
from accounts.models import AgreementScan, Client, User
from cabinet import accepting, antivirus, files
from cabinet.accepting import Refused, Stored

logger = logging.getLogger(__name__)

FOLDER = "agreements"
ACCEPT = ",".join(f".{ending}" for ending in accepting.PAPER_KINDS)
LABELS = accepting.labels(accepting.PAPER_KINDS)


class NotChecked(Exception):
    """The antivirus has not looked at the scan yet and does not answer now."""


def keep(upload: UploadedFile, *, by: User) -> AgreementScan:
    """Look at a scan, store it and give it a row.

    Raises:
        Refused: it is no PDF or picture, too large, damaged or infected; the text says what to do.
    """
    stored = accepting.take(upload, folder=FOLDER, kinds=accepting.PAPER_KINDS)
    is_checked = _is_clean(stored)
    return AgreementScan.objects.create(uploaded_by=by, is_checked=is_checked, **stored.as_fields())


def hand_out(request: HttpRequest, *, scan: AgreementScan, client: Client) -> HttpResponseBase:
    """The scan as it was brought, with a line in the client's journal.

    Raises:
        NotChecked: the antivirus has not seen it and does not answer.
        Refused: the antivirus found something in it now.
    """
    if not scan.is_checked:
        _check_late(scan)
    if request.method == "GET":
        journal.record(
            journal.Action.FILE_OPENED,
            request=request,
            client=client,
            subject=f"Скан соглашения «{scan.name}»",
            details={"scan": scan.pk, "sha256": scan.sha256},
        )
    return files.hand_out(
        storage=default_storage,
        path=scan.path,
        filename=scan.name,
        content_type=scan.content_type,
    )


def sweep_orphans() -> int:
    """Remove scans older than a day that belong to no enrolment; the number of their files.

    A scan is replaced, or the paper is printed again: what it showed is nobody's then.
    """
    before = timezone.now() - files.ORPHAN_AGE
    AgreementScan.objects.filter(enrolments=None, uploaded_at__lt=before).delete()
    return files.sweep_orphans(FOLDER, rows=AgreementScan.objects.all())


def _is_clean(stored: Stored) -> bool:
    """Whether the antivirus has seen the file (or there is none); False: it does not answer.

    Raises:
        Refused: it found something; the file is gone.
    """
    try:
        virus = _virus(stored.path)
    except antivirus.Unavailable as error:
        logger.warning("a scan of an agreement waits for the antivirus: %s", error)
        return False
    if virus:
        files.forget([stored.path])
        raise Refused(
            f"Файл «{stored.name}» не принят: антивирус нашёл в нём вредоносную программу."
            " Отсканируйте соглашение заново."
        )
    return True


def _check_late(scan: AgreementScan) -> None:
    try:
        virus = _virus(scan.path)
    except antivirus.Unavailable as error:
        raise NotChecked(str(error)) from error
    if virus:
        raise Refused(
            f"Файл «{scan.name}» не открывается: антивирус нашёл в нём вредоносную программу."
        )
    AgreementScan.objects.filter(pk=scan.pk).update(is_checked=True)


def _virus(path: str) -> str:
    if not antivirus.is_on():
        return ""
    with default_storage.open(path, "rb") as file:
        return antivirus.scan(file)
