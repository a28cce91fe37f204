"""Who may try the demo: one person for each role. They exist in the demo only."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import issuing, office
from accounts.models import Basis, Client, Membership, User
from accounts.roles import Role
from billing.models import PayerAccount

PASSWORD = "demo-cabinet-2026"  # noqa: S105 — printed on every start of the demo


class DemoIsOff(Exception):
    """Demo people are asked for in an installation that is not a demo."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """A person of the demo; `client` is the external id of their company, empty for the office."""

    username: str
    who: str
    name: tuple[str, str, str]
    position: str
    phone: str
    email: str
    client: str = ""
    role: str = ""
    # Of the power of attorney; who has none acts by the charter: a director.
    attorney_number: str = ""
    is_superuser: bool = False
    # The company's account from which it pays; this person entered it.
    payer_account: str = ""


LOGINS = (
    Login(
        username="vega",
        who="ООО «Вега», руководитель",
        name=("Громов", "Андрей", "Ильич"),
        position="генеральный директор",
        phone="+7 000 001-00-11",
        email="gromov@vega.example",
        client="vega",
        role=Role.DIRECTOR,
    ),
    Login(
        username="vega-accountant",
        who="ООО «Вега», бухгалтер",
        name=("Соколова", "Наталья", "Викторовна"),
        position="главный бухгалтер",
        phone="+7 000 001-00-12",
        email="sokolova@vega.example",
        client="vega",
        role=Role.ACCOUNTANT,
        attorney_number="12",
        payer_account="40702810400000000217",
    ),
    Login(
        username="vega-engineer",
        who="ООО «Вега», энергетик",
        name=("Лапин", "Олег", "Игоревич"),
        position="главный энергетик",
        phone="+7 000 001-00-13",
        email="lapin@vega.example",
        client="vega",
        role=Role.ENGINEER,
        attorney_number="13",
    ),
    Login(
        username="vega-reader",
        who="ООО «Вега», только просмотр",
        name=("Юдина", "Анна", "Львовна"),
        position="экономист",
        phone="+7 000 001-00-14",
        email="yudina@vega.example",
        client="vega",
        role=Role.READER,
        attorney_number="14",
    ),
    Login(
        username="orion",
        who="АО «Орион», руководитель",
        name=("Чужаков", "Пётр", "Ильич"),
        position="исполнительный директор",
        phone="+7 000 002-00-11",
        email="chuzhakov@orion.example",
        client="orion",
        role=Role.DIRECTOR,
    ),
    Login(
        username="office",
        who="сотрудник офиса (админка)",
        name=("Зимина", "Ольга", "Петровна"),
        position="специалист клиентского офиса",
        phone="8 800 000-01-00",
        email="zimina@severenergosbyt.example",
    ),
    Login(
        username="admin",
        who="администратор (админка)",
        name=("Кедров", "Максим", "Юрьевич"),
        position="администратор портала",
        phone="8 800 000-01-00",
        email="kedrov@severenergosbyt.example",
        is_superuser=True,
    ),
)


@transaction.atomic
def create(*, today: datetime.date) -> int:
    """Create those of the demo's people who are not there yet; how many there were.

    Raises:
        DemoIsOff: `settings.DEMO` is off.
    """
    if not settings.DEMO:
        raise DemoIsOff
    group = office.ensure_office_group()
    known = set(User.objects.values_list("username", flat=True))
    missing = [login for login in LOGINS if login.username not in known]
    # One hash for all: it is slow on purpose, and the password is the same and public.
    password = make_password(PASSWORD) if missing else ""
    for login in missing:
        user = _user(login, password)
        if login.client:
            _membership(login, user, today)
            if login.payer_account:
                _payer_account(login, user)
        elif not login.is_superuser:
            user.groups.add(group)
    return len(missing)


def table() -> str:
    """The logins for the terminal, one a line, in Russian."""
    rows = [("Логин", "Кто это"), *((login.username, login.who) for login in LOGINS)]
    width = max(len(username) for username, _ in rows)
    lines = [f"  {username:<{width}}  {who}" for username, who in rows]
    return "\n".join([*lines, "", f"  Пароль у всех: {PASSWORD}"])


def _user(login: Login, password: str) -> User:
    last_name, first_name, patronymic = login.name
    user = User.objects.create(
        username=login.username,
        password=password,
        password_changed_at=timezone.now(),
        last_name=last_name,
        first_name=first_name,
        patronymic=patronymic,
        phone=login.phone,
        email=login.email,
        position="" if login.client else login.position,
        is_staff=not login.client,
        is_superuser=login.is_superuser,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _payer_account(login: Login, user: User) -> None:
    PayerAccount.objects.create(
        client=Client.objects.get(external_id=login.client),
        added_by=user,
        account=login.payer_account,
        bic="045909901",
        bank="ПАО «Новоборский банк», г. Новоборск",
        correspondent_account="30101810300000000901",
    )


def _membership(login: Login, user: User, today: datetime.date) -> None:
    client = Client.objects.get(external_id=login.client)
    by_attorney = bool(login.attorney_number)
    signed_on = today - datetime.timedelta(days=60) if by_attorney else client.registered_on
    Membership.objects.create(
        agreement_number=issuing.next_agreement_number(),
        user=user,
        client=client,
        role=login.role,
        position=login.position,
        basis=Basis.POWER_OF_ATTORNEY if by_attorney else Basis.CHARTER,
        basis_number=login.attorney_number,
        signed_on=signed_on or today,
        starts_on=signed_on or today,
        ends_on=today + datetime.timedelta(days=300) if by_attorney else None,
    )
