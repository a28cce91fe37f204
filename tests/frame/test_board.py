"""«Доска»: what each room says on it, to whom, and by how many statements."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import office as offices
from accounts.models import Basis, Client, User
from accounts.roles import Role
from contracts.models import Contract, Topic
from exchange.models import Import
from messaging.models import Message
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def board(browser: Browser) -> str:
    answer = browser.get(reverse("admin:board"))
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def test_it_says_what_is_not_as_it_should_be(
    office: User, login: Login, vega: User, vega_contract: Contract, topic: Topic
) -> None:
    message = make.message(vega_contract, vega, topic)
    late = timezone.localdate() - datetime.timedelta(days=3)
    Message.objects.filter(pk=message.pk).update(due_on=late, remind_on=late)
    make.membership(
        make.user("proxy", last_name="Поверенный"),
        vega_contract.client,
        basis=Basis.POWER_OF_ATTORNEY,
        basis_number="17",
        ends_on=timezone.localdate(),
    )
    page = board(login(office))
    for words in (
        "передали 0 из 1",
        "Обращения: в работе 1, просрочено 1",
        "почта идёт",
        "Доверенности истекают в этом месяце: 1",
        "Поверенный Н. В.",
        "№ 17",
        vega_contract.branch.name,
    ):
        assert words in page, words


def test_a_calm_day_is_said_too(office: User, login: Login) -> None:
    page = board(login(office))
    assert "Обращений, на которые ждут ответа, нет." in page
    assert "В этом месяце ни одна доверенность не заканчивается." in page
    assert "по которым передают показания, нет" in page


def test_each_room_speaks_to_those_who_may_hear_it(
    db: None, login: Login, vega_contract: Contract
) -> None:
    person = make.user("auditor", is_staff=True)
    page = board(login(person))
    for words in ("передали", "Обращения: в работе", "почта идёт", "Доверенности истекают"):
        assert words not in page
    person.user_permissions.add(Permission.objects.get(codename="view_officereminder"))
    assert "передали 0 из 1" in board(login(person))


def test_the_number_of_statements_does_not_grow(
    office: User,
    login: Login,
    vega: User,
    vega_client: Client,
    topic: Topic,
    statements: Callable[[Browser, str], int],
) -> None:
    def grow(count: int) -> None:
        for _ in range(count):
            contract = make.contract(vega_client)
            make.installation(make.point(contract))
            make.message(contract, vega, topic)
            proxy = make.user()
            make.membership(
                proxy,
                vega_client,
                Role.READER,
                basis=Basis.POWER_OF_ATTORNEY,
                basis_number="1",
                ends_on=timezone.localdate(),
            )

    desk = login(office)
    grow(2)
    few = statements(desk, reverse("admin:board"))
    grow(18)
    assert statements(desk, reverse("admin:board")) == few


def test_the_first_page_leads_to_it(office: User, login: Login) -> None:
    page = login(office).get(reverse("admin:index")).content.decode()
    assert f'href="{reverse("admin:board")}"' in page
    assert f'action="{reverse("admin:find")}"' in page


def test_a_load_that_did_not_go_in_stands_on_it(office: User, login: Login) -> None:
    Import.objects.create(
        source=Import.Source.UPLOAD,
        name="ноябрь.zip",
        state=Import.State.REFUSED,
        trouble="нет ledger.csv",
    )
    browser = login(office)
    html = browser.get(reverse("admin:board")).content.decode()
    assert "Пакет «ноябрь.zip»" in html
    assert "нет ledger.csv" in html
    front = make.member(offices.FRONT_DESK, "counter")
    assert "ноябрь.zip" not in login(front).get(reverse("admin:board")).content.decode()
