"""What the office does with a list: keeps it, confirms it, has it signed, issues the accesses."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import agreements, enrolling, issuing, journal, terms
from accounts.issuing import IssuingRefused
from accounts.lists import judging, table
from accounts.lists.judging import Verdict
from accounts.models import Enrolment, EnrolmentList, Membership, User
from cabinet import accepting, celery, files

State = Enrolment.State
FOLDER = "enrolment-lists"


class NothingToConfirm(Exception):
    """No row of the list is without a fault."""


@dataclass(kw_only=True)
class Outcome:
    """What became of the rows of a list: how many went well, and a sentence for each other."""

    done: int = 0
    refusals: list[str] = field(default_factory=list)


def keep(
    upload: UploadedFile, *, by: User, form_key: uuid.UUID, request: HttpRequest | None = None
) -> EnrolmentList:
    """Read a list and keep its rows with what is wrong with each; nothing is opened by that.

    Raises:
        SheetRefused: it is no table of people.
    """
    rows = table.read(upload)
    upload.seek(0)
    values = {
        "name": accepting.clean_name(upload.name or ""),
        "sha256": hashlib.sha256(upload.read()).hexdigest(),
        "rows": [{"number": number, "cells": cells} for number, cells in rows],
        "created_by": by,
    }
    with transaction.atomic():
        kept, is_new = EnrolmentList.objects.get_or_create(form_key=form_key, defaults=values)
        if is_new:
            _write(journal.Action.LIST_UPLOADED, kept, by, request)
    return kept


def verdicts(kept: EnrolmentList) -> list[Verdict]:
    """What would be done with each row today."""
    return judging.judge([(row["number"], row["cells"]) for row in kept.rows])


@transaction.atomic
def confirm(*, kept: EnrolmentList, by: User, request: HttpRequest | None = None) -> EnrolmentList:
    """Begin an enrolment for each row without a fault, its agreement ready to be printed.

    A list is confirmed once; the rows with a fault stay to be mended in another list.

    Raises:
        NothingToConfirm: there is none.
    """
    kept = EnrolmentList.objects.select_for_update(of=("self",)).get(pk=kept.pk)
    if kept.confirmed_at is not None:
        return kept
    judged = verdicts(kept)
    good = [verdict for verdict in judged if not verdict.errors]
    if not good:
        raise NothingToConfirm(
            "В списке нет строк без ошибок: исправьте файл и загрузите его снова."
        )
    for verdict in good:
        enrolment = Enrolment.objects.create(
            source=kept, row_number=verdict.number, created_by=by, updated_by=by,
            **_fields(verdict),
        )  # fmt: skip
        enrolling.print_agreement(enrolment=enrolment, by=by, request=request)
    kept.rows = [{"number": one.number, "cells": one.cells, "errors": one.errors} for one in judged]
    kept.confirmed_by, kept.confirmed_at = by, timezone.now()
    kept.save(update_fields=["rows", "confirmed_by", "confirmed_at"])
    transaction.on_commit(lambda: _wake(kept.pk), robust=True)
    return kept


def make_agreements(pk: int) -> None:
    """Make the agreements of a list, two copies each, in one PDF: once, by a worker.

    A row that is changed afterwards has its new agreement printed by the wizard.
    """
    kept = EnrolmentList.objects.get(pk=pk)
    if kept.path or kept.confirmed_at is None:
        return
    rows = kept.enrolments.with_names().filter(state=State.PRINTED).order_by("row_number")
    content = agreements.filled_agreements(agreements.of_enrolment(one) for one in rows)
    path = files.keep(FOLDER, ".pdf", content)
    if not EnrolmentList.objects.filter(pk=pk, path="").update(path=path):
        files.forget([path])  # another worker was faster


def make_missing_agreements() -> None:
    """Make what a worker that died, or a broker that was down, left unmade."""
    missing = EnrolmentList.objects.filter(path="", confirmed_at__isnull=False)
    for pk in missing.order_by("pk").values_list("pk", flat=True):
        make_agreements(pk)


def sweep_orphans() -> int:
    """Remove files older than a day that no list names; their number."""
    return files.sweep_orphans(FOLDER, rows=EnrolmentList.objects.all())


def _wake(pk: int) -> None:
    from accounts.tasks import make_list_agreements

    celery.wake(make_list_agreements, pk)


def sign(
    *,
    enrolments: Iterable[Enrolment],
    signed_on: datetime.date,
    by: User,
    request: HttpRequest | None = None,
) -> Outcome:
    """These were signed on that day; each has the scan of its paper, several may share one."""
    outcome = Outcome()
    for enrolment in enrolments:
        try:
            enrolling.sign(enrolment=enrolment, signed_on=signed_on, by=by, request=request)
            outcome.done += 1
        except (IssuingRefused, enrolling.Outdated) as error:
            outcome.refusals.append(f"Строка {enrolment.row_number}: {error}")
    return outcome


@transaction.atomic
def issue(
    *, kept: EnrolmentList, by: User, request: HttpRequest | None = None
) -> tuple[bytes | None, Outcome]:
    """Open every access of the list that is signed, and print the slips of the new logins.

    The slips are made before anything is stored for good: what cannot be printed is not issued.
    None instead of a PDF: nobody needs a slip. A row that a rule forbids now stays signed.
    """
    EnrolmentList.objects.select_for_update(of=("self",)).get(pk=kept.pk)
    outcome, new = Outcome(), list[issuing.Issued]()
    rows = kept.enrolments.with_names().filter(state=State.SIGNED).order_by("row_number")
    for enrolment in rows:
        try:
            with transaction.atomic():
                given = _issue_row(enrolment, by, request)
        except (IssuingRefused, issuing.AlreadyIssued, enrolling.Outdated) as error:
            outcome.refusals.append(f"Строка {enrolment.row_number}: {error}")
            continue
        outcome.done += 1
        if not isinstance(given, Membership):
            new.append(given)
            issuing.note_slip(user=given.membership.user, by=by, request=request)
    # Only now: somebody of the list may act for several of its companies.
    slips = [agreements.slip_of(one.membership.user, one.one_time_password) for one in new]
    return (agreements.slips(slips) if slips else None), outcome


def _issue_row(
    enrolment: Enrolment, by: User, request: HttpRequest | None
) -> issuing.Issued | Membership:
    """Like the wizard; a person of several rows gets one login by the first of them."""
    owner = None if enrolment.user else terms.owner_of(enrolment.email)
    if owner is not None and owner.memberships.filter(enrolment__source=enrolment.source).exists():
        Enrolment.objects.filter(pk=enrolment.pk).update(user=owner)
    return enrolling.issue(enrolment=enrolment, by=by, request=request)


def _fields(verdict: Verdict) -> dict[str, Any]:
    values = dict(verdict.values)
    if values["user"] is not None:
        empty = ("last_name", "first_name", "patronymic", "email", "phone")
        values |= dict.fromkeys(empty, "")
    return values


def _write(
    action: journal.Action, kept: EnrolmentList, by: User, request: HttpRequest | None
) -> None:
    details = {"list": kept.pk, "sha256": kept.sha256, "rows": len(kept.rows)}
    journal.record(action, request=request, user=by, subject=kept.name, details=details)
