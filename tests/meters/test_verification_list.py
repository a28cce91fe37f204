"""«Сроки поверки»: what is due within three months or over, for the client."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters import inventory, verification
from meters.models import Installation
from tests import make
from tests.meters.table import text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def address(contract: Contract) -> str:
    return reverse("meters:verification-list", args=[contract.pk])


def in_days(days: int) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


def installation(contract: Contract, days: int | None, **values: Any) -> Installation:
    """A meter at a point of its own, verified for so many days more."""
    hung = make.installation(make.point(contract), **values)
    hung.meter.verified_until = None if days is None else in_days(days)
    hung.meter.save()
    return hung


@pytest.mark.parametrize(
    ("days", "words", "modifier"),
    [
        (-14, "закончилась 14 дней назад", "bad"),
        (-1, "закончилась 1 день назад", "bad"),
        (0, "последний день", "warn"),
        (1, "остался 1 день", "warn"),
        (21, "остался 21 день", "warn"),
        (11, "осталось 11 дней", "warn"),
        (90, "осталось 90 дней", "warn"),
        (91, "действует", "ok"),
        (None, "нет сведений", "plain"),
    ],
)
def test_the_state_in_words(days: int | None, words: str, modifier: str) -> None:
    until = None if days is None else in_days(days)
    found, colour = verification.state(until, timezone.localdate())
    assert found.replace("\u00a0", " ") == words
    assert colour == modifier


def test_soonest_first(vega: User, vega_contract: Contract, login: Login) -> None:
    later = installation(vega_contract, 90)
    over = installation(vega_contract, -3)
    far = installation(vega_contract, 91)
    page = text(login(vega).get(address(vega_contract)))
    assert "2 срока" in page
    assert page.index(over.meter.serial) < page.index(later.meter.serial)
    assert far.meter.serial not in page
    link = reverse("meters:point", args=[vega_contract.pk, over.point_id])
    assert link in login(vega).get(address(vega_contract)).content.decode()


def test_transformers_have_terms_of_their_own(vega_contract: Contract) -> None:
    hung = installation(
        vega_contract, 400, current_ratio=40, current_transformers_verified_until=in_days(5),
        voltage_transformers_verified_until=in_days(-5),
    )  # fmt: skip
    found = verification.due(vega_contract, timezone.localdate())
    assert [(item.what, item.until) for item in found] == [
        ("трансформаторы напряжения", in_days(-5)),
        ("трансформаторы тока", in_days(5)),
    ]
    assert {item.serial for item in found} == {hung.meter.serial}
    assert [item.is_over for item in found] == [True, False]


def test_meters_that_hang_no_more_are_not_meant(vega_contract: Contract) -> None:
    installation(vega_contract, 5, removed_on=in_days(0))
    closed = installation(vega_contract, 5)
    closed.point.closed_on = in_days(-1)
    closed.point.save()
    assert verification.due(vega_contract, timezone.localdate()) == []


def test_nothing_is_due(vega: User, vega_contract: Contract, login: Login) -> None:
    page = text(login(vega).get(address(vega_contract)))
    assert "Ближайших сроков поверки нет" in page
    assert "Нет сведений о поверке 2 приборов" in page
    assert "Скачать" not in page


def test_a_reader_is_not_asked_to_write(
    vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    page = text(login(vega_reader).get(address(vega_contract)))
    assert "Нет сведений о поверке" in page
    assert "отправьте свидетельство" not in page


def test_as_a_table(vega: User, vega_contract: Contract, login: Login) -> None:
    hung = installation(vega_contract, 12)
    file = reverse("meters:verification-list-file", args=[vega_contract.pk, "csv"])
    content = login(vega).get(file).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content, newline=""), delimiter=";")
    assert row["Поверен до"] == f"{in_days(12):%d.%m.%Y}"
    assert row["Состояние"] == "осталось 12 дней"
    assert row["Что поверять"] == "счётчик"
    assert row["Заводской №"] == hung.meter.serial


def test_others_do_not_show(
    vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    foreign = installation(orion_contract, 5)
    assert foreign.meter.serial not in text(login(vega).get(address(vega_contract)))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ([], ""),
        ([None, 91], ""),
        ([0, 90], "В ближайшие 90 дней заканчивается поверка у 2 приборов."),
        ([-1], "Поверка закончилась у 1 прибора."),
        (
            [-1, -2, 5],
            "Поверка закончилась у 2 приборов, у 1 заканчивается в ближайшие 90 дней.",
        ),
    ],
)
def test_the_warning_beside_readings(
    vega_contract: Contract, terms: list[int | None], words: str
) -> None:
    for days in terms:
        installation(vega_contract, days, zones=("day", "night"))
    places = inventory.take(vega_contract, Month.current()).places
    assert verification.warning(places).replace("\u00a0", " ") == words


@pytest.mark.parametrize("name", ["meters:verification-list", "meters:verification-list-file"])
def test_the_number_of_statements_does_not_grow(
    vega: User,
    vega_contract: Contract,
    login: Login,
    statements: Callable[[Browser, str], int],
    name: str,
) -> None:
    browser = login(vega)
    kind = ["csv"] if name.endswith("file") else []
    url = reverse(name, args=[vega_contract.pk, *kind])
    for days in (1, 2):
        installation(vega_contract, days)
    few = statements(browser, url)
    for days in range(3, 21):
        installation(vega_contract, days)
    assert statements(browser, url) == few
