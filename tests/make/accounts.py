"""Clients, the people who come in for them, and members of the office."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from typing import Any

from django.contrib.auth.models import Group

from accounts import office
from accounts.models import (
    AccessRequest,
    AgreementScan,
    Basis,
    Client,
    Enrolment,
    Membership,
    User,
)
from accounts.roles import Role
from cabinet import files, numbers
from tests.make import counting

PASSWORD = "a-long-password-2026"


def client(**values: Any) -> Client:
    """A company."""
    n = counting.following()
    return Client.objects.create(
        **{
            "external_id": f"client-{n}",
            "short_name": f"ООО «Пример {n}»",
            "full_name": f"Общество с ограниченной ответственностью «Пример {n}»",
            "inn": counting.with_check_digit_inn(350_100_000 + n),
            "kpp": "350101001",
            "ogrn": counting.with_check_digit_ogrn(102_350_000_000 + n),
            "legal_address": "160000, г. Новоборск, ул. Литейная, д. 14",
            "registered_on": datetime.date(2024, 9, 2),
            **values,
        }
    )


def user(username: str = "", **values: Any) -> User:
    """A person with a password of their own (`PASSWORD`)."""
    n = counting.following()
    username = username or f"user-{n}"
    return User.objects.create_user(
        **{
            "username": username,
            "password": PASSWORD,
            "email": f"{username}@vega.example",
            "last_name": "Соколова",
            "first_name": "Наталья",
            "patronymic": "Викторовна",
            "phone": "+7 900 000-00-01",
            **values,
        }
    )


def member(group: str, username: str = "office", **values: Any) -> User:
    """Somebody of the office in one of its groups."""
    person = user(username, is_staff=True, **values)
    office.ensure_office_groups()
    person.groups.add(Group.objects.get(name=group))
    return person


def membership(user: User, client: Client, role: str = Role.DIRECTOR, **values: Any) -> Membership:
    """That `user` acts for `client`, from long ago and without an end."""
    day = datetime.date(2024, 9, 2)
    return Membership.objects.create(
        **{
            "user": user,
            "client": client,
            "role": role,
            "basis": Basis.CHARTER,
            "signed_on": day,
            "starts_on": day,
            **values,
        }
    )


def access_request(client: Client, asked_by: User, **values: Any) -> AccessRequest:
    """That a company asks for an access to all contracts."""
    n = counting.following()
    return AccessRequest.objects.create(
        **{
            "number": numbers.with_check_digit(f"ЗД-2026-{n:06d}"),
            "client": client,
            "asked_by": asked_by,
            "form_key": uuid.uuid4(),
            "last_name": "Новикова",
            "first_name": "Ольга",
            "patronymic": "Юрьевна",
            "position": "бухгалтер",
            "email": f"novikova-{n}@vega.example",
            "phone": "+7 900 000-00-07",
            "role": Role.ACCOUNTANT,
            "basis": Basis.CHARTER,
            **values,
        }
    )


def enrolment(client: Client, by: User, **values: Any) -> Enrolment:
    """An access that is being prepared: a new person, all contracts, ready to be printed."""
    return Enrolment.objects.create(
        **{
            "client": client,
            "scope": Enrolment.Scope.ALL,
            "last_name": "Новикова",
            "first_name": "Ольга",
            "patronymic": "Юрьевна",
            "email": f"novikova{counting.following()}@vega.example",
            "phone": "+7 900 000-00-07",
            "position": "бухгалтер",
            "role": Role.ACCOUNTANT,
            "basis": Basis.CHARTER,
            "created_by": by,
            "updated_by": by,
            **values,
        }
    )


def agreement_scan(by: User, content: bytes = b"%PDF-1.4\n") -> AgreementScan:
    """The scan of a signed agreement, stored."""
    path = files.keep("agreements", "", content)
    return AgreementScan.objects.create(
        name="Соглашение.pdf",
        content_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        path=path,
        uploaded_by=by,
    )
