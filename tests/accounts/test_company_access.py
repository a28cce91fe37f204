"""«У кого есть доступ»: who sees the desk, what it shows, and in which order."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessRequest, Basis, Client, Membership, User
from accounts.roles import Role
from contracts.models import Contract
from tests import make
from tests.samples import SAMPLES, samples

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]

OF_COMPANY = [name for name, arguments in SAMPLES.items() if "company" in arguments]


def words_of(browser: Browser, address: str) -> str:
    html = browser.get(address).content.decode().replace("\u00a0", " ")
    return re.sub("</?span[^>]*>", "", html)


@pytest.fixture
def address(vega_client: Client) -> str:
    """Of Vega's desk."""
    return reverse("accounts:company-access", args=[vega_client.pk])


# The door ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", OF_COMPANY)
def test_a_strangers_company_is_not_found(
    name: str,
    method: str,
    vega: User,
    orion: User,
    superuser: User,
    office: User,
    login: Login,
    request: pytest.FixtureRequest,
) -> None:
    page = reverse(name, kwargs=samples(name, request))
    for person in (orion, superuser, office):
        assert getattr(login(person), method)(page).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", OF_COMPANY)
def test_lesser_roles_are_refused(
    name: str,
    method: str,
    vega: User,
    vega_accountant: User,
    vega_engineer: User,
    vega_reader: User,
    vega_contract: Contract,
    vega_client: Client,
    login: Login,
    request: pytest.FixtureRequest,
) -> None:
    page = reverse(name, kwargs=samples(name, request))
    of_one = make.user("of-one")
    make.limit(make.membership(of_one, vega_client, Role.DIRECTOR), vega_contract)
    for person in (vega_accountant, vega_engineer, vega_reader, of_one):
        answer = getattr(login(person), method)(page)
        assert answer.status_code == 403, person
        assert vega.full_name not in answer.content.decode()


@pytest.mark.parametrize("name", ["accounts:access-end", "accounts:access-narrow"])
def test_an_access_of_another_company_is_not_found(
    name: str, vega: User, vega_client: Client, orion: User, login: Login
) -> None:
    foreign = orion.memberships.get()
    page = reverse(name, args=[vega_client.pk, foreign.pk])
    browser = login(vega)
    assert browser.get(page).status_code == 404
    assert browser.post(page, {"reason": "р", "role": Role.READER}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_active


def test_a_request_of_another_company_is_not_found(
    vega: User, vega_client: Client, orion: User, orion_client: Client, login: Login
) -> None:
    foreign = make.access_request(orion_client, orion)
    browser = login(vega)
    for name in ("access-request", "access-request-withdraw"):
        page = reverse(f"accounts:{name}", args=[vega_client.pk, foreign.number])
        assert browser.post(page).status_code in {404, 405}
        assert browser.get(page).status_code in {404, 405}
    foreign.refresh_from_db()
    assert foreign.state == AccessRequest.State.NEW


def test_the_director_finds_the_desk_from_their_own_access(
    vega: User, vega_accountant: User, address: str, vega_client: Client, login: Login
) -> None:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    Membership.objects.filter(user=vega_accountant).update(ends_on=tomorrow)
    make.access_request(vega_client, vega)
    page = words_of(login(vega), reverse("accounts:access"))
    assert f'href="{address}"' in page
    assert "2 человека" in page
    assert "1 доступ заканчивается в ближайшие 30 дней" in page
    assert "1 запрос доступа у поставщика" in page
    assert address not in words_of(login(vega_accountant), reverse("accounts:access"))


# What is shown ----------------------------------------------------------------------------------


def test_each_access_is_told_in_full(
    vega: User, vega_client: Client, vega_contract: Contract, address: str, login: Login
) -> None:
    second = make.contract(vega_client, number="35-01-005000")
    today = timezone.localdate()
    engineer = make.user("eng", last_name="Ёлкина", first_name="Вера", patronymic="")
    membership = make.membership(
        engineer,
        vega_client,
        Role.ENGINEER,
        position="энергетик цеха",
        basis=Basis.POWER_OF_ATTORNEY,
        basis_number="17",
        ends_on=today + datetime.timedelta(days=12),
    )
    make.limit(membership, vega_contract)
    make.limit(membership, second, role=Role.READER)
    logged_in_at = timezone.now()
    User.objects.filter(pk=engineer.pk).update(last_login=logged_in_at)
    new = make.user(
        "new",
        last_name="Новиков",
        has_one_time_password=True,
        one_time_password_until=timezone.now() + datetime.timedelta(days=3),
    )
    make.membership(new, vega_client, Role.READER)
    page = words_of(login(vega), address)
    for words in (
        "Ёлкина Вера",
        "энергетик цеха",
        "№ 35-01-004217, № 35-01-005000 (только просмотр)",
        "доверенность № 17",
        f"по {membership.ends_on:%d.%m.%Y}",
        "осталось 12 дней",
        f"{timezone.localtime(logged_in_at):%d.%m.%Y %H:%M}",
        "одноразовый пароль не использован, действует до",
        "входов ещё не было",
        "(вы)",
    ):
        assert words in page, words


def test_only_this_companys_accesses_in_force(
    vega: User, vega_former: User, orion: User, address: str, login: Login
) -> None:
    page = words_of(login(vega), address)
    assert orion.full_name not in page
    assert "vega-former" not in page
    assert vega_former.username in words_of(login(vega), f"{address}?show=ended")


def test_a_director_of_some_contracts_does_not_learn_of_the_others(
    vega: User,
    vega_accountant: User,
    vega_contract: Contract,
    vega_client: Client,
    address: str,
    login: Login,
) -> None:
    other = make.contract(vega_client, number="35-01-777777")
    make.limit(vega_accountant.memberships.get(), other)
    assert other.number in words_of(login(vega), address)
    make.limit(vega.memberships.get(), vega_contract)
    for page in (address, reverse("accounts:access")):
        html = words_of(login(vega), page)
        assert other.number not in html
        assert "vega-accountant" not in html


def test_many_contracts_are_folded(
    vega: User, vega_reader: User, vega_client: Client, address: str, login: Login
) -> None:
    contracts = [make.contract(vega_client) for _ in range(7)]
    make.limit(vega_reader.memberships.get(), *contracts)
    assert "и ещё 3 договора" in words_of(login(vega), address)


def test_what_was_ended_says_by_whom_and_why(
    vega: User, vega_reader: User, vega_accountant: User, office: User, address: str, login: Login
) -> None:
    for person, by in ((vega_reader, vega), (vega_accountant, office)):
        person.memberships.update(
            revoked_at=timezone.now(), revoked_by=by, revoked_reason="сменился сотрудник"
        )
    page = words_of(login(vega), f"{address}?show=ended")
    assert "Громов А. И.: сменился сотрудник" in page
    assert "поставщик: сменился сотрудник" in page
    assert office.last_name not in page


# Filter and order -------------------------------------------------------------------------------


def names(browser: Browser, address: str) -> list[str]:
    return [row.login for row in browser.get(address).context["rows"]]


def test_the_filter_appears_with_a_long_list(
    vega: User, vega_client: Client, address: str, login: Login
) -> None:
    browser = login(vega)
    assert 'role="search"' not in words_of(browser, address)
    for _ in range(8):
        make.membership(make.user(), vega_client)
    assert 'role="search"' in words_of(browser, address)


def test_order_and_filter(vega: User, vega_client: Client, address: str, login: Login) -> None:
    today = timezone.localdate()
    for login_name, last_name, role, ends_in in (
        ("a", "Жуков", Role.READER, 40),
        ("b", "Ёлкин", Role.ENGINEER, 5),
        ("c", "Зайцев", Role.ACCOUNTANT, None),
    ):
        ends_on = None if ends_in is None else today + datetime.timedelta(days=ends_in)
        person = make.user(login_name, last_name=last_name)
        make.membership(person, vega_client, role, ends_on=ends_on, position="кладовщик")
    User.objects.filter(username="c").update(last_login=timezone.now())
    browser = login(vega)
    assert names(browser, address) == ["vega", "b", "a", "c"], "ё stands with е"
    assert names(browser, f"{address}?order=term")[:2] == ["b", "a"]
    assert names(browser, f"{address}?order=role") == ["c", "vega", "b", "a"]
    assert "c" in names(browser, f"{address}?order=login")[:2]
    assert names(browser, f"{address}?show=ending") == ["b"]
    assert set(names(browser, f"{address}?show=unused")) == {"a", "b"}
    assert names(browser, f"{address}?words=ёлк") == ["b"]
    assert len(names(browser, f"{address}?words=кладовщик")) == 3
    assert len(names(browser, f"{address}?order=boss&show=1%00&page=99")) == 4
    assert "Таких доступов нет" in words_of(browser, f"{address}?words=никто")


def test_the_number_of_statements_does_not_grow(
    vega: User,
    vega_client: Client,
    address: str,
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    browser = login(vega)

    def add(count: int) -> None:
        for _ in range(count):
            contract = make.contract(vega_client)
            membership = make.membership(make.user(), vega_client, Role.READER)
            make.limit(membership, contract, role=Role.READER)
            make.access_request(vega_client, vega)

    add(2)
    few, card = statements(browser, address), statements(browser, reverse("accounts:access"))
    add(18)
    assert statements(browser, address) == few
    assert statements(browser, reverse("accounts:access")) == card
