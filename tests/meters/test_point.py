"""The page of a metering point: its meters, acts, verification, consumption and readings."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters.models import Installation, MeteringPoint
from tests import make
from tests.meters.table import text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
DAY = datetime.date(2026, 3, 17)


def address(point: MeteringPoint) -> str:
    return reverse("meters:point", args=[point.contract_id, point.pk])


@pytest.fixture
def point(vega_contract: Contract) -> MeteringPoint:
    """A point with everything that can be known of it; its meter was replaced on 17 March."""
    return make.point(
        vega_contract, name="РП-3, ввод 1", place="щитовая", site="Склад, ул. Речная, 8",
        max_power_kw=Decimal("150.5"), losses_percent=Decimal("-1.75"),
    )  # fmt: skip


@pytest.fixture
def old(point: MeteringPoint) -> Installation:
    """The meter that hung there until 17 March."""
    hung = make.installation(point, current_ratio=60, removed_on=DAY)
    register = hung.meter.registers.get()
    make.act_reading(hung, register, "100", "installed")
    make.act_reading(hung, register, "1050.5", "removed")
    return hung


@pytest.fixture
def new(point: MeteringPoint, old: Installation) -> Installation:
    """The meter that hangs there, by transformers of current and of voltage."""
    today = timezone.localdate()
    hung = make.installation(
        point, zones=("day", "night"), current_ratio=40, voltage_ratio=100, installed_on=DAY,
        current_transformers_verified_until=today - datetime.timedelta(days=14),
    )  # fmt: skip
    hung.meter.verified_until = today + datetime.timedelta(days=12)
    hung.meter.save()
    return hung


def test_what_is_known_of_the_place(vega: User, point: MeteringPoint, login: Login) -> None:
    page = text(login(vega).get(address(point)))
    for words in (
        "РП-3, ввод 1", "щитовая", "Склад, ул. Речная, 8", "150,5 кВт", "−1,75 %", "14.03.2019",
    ):  # fmt: skip
        assert words in page, words
    assert "Сейчас прибор не установлен" in page
    assert "Сообщить о неисправности" not in page


def test_the_present_meter(
    vega: User, point: MeteringPoint, new: Installation, login: Login
) -> None:
    page = text(login(vega).get(address(point)))
    assert new.meter.serial in page
    assert "4 000 (Ктт 40 × Ктн 100)" in page
    assert "день (цифр на табло 6+1); ночь (цифр на табло 6+1)" in page
    assert "осталось 12 дней" in page
    assert "закончилась 14 дней назад" in page
    assert "Поверка: трансформаторы напряжения нет сведений" in page


def test_meters_that_hung_there_with_their_acts(
    vega: User, point: MeteringPoint, new: Installation, old: Installation, login: Login
) -> None:
    page = text(login(vega).get(address(point)))
    table = page[page.index("Установки приборов") :]
    assert table.index(new.meter.serial) < table.index(old.meter.serial)
    assert table.index("стоит сейчас") < table.index("17.03.2026 60 Ктт 60 × Ктн 1")
    assert "при установке, сутки: 000 100,0 при снятии, сутки: 001 050,5" in table


def test_a_fault_is_told_with_its_topic(
    vega: User, vega_reader: User, point: MeteringPoint, new: Installation, login: Login
) -> None:
    write = reverse("messaging:message-new", args=[point.contract_id]) + "?topic=meters"
    assert f'href="{write}"' in login(vega).get(address(point)).content.decode()
    page = login(vega_reader).get(address(point))
    assert page.status_code == 200
    assert write not in page.content.decode()


def test_an_automatic_meter(vega: User, point: MeteringPoint, login: Login) -> None:
    make.installation(point, is_automatic=True)
    assert "приходят автоматически" in text(login(vega).get(address(point)))


def test_its_readings_alone(
    vega: User, point: MeteringPoint, new: Installation, vega_contract: Contract, login: Login
) -> None:
    day, night = new.meter.registers.order_by("order")
    make.reading(day, "111.1", period=datetime.date(2026, 9, 1))
    make.reading(night, "222.2", period=datetime.date(2026, 9, 1))
    make.reading(night, "333.3", period=datetime.date(2025, 9, 1))
    other = vega_contract.points.exclude(pk=point.pk).first()
    make.reading(
        other.installations.get().meter.registers.get(), "444.4", period=datetime.date(2026, 9, 1)
    )
    page = text(login(vega).get(address(point), {"month": "", "year": "2026"}))
    assert "2026 год: 2 показания" in page
    assert "000 111,1" in page
    assert "000 333,3" not in page
    assert "000 444,4" not in page
    file = reverse("meters:reading-history-file", args=[vega_contract.pk, "xlsx"])
    link = f'href="{file}?month=&amp;year=2026&amp;point={point.pk}"'
    response = login(vega).get(address(point), {"month": "", "year": "2026"})
    assert link in response.content.decode()
    assert "За 2024 год показаний нет" in text(login(vega).get(address(point), {"year": "2024"}))


def test_nonsense_is_refused(vega: User, point: MeteringPoint, login: Login) -> None:
    response = login(vega).get(address(point), {"month": "13", "year": "2026"})
    assert response.status_code == 422
    assert "из списка" in text(response)


def test_consumption_against_last_year(
    vega: User, point: MeteringPoint, period: Month, login: Login
) -> None:
    register = make.installation(point, current_ratio=10).meter.registers.get()
    over = period.shifted(-1)
    for month, value in (
        (over.shifted(-13), "100"), (over.shifted(-12), "110"),
        (over.shifted(-1), "200"), (over, "212.5"),
    ):  # fmt: skip
        make.reading(register, value, period=month.first_day)
    response = login(vega).get(address(point))
    assert f"{over} 125 100 +25 %" in text(response)
    assert "Итого за 1 месяц, известный в обоих годах 125 100 +25 %" in text(response)
    assert "<svg" in response.content.decode()


def test_another_contracts_point_is_not_found(
    vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    foreign = orion_contract.points.get()
    url = reverse("meters:point", args=[vega_contract.pk, foreign.pk])
    assert login(vega).get(url).status_code == 404


def test_the_number_of_statements_does_not_grow(
    vega: User,
    point: MeteringPoint,
    new: Installation,
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    browser = login(vega)
    day, night = new.meter.registers.order_by("order")
    make.submission(point.contract, vega, period=datetime.date(2026, 5, 1))
    make.reading(day, "1", period=datetime.date(2026, 5, 1))
    url = address(point) + "?month=&year=2026"
    few = statements(browser, url)
    for n in range(1, 10):
        for register in (day, night):
            make.reading(register, "5", period=datetime.date(2026, n, 1))
    for n in range(6):
        hung = make.installation(
            point,
            installed_on=datetime.date(2010 + n, 1, 1),
            removed_on=datetime.date(2011 + n, 1, 1),
        )
        make.act_reading(hung, hung.meter.registers.get(), "1", "removed")
    assert statements(browser, url) == few
