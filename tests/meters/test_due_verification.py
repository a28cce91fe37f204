"""«Сроки поверки» of the office: what is due at all contracts, by branch."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from meters import verification
from meters.models import Installation, Meter, MeteringPoint
from tests.meters.table import text
from tests.meters.test_verification_list import in_days, installation

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def listing(**query: object) -> str:
    return reverse("admin:meters_dueverification_changelist", query=query)


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


@pytest.fixture
def due(vega_contract: Contract, orion_contract: Contract) -> tuple[Installation, Installation]:
    """One of Vega's in 60 days, one of Orion's that is over by its transformers."""
    vegas = installation(vega_contract, 60)
    orions = installation(
        orion_contract, 400, current_ratio=40, current_transformers_verified_until=in_days(-2)
    )
    installation(vega_contract, 91)
    installation(vega_contract, 5, removed_on=timezone.localdate())
    return vegas, orions


def test_all_contracts_soonest_first(desk: Browser, due: tuple[Installation, Installation]) -> None:
    vegas, orions = due
    page = text(desk.get(listing()))
    assert page.index(orions.meter.serial) < page.index(vegas.meter.serial)
    assert f"трансформаторы тока {in_days(-2):%d.%m.%Y}" in page
    assert "закончилась 2 дня назад" in page
    assert set(verification.of_all(timezone.localdate()).values_list("pk", flat=True)) == {
        vegas.pk,
        orions.pk,
    }


def test_by_branch_and_by_term(desk: Browser, due: tuple[Installation, Installation]) -> None:
    vegas, orions = due
    of_branch = {"point__contract__branch__id__exact": vegas.point.contract.branch_id}
    page = text(desk.get(listing(**of_branch)))
    assert vegas.meter.serial in page
    assert orions.meter.serial not in page
    page = text(desk.get(listing(term="over")))
    assert orions.meter.serial in page
    assert vegas.meter.serial not in page
    page = text(desk.get(listing(term="month")))
    assert orions.meter.serial not in page
    assert vegas.meter.serial not in page


def test_search(desk: Browser, due: tuple[Installation, Installation]) -> None:
    vegas, orions = due
    page = text(desk.get(listing(q=orions.meter.serial)))
    assert orions.point.name in page
    assert vegas.point.name not in page


def test_nobody_changes_it(
    superuser: User, login: Login, due: tuple[Installation, Installation]
) -> None:
    desk = login(superuser)
    assert desk.get(reverse("admin:meters_dueverification_add")).status_code == 403
    page = reverse("admin:meters_dueverification_delete", args=[due[0].pk])
    assert desk.post(page, {"post": "yes"}).status_code == 403


def test_the_number_of_statements_does_not_grow(
    desk: Browser, vega_contract: Contract, due: tuple[Installation, Installation]
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(listing()).status_code == 200
        return len(captured)

    statements()
    few = statements()
    for days in range(18):
        installation(vega_contract, days)
    assert statements() == few


def test_dates_are_found_by_their_indexes(
    due: tuple[Installation, Installation], vega_contract: Contract
) -> None:
    """Among thousands of meters that are not due, nobody's but those that are due are looked at."""
    far = in_days(1500)
    numbers = range(2000)
    meters = Meter.objects.bulk_create(
        Meter(external_id=f"far-{n}", make="Меркурий", serial=f"far-{n}", verified_until=far)
        for n in numbers
    )
    opened_on = datetime.date(2020, 1, 1)
    points = MeteringPoint.objects.bulk_create(
        MeteringPoint(
            external_id=f"far-{n}", contract=vega_contract, number=10_000 + n, opened_on=opened_on
        )
        for n in numbers
    )
    Installation.objects.bulk_create(
        Installation(
            external_id=f"far-{n}",
            point=points[n],
            meter=meters[n],
            installed_on=opened_on,
            current_ratio=40,
            voltage_ratio=100,
            current_transformers_verified_until=far,
            voltage_transformers_verified_until=far,
        )
        for n in numbers
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE meters_meter, meters_meteringpoint, meters_installation")
    plan = verification.of_all(timezone.localdate()).explain()
    for condition in (
        "verified_until <=",
        "current_transformers_verified_until <=",
        "voltage_transformers_verified_until <=",
    ):
        assert f"Index Cond: ({condition}" in plan, plan


def test_a_day_more_or_less(vega_contract: Contract) -> None:
    today = timezone.localdate()
    for days in (89, 90, 91):
        installation(vega_contract, days)
    found: Any = verification.of_all(today)
    assert sorted(row.due_on for row in found) == [
        today + datetime.timedelta(days=days) for days in (89, 90)
    ]
