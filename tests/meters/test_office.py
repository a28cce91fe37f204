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
from meters.models import Installation, Meter, MeteringPoint, Reading, Submission
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
MODELS = ["meteringpoint", "meter", "register", "submission", "reading"]


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
        "reading": Reading, "register": Meter._meta.get_field("registers").related_model,
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
