"""«По точкам»: the way to every point of a contract, with what it used last."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters.models import Register
from tests import make
from tests.meters.table import registers, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def address(contract: Contract) -> str:
    return reverse("meters:point-list", args=[contract.pk])


@pytest.fixture
def over(period: Month) -> Month:
    """The last month that is over: the list shows what it used."""
    return period.shifted(-1)


def used(register: Register, month: Month, first: str, last: str) -> None:
    """What a register showed at the beginning and at the end of a month."""
    make.reading(register, first, period=month.shifted(-1).first_day)
    make.reading(register, last, period=month.first_day)


def test_every_point_with_its_consumption(
    vega: User, vega_contract: Contract, over: Month, login: Login
) -> None:
    first, second = registers(vega_contract)
    used(first, over, "1000", "1112")
    used(first, over.shifted(-12), "100", "200")
    response = login(vega).get(address(vega_contract))
    page = text(response)
    for point in vega_contract.points.all():
        link = reverse("meters:point", args=[vega_contract.pk, point.pk])
        assert link in response.content.decode()
    assert "112 100 +12 %" in page
    assert second.meter.serial in page
    assert "2 точки" in page


@pytest.mark.parametrize("words", ["ВВОД 7", "насосная", "31000777", "северный склад"])
def test_a_point_is_found(vega: User, vega_contract: Contract, login: Login, words: str) -> None:
    point = make.point(vega_contract, name="РП-3, ввод 7", place="Насосная", site="Северный склад")
    hung = make.installation(point)
    hung.meter.serial = "0031000777"
    hung.meter.save()
    page = text(login(vega).get(address(vega_contract), {"q": f"  {words} "}))
    assert "Найдено: 1 точка" in page
    assert "РП-3, ввод 7" in page


def test_a_point_is_found_by_a_meter_that_hung_there(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    day = datetime.date(2024, 5, 1)
    point = make.point(vega_contract)
    old = make.installation(point, removed_on=day)
    make.installation(point, installed_on=day)
    page = text(login(vega).get(address(vega_contract), {"q": old.meter.serial}))
    assert "Найдено: 1 точка" in page


def test_nothing_found(vega: User, vega_contract: Contract, login: Login) -> None:
    page = text(login(vega).get(address(vega_contract), {"q": "нет\0 такой<"}))
    assert "По запросу «нет такой<» точек нет" in page
    assert "Показать все точки" in page


def test_a_closed_point_and_one_without_a_meter(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.point(vega_contract, name="Бывшая", closed_on=datetime.date(2025, 3, 1))
    page = text(login(vega).get(address(vega_contract)))
    assert "закрыта 01.03.2025" in page
    assert "не установлен" in page


def test_a_contract_without_points(vega: User, vega_contract: Contract, login: Login) -> None:
    empty = make.contract(vega_contract.client)
    assert "Точек учёта в договоре нет" in text(login(vega).get(address(empty)))


def test_others_do_not_show(
    vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    foreign = orion_contract.points.get()
    page = text(login(vega).get(address(vega_contract)))
    assert foreign.name not in page
    found = text(login(vega).get(address(vega_contract), {"q": foreign.name}))
    assert "точек нет" in found


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    few = statements(browser, address(vega_contract))
    for _ in range(18):
        make.installation(make.point(vega_contract))
    assert statements(browser, address(vega_contract)) == few
