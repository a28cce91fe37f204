"""Who may try the demo: one person for each role and each group. They exist in the demo only."""

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
from accounts.second_factor import codes
from billing.models import PayerAccount
from contracts.models import Specialist
from exchange.demo import factor

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
    # Of the office: the group, and who in billing's data the person is.
    group: str = ""
    specialist: str = ""
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
        username="desk",
        who="офис: операционист, выдаёт логины",
        name=("Зимина", "Ольга", "Петровна"),
        position="специалист клиентского офиса",
        phone="8 800 000-01-00",
        email="zimina@severenergosbyt.example",
        group=office.FRONT_DESK,
    ),
    Login(
        username="head",
        who="офис: руководитель Северобродского отделения",
        name=("Пахомов", "Виктор", "Степанович"),
        position="начальник отделения",
        phone="8 800 000-01-30",
        email="specialist8@severenergosbyt.example",
        group=office.BRANCH_HEAD,
        specialist="specialist-8",
    ),
    Login(
        username="specialist",
        who="офис: специалист, ведёт договоры",
        name=("Мельник", "Ирина", "Павловна"),
        position="ведущий специалист по договорам",
        phone="8 800 000-01-10",
        email="specialist1@severenergosbyt.example",
        group=office.SPECIALIST,
        specialist="specialist-1",
    ),
    Login(
        username="accountant",
        who="офис: бухгалтер",
        name=("Фролова", "Вера", "Ивановна"),
        position="бухгалтер",
        phone="8 800 000-01-00",
        email="frolova@severenergosbyt.example",
        group=office.ACCOUNTANT,
    ),
    Login(
        username="auditor",
        who="офис: аудитор, видит всё и ничего не меняет",
        name=("Седов", "Глеб", "Романович"),
        position="внутренний аудитор",
        phone="8 800 000-01-00",
        email="sedov@severenergosbyt.example",
        group=office.AUDITOR,
    ),
    Login(
        username="office",
        who="офис: администратор, правила и сотрудники",
        name=("Ладыгина", "Софья", "Олеговна"),
        position="администратор рабочего места",
        phone="8 800 000-01-00",
        email="ladygina@severenergosbyt.example",
        group=office.ADMINISTRATOR,
    ),
    Login(
        username="admin",
        who="суперпользователь",
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
    groups = {group.name: group for group in office.ensure_office_groups()}
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
            continue
        codes.store(user, secret=factor.KEY, step=0)
        if login.group:
            user.groups.add(groups[login.group])
        if login.specialist:
            Specialist.objects.filter(external_id=login.specialist).update(user=user)
    return len(missing)


def table() -> str:
    """The logins for the terminal, one a line, in Russian."""
    rows = [("Логин", "Кто это"), *((login.username, login.who) for login in LOGINS)]
    width = max(len(username) for username, _ in rows)
    lines = [f"  {username:<{width}}  {who}" for username, who in rows]
    words = (
        f"  Пароль у всех: {PASSWORD}",
        "  Офису нужен и код, новый каждые полминуты: .venv/bin/python -m exchange.demo.factor",
        f"  или приложение с кодами на телефоне, в которое введён ключ {factor.KEY}",
    )
    return "\n".join([*lines, "", *words])


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
