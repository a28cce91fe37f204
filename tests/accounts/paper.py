"""What tests of issuing fill in, and how a person comes in with a slip."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import issuing
from accounts.models import Basis, Client, Enrolment, User
from accounts.roles import Role
from accounts.terms import Terms
from tests.messaging.post import PDF

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


NEW_PERSON = {
    "last_name": "Новикова",
    "first_name": "Ольга",
    "patronymic": "Юрьевна",
    "email": "novikova@vega.example",
    "phone": "+7 900 000-00-07",
}
TERMS = {
    "position": "бухгалтер",
    "role": Role.ACCOUNTANT,
    "basis": Basis.CHARTER,
    "basis_number": "",
    "basis_on": "",
    "ends_on": "",
}


def scan(name: str = "Соглашение.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    """The signed paper as a scanner makes it."""
    return SimpleUploadedFile(name, content)


def begin(desk: Browser, client: Client) -> Enrolment:
    """An enrolment of the company, by the wizard's first page."""
    key = uuid.uuid4()
    desk.post(reverse("admin:accounts_enrolment_new"), {"client": client.pk, "form_key": str(key)})
    return Enrolment.objects.get(form_key=key)


def step(desk: Browser, enrolment: Enrolment, name: str, **values: Any) -> Any:
    """Send one page of the wizard, as it stands now."""
    enrolment.refresh_from_db()
    address = reverse(f"admin:accounts_enrolment_{name}", args=[enrolment.pk])
    return desk.post(address, {"version": enrolment.version, **values})


def fill_in(desk: Browser, enrolment: Enrolment, user: User | None = None, **values: Any) -> None:
    """Contracts, person and terms; `user` has a login already."""
    step(desk, enrolment, "contracts", scope=values.pop("scope", "all"))
    if user:
        step(desk, enrolment, "person", user=user.pk)
    else:
        person = {name: values.pop(name, NEW_PERSON[name]) for name in NEW_PERSON}
        step(desk, enrolment, "person", **person)
    step(desk, enrolment, "terms", **{**TERMS, **values})


def finish(desk: Browser, enrolment: Enrolment, **values: Any) -> Any:
    """Print, sign, and the answer with the slip."""
    desk.post(reverse("admin:accounts_enrolment_print", args=[enrolment.pk]))
    today = timezone.localdate().isoformat()
    signature = {"signed_on": today, "scan": scan(), **values}
    return step(desk, enrolment, "agreement", **signature)


def issue(desk: Browser, client: Client, **values: Any) -> Any:
    """The whole way of the wizard, up to the page with the slip."""
    enrolment = begin(desk, client)
    fill_in(desk, enrolment, **values)
    return finish(desk, enrolment)


def enter(username: str, password: str) -> tuple[Browser, Any]:
    """Log in by the portal's own page."""
    browser = Browser()
    answer = browser.post(reverse("account_login"), {"login": username, "password": password})
    return browser, answer
