"""What is wrong with a row of a list, and whom and what it means.

The rules are those of the wizard: the row's cells go through the same forms and the same refusals.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from accounts import terms
from accounts.lists.table import TITLES
from accounts.models import Basis, Client, Enrolment, User
from accounts.roles import Role
from cabinet import requisites
from cabinet.phones import PhoneField

_LENGTHS = {
    "last_name": 150, "first_name": 150, "patronymic": 150, "position": 150, "basis_number": 60,
}  # fmt: skip
_ALL = {"все", "все договоры"}
_ROLES = {role.label.lower(): role.value for role in Role}
_BASES = {
    "устав": Basis.CHARTER.value,
    Basis.CHARTER.label.lower(): Basis.CHARTER.value,
    Basis.POWER_OF_ATTORNEY.label.lower(): Basis.POWER_OF_ATTORNEY.value,
    Basis.ORDER.label.lower(): Basis.ORDER.value,
}
_DAYS = ("%d.%m.%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S")


@dataclass(kw_only=True)
class Verdict:
    """A row: `errors` are sentences; without any, `values` are the fields of its enrolment."""

    number: int
    cells: dict[str, str]
    errors: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What will be done."""
        if self.errors:
            return ""
        user: User | None = self.values["user"]
        return f"доступ по логину {user.username}" if user else "новый логин"


def judge(rows: list[tuple[int, dict[str, str]]]) -> list[Verdict]:
    """Every row by itself, then against the rows above it."""
    verdicts = [_judge_row(Verdict(number=number, cells=cells)) for number, cells in rows]
    seen: dict[tuple[int, str], int] = {}
    names: dict[str, tuple[str, int]] = {}
    for verdict in verdicts:
        if verdict.errors:
            continue
        client, email = verdict.values["client"], verdict.cells["email"].lower()
        name = _name(verdict.cells)
        first = seen.setdefault((client.pk, email), verdict.number)
        if first != verdict.number:
            verdict.errors.append(f"Этот человек у этой компании уже есть в строке {first}.")
        known, above = names.setdefault(email, (name, verdict.number))
        if known != name:
            words = f"Тот же e-mail у другого человека в строке {above}: у каждого свой адрес."
            verdict.errors.append(words)
    return verdicts


def _judge_row(verdict: Verdict) -> Verdict:
    cells, errors = verdict.cells, verdict.errors
    values: dict[str, Any] = {name: cells[name] for name in _LENGTHS}
    for name in ("last_name", "first_name", "position"):
        if not cells[name]:
            errors.append(f"Не заполнен столбец «{TITLES[name]}».")
    for name, most in _LENGTHS.items():
        if len(cells[name]) > most:
            errors.append(f"В столбце «{TITLES[name]}» больше {most} знаков.")
    values["email"] = _email(cells["email"], errors)
    values["role"] = _choice("role", cells["role"], _ROLES, errors)
    values["basis"] = _choice("basis", cells["basis"], _BASES, errors)
    values["basis_on"] = _day("basis_on", cells["basis_on"], errors)
    values["ends_on"] = _day("ends_on", cells["ends_on"], errors)
    if values["basis"] == Basis.CHARTER:
        values |= {"basis_number": "", "basis_on": None}
    values["client"] = client = _client(cells["inn"], errors)
    values["user"] = _user(values["email"], cells, errors)
    values["phone"] = _phone(cells["phone"], errors) if values["user"] is None else ""
    if client is not None:
        values |= _contracts(client, cells["contracts"], errors)
    if not errors:
        errors.extend(_refusals(values))
    verdict.values = values
    return verdict


def _email(typed: str, errors: list[str]) -> str:
    try:
        validate_email(typed)
    except ValidationError:
        errors.append("E-mail введён с ошибкой." if typed else "Не заполнен столбец «E-mail».")
        return ""
    return typed.lower()


def _phone(typed: str, errors: list[str]) -> str:
    try:
        return str(PhoneField(required=False).clean(typed))
    except ValidationError as error:
        errors.append(f"Телефон «{typed[:40]}» не годится. {error.messages[0]}")
        return ""


def _choice(name: str, typed: str, known: dict[str, str], errors: list[str]) -> str:
    value = known.get(typed.lower(), "")
    if not typed:
        errors.append(f"Не заполнен столбец «{TITLES[name]}».")
    elif not value:
        listed = ", ".join(f"«{one}»" for one in known if "," not in one)
        errors.append(f"Непонятно значение «{typed[:40]}» в столбце «{TITLES[name]}»: {listed}.")
    return value


def _day(name: str, typed: str, errors: list[str]) -> datetime.date | None:
    if not typed:
        return None
    for form in _DAYS:
        try:
            return datetime.datetime.strptime(typed, form).date()
        except ValueError:
            continue
    errors.append(f"Дата «{typed[:40]}» в столбце «{TITLES[name]}» введена с ошибкой.")
    return None


def _client(typed: str, errors: list[str]) -> Client | None:
    inn = re.sub(r"\s", "", typed)
    if len(inn) in (9, 11):  # Excel drops the zero at the beginning of a number
        inn = f"0{inn}"
    if not inn:
        errors.append("Не заполнен столбец «ИНН».")
        return None
    try:
        requisites.validate_inn(inn)
    except ValidationError:
        errors.append(f"В ИНН «{typed[:20]}» ошибка: проверьте цифры, их 10 или 12.")
        return None
    client = Client.objects.filter(inn=inn).first()
    if client is None:
        errors.append(f"Клиента с ИНН {inn} нет в данных биллинга.")
    return client


def _contracts(client: Client, typed: str, errors: list[str]) -> dict[str, Any]:
    if typed.lower() in _ALL:
        return {"scope": Enrolment.Scope.ALL, "contract_ids": []}
    numbers = {one.strip().removeprefix("№").strip() for one in re.split(r"[,;]", typed)} - {""}
    if not numbers:
        errors.append("Не заполнен столбец «Договоры»: «все» или номера через запятую.")
    rows = client.contracts.filter(number__in=numbers).values_list("number", "pk")
    found = dict(rows)
    if strange := sorted(numbers - set(found)):
        listed = ", ".join(strange)[:200]
        errors.append(f"У клиента нет договоров: {listed}.")
    return {"scope": Enrolment.Scope.CHOSEN, "contract_ids": sorted(found.values())}


def _user(email: str, cells: dict[str, str], errors: list[str]) -> User | None:
    owner = terms.owner_of(email) if email else None
    if owner is None:
        if email and not cells["phone"]:
            errors.append("Не заполнен столбец «Телефон»: он нужен новому человеку.")
        return None
    known = (owner.last_name.lower(), owner.first_name.lower())
    if known != (cells["last_name"].lower(), cells["first_name"].lower()):
        errors.append(
            f"Адрес {email} принадлежит логину {owner.username} ({owner.short_name})."
            " Проверьте адрес или имя."
        )
    return owner


def _refusals(values: dict[str, Any]) -> list[str]:
    client, user = values["client"], values["user"]
    wanted = terms.Terms(
        role=values["role"],
        basis=values["basis"],
        basis_number=values["basis_number"],
        basis_on=values["basis_on"],
        signed_on=timezone.localdate(),
        ends_on=values["ends_on"],
    )
    found = list(terms.refusals(client=client, terms=wanted, user=user).values())
    waiting = Enrolment.objects.open().filter(client=client)
    same = waiting.filter(user=user) if user else waiting.filter(email=values["email"])
    if same.exists():
        found.append("Доступ этому человеку уже оформляется: завершите или отмените то оформление.")
    return found


def _name(cells: dict[str, str]) -> str:
    return " ".join(cells[name].lower() for name in ("last_name", "first_name", "patronymic"))
