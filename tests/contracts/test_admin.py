"""Contracts, specialists, topics and leaves as the office works with them."""

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

from accounts import office as office_groups
from accounts.models import User
from contracts.models import Assignment, Contract, Leave, Specialist, Topic
from contracts.supervision import supervisors
from tests import make

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def rows_form(prefix: str, *rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """The inline rows of a page."""
    form: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(rows),
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        form.update({f"{prefix}-{number}-{name}": value for name, value in row.items()})
    return form


@pytest.mark.parametrize("words", ["004217", "35-01-004217", "Вега", "inn"])
def test_a_contract_is_found(
    words: str, desk: Browser, vega_contract: Contract, orion_contract: Contract
) -> None:
    words = vega_contract.client.inn if words == "inn" else words
    page = desk.get(reverse("admin:contracts_contract_changelist"), {"q": words})
    assert list(page.context["cl"].result_list) == [vega_contract]


def test_client_contract_and_people_lead_to_each_other(
    desk: Browser, vega: User, vega_contract: Contract, specialist: Specialist
) -> None:
    def page(name: str, row: Any) -> tuple[str, str]:
        address = reverse(f"admin:{name}_change", args=[row.pk])
        return address, desk.get(address).content.decode()

    membership = vega.memberships.get()
    client_address, client_page = page("accounts_client", vega_contract.client)
    contract_address, contract_page = page("contracts_contract", vega_contract)
    person_address, person_page = page("accounts_user", vega)
    _, access_page = page("accounts_membership", membership)
    assert f'href="{contract_address}' in client_page
    assert f'href="{person_address}' in client_page
    assert f'href="{client_address}' in contract_page
    assert f'href="{client_address}' in person_page
    assert f'href="{client_address}' in access_page
    assert f'href="{person_address}' in access_page
    assert f"?client__id__exact={vega_contract.client_id}" in contract_page


def test_rows_below_a_card_are_fields_with_names_or_a_plain_table(
    desk: Browser, specialist: Specialist, login: Login
) -> None:
    page = reverse("admin:contracts_branch_change", args=[specialist.branch_id])
    changed = desk.get(page).content.decode()
    for name in ("Тема", "Специалист", "С", "По", "Удалить строку"):
        assert f'aria-label="{name}"' in changed
    read = login(make.member(office_groups.AUDITOR, "auditor")).get(page).content.decode()
    assert "js-inline-admin-formset" in changed
    assert "js-inline-admin-formset" not in read
    assert str(specialist) in read


def test_a_specialist_is_named_on_the_contracts_page(
    desk: Browser, vega_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    other = make.specialist(vega_contract.branch, last_name="Ершов")
    page = reverse("admin:contracts_contract_change", args=[vega_contract.pk])
    row = {
        "topic": topic.pk,
        "specialist": other.pk,
        "starts_on": timezone.localdate().isoformat(),
        "ends_on": "",
    }
    answer = desk.post(page, rows_form("assignments", row))
    assert answer.status_code == 302
    assert [found.specialist for found in supervisors(vega_contract)] == [other]


def test_the_contracts_own_data_stay_billings(
    desk: Browser, vega_contract: Contract, orion_contract: Contract
) -> None:
    page = reverse("admin:contracts_contract_change", args=[vega_contract.pk])
    answer = desk.post(
        page,
        {
            "number": "1",
            "client": orion_contract.client_id,
            "place": "другое",
            **rows_form("assignments"),
        },
    )
    assert answer.status_code == 302
    after = Contract.objects.get(pk=vega_contract.pk)
    assert (after.number, after.client_id, after.place) == (
        vega_contract.number,
        vega_contract.client_id,
        vega_contract.place,
    )
    assert desk.get(reverse("admin:contracts_contract_add")).status_code == 403
    assert (
        desk.post(
            reverse("admin:contracts_contract_delete", args=[vega_contract.pk]), {"post": "yes"}
        ).status_code
        == 403
    )


def test_two_holders_of_a_topic_at_once_are_refused_in_words(
    desk: Browser, vega_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    answer = desk.post(
        reverse("admin:contracts_assignment_add"),
        {
            "topic": topic.pk,
            "specialist": make.specialist(vega_contract.branch).pk,
            "contract": "",
            "branch": vega_contract.branch_id,
            "starts_on": timezone.localdate().isoformat(),
            "ends_on": "",
        },
    )
    assert "тема уже закреплена за другим специалистом" in answer.content.decode()
    assert Assignment.objects.count() == 1


@pytest.mark.parametrize("which", ["both", "neither"])
def test_a_topic_is_held_for_one_thing(
    which: str, desk: Browser, vega_contract: Contract, specialist: Specialist
) -> None:
    is_both = which == "both"
    answer = desk.post(
        reverse("admin:contracts_assignment_add"),
        {
            "topic": make.topic().pk,
            "specialist": specialist.pk,
            "contract": vega_contract.pk if is_both else "",
            "branch": vega_contract.branch_id if is_both else "",
            "starts_on": timezone.localdate().isoformat(),
            "ends_on": "",
        },
    )
    assert "Укажите либо договор, либо отделение." in answer.content.decode()
    assert Assignment.objects.count() == 1


def test_a_leave_brings_the_deputy(
    desk: Browser, vega_contract: Contract, specialist: Specialist
) -> None:
    deputy = make.specialist(vega_contract.branch, last_name="Ершов")
    today = timezone.localdate()
    form = {"specialist": specialist.pk, "deputy": deputy.pk, "starts_on": today, "ends_on": today}
    assert desk.post(reverse("admin:contracts_leave_add"), form).status_code == 302
    found = supervisors(vega_contract)[0]
    assert (found.specialist, found.deputy_for) == (deputy, specialist)
    page = desk.get(reverse("admin:contracts_specialist_changelist")).content.decode()
    assert "замещает Ершов" in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"deputy": "self"}, "Замещать должен другой человек."),
        ({"ends_on": "before"}, "Не может закончиться раньше"),
        ({"starts_on": "taken"}, "На эти дни отсутствие уже записано."),
    ],
)
def test_a_wrong_leave_is_refused_in_words(
    values: dict[str, str],
    words: str,
    desk: Browser,
    vega_contract: Contract,
    specialist: Specialist,
) -> None:
    deputy = make.specialist(vega_contract.branch, last_name="Ершов")
    day = timezone.localdate() + datetime.timedelta(days=30)
    make.leave(specialist, deputy, starts_on=day, ends_on=day)
    named = {"self": specialist.pk, "before": day - datetime.timedelta(days=20), "taken": day}
    first = day - datetime.timedelta(days=10)
    form = {"specialist": specialist.pk, "deputy": deputy.pk, "starts_on": first, "ends_on": first}
    if "starts_on" in values:
        form["ends_on"] = day
    form |= {name: named[value] for name, value in values.items()}
    answer = desk.post(reverse("admin:contracts_leave_add"), form)
    assert words in answer.content.decode()
    assert Leave.objects.count() == 1


def test_days_in_the_wrong_order_are_refused_on_the_contracts_page(
    desk: Browser, vega_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    row = {
        "topic": topic.pk,
        "specialist": specialist.pk,
        "starts_on": "10.11.2026",
        "ends_on": "09.11.2026",
    }
    answer = desk.post(
        reverse("admin:contracts_contract_change", args=[vega_contract.pk]),
        rows_form("assignments", row),
    )
    assert "Не может закончиться раньше" in answer.content.decode()
    assert not vega_contract.assignments.exists()


@pytest.mark.parametrize("term", ["now", "future", "past"])
def test_leaves_are_cut_by_time(term: str, desk: Browser, specialist: Specialist) -> None:
    today, day = timezone.localdate(), datetime.timedelta(days=1)
    deputy = make.specialist(specialist.branch)
    spans = {
        "past": (today - 2 * day, today - day),
        "now": (today, today),
        "future": (today + day, today + 2 * day),
    }
    made = {
        name: make.leave(specialist, deputy, starts_on=first, ends_on=last)
        for name, (first, last) in spans.items()
    }
    page = desk.get(reverse("admin:contracts_leave_changelist"), {"term": term})
    assert list(page.context["cl"].result_list) == [made[term]]


def test_codes_do_not_change(desk: Browser, specialist: Specialist, topic: Topic) -> None:
    form = {
        "name": "Новое имя",
        "code": "other",
        "email": "t@retailer.example",
        "answer_days": 5,
        "order": 1,
        "is_active": "on",
    }
    assert (
        desk.post(reverse("admin:contracts_topic_change", args=[topic.pk]), form).status_code == 302
    )
    topic.refresh_from_db()
    assert (topic.name, topic.code) == ("Новое имя", "general")


def test_chosen_by_typing(desk: Browser, specialist: Specialist) -> None:
    query = {
        "app_label": "contracts",
        "model_name": "assignment",
        "field_name": "specialist",
        "term": "Мельн",
    }
    answer = desk.get(reverse("admin:autocomplete"), query)
    assert [row["id"] for row in answer.json()["results"]] == [str(specialist.pk)]


def test_lists_cost_the_same_with_more_rows(
    desk: Browser, vega_contract: Contract, specialist: Specialist
) -> None:
    def cost(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(reverse(f"admin:contracts_{name}_changelist")).status_code == 200
        return len(queries)

    def grow() -> None:
        branch = make.branch()
        person, deputy = make.specialist(branch), make.specialist(branch)
        contract = make.contract(make.client(), branch)
        make.assignment(make.topic(), person, contract=contract)
        make.assignment(make.topic(), person, branch=branch)
        make.leave(person, deputy)

    lists = ("contract", "branch", "specialist", "topic", "assignment", "leave")
    grow()
    for name in lists:
        cost(name)
    few = {name: cost(name) for name in lists}
    for _ in range(8):
        grow()
    assert {name: cost(name) for name in lists} == few
