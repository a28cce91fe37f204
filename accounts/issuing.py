"""Issuing and revoking logins: what the office does once the user agreement is signed.

A one-time password leaves this module once, as the return value. The database keeps its hash only,
and the journal keeps that it was issued, to whom and by whom.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import journal, office, passwords, sessions
from accounts import terms as rules
from accounts.models import Basis, Client, Membership, User
from accounts.terms import Terms
from cabinet import formats, numbers


class IssuingRefused(Exception):
    """The access may not be given. `reasons`: name of the field → a sentence for the office."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__(" ".join(reasons.values()))
        self.reasons = reasons


class AlreadyIssued(Exception):
    """This very form was taken before; its membership is `membership`."""

    def __init__(self, membership: Membership) -> None:
        super().__init__(f"Форма уже принята: {membership.agreement_number}.")
        self.membership = membership


class RevokingRefused(Exception):
    """The membership was revoked before."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who comes in, as the paper names them."""

    last_name: str
    first_name: str
    patronymic: str = ""
    email: str
    phone: str = ""
    position: str = ""


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A new access and the password that is shown once. Not to be stored or logged."""

    membership: Membership
    login: str
    one_time_password: str

    def __repr__(self) -> str:
        return f"Issued(login={self.login!r})"


def issued_by_form(form_key: uuid.UUID) -> Membership | None:
    """What this filled-in form has given already."""
    return Membership.objects.filter(form_key=form_key).select_related("user", "client").first()


@transaction.atomic
def issue_login(
    *,
    client: Client,
    person: Person,
    terms: Terms,
    issued_by: User,
    form_key: uuid.UUID | None = None,
    agreement_number: str = "",
    request: HttpRequest | None = None,
) -> Issued:
    """Give a new person a login and a one-time password for a client.

    `form_key` names one filled-in form: the same form sent twice gives one login.
    `agreement_number` is the one on the signed paper; without it the next is taken.

    Raises:
        AlreadyIssued: this form was taken before.
        IssuingRefused: a rule forbids it; nothing is stored.
    """
    client = _lock(client, form_key)
    _refuse_if(rules.refusals(client=client, terms=terms, email=person.email))
    password = passwords.one_time_password()
    user = User(
        username=_next_login(client),
        email=person.email.lower(),
        last_name=person.last_name,
        first_name=person.first_name,
        patronymic=person.patronymic,
        phone=person.phone,
    )
    _set_one_time_password(user, password)
    user.save()
    try:
        with transaction.atomic():
            # The office saw the person and their paper: the address needs no letter to be believed.
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError as error:  # given to somebody else between the check and this line
        raise IssuingRefused({"email": "Этот адрес только что занят другим человеком."}) from error
    membership = _store(client, user, person.position, terms, issued_by, form_key, agreement_number)
    _write(journal.Action.LOGIN_ISSUED, membership, issued_by, request)
    return Issued(membership=membership, login=user.username, one_time_password=password)


@transaction.atomic
def grant_membership(
    *,
    client: Client,
    user: User,
    position: str,
    terms: Terms,
    issued_by: User,
    form_key: uuid.UUID | None = None,
    agreement_number: str = "",
    request: HttpRequest | None = None,
) -> Membership:
    """Let somebody who has a login already act for (another) client by the same login.

    Raises:
        AlreadyIssued: this form was taken before.
        IssuingRefused: a rule forbids it; nothing is stored.
    """
    client = _lock(client, form_key)
    # Two offices may grant to one person at once: they stand in line.
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _refuse_if(rules.refusals(client=client, terms=terms, user=user))
    membership = _store(client, user, position, terms, issued_by, form_key, agreement_number)
    _write(journal.Action.ACCESS_GRANTED, membership, issued_by, request)
    return membership


def password_stamp(user: User) -> str:
    """Changes with every password of this person; tells nothing about it."""
    return salted_hmac("accounts.reissue", user.password, algorithm="sha256").hexdigest()[:24]


def next_agreement_number() -> str:
    """«ПС-2026-000042-…»: this year, the next of all agreements, a check digit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('accounts_agreement_number')")
        (number,) = cursor.fetchone()
    return numbers.with_check_digit(f"ПС-{timezone.localdate().year}-{number:06d}")


@transaction.atomic
def reissue_password(
    *, user: User, by: User, stamp: str | None = None, request: HttpRequest | None = None
) -> str:
    """A new one-time password instead of the present one; every session of the person ends.

    `stamp` is the `password_stamp` of the login that the office saw: a page that is sent twice
    must not make a second password, for the first one is printed already.

    Raises:
        IssuingRefused: not for `by` to issue (`office.may_issue_password`); or nobody whom a
            membership lets in today; or the password is another than the one of `stamp`.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if stamp is not None and stamp != password_stamp(user):
        changed_at = formats.moment(user.password_changed_at)
        words = (
            f"Пароль уже сменился ({changed_at}): одноразовый пароль показывается только раз. "
            "Если листок не напечатан, выдайте новый."
        )
        _refuse_if({"stamp": words})
    if not office.may_issue_password(by, user):
        _refuse_if({"login": "Вы не можете выдать пароль этому человеку."})
    if not user.is_staff and not Membership.objects.active().filter(user=user).exists():
        _refuse_if({"login": "У этого человека нет действующего доступа: сначала оформите его."})
    password = passwords.one_time_password()
    _set_one_time_password(user, password)
    user.save(
        update_fields=[
            "password",
            "has_one_time_password",
            "one_time_password_until",
            "slip_printed_at",
            "password_changed_at",
        ]
    )
    sessions.end_all(user)
    journal.record(
        journal.Action.PASSWORD_ISSUED,
        request=request,
        user=by,
        person=user,
        subject=_about(user),
        details={"login": user.username},
    )
    return password


def note_slip(*, user: User, by: User, request: HttpRequest | None = None) -> None:
    """The slip of the present one-time password leaves the printer: there is no second one."""
    user.slip_printed_at = timezone.now()
    user.save(update_fields=["slip_printed_at"])
    journal.record(
        journal.Action.SLIP_PRINTED,
        request=request,
        user=by,
        person=user,
        subject=_about(user),
        details={"login": user.username},
    )


@transaction.atomic
def revoke_membership(
    *, membership: Membership, by: User, reason: str, request: HttpRequest | None = None
) -> Membership:
    """End an access now. Whoever has no other access loses every open session.

    Raises:
        RevokingRefused: it was revoked before.
    """
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "client")
        .get(pk=membership.pk)
    )
    if membership.revoked_at is not None:
        raise RevokingRefused(f"Доступ уже отозван {formats.moment(membership.revoked_at)}.")
    membership.revoked_at = timezone.now()
    membership.revoked_by = by
    membership.revoked_reason = reason
    membership.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    if not Membership.objects.active().filter(user=membership.user).exists():
        sessions.end_all(membership.user)
    _write(journal.Action.ACCESS_REVOKED, membership, by, request, reason=reason)
    return membership


def _refuse_if(reasons: dict[str, str]) -> None:
    if reasons:
        raise IssuingRefused(reasons)


def _lock(client: Client, form_key: uuid.UUID | None) -> Client:
    """The client's row, held until COMMIT: issues for one client stand in line."""
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    if form_key is not None and (earlier := issued_by_form(form_key)) is not None:
        raise AlreadyIssued(earlier)
    return client


def _next_login(client: Client) -> str:
    """«ul-004217», or «ul-004217-2» when taken: the tail of the client's first contract number.

    Contracts of two clients may end alike, so the stem is locked until COMMIT, not the client.
    """
    number = client.contracts.order_by("pk").values_list("number", flat=True).first() or ""
    tail = "".join(char for char in number.rpartition("-")[2] if char.isascii() and char.isdigit())
    stem = f"ul-{tail.zfill(6) if tail else f'{client.pk:06d}'}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"login:{stem}"])
    taken = set(User.objects.filter(username__startswith=stem).values_list("username", flat=True))
    login, count = stem, 1
    while login in taken:
        count += 1
        login = f"{stem}-{count}"
    return login


def _set_one_time_password(user: User, password: str) -> None:
    user.set_password(password)
    user.has_one_time_password = True
    user.one_time_password_until = timezone.now() + datetime.timedelta(
        days=settings.ONE_TIME_PASSWORD_DAYS
    )
    user.slip_printed_at = None
    user.password_changed_at = timezone.now()


def _store(
    client: Client,
    user: User,
    position: str,
    terms: Terms,
    issued_by: User,
    form_key: uuid.UUID | None,
    agreement_number: str,
) -> Membership:
    membership = Membership(
        user=user,
        client=client,
        role=terms.role,
        position=position,
        basis=terms.basis,
        basis_number="" if terms.basis == Basis.CHARTER else terms.basis_number.strip(),
        basis_on=None if terms.basis == Basis.CHARTER else terms.basis_on,
        agreement_number=agreement_number or next_agreement_number(),
        signed_on=terms.signed_on,
        starts_on=terms.signed_on,
        ends_on=terms.ends_on,
        all_contracts=terms.contract_ids is None,
        issued_by=issued_by,
        form_key=form_key,
    )
    try:
        membership.validate_constraints()
    except ValidationError as error:
        raise IssuingRefused({"": " ".join(error.messages)}) from error
    membership.save()
    # The room above is reached by the name of its relation, never by import.
    for contract_id in sorted({*(terms.contract_ids or ()), *terms.contract_roles}):
        role = terms.contract_roles.get(contract_id, "")
        membership.limits.create(contract_id=contract_id, role=role)
    if client.registered_on is None:
        client.registered_on = timezone.localdate()
        client.save(update_fields=["registered_on"])
    return membership


def _about(user: User) -> str:
    return f"{user.username}, {user.full_name}" if user.full_name else user.username


def _write(
    action: journal.Action,
    membership: Membership,
    by: User,
    request: HttpRequest | None,
    **details: Any,
) -> None:
    journal.record(
        action,
        request=request,
        user=by,
        person=membership.user,
        client=membership.client,
        subject=_about(membership.user),
        details={
            "login": membership.user.username,
            "membership": membership.pk,
            "agreement": membership.agreement_number,
            "role": membership.role,
            "basis": membership.basis,
            "basis_number": membership.basis_number,
            "basis_on": membership.basis_on.isoformat() if membership.basis_on else None,
            "starts_on": membership.starts_on.isoformat(),
            "ends_on": membership.ends_on.isoformat() if membership.ends_on else None,
            "all_contracts": membership.all_contracts,
            **details,
        },
    )
