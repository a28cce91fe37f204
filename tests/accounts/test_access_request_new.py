"""«Запросить доступ»: one request for one form, with its number, told to the office."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import journal, requests
from accounts.models import AccessRequest, Basis, Client, JournalEntry, Letter, User
from accounts.roles import Role
from cabinet import numbers
from contracts.models import Contract
from tests import make
from tests.accounts.paper import enter

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def address(vega_client: Client) -> str:
    """Of the form for Vega."""
    return reverse("accounts:access-request-new", args=[vega_client.pk])


def filled(**values: Any) -> dict[str, Any]:
    return {
        "last_name": "Новикова",
        "first_name": "Ольга",
        "patronymic": "Юрьевна",
        "position": "бухгалтер",
        "email": "Novikova@Vega.example",
        "phone": "+7 900 000-00-07",
        "role": Role.ACCOUNTANT,
        "basis": Basis.POWER_OF_ATTORNEY,
        "basis_number": "17",
        "ends_on": (timezone.localdate() + datetime.timedelta(days=365)).isoformat(),
        "scope": "all",
        "form_key": str(uuid.uuid4()),
        **values,
    }


def test_a_request_is_stored_numbered_and_told(
    vega: User, vega_client: Client, vega_contract: Contract, address: str, login: Login
) -> None:
    browser = login(vega)
    answer = browser.post(address, filled())
    asked = AccessRequest.objects.get()
    assert answer["Location"] == reverse(
        "accounts:access-request", args=[vega_client.pk, asked.number]
    )
    assert asked.number.startswith(f"ЗД-{timezone.localdate().year}-")
    assert numbers.is_number_valid(asked.number)
    assert (asked.state, asked.asked_by, asked.email) == ("new", vega, "novikova@vega.example")
    assert asked.all_contracts
    assert asked.number in browser.get(answer["Location"]).content.decode()
    letter = Letter.objects.get()
    assert letter.to == settings.RETAILER.email
    assert asked.number in letter.subject
    assert reverse("admin:accounts_accessrequest_change", args=[asked.pk]) in letter.plain
    entry = JournalEntry.objects.get(action=journal.Action.ACCESS_REQUESTED)
    assert (entry.user, entry.client, entry.details["request"]) == (vega, vega_client, asked.number)


def test_a_role_for_each_contract(
    vega: User, vega_client: Client, vega_contract: Contract, address: str, login: Login
) -> None:
    second, third = make.contract(vega_client), make.contract(vega_client)
    browser = login(vega)
    browser.post(
        address,
        filled(
            scope="chosen",
            **{f"contract_{vega_contract.pk}": "same", f"contract_{second.pk}": Role.READER},
        ),
    )
    asked = AccessRequest.objects.get()
    assert not asked.all_contracts
    assert dict(asked.contracts.values_list("contract", "role")) == {
        vega_contract.pk: "",
        second.pk: Role.READER,
    }
    assert requests.contract_roles(asked) == {second.pk: Role.READER}
    browser.post(address, filled(email="b@vega.example", **{f"contract_{third.pk}": Role.DIRECTOR}))
    asked = AccessRequest.objects.get(email="b@vega.example")
    assert asked.all_contracts
    assert requests.contract_roles(asked) == {third.pk: Role.DIRECTOR}


def test_the_same_form_again_is_the_same_request(
    vega: User, vega_contract: Contract, address: str, login: Login
) -> None:
    browser, form = login(vega), filled()
    first, again = (browser.post(address, form) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert AccessRequest.objects.count() == 1
    assert Letter.objects.count() == 1
    other = browser.post(address, {**form, "last_name": "Другая"})
    assert other.status_code == 422
    assert "Эта форма уже отправлена" in other.content.decode()


def test_one_open_request_for_a_person(vega: User, address: str, login: Login) -> None:
    browser = login(vega)
    browser.post(address, filled())
    asked = AccessRequest.objects.get()
    refused = browser.post(address, filled(email="NOVIKOVA@vega.example"))
    assert refused.status_code == 422
    assert asked.number in refused.content.decode()
    requests.withdraw(asked, by=vega)
    assert browser.post(address, filled()).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_twins_at_once_are_one_request(vega: User, vega_client: Client) -> None:
    wish = requests.Wish(
        last_name="Новикова",
        first_name="Ольга",
        position="бухгалтер",
        email="n@vega.example",
        phone="1",
        role=Role.READER,
        basis=Basis.CHARTER,
    )
    key = uuid.uuid4()

    def ask(_: int) -> str:
        try:
            return str(requests.ask(client=vega_client, by=vega, wish=wish, form_key=key).number)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1
    assert AccessRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"last_name": ""}, "Укажите фамилию."),
        ({"position": " "}, "Укажите должность."),
        ({"email": "не адрес"}, "Адрес введён с ошибкой"),
        ({"phone": "900 000"}, "Введите номер полностью, с кодом"),
        ({"role": ""}, "Выберите роль."),
        ({"basis": ""}, "Выберите основание."),
        ({"basis_number": " "}, "Укажите номер документа."),
        ({"ends_on": ""}, "Укажите последний день срока доверенности."),
        ({"ends_on": "2020-01-01"}, "Этот день уже прошёл."),
        ({"ends_on": "скоро"}, "Введите дату так: 31.12.2026."),
        ({"scope": "chosen"}, "Укажите роль хотя бы по одному договору"),
        ({"form_key": "x"}, "Обновите страницу"),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_nothing_is_lost(
    values: dict[str, str], words: str, vega: User, address: str, login: Login
) -> None:
    form = filled(**{"phone": "+7 900 123-45-67", **values})
    refused = login(vega).post(address, form)
    assert refused.status_code == 422
    html = refused.content.decode()
    assert words in html
    assert "Запрос не отправлен" in html
    assert "<title>Ошибка: " in html
    assert form["phone"] in html
    assert not AccessRequest.objects.exists()


def test_a_foreign_contract_is_not_asked_for(
    vega: User, orion_contract: Contract, address: str, login: Login
) -> None:
    field = f"contract_{orion_contract.pk}"
    assert field not in login(vega).get(address).content.decode()
    login(vega).post(address, filled(**{field: Role.DIRECTOR}))
    assert not AccessRequest.objects.get().contracts.exists()


def test_a_company_does_not_flood_the_office(
    vega: User, vega_client: Client, address: str, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "OPEN_AT_MOST", 2)
    browser = login(vega)
    for n in range(2):
        make.access_request(vega_client, vega, email=f"{n}@vega.example")
    refused = browser.post(address, filled())
    assert refused.status_code == 422
    assert "Дождитесь ответа" in refused.content.decode()


def test_going_on_with_an_access_there_is(
    vega: User,
    vega_engineer: User,
    vega_client: Client,
    vega_contract: Contract,
    orion: User,
    address: str,
    login: Login,
) -> None:
    membership = vega_engineer.memberships.get()
    make.limit(membership, vega_contract, role=Role.READER)
    browser = login(vega)
    html = browser.get(f"{address}?membership={membership.pk}").content.decode()
    for words in ('value="Лапин"', 'value="vega-engineer@vega.example"', "главный энергетик"):
        assert words in html
    foreign = orion.memberships.get().pk
    for key in (foreign, "1" * 30, "²", "x"):
        assert "Чужаков" not in browser.get(f"{address}?membership={key}").content.decode()


def test_what_was_filled_in_survives_the_end_of_the_session(vega: User, address: str) -> None:
    browser, _ = enter("vega", make.PASSWORD)
    seal = browser.get(address).context["seal"]
    Session.objects.all().delete()
    answer = browser.post(address, {**filled(), "seal": seal}, follow=True)
    assert "всё, что вы ввели, сохранено" in answer.content.decode()
    browser.post(reverse("account_login"), {"login": "vega", "password": make.PASSWORD})
    html = browser.get(address).content.decode()
    assert 'value="Новикова"' in html
    assert 'value="17"' in html
    assert not AccessRequest.objects.exists()
