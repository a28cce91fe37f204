"""The wizard's deeds: an enrolment is begun, filled in, printed, signed, and ends in an access.

Each function takes the enrolment as the office saw it, locks its row and refuses when somebody has
changed it since. What is printed is what is signed: a change after printing asks for a new print.
Nothing is opened before the signature.
"""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import issuing, journal, requests
from accounts import terms as rules
from accounts.issuing import IssuingRefused, Person
from accounts.models import (
    AccessRequest,
    AgreementScan,
    Basis,
    Client,
    Enrolment,
    Membership,
    User,
)
from accounts.terms import Terms
from cabinet import formats

State = Enrolment.State
STEPS = ("contracts", "person", "terms", "agreement")


class Outdated(Exception):
    """Somebody of the office has changed or ended the enrolment since; the text says who."""


@transaction.atomic
def begin(
    *,
    client: Client,
    by: User,
    form_key: uuid.UUID,
    replaces: Membership | None = None,
    leaving_reason: str = "",
    request: HttpRequest | None = None,
) -> Enrolment:
    """A new enrolment; the same form sent twice begins one.

    `replaces`: whose access ends when the new one is given; what it allows is offered again.
    """
    values: dict[str, Any] = {"client": client, "created_by": by, "updated_by": by}
    if replaces is not None:
        values |= _as_of(replaces) | {"replaces": replaces, "leaving_reason": leaving_reason}
    enrolment, is_new = Enrolment.objects.get_or_create(form_key=form_key, defaults=values)
    if is_new:
        write(journal.Action.ENROLMENT_STARTED, enrolment, by, request)
    return enrolment


@transaction.atomic
def begin_for(asked: AccessRequest, *, by: User, request: HttpRequest | None = None) -> Enrolment:
    """The enrolment that answers a company's request, filled in from it; begun if none is open.

    Raises:
        RequestClosed: the request was answered or withdrawn before.
    """
    asked = requests.take_up(asked, by=by)
    if known := asked.enrolments.open().first():
        return known
    login = requests.login_of(asked)
    values = requests.initial(asked)
    values["contract_ids"] = sorted(values.pop("contracts"))
    person = User.objects.filter(username=login).first() if login else None
    # An address that belongs to somebody of another name is for the clerk to clear up.
    if person is not None and _is_called(person, asked):
        values |= dict.fromkeys(("last_name", "first_name", "patronymic", "email", "phone"), "")
        values["user"] = person
        present = Membership.objects.active().filter(client=asked.client, user=person).first()
        if present is not None:  # the new one follows it without a day in between
            values["replaces"] = present
            values["leaving_reason"] = f"вместо него новый, по запросу {asked.number}"
    enrolment = Enrolment.objects.create(
        client=asked.client,
        answers=asked,
        contract_roles={str(pk): role for pk, role in requests.contract_roles(asked).items()},
        created_by=by,
        updated_by=by,
        **values,
    )
    write(journal.Action.ENROLMENT_STARTED, enrolment, by, request, answers=asked.number)
    return enrolment


def _is_called(person: User, asked: AccessRequest) -> bool:
    """Whether the login's owner has the name that was asked for."""
    known, wanted = (
        (one.last_name.strip().casefold(), one.first_name.strip().casefold())
        for one in (person, asked)
    )
    return known == wanted


def change(*, enrolment: Enrolment, by: User, **values: Any) -> Enrolment:
    """Keep what a step of the wizard filled in; unchanged values change nothing.

    What was printed and signed before is void: the paper says something else now.

    Raises:
        Outdated: somebody else changed it since.
    """
    with transaction.atomic():
        row = lock(enrolment)
        changed = {name for name, value in values.items() if getattr(row, name) != value}
        if not changed:
            return row
        for name in changed:
            setattr(row, name, values[name])
        return _touch(row, by, state=State.FILLING, printed_at=None, signed_on=None, scan=None)


def choose_login(*, enrolment: Enrolment, user: User, by: User) -> Enrolment:
    """The person is somebody who has a login already.

    Raises:
        IssuingRefused: the login is the office's own or switched off.
        Outdated: somebody else changed it since.
    """
    if user.is_staff or not user.is_active:
        raise IssuingRefused({"login": "Этот логин служебный или отключён."})
    empty = dict.fromkeys(("last_name", "first_name", "patronymic", "email", "phone"), "")
    return change(enrolment=enrolment, by=by, user=user, **empty)


def missing_step(enrolment: Enrolment) -> str:
    """The first step of `STEPS` that is still to be filled in; «agreement» when all is there."""
    if not enrolment.scope:
        return "contracts"
    if not enrolment.user and not enrolment.email:
        return "person"
    return "agreement" if enrolment.role and enrolment.basis else "terms"


def refusals(enrolment: Enrolment) -> dict[str, str]:
    """What is against issuing on these terms; before the signature, as if it were today."""
    asked = enrolment.answers
    if asked is not None and not asked.is_open:
        state = asked.get_state_display()
        return {"": f"Запрос {asked.number} уже закрыт: {state}. Отмените это оформление."}
    return rules.refusals(
        client=enrolment.client,
        terms=terms_of(enrolment),
        email=None if enrolment.user else enrolment.email,
        user=enrolment.user,
        ending=enrolment.replaces,
    )


def terms_of(enrolment: Enrolment) -> Terms:
    """As the issuing functions want them."""
    return Terms(
        role=enrolment.role,
        basis=enrolment.basis,
        basis_number=enrolment.basis_number,
        basis_on=enrolment.basis_on,
        signed_on=enrolment.signed_on or timezone.localdate(),
        ends_on=enrolment.ends_on,
        contract_ids=enrolment.chosen_ids,
        contract_roles=enrolment.roles_of_contracts,
    )


@transaction.atomic
def print_agreement(
    *, enrolment: Enrolment, by: User, request: HttpRequest | None = None
) -> Enrolment:
    """The agreement is about to be printed: it gets its number and waits for a signature.

    Printed again without a change it stays what it was.

    Raises:
        IssuingRefused: the access could not be given on these terms.
        Outdated: somebody else changed it since.
    """
    row = lock(enrolment)
    if missing_step(row) != "agreement":
        raise IssuingRefused({"": "Сначала заполните все шаги."})
    if found := refusals(row):
        raise IssuingRefused(found)
    write(journal.Action.AGREEMENT_PRINTED, row, by, request)
    if row.state != State.FILLING:
        return row
    # The page from which it was printed stays as it is: the version is that of what was filled in.
    # Another text is another paper: it has a number of its own, and no scan of an earlier one.
    row.agreement_number, row.scan = issuing.next_agreement_number(), None
    row.state, row.printed_at = State.PRINTED, timezone.now()
    row.save(update_fields=["agreement_number", "scan", "state", "printed_at"])
    return row


@transaction.atomic
def attach_scan(*, enrolment: Enrolment, scan: AgreementScan) -> Enrolment:
    """The signed paper is kept before anything else of the form is judged: it is not asked twice.

    Raises:
        Outdated: the enrolment has ended.
    """
    row = _row(enrolment)
    if not row.is_open:
        _refuse_outdated(row, enrolment)
    row.scan = scan
    row.save(update_fields=["scan"])
    return row


@transaction.atomic
def sign(
    *,
    enrolment: Enrolment,
    signed_on: datetime.date,
    by: User,
    request: HttpRequest | None = None,
) -> Enrolment:
    """Both sides have signed: the day, and the paper whose scan is attached.

    Raises:
        IssuingRefused: nothing was printed or scanned, or it could not be signed on that day.
        Outdated: somebody else changed it since.
    """
    row = lock(enrolment)
    if row.state == State.FILLING or row.printed_at is None:
        raise IssuingRefused({"": "Сначала напечатайте соглашение: данные менялись после печати."})
    scan = row.scan
    if scan is None:
        raise IssuingRefused({"scan": "Приложите скан подписанного соглашения."})
    printed_on = timezone.localdate(row.printed_at)
    if signed_on < printed_on:
        words = f"Соглашение напечатано {formats.day(printed_on)}: раньше его не могли подписать."
        raise IssuingRefused({"signed_on": words})
    row.signed_on = signed_on
    if found := refusals(row):
        raise IssuingRefused(found)
    row = _touch(row, by, state=State.SIGNED)
    facts = {"signed_on": signed_on.isoformat(), "scan_sha256": scan.sha256}
    write(journal.Action.AGREEMENT_SIGNED, row, by, request, **facts)
    return row


@transaction.atomic
def issue(
    *, enrolment: Enrolment, by: User, request: HttpRequest | None = None
) -> issuing.Issued | Membership:
    """Open the access that was signed for: a login with its password, or one by a known login.

    The access of whom the person follows ends, and the request of the company is answered, in the
    same transaction.

    Raises:
        AlreadyIssued: it is open already; no second password is made.
        IssuingRefused: nothing is signed, or a rule forbids it now; nothing is stored.
        Outdated: somebody else changed it since.
    """
    row = _row(enrolment)
    if row.membership is not None:
        raise issuing.AlreadyIssued(row.membership)
    _refuse_outdated(row, enrolment)
    if row.state != State.SIGNED:
        raise IssuingRefused({"": "Доступ открывается после подписания соглашения."})
    # As the company's own desk does: the client first, then its accesses.
    Client.objects.select_for_update(no_key=True).get(pk=row.client_id)
    if row.replaces is not None and row.replaces.revoked_at is None:
        issuing.revoke_membership(
            membership=row.replaces, by=by, reason=row.leaving_reason, request=request
        )
    outcome = _give(row, by, request)
    membership = outcome if isinstance(outcome, Membership) else outcome.membership
    if row.answers is not None:
        try:
            requests.mark_issued(row.answers, membership=membership, by=by, request=request)
        except requests.RequestClosed as error:
            raise IssuingRefused({"": str(error)}) from error
    _touch(row, by, state=State.ISSUED, membership=membership)
    return outcome


@transaction.atomic
def abandon(
    *, enrolment: Enrolment, by: User, reason: str, request: HttpRequest | None = None
) -> Enrolment:
    """End an enrolment without an access; what was filled in stays to be read.

    Raises:
        Outdated: somebody else changed or ended it since.
    """
    row = _touch(lock(enrolment), by, state=State.ABANDONED, abandoned_reason=reason)
    write(journal.Action.ENROLMENT_ABANDONED, row, by, request, reason=reason)
    return row


def lock(enrolment: Enrolment) -> Enrolment:
    """The row as it is now, held until COMMIT.

    Raises:
        Outdated: it is another than the office saw, or ended.
    """
    row = _row(enrolment)
    _refuse_outdated(row, enrolment)
    return row


def write(
    action: journal.Action,
    enrolment: Enrolment,
    by: User,
    request: HttpRequest | None,
    **details: Any,
) -> None:
    """A line in the journal about an enrolment."""
    journal.record(
        action,
        request=request,
        user=by,
        client=enrolment.client,
        subject=f"{enrolment.agreement_number} {enrolment.person_name}".strip(),
        details={"enrolment": enrolment.pk, "agreement": enrolment.agreement_number, **details},
    )


def _row(enrolment: Enrolment) -> Enrolment:
    rows = Enrolment.objects.select_for_update(of=("self",), no_key=True)
    related = (
        "client", "user", "replaces", "membership__user", "scan", "updated_by", "answers",
    )  # fmt: skip
    row: Enrolment = rows.select_related(*related).get(pk=enrolment.pk)
    return row


def _refuse_outdated(row: Enrolment, seen: Enrolment) -> None:
    who, when = row.updated_by.short_name, formats.moment(row.updated_at)
    if not row.is_open:
        words = f"Оформление уже завершено: {row.get_state_display()} ({who}, {when})."
        raise Outdated(words)
    if row.version != seen.version:
        raise Outdated(
            f"Пока страница была открыта, оформление изменено ({who}, {when})."
            " Проверьте данные и повторите."
        )


def _touch(row: Enrolment, by: User, **values: Any) -> Enrolment:
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    row.updated_by, row.updated_at = by, timezone.now()
    row.save()
    return row


def _as_of(membership: Membership) -> dict[str, Any]:
    """What an access allows, as the beginning of another one: not its paper, which was personal."""
    chosen = list(membership.limits.values_list("contract_id", flat=True))
    is_director = membership.basis == Basis.CHARTER
    roles = membership.limits.exclude(role="").values_list("contract_id", "role")
    return {
        "contract_roles": {str(pk): role for pk, role in roles},
        "scope": Enrolment.Scope.ALL if membership.all_contracts else Enrolment.Scope.CHOSEN,
        "contract_ids": [] if membership.all_contracts else sorted(chosen),
        "position": membership.position,
        "role": membership.role,
        "basis": Basis.CHARTER if is_director else "",
    }


def _give(row: Enrolment, by: User, request: HttpRequest | None) -> issuing.Issued | Membership:
    shared: dict[str, Any] = {
        "client": row.client,
        "terms": terms_of(row),
        "issued_by": by,
        "form_key": row.form_key,
        "agreement_number": row.agreement_number,
        "request": request,
    }
    if row.user is not None:
        return issuing.grant_membership(user=row.user, position=row.position, **shared)
    names = ("last_name", "first_name", "patronymic", "email", "phone", "position")
    person = Person(**{name: getattr(row, name) for name in names})
    return issuing.issue_login(person=person, **shared)
