"""A company asks the office for an access: asked, taken up, issued or refused, or withdrawn.

The office issues by `accounts.issuing`, filled in from the request (`initial`, `contract_roles`);
`mark_issued` ties the two together, in one transaction with the issuing.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import company, desk_letters, journal
from accounts.models import AccessRequest, Basis, Client, Membership, User
from cabinet import formats, numbers

# A company that asks for more at once is to wait for the office.
OPEN_AT_MOST = 50

State = AccessRequest.State


class AskingRefused(Exception):
    """The request is not taken. `reasons`: name of the field → a sentence for the director."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__(" ".join(reasons.values()))
        self.reasons = reasons


class RequestClosed(Exception):
    """The request was answered or withdrawn before; the text is a sentence for who tried."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Who is to come in, as whom, on what paper; `contract_…` as in `accounts.terms.Terms`."""

    last_name: str
    first_name: str
    patronymic: str = ""
    position: str
    email: str
    phone: str
    role: str
    basis: str
    basis_number: str = ""
    ends_on: datetime.date | None = None
    contract_ids: Collection[int] | None = None
    contract_roles: Mapping[int, str] = field(default_factory=dict)


# What the company does ----------------------------------------------------------------------------


@transaction.atomic
def ask(
    *,
    client: Client,
    by: User,
    wish: Wish,
    form_key: uuid.UUID,
    request: HttpRequest | None = None,
) -> AccessRequest:
    """Store the request and tell the office; the same form again gives the same request.

    Raises:
        AskingRefused: a rule forbids it; nothing is stored.
        company.NotLeading: `by` does not lead the company.
    """
    client = company.lock(client, by)
    if earlier := AccessRequest.objects.filter(asked_by=by, form_key=form_key).first():
        if _is_same(earlier, client, wish):
            return earlier
        words = f"Эта форма уже отправлена, запрос {earlier.number}. Откройте новую форму."
        raise AskingRefused({"": words})
    if reasons := refusals(client=client, wish=wish):
        raise AskingRefused(reasons)
    asked = AccessRequest.objects.create(
        number=_next_number(),
        client=client,
        asked_by=by,
        form_key=form_key,
        **_columns(wish),
    )
    for contract_id in sorted({*(wish.contract_ids or ()), *wish.contract_roles}):
        role = wish.contract_roles.get(contract_id, "")
        asked.contracts.create(contract_id=contract_id, role=role)
    _write(journal.Action.ACCESS_REQUESTED, asked, by, request)
    desk_letters.tell_office_of_request(asked)
    return asked


def refusals(*, client: Client, wish: Wish) -> dict[str, str]:
    """Why it cannot be asked for; empty when it can. Field → sentence."""
    found: dict[str, str] = {}
    if wish.basis != Basis.CHARTER and not wish.basis_number.strip():
        found["basis_number"] = "Укажите номер документа."
    if wish.basis == Basis.POWER_OF_ATTORNEY and wish.ends_on is None:
        found["ends_on"] = "Укажите последний день срока доверенности."
    if wish.ends_on is not None and wish.ends_on < timezone.localdate():
        found["ends_on"] = "Этот день уже прошёл. Проверьте срок."
    if wish.contract_ids is not None and not wish.contract_ids:
        found["scope"] = "Укажите роль хотя бы по одному договору или выберите все договоры."
    named = {*(wish.contract_ids or ()), *wish.contract_roles}
    if client.contracts.filter(pk__in=named).count() != len(named):
        found["scope"] = "Среди договоров есть договор другой компании."
    waiting = AccessRequest.objects.open().filter(client=client)
    if twin := waiting.filter(email__iexact=wish.email).first():
        found["email"] = (
            f"Для человека с этим адресом уже есть запрос {twin.number} "
            f"({twin.get_state_display()}). Отзовите его, если он неверен, и подайте новый."
        )
    elif waiting.count() >= OPEN_AT_MOST:
        count = formats.counted(OPEN_AT_MOST, "запрос", "запроса", "запросов")
        found[""] = f"Поставщик ещё не ответил на {count}. Дождитесь ответа и подайте следующий."
    return found


@transaction.atomic
def withdraw(
    asked: AccessRequest, *, by: User, request: HttpRequest | None = None
) -> AccessRequest:
    """The company does not want it any more; the office is told.

    Raises:
        RequestClosed: it was answered or withdrawn before.
        company.NotLeading: `by` does not lead the company.
    """
    company.lock(asked.client, by)
    asked = _open(asked)
    _close(asked, State.WITHDRAWN, by, request)
    desk_letters.tell_office_of_withdrawal(asked)
    return asked


# What the office does -----------------------------------------------------------------------------


@transaction.atomic
def take_up(asked: AccessRequest, *, by: User) -> AccessRequest:
    """Somebody of the office works on it from now on; the company sees «в работе».

    Taking up what a colleague has is allowed, and a repeat changes nothing.

    Raises:
        RequestClosed: it was answered or withdrawn before.
    """
    asked = _open(asked)
    if asked.taken_up_by_id != by.pk:
        asked.state = State.IN_WORK
        asked.taken_up_at = asked.taken_up_at or timezone.now()
        asked.taken_up_by = by
        asked.save(update_fields=["state", "taken_up_at", "taken_up_by"])
    return asked


@transaction.atomic
def refuse(
    asked: AccessRequest, *, by: User, reason: str, request: HttpRequest | None = None
) -> AccessRequest:
    """The office gives no access; who asked is told why.

    Raises:
        RequestClosed: it was answered or withdrawn before.
    """
    asked = _open(asked)
    asked.refusal = reason
    _close(asked, State.REFUSED, by, request)
    desk_letters.tell_of_answer(asked)
    return asked


@transaction.atomic
def mark_issued(
    asked: AccessRequest, *, membership: Membership, by: User, request: HttpRequest | None = None
) -> AccessRequest:
    """The access was given; who asked is told. Call it in the transaction that gives it.

    Raises:
        RequestClosed: it was answered or withdrawn meanwhile: nothing is to be given.
        ValueError: the membership is another company's.
    """
    asked = _open(asked)
    if membership.client_id != asked.client_id:
        raise ValueError("the access is another company's")
    asked.membership = membership
    _close(asked, State.ISSUED, by, request)
    desk_letters.tell_of_answer(asked)
    return asked


def initial(asked: AccessRequest) -> dict[str, Any]:
    """What the form of issuing begins with: its fields' names and values."""
    names = (
        "last_name",
        "first_name",
        "patronymic",
        "position",
        "email",
        "phone",
        "role",
        "basis",
        "basis_number",
        "ends_on",
    )
    chosen = list(asked.contracts.order_by("pk").values_list("contract", flat=True))
    return {
        **{name: getattr(asked, name) for name in names},
        "scope": "all" if asked.all_contracts else "chosen",
        "contracts": [] if asked.all_contracts else chosen,
    }


def login_of(asked: AccessRequest) -> str:
    """The login of whoever has the address that was asked for; empty when nobody has."""
    known = EmailAddress.objects.filter(email=asked.email, verified=True).select_related("user")
    address = known.first()
    return str(address.user.username) if address else ""


def contract_roles(asked: AccessRequest) -> dict[int, str]:
    """Contract → the role of its own that was asked for there, as in `accounts.terms.Terms`."""
    return dict(asked.contracts.exclude(role="").values_list("contract", "role"))


def _open(asked: AccessRequest) -> AccessRequest:
    """The row, held until COMMIT."""
    row: AccessRequest = (
        AccessRequest.objects.select_for_update(of=("self",))
        .select_related("client", "asked_by")
        .get(pk=asked.pk)
    )
    if not row.is_open:
        raise RequestClosed(
            f"Запрос {row.number} уже закрыт {formats.moment(row.closed_at)}: "
            f"{row.get_state_display()}."
        )
    return row


def _close(
    asked: AccessRequest, state: AccessRequest.State, by: User, request: HttpRequest | None
) -> None:
    asked.state = state
    asked.closed_at = timezone.now()
    asked.closed_by = by
    asked.save(update_fields=["state", "closed_at", "closed_by", "refusal", "membership"])
    _write(journal.Action.REQUEST_CLOSED, asked, by, request)


def _write(
    action: journal.Action, asked: AccessRequest, by: User, request: HttpRequest | None
) -> None:
    journal.record(
        action,
        request=request,
        user=by,
        client=asked.client,
        subject=f"{asked.number}, {asked.full_name}",
        details={
            "request": asked.number,
            "state": asked.state,
            "role": asked.role,
            "basis": asked.basis,
            "basis_number": asked.basis_number,
            "refusal": asked.refusal,
        },
    )


def _columns(wish: Wish) -> dict[str, Any]:
    has_number = wish.basis != Basis.CHARTER
    return {
        "last_name": wish.last_name,
        "first_name": wish.first_name,
        "patronymic": wish.patronymic,
        "position": wish.position,
        "email": wish.email.lower(),
        "phone": wish.phone,
        "role": wish.role,
        "basis": wish.basis,
        "basis_number": wish.basis_number.strip() if has_number else "",
        "ends_on": wish.ends_on,
        "all_contracts": wish.contract_ids is None,
    }


def _is_same(asked: AccessRequest, client: Client, wish: Wish) -> bool:
    """Whether `asked` is what this form says again."""
    columns = _columns(wish)
    named = {pk: wish.contract_roles.get(pk, "") for pk in wish.contract_ids or ()}
    named |= dict(wish.contract_roles)
    return (
        asked.client_id == client.pk
        and all(getattr(asked, name) == value for name, value in columns.items())
        and dict(asked.contracts.values_list("contract", "role")) == named
    )


def _next_number() -> str:
    """«ЗД-2026-000012-4»: the retailer's year, a number that never repeats, a check digit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('accounts_access_request_number')")
        (number,) = cursor.fetchone()
    return numbers.with_check_digit(f"ЗД-{timezone.localdate().year}-{number:06d}")
