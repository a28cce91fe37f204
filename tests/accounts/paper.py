"""What tests of issuing fill in, and how a person comes in with a slip."""

from __future__ import annotations

import uuid
from typing import Any

from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import issuing
from accounts.models import Basis
from accounts.roles import Role
from accounts.terms import Terms

PERSON = issuing.Person(
    last_name="Новикова",
    first_name="Ольга",
    patronymic="Юрьевна",
    email="Novikova@Vega.example",
    phone="+7 900 000-00-07",
    position="бухгалтер",
)


def terms(**values) -> Terms:
    return Terms(
        **{
            "role": Role.ACCOUNTANT,
            "basis": Basis.CHARTER,
            "signed_on": timezone.localdate(),
            **values,
        }
    )


def issue_form(**values) -> dict:
    """The issue page's form, filled in."""
    return {
        "last_name": "Новикова",
        "first_name": "Ольга",
        "patronymic": "Юрьевна",
        "position": "бухгалтер",
        "email": "novikova@vega.example",
        "phone": "+7 900 000-00-07",
        "role": Role.ACCOUNTANT,
        "basis": Basis.CHARTER,
        "basis_number": "",
        "ends_on": "",
        "signed_on": timezone.localdate().isoformat(),
        "scope": "all",
        "form_key": str(uuid.uuid4()),
        **values,
    }


def enter(username: str, password: str) -> tuple[Browser, Any]:
    """Log in by the portal's own page."""
    browser = Browser()
    answer = browser.post(reverse("account_login"), {"login": username, "password": password})
    return browser, answer
