"""A director narrows an access: fewer contracts, a lower role, an earlier last day.

Nothing can be widened here: for that the office needs a new paper (`accounts.requests`).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import company, desk_letters, journal, reminders
from accounts.models import Membership, User
from accounts.roles import within
from cabinet import formats

# What is chosen for a contract that is to be closed; "" is «the role of the access».
CLOSED = "closed"


class NarrowingRefused(Exception):
    """The access stays as it is. `reasons`: role, ends_on, contract_<id> or "" → a sentence."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__(" ".join(reasons.values()))
        self.reasons = reasons


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is to remain.

    `contracts`: contract → `CLOSED`, a role of its own, or "" for `role`; a contract that is not
    named stays as it is. `ends_on` None: the last day stays.
    """

    role: str
    contracts: Mapping[int, str] = field(default_factory=dict)
    ends_on: datetime.date | None = None


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """`own`: contract → its own role or ""; `effective`: contract → the role that counts."""

    own: dict[int, str]
    effective: dict[int, str]


@transaction.atomic
def narrow(
    *, membership: Membership, by: User, choice: Choice, request: HttpRequest | None = None
) -> list[tuple[str, str]]:
    """Narrow the access from the next request on; what has changed, in words (name, value).

    The office and both people are told by letter.

    Raises:
        NarrowingRefused: something would be wider than before, or nothing would change.
        company.NotLeading: `by` does not lead the company.
    """
    company.lock(membership.client, by)
    membership = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "client")
        .get(pk=membership.pk)
    )
    before = company.roles_by_contract(membership)
    plan = _plan(membership, before, choice)
    _refuse_if(_refusals(membership, by, before, plan, choice))
    changes = _changes(membership, before, plan, choice)
    _refuse_if({} if changes else {"": "Ничего не изменено: выберите, что сузить."})
    was = {"role": membership.role, "roles": before, "ends_on": formats.iso(membership.ends_on)}
    _store(membership, before, plan, choice)
    if choice.ends_on:
        reminders.count_as_told(membership)
    journal.record(
        journal.Action.ACCESS_NARROWED,
        request=request,
        user=by,
        client=membership.client,
        subject=f"{membership.user.username}, {membership.user.full_name}",
        details={
            "membership": membership.pk,
            "before": was,
            "after": {
                "role": membership.role,
                "roles": plan.effective,
                "ends_on": formats.iso(membership.ends_on),
            },
        },
    )
    desk_letters.tell_of_narrowing(membership, by=by, changes=changes)
    return changes


def _plan(membership: Membership, before: Mapping[int, str], choice: Choice) -> _Plan:
    stored = dict(membership.limits.values_list("contract", "role"))
    own: dict[int, str] = {}
    for contract in before:
        chosen = choice.contracts.get(contract, stored.get(contract, ""))
        if chosen != CLOSED:
            own[contract] = "" if chosen == choice.role else chosen
    return _Plan(own=own, effective={pk: role or choice.role for pk, role in own.items()})


def _refusals(
    membership: Membership, by: User, before: Mapping[int, str], plan: _Plan, choice: Choice
) -> dict[str, str]:
    found: dict[str, str] = {}
    if not membership.is_active:
        return {"": "Этот доступ уже не действует."}
    if membership.user_id == by.pk:
        return {"": "Свой доступ сузить нельзя: это может сделать другой руководитель."}
    if choice.role not in within(membership.role):
        found["role"] = "Эта роль шире прежней. Расширить доступ может только поставщик."
    if not set(choice.contracts) <= set(before):
        found[""] = "Среди договоров есть такой, к которому доступа и не было."
    for contract, role in plan.effective.items():
        if role not in within(before[contract]):
            found[f"contract_{contract}"] = (
                f"Сейчас по этому договору роль «{company.role_label(before[contract])}»: "
                "выберите её или более узкую."
            )
    if before and not plan.own:
        found[""] = "Не остаётся ни одного договора. Чтобы убрать все, закройте доступ целиком."
    if words := _term_refusal(membership, choice.ends_on):
        found["ends_on"] = words
    return found


def _term_refusal(membership: Membership, ends_on: datetime.date | None) -> str:
    if ends_on is None:
        return ""
    if ends_on < timezone.localdate():
        return "Этот день уже прошёл. Чтобы закрыть доступ сразу, нажмите «Закрыть доступ»."
    if membership.ends_on is not None and ends_on > membership.ends_on:
        return (
            f"Доступ и так заканчивается {formats.day(membership.ends_on)}. "
            "Продлить его может только поставщик."
        )
    return ""


def _changes(
    membership: Membership, before: Mapping[int, str], plan: _Plan, choice: Choice
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if choice.role != membership.role:
        words = f"{membership.get_role_display()} → {company.role_label(choice.role)}"
        found.append(("Роль", words))
    numbers = dict(membership.client.contracts.values_list("pk", "number"))
    closed = [numbers[pk] for pk in before if pk not in plan.own]
    if closed:
        found.append(("Закрыты договоры", ", ".join(f"№{formats.NBSP}{one}" for one in closed)))
    for pk, role in plan.effective.items():
        follows = before[pk] == membership.role and role == choice.role
        if role != before[pk] and not follows:
            words = f"{company.role_label(before[pk])} → {company.role_label(role)}"
            found.append((f"Роль по договору №{formats.NBSP}{numbers[pk]}", words))
    if choice.ends_on and choice.ends_on != membership.ends_on:
        found.append(("Последний день доступа", formats.day(choice.ends_on)))
    return found


def _store(membership: Membership, before: Mapping[int, str], plan: _Plan, choice: Choice) -> None:
    membership.role = choice.role
    membership.ends_on = choice.ends_on or membership.ends_on
    membership.all_contracts = membership.all_contracts and len(plan.own) == len(before)
    membership.save(update_fields=["role", "ends_on", "all_contracts"])
    membership.limits.all().delete()
    for contract, role in plan.own.items():
        if role or not membership.all_contracts:
            membership.limits.create(contract_id=contract, role=role)


def _refuse_if(reasons: dict[str, str]) -> None:
    if reasons:
        raise NarrowingRefused(reasons)
