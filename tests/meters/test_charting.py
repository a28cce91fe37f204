"""Consumption against last year: the numbers of the chart, of its table and of the file."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters import charting
from meters.charting import Usage
from meters.models import Register
from tests import make
from tests.meters.table import registers, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
LAST = Month(2026, 10)


def address(contract: Contract) -> str:
    return reverse("meters:usage", args=[contract.pk])


def run(register: Register, *values: str, last: Month = LAST) -> None:
    """Readings of consecutive months, the last of them at the end of `last`."""
    for back, value in enumerate(reversed(values)):
        make.reading(register, value, period=last.shifted(-back).first_day)


def usage(contract: Contract, energy: str = "A+", last: Month = LAST) -> Usage:
    return charting.of_contract(contract, last=last, energy=energy)


def values(found: Usage, series: int) -> list[Decimal]:
    """What the chart draws of a series."""
    shown = found.chart.series[series].values
    return [value for value in shown.values() if value is not None]


def test_points_together_and_the_year_before(vega_contract: Contract) -> None:
    first, second = registers(vega_contract)
    run(first, "100", "130", "170")
    run(second, "1000", "1005", "1010")
    run(first, "10", "20", "45", last=LAST.shifted(-12))
    run(second, "500", "500", "500", last=LAST.shifted(-12))
    found = usage(vega_contract)
    assert len(found.rows) == 12
    assert [row.month for row in found.rows[-2:]] == ["сентябрь 2026", "октябрь 2026"]
    assert [(row.quantity, row.year_ago, row.change) for row in found.rows[-2:]] == [
        ("35", "10", "+250\u00a0%"), ("45", "25", "+80\u00a0%"),
    ]  # fmt: skip
    assert values(found, 0) == [10, 25]
    assert values(found, 1) == [35, 45]
    assert found.total is not None
    assert found.total.month == "Итого за 2\u00a0месяца, известные в обоих годах"
    assert (found.total.quantity, found.total.year_ago) == ("80", "35")
    assert found.chart.unit == found.unit == "кВт·ч"
    assert not found.is_partial


def test_what_is_unknown_is_a_gap_and_is_named(vega_contract: Contract) -> None:
    first, _ = registers(vega_contract)
    run(first, "100", "130")
    found = usage(vega_contract)
    assert found.rows[-1].quantity == "30"
    assert found.rows[-1].note == "без 1\u00a0точки"
    assert found.rows[-2].quantity == "—"
    assert found.is_partial
    assert found.total is None


def test_while_nothing_of_the_last_month_is_there_the_year_ends_before_it(
    vega_contract: Contract,
) -> None:
    first, _ = registers(vega_contract)
    run(first, "100", "130", last=LAST.shifted(-1))
    found = usage(vega_contract)
    assert found.rows[-1].month == "сентябрь 2026"
    assert found.rows[0].month == "октябрь 2025"
    assert found.span == "октябрь\u00a02025 — сентябрь\u00a02026"


def test_zones_add_up_and_their_sum_is_not_added(vega_contract: Contract) -> None:
    hung = make.installation(make.point(vega_contract), zones=("total", "day", "night"))
    total, day, night = hung.meter.registers.order_by("order")
    run(total, "300", "330")
    run(day, "200", "220")
    run(night, "100", "110")
    point = charting.of_point(vega_contract, hung.point, last=LAST, energy="A+")
    assert point.rows[-1].quantity == "30"


def test_a_point_with_an_unknown_zone_is_unknown(vega_contract: Contract) -> None:
    hung = make.installation(make.point(vega_contract), zones=("day", "night"))
    day, _ = hung.meter.registers.order_by("order")
    run(day, "200", "220")
    point = charting.of_point(vega_contract, hung.point, last=LAST, energy="A+")
    assert point.chart.is_empty


def test_a_replaced_meter(vega_contract: Contract) -> None:
    """(1050 − 1000) × 60 by the old one, (120,5 − 100) × 40 by the new one."""
    day = datetime.date(2026, 10, 15)
    point = make.point(vega_contract)
    old = make.installation(point, current_ratio=60, removed_on=day)
    new = make.installation(point, current_ratio=40, installed_on=day)
    run(old.meter.registers.get(), "1000", last=LAST.shifted(-1))
    make.act_reading(old, old.meter.registers.get(), "1050", "removed")
    make.act_reading(new, new.meter.registers.get(), "100", "installed")
    run(new.meter.registers.get(), "120.5")
    found = charting.of_point(vega_contract, point, last=LAST, energy="A+")
    assert found.rows[-1].quantity == "3\u00a0820"


def test_energies_are_a_choice_and_never_add_up(vega_contract: Contract) -> None:
    first, _ = registers(vega_contract)
    reactive = Register.objects.create(
        external_id="reactive", meter=first.meter, energy="R+", order=2, integer_digits=6,
        fraction_digits=1,
    )  # fmt: skip
    run(first, "100", "130")
    run(reactive, "50", "57.5")
    found = usage(vega_contract)
    assert found.rows[-1].quantity == "30"
    assert [(one.code, one.is_chosen) for one in found.choices] == [("A+", True), ("R+", False)]
    found = usage(vega_contract, "R+")
    assert found.rows[-1].quantity == "8", "whole units of a contract"
    assert found.unit == "кВАр·ч"
    assert found.choices[1].is_chosen
    of_point = charting.of_point(
        vega_contract, first.meter.installations.get().point, last=LAST, energy="R+"
    )
    assert of_point.rows[-1].quantity == "7,5", "and to the last digit of a point"
    assert usage(vega_contract, "nonsense").choices[0].is_chosen


def test_the_page(vega: User, vega_contract: Contract, period: Month, login: Login) -> None:
    over = period.shifted(-1)
    for register in registers(vega_contract):
        run(register, "100", "1150", last=over)
    response = login(vega).get(address(vega_contract), {"energy": "A+"})
    assert f"{over} 2 100 — —" in text(response)
    body = response.content.decode()
    assert "<svg" in body
    assert "style=" not in body[body.index("<svg") :]
    assert 'id="usage-table"' in body
    assert body.count(' id="usage-table"') == 1


def test_nothing_is_known_yet(vega: User, vega_contract: Contract, login: Login) -> None:
    page = text(login(vega).get(address(vega_contract)))
    assert "Расход ещё не известен" in page
    assert "Скачать" not in page


def test_every_point_in_a_file(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    first, second = registers(vega_contract)
    over = period.shifted(-1)
    run(first, "100", "130.5", last=over)
    run(second, "100", "101", last=over.shifted(-12))
    file = reverse("meters:usage-file", args=[vega_contract.pk, "csv"])
    content = login(vega).get(file).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline=""), delimiter=";"))
    assert len(rows) == 2
    assert rows[0][f"{over.first_day:%m.%Y}"] == "30,5"
    assert rows[0][f"{over.shifted(-1).first_day:%m.%Y}"] == ""
    assert rows[1][f"{over.shifted(-12).first_day:%m.%Y}"] == "1"
    assert rows[0]["Энергия"] == "активная, приём"
    assert sum(name[:2].isdecimal() for name in rows[0]) == 24


def test_others_are_not_counted(vega_contract: Contract, orion_contract: Contract) -> None:
    run(registers(orion_contract)[0], "100", "130")
    assert usage(vega_contract).chart.is_empty


@pytest.mark.parametrize("name", ["meters:usage", "meters:usage-file"])
def test_the_number_of_statements_does_not_grow(
    vega: User,
    vega_contract: Contract,
    period: Month,
    login: Login,
    statements: Callable[[Browser, str], int],
    name: str,
) -> None:
    browser = login(vega)
    kind = ["csv"] if name.endswith("file") else []
    url = reverse(name, args=[vega_contract.pk, *kind])
    run(registers(vega_contract)[0], "1", "2", last=period)
    few = statements(browser, url)
    for _ in range(18):
        hung = make.installation(make.point(vega_contract))
        run(hung.meter.registers.get(), "1", "2", last=period)
    assert statements(browser, url) == few
