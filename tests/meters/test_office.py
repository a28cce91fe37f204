"""The office's side: everything is found, nothing of the past can be changed."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from meters import rules
from meters.models import (
    Installation,
    Meter,
    MeteringPoint,
    Reading,
    ReadingRule,
    Register,
    Submission,
)
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_for_all")]

Login = Callable[[User], Browser]
MODELS = ["meteringpoint", "meter", "register", "submission", "reading", "readingrule"]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def listing(model: str, **query: str) -> str:
    return reverse(f"admin:meters_{model}_changelist", query=query)


@pytest.fixture
def handed_in(
    vega: User, orion: User, vega_contract: Contract, orion_contract: Contract
) -> Submission:
    """One submission of Vega's, one of Orion's."""
    make.submission(orion_contract, orion, "31337")
    return make.submission(vega_contract, vega, "100", "200")


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_pages_open(model: str, desk: Browser, handed_in: Submission) -> None:
    assert desk.get(listing(model)).status_code == 200
    row = {
        "meteringpoint": MeteringPoint, "meter": Meter, "submission": Submission,
        "reading": Reading, "readingrule": ReadingRule,
        "register": Meter._meta.get_field("registers").related_model,
    }[model].objects.first()  # fmt: skip
    page = desk.get(reverse(f"admin:meters_{model}_change", args=[row.pk]))
    assert page.status_code == 200


@pytest.mark.parametrize("model", ["submission", "reading"])
def test_the_past_is_only_looked_at(
    model: str, superuser: User, login: Login, handed_in: Submission
) -> None:
    desk = login(superuser)
    row = {"submission": Submission, "reading": Reading}[model].objects.first()
    for action in ("add", "delete"):
        arguments = [] if action == "add" else [row.pk]
        assert (
            desk.get(reverse(f"admin:meters_{model}_{action}", args=arguments)).status_code == 403
        )
    page = desk.get(reverse(f"admin:meters_{model}_change", args=[row.pk])).content.decode()
    assert 'name="_save"' not in page


@pytest.mark.parametrize(
    ("model", "term"),
    [
        ("meteringpoint", "35-01-004217"),
        ("meteringpoint", "Вега"),
        ("submission", "35-01-004217"),
        ("submission", "Вега"),
        ("reading", "35-01-004217"),
        ("reading", "Вега"),
    ],
)
def test_search_by_contract_and_client(
    model: str, term: str, desk: Browser, handed_in: Submission
) -> None:
    page = desk.get(listing(model, q=term)).content.decode()
    assert "35-01-004217" in page
    assert "35-02-000777" not in page


def test_search_by_serial_and_number(
    desk: Browser, handed_in: Submission, vega_contract: Contract
) -> None:
    serial = Meter.objects.filter(installations__point__contract=vega_contract).first().serial
    for model in ("meteringpoint", "meter", "reading", "register"):
        answer = desk.get(listing(model, q=serial))
        assert answer.context["cl"].result_count == 1, model
        assert "35-02-000777" not in answer.content.decode(), model
    for model in ("submission", "reading"):
        page = desk.get(listing(model, q=handed_in.number)).content.decode()
        assert "35-01-004217" in page
        assert "35-02-000777" not in page


@pytest.mark.parametrize("model", MODELS)
def test_lists_cost_the_same_with_more_rows(
    model: str, desk: Browser, vega: User, vega_contract: Contract, handed_in: Submission
) -> None:
    def cost() -> int:
        desk.get(listing(model))
        with CaptureQueriesContext(connection) as captured:
            desk.get(listing(model))
        return len(captured)

    few = cost()
    for _ in range(18):
        make.installation(make.point(vega_contract))
        make.submission(vega_contract, vega, "1", "2")
    assert cost() == few


def point_form(point: MeteringPoint, **values: str) -> dict[str, Any]:
    """The page of a point as it is, but for `values`; names of the row begin with `row_`."""
    row = point.installations.get()
    form = {
        **{name: getattr(point, name) for name in ("external_id", "number", "name", "site")},
        "contract": point.contract_id,
        "opened_on": f"{point.opened_on:%d.%m.%Y}",
        "installations-TOTAL_FORMS": 1,
        "installations-INITIAL_FORMS": 1,
        "installations-0-id": row.pk,
        "installations-0-point": point.pk,
    }
    names = ("external_id", "meter_id", "current_ratio", "voltage_ratio")
    form |= {f"installations-0-{name.removesuffix('_id')}": getattr(row, name) for name in names}
    form |= {
        "installations-0-external_id": row.external_id,
        "installations-0-installed_on": f"{row.installed_on:%d.%m.%Y}",
    }
    return form | {name.replace("row_", "installations-0-"): day for name, day in values.items()}


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("closed_on", "Точка не может быть закрыта раньше"),
        ("row_removed_on", "Прибор не может быть снят раньше"),
    ],
)
def test_days_in_the_wrong_order_are_refused(
    field: str, words: str, superuser: User, login: Login, vega_contract: Contract
) -> None:
    point = MeteringPoint.objects.filter(contract=vega_contract).earliest("pk")
    page = reverse("admin:meters_meteringpoint_change", args=[point.pk])
    desk = login(superuser)
    answer = desk.post(page, point_form(point, **{field: "01.01.1990"}))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    later = f"{timezone.localdate():%d.%m.%Y}"
    assert desk.post(page, point_form(point, **{field: later})).status_code == 302


def test_postgresql_refuses_days_in_the_wrong_order(vega_contract: Contract) -> None:
    point = MeteringPoint.objects.filter(contract=vega_contract).earliest("pk")
    long_ago = datetime.date(1990, 1, 1)
    points = MeteringPoint.objects.filter(pk=point.pk)
    hung = Installation.objects.filter(point=point)
    cases: list[tuple[QuerySet[Any], str, str]] = [
        (points, "closed_on", "point_closed_after_opened"),
        (hung, "removed_on", "installation_removed_after_installed"),
    ]
    for rows, field, name in cases:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            rows.update(**{field: long_ago})


# Rules ---------------------------------------------------------------------------------------


def _rule(**values: str) -> dict[str, str]:
    return {
        "opens_day": "", "closes_day": "", "closes_next_month": "unknown", "time_zone": "",
        "is_moved_by_holidays": "unknown", "late_text": "", "times_more": "", "times_less": "",
        "asks_about_zero": "unknown", "asks_about_power": "unknown", "zones_tolerance": "",
        **values,
    }  # fmt: skip


def test_the_office_sets_the_term_of_a_contract(desk: Browser, vega_contract: Contract) -> None:
    address = reverse("admin:meters_readingrule_add")
    values = _rule(contract=str(vega_contract.pk), opens_day="23", closes_day="26")
    assert desk.post(address, {**values, "closes_next_month": "false"}).status_code == 302
    window = rules.of_contract(vega_contract).window
    assert (window.opens_day, window.closes_day, window.closes_next_month) == (23, 26, False)
    again = desk.post(address, values)
    assert again.status_code == 200
    assert "Такое правило уже есть" in again.content.decode()


def test_a_term_that_cannot_be_is_refused(desk: Browser, vega_contract: Contract) -> None:
    values = _rule(contract=str(vega_contract.pk), opens_day="25", closes_day="20")
    answer = desk.post(
        reverse("admin:meters_readingrule_add"), {**values, "closes_next_month": "false"}
    )
    assert "Последний день приёма раньше первого" in answer.content.decode()
    assert not ReadingRule.objects.filter(contract=vega_contract).exists()


def test_the_rule_for_all_stays_complete_and_is_not_deleted(desk: Browser) -> None:
    rule = ReadingRule.objects.get(contract=None)
    address = reverse("admin:meters_readingrule_change", args=[rule.pk])
    answer = desk.post(address, _rule(closes_day="3"))
    assert "В правиле для всех заполните каждое поле." in answer.content.decode()
    assert desk.get(reverse("admin:meters_readingrule_delete", args=[rule.pk])).status_code == 403


def test_a_second_rule_for_all_is_refused(desk: Browser) -> None:
    complete = _rule(
        opens_day="1", closes_day="1", closes_next_month="true", is_moved_by_holidays="false",
        times_more="2", times_less="2", asks_about_zero="true", asks_about_power="true",
        zones_tolerance="2",
    )  # fmt: skip
    answer = desk.post(reverse("admin:meters_readingrule_add"), complete)
    assert "Такое правило уже есть" in answer.content.decode()
    assert ReadingRule.objects.count() == 1


@pytest.mark.parametrize(("choice", "expected"), [("asked", 1), ("corrected", 1), ("", 3)])
def test_what_is_to_be_looked_at_is_found(
    desk: Browser, vega: User, vega_contract: Contract, choice: str, expected: int
) -> None:
    make.submission(vega_contract, vega, "5")
    make.submission(vega_contract, vega, correction_reason="опечатка")
    asked = make.submission(vega_contract, vega, "6")
    register = Register.objects.get(meter__installations__point=vega_contract.points.all()[0])
    make.reading(
        register, "7", submission=asked, source="client", doubts=["more"], explanation="пуск"
    )
    query = {"doubts": choice} if choice else {}
    answer = desk.get(listing("submission", **query))
    assert answer.context["cl"].result_count == expected
