"""Links between what belongs together in the office, and what they cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from cabinet.office import OfficeAdmin
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def address(row: Model) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def test_a_client_leads_to_everything_of_it(
    office: User, login: Login, vega: User, vega_contract: Contract
) -> None:
    desk = login(office)
    make.document(vega_contract)
    make.submission(vega_contract, vega)
    page = desk.get(address(vega_contract.client))
    hanging = {link.title: link for link in page.context["row_hanging"]}
    assert {name: link.words for name, link in hanging.items()} == {
        "Доступы": "1",
        "Договоры": "1",
        "Документы": "1",
        "Точки учёта": "2",
        "Передачи показаний": "1",
    }
    for link in hanging.values():
        opened = desk.get(link.address)
        assert opened.status_code == 200, link.address
        assert opened.context["cl"].result_count == int(link.words)
        assert "клиент ООО «Вега»" in opened.content.decode()


def test_a_point_leads_to_its_contract_client_and_meter(
    office: User, login: Login, vega_contract: Contract
) -> None:
    desk = login(office)
    point = vega_contract.points.earliest("pk")
    page = desk.get(address(point))
    owners = {link.title: link.address for link in page.context["row_owners"]}
    assert owners == {
        "Договор": address(vega_contract),
        "Клиент": address(vega_contract.client),
    }
    (meters,) = [one for one in page.context["row_hanging"] if one.title == "Приборы учёта"]
    (meter,) = desk.get(meters.address).context["cl"].result_list
    assert meter == point.installations.get().meter
    back = desk.get(address(meter)).context["row_hanging"]
    assert "Точки учёта" in [link.title for link in back]


def test_the_number_of_statements_does_not_grow(
    office: User, login: Login, vega_contract: Contract, statements: Callable[[Browser, str], int]
) -> None:
    desk = login(office)
    make.document(vega_contract)
    few = statements(desk, address(vega_contract))
    for _ in range(19):
        make.installation(make.point(vega_contract))
        make.document(vega_contract)
    assert statements(desk, address(vega_contract)) == few


def test_nothing_leads_where_this_person_may_not_look(
    db: None, login: Login, vega_contract: Contract
) -> None:
    from django.contrib.auth.models import Permission

    person = make.user("auditor", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_contract"))
    page = login(person).get(address(vega_contract))
    assert page.status_code == 200
    assert page.context["row_owners"] == page.context["row_hanging"] == []


def test_every_way_is_one(db: None) -> None:
    labels = {model._meta.label_lower for model in admin.site._registry}
    for model, page in admin.site._registry.items():
        if isinstance(page, OfficeAdmin):
            for label, lookup in page.hangs_on.items():
                assert label in labels, (model, label)
                model._default_manager.filter(**{lookup: 1}).exists()


def test_a_wrong_key_in_a_link_is_no_error(office: User, login: Login) -> None:
    desk = login(office)
    for key in ("", "0", "abc", "9" * 30, "1 or 1=1"):
        page = reverse("admin:meters_meteringpoint_changelist")
        status = desk.get(page, {"contract__client__id__exact": key}).status_code
        assert status in {200, 302}, key
