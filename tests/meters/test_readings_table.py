"""The table of «Точки учёта»: its rows, its notice, its month, its size."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters import window
from meters.models import Installation, Meter, MeteringPoint, Reading, Register, Submission
from tests import make
from tests.meters.table import address, earlier, hand_in, inputs, registers, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


# The table -----------------------------------------------------------------------------------


def test_what_a_row_says(vega: User, vega_contract: Contract, period: Month, login: Login) -> None:
    point = make.point(vega_contract, name="ТП-14, ввод 9", place="цех литья", site="Склад")
    hung = make.installation(point, current_ratio=80)
    register = hung.meter.registers.get()
    make.reading(register, "22870.3", period=earlier(period), source=Reading.Source.CALCULATED)
    page = text(login(vega).get(address(vega_contract)))
    last_day = period.shifted(-1).last_day
    for words in (
        "ТП-14, ввод 9", "цех литья", "Склад", "Меркурий 234 ART-03", f"№ {hung.meter.serial}",
        "сутки", "80", "022 870,3", f"{last_day:%d.%m.%Y}, расчётное",
    ):  # fmt: skip
        assert words in page, words


def test_rows_stand_by_site_in_the_order_of_points(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    for site, name in (("Корпус Б", "Б-1"), ("Корпус А", "А-1"), ("Корпус Б", "Б-2")):
        make.installation(make.point(vega_contract, site=site, name=name))
    page = text(login(vega).get(address(vega_contract)))
    assert page.count("Корпус Б") == 1
    places = [page.index(words) for words in ("Корпус Б", "Б-1", "Б-2", "Корпус А", "А-1")]
    assert places == sorted(places)


def test_the_latest_reading_of_the_month_before_is_shown(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    make.reading(known[0], "1111.1", period=earlier(period), source=Reading.Source.NETWORK)
    make.reading(known[0], "555.5", period=period.shifted(-2).first_day)
    page = text(login(vega).get(address(vega_contract)))
    assert "001 111,1" in page
    assert "сетевая компания" in page
    assert "001 000,0" not in page
    assert "000 555,5" not in page


def test_closed_future_and_foreign_points_are_not_shown(
    vega: User, vega_contract: Contract, orion_contract: Contract, period: Month, login: Login
) -> None:
    today = timezone.localdate()
    closed_on = min(period.last_day, today)
    make.installation(make.point(vega_contract, name="Закрытая", closed_on=closed_on))
    make.installation(
        make.point(vega_contract, name="Будущая", opened_on=today + datetime.timedelta(days=40))
    )
    MeteringPoint.objects.filter(contract=orion_contract).update(name="Чужая")
    page = text(login(vega).get(address(vega_contract)))
    for name in ("Закрытая", "Будущая", "Чужая"):
        assert name not in page


@time_machine.travel(datetime.datetime(2026, 11, 20, 9, 0, tzinfo=datetime.UTC), tick=False)
def test_a_replaced_meter_gives_way_to_the_new_one(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    old = Installation.objects.filter(point__contract=vega_contract).first()
    today = datetime.date(2026, 11, 20)
    Installation.objects.filter(pk=old.pk).update(removed_on=today)
    new = make.installation(old.point, installed_on=today)
    browser = login(vega)
    page = browser.get(address(vega_contract))
    assert f"r{new.meter.registers.get().pk}" in inputs(page)
    assert f"r{old.meter.registers.get().pk}" not in inputs(page), "its act is its reading"
    assert "снят 20.11.2026" in text(page)
    october = text(browser.get(address(vega_contract), {"period": "2026-10"}))
    assert old.meter.serial in october
    assert new.meter.serial not in october


@pytest.mark.parametrize("named", ["2020-01", "2099-05", "xx"])
def test_a_month_that_is_not_open_is_not_passed_off_as_this_one(
    named: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    page = login(vega).get(address(vega_contract), {"period": named}, follow=True)
    assert page.redirect_chain, "the address names the month that is shown"
    assert "Показания за этот месяц сейчас не принимаются" in text(page)


def test_a_point_without_a_meter_says_so(vega: User, vega_contract: Contract, login: Login) -> None:
    make.point(vega_contract, name="Пустая")
    page = text(login(vega).get(address(vega_contract)))
    assert "Пустая" in page
    assert "счётчик не установлен" in page


def test_an_automatic_meter_is_shown_and_not_asked_for(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    hung = make.installation(make.point(vega_contract), is_automatic=True)
    register = hung.meter.registers.get()
    browser = login(vega)
    page = browser.get(address(vega_contract))
    assert "придёт автоматически" in text(page)
    assert f"r{register.pk}" not in inputs(page)
    assert "передано 0 из 2 точек" in text(page)
    response = hand_in(browser, vega_contract, "", "", "500")
    assert response.status_code == 422
    assert not Reading.objects.exists()


@time_machine.travel(datetime.datetime(2026, 11, 30, 17, 0, tzinfo=datetime.UTC), tick=False)
def test_the_notice_counts_down_and_counts_points(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    day, night = (
        make.installation(make.point(vega_contract), zones=("day", "night"))
        .meter.registers.order_by("order")
    )  # fmt: skip
    november = datetime.date(2026, 11, 1)
    make.reading(registers(vega_contract)[0], "5", period=november)
    make.reading(day, "5", period=november)
    browser = login(vega)
    page = text(browser.get(address(vega_contract)))
    assert "Показания за ноябрь принимаются до 1 декабря 23:59 (МСК)" in page
    assert "осталось 1 день 4 часа" in page
    assert "передано 1 из 3 точек" in page, "a point counts when all its registers are there"
    make.reading(night, "5", period=november)
    assert "передано 2 из 3 точек" in text(browser.get(address(vega_contract)))


# The month -----------------------------------------------------------------------------------


def test_the_month_before_is_taken_late(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    late = period.shifted(-1)
    browser = login(vega)
    page = browser.get(address(vega_contract), {"period": window.code(late)})
    assert "после срока" in text(page)
    assert f'name="period" value="{window.code(late)}"' in page.content.decode()
    assert hand_in(browser, vega_contract, "5", period=window.code(late)).status_code == 302
    submission = Submission.objects.get()
    assert submission.period == late.first_day
    assert submission.is_late


def test_the_mark_of_lateness_is_the_one_given_when_it_came(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    make.submission(vega_contract, vega, "5", period=period.first_day, is_late=True)
    page = text(login(vega).get(address(vega_contract)))
    assert re.search(r"передано \d\d\.\d\d, после срока", page)


@time_machine.travel(datetime.datetime(2026, 11, 20, 9, 0, tzinfo=datetime.UTC), tick=False)
def test_meters_of_this_month_are_not_missed_in_the_month_before(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    started = datetime.date(2026, 11, 1)
    make.installation(make.point(vega_contract), installed_on=started)
    make.installation(make.point(vega_contract, opened_on=started))
    october = datetime.date(2026, 10, 31)
    make.installation(make.point(vega_contract, opened_on=october), installed_on=october)
    page = text(login(vega).get(address(vega_contract)))
    assert "Нет показаний за октябрь по 3 точкам." in page


def test_in_time_is_not_late(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    hand_in(login(vega), vega_contract, "5", period=window.code(period))
    assert not Submission.objects.get().is_late


@pytest.mark.parametrize("months", [-2, 1])
def test_a_month_that_is_not_taken_is_refused_and_nothing_is_lost(
    vega: User, vega_contract: Contract, period: Month, login: Login, months: int
) -> None:
    named = window.code(period.shifted(months))
    response = hand_in(login(vega), vega_contract, "5", period=named)
    assert response.status_code == 422
    assert "больше не принимаются" in text(response)
    assert "5" in inputs(response).values()
    assert not Submission.objects.exists()
    nonsense = hand_in(login(vega), vega_contract, "5", period="\x00<")
    assert nonsense.status_code == 422


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (datetime.datetime(2026, 12, 1, 20, 59, tzinfo=datetime.UTC), "Показания за ноябрь 2026"),
        (datetime.datetime(2026, 12, 1, 21, 0, tzinfo=datetime.UTC), "Показания за декабрь 2026"),
    ],
)
def test_the_page_turns_at_midnight_in_moscow(
    vega: User, vega_contract: Contract, login: Login, now: datetime.datetime, words: str
) -> None:
    with time_machine.travel(now, tick=False):
        assert words in text(login(vega).get(address(vega_contract)))


# Size ----------------------------------------------------------------------------------------


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    few = statements(browser, address(vega_contract))
    for _ in range(18):
        make.installation(make.point(vega_contract), zones=("day", "night"))
    assert statements(browser, address(vega_contract)) == few


def test_a_thousand_registers_are_one_form(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    points = MeteringPoint.objects.bulk_create(
        MeteringPoint(
            external_id=f"p{n}", contract=vega_contract, number=10_000 + n, name=f"Точка {n}",
            site=f"Объект {n // 50}", opened_on=datetime.date(2020, 1, 1),
        )
        for n in range(1000)
    )  # fmt: skip
    meters = Meter.objects.bulk_create(
        Meter(external_id=f"m{n}", make="Марка", serial=f"S{n}") for n in range(1000)
    )
    Installation.objects.bulk_create(
        Installation(
            external_id=f"i{n}", point=points[n], meter=meters[n],
            installed_on=datetime.date(2020, 1, 1),
        )
        for n in range(1000)
    )  # fmt: skip
    Register.objects.bulk_create(
        Register(external_id=f"r{n}", meter=meters[n], integer_digits=6, fraction_digits=1)
        for n in range(1000)
    )
    with connection.cursor() as cursor:  # as autovacuum does after a load of this size
        cursor.execute("ANALYZE")
    response = hand_in(login(vega), vega_contract, *(f"{n},5" for n in range(1002)))
    assert response.status_code == 302
    assert Submission.objects.get().readings.count() == 1002


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(typed=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50))
def test_any_text_gets_an_answer(
    vega: User, vega_contract: Contract, known: list[Register], login: Login, typed: str
) -> None:
    response = hand_in(login(vega), vega_contract, typed, action="check")
    assert response.status_code in {200, 422}
