"""Whose rows they are: a branch head sees the branch, a specialist the own contracts and cases."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import office
from accounts.models import User
from cabinet.office import Confined
from contracts.models import Assignment, Branch, Contract, Leave, Specialist, Topic
from messaging.models import Message
from tests import make
from tests.office.asking import listed, status
from tests.office.conftest import linked

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
TODAY = timezone.localdate

# Rows of the whole retailer, or such that no confined group sees at all.
COMMON = {
    "contracts.branch", "contracts.specialist", "contracts.leave", "contracts.topic",
    "contracts.calendarday", "documents.batch", "documents.bundle", "billing.vatrate",
    "accounts.journalentry", "accounts.letter", "accounts.enrolmentlist", "accounts.sitenotice",
    "exchange.import", "exchange.outgoingbatch", "exchange.outgoingorder",
}  # fmt: skip


# The rule -----------------------------------------------------------------------------------------


def contracts_of(user: User) -> set[Contract] | None:
    found = Contract.objects.worked_on_by(user)
    return None if found is None else set(found)


def test_other_groups_are_not_confined(office: User, superuser: User, db: None) -> None:
    for user in (office, superuser, make.member("Аудитор", "a"), make.member("Бухгалтер", "b")):
        assert contracts_of(user) is None


def test_a_branch_head_has_the_branch(
    head: User, vega_contract: Contract, orion_contract: Contract
) -> None:
    assert vega_contract.branch != orion_contract.branch
    assert contracts_of(head) == {vega_contract}


def test_without_a_link_there_is_nothing(vega_contract: Contract) -> None:
    assert contracts_of(make.member(office.BRANCH_HEAD, "h")) == set()
    assert contracts_of(make.member(office.SPECIALIST, "s")) == set()


def test_a_specialist_has_what_he_holds_stands_in_for_or_was_given(
    clerk: User, vega: User, vega_contract: Contract, orion: User, orion_contract: Contract,
    specialist: Specialist, topic: Topic,
) -> None:  # fmt: skip
    assert contracts_of(clerk) == {vega_contract}
    Assignment.objects.update(ends_on=TODAY() - datetime.timedelta(days=1))
    assert contracts_of(clerk) == set()
    held = make.assignment(topic, specialist, contract=orion_contract)
    assert contracts_of(clerk) == {orion_contract}
    held.delete()
    away = make.specialist(orion_contract.branch, last_name="Белова")
    make.assignment(topic, away, branch=orion_contract.branch)
    assert contracts_of(clerk) == set()
    make.leave(away, specialist)
    assert contracts_of(clerk) == {orion_contract}
    make.message(vega_contract, vega, topic, specialist=specialist)
    assert contracts_of(clerk) == {vega_contract, orion_contract}


def test_a_second_wider_group_lifts_the_confinement(head: User) -> None:
    head.groups.add(make.member(office.AUDITOR, "other").groups.get())
    assert contracts_of(head) is None


# Every list ---------------------------------------------------------------------------------------


def test_every_list_says_how_it_is_confined() -> None:
    """A new list in the office names the way to the contract, or stands among the common ones."""
    for model, model_admin in admin.site._registry.items():
        label = model._meta.label_lower
        if label not in office.TABLE:
            continue
        is_confined = isinstance(model_admin, Confined) and (
            model_admin.contract_path is not None
            or type(model_admin).confine is not Confined.confine
        )
        assert is_confined != (label in COMMON), label


@pytest.mark.parametrize("who", ["head", "clerk"])
def test_nothing_of_another_branch_is_found(
    who: str, vega_contract: Contract, orion: User, orion_contract: Contract, topic: Topic,
    request: pytest.FixtureRequest, login: Login,
) -> None:  # fmt: skip
    case = make.message(orion_contract, orion, topic)
    rows = {
        "accounts_client": orion_contract.client,
        "accounts_user": orion,
        "contracts_contract": orion_contract,
        "documents_document": make.document(orion_contract),
        "documents_opening": make.opening(make.document(orion_contract), orion),
        "meters_meteringpoint": orion_contract.points.first(),
        "meters_meter": orion_contract.points.first().installations.first().meter,
        "meters_submission": make.submission(orion_contract, orion),
        "billing_ledgerentry": make.charge(orion_contract),
        "billing_balance": make.balance(orion_contract),
        "billing_payeraccount": make.payer_account(orion_contract.client, orion),
        "messaging_message": case,
    }
    file = make.attachment(case)
    browser = login(request.getfixturevalue(who))
    for name, row in rows.items():
        assert row not in listed(browser, name), name
        for page in ("change", "history"):
            answer = browser.get(reverse(f"admin:{name}_{page}", args=[row.pk]))
            assert answer.status_code == 404, (name, page)
    assert vega_contract in listed(browser, "contracts_contract")
    for page, arguments in (
        ("documents_document_file", [rows["documents_document"].pk]),
        ("messaging_message_act", [case.pk, "answer"]),
        ("messaging_message_file", [case.pk, file.pk]),
    ):
        where = reverse(f"admin:{page}", args=arguments)
        assert browser.get(where).status_code == 404, page
    route = reverse("admin:contracts_assignment_route")
    values: dict[str, Any] = {"contract": orion_contract.number, "topic": topic.pk}
    assert "Договора с таким номером нет" in browser.get(route, values).content.decode()
    query = {"app_label": "contracts", "model_name": "assignment", "field_name": "contract"}
    found = browser.get(reverse("admin:autocomplete"), {**query, "term": "35-0"}).json()
    assert [row["id"] for row in found["results"]] == [str(vega_contract.pk)]


def test_a_client_of_two_branches_shows_the_own_contract_only(
    head: User, vega_contract: Contract, login: Login
) -> None:
    other = make.contract(vega_contract.client, make.branch(), number="35-09-000999")
    page = login(head).get(reverse("admin:accounts_client_change", args=[vega_contract.client_id]))
    assert vega_contract.number in page.content.decode()
    assert other.number not in page.content.decode()
    assert listed(login(head), "accounts_client")[0].contract_total == 1


# Cases --------------------------------------------------------------------------------------------


def test_a_specialist_has_the_own_cases_and_the_head_the_branchs(
    head: User, vega: User, vega_contract: Contract, specialist: Specialist, topic: Topic,
    login: Login,
) -> None:  # fmt: skip
    colleague = make.specialist(vega_contract.branch, last_name="Белова")
    clerk = linked(make.member(office.SPECIALIST, "clerk"), colleague)
    own = make.message(vega_contract, vega, topic, specialist=colleague)
    other = make.message(vega_contract, vega, topic, specialist=specialist)
    assert listed(login(clerk), "messaging_message") == [own]
    assert set(listed(login(head), "messaging_message")) == {own, other}
    assert status(login(clerk), "messaging_message_change", other) == 404
    board = reverse("admin:messaging_message_board")
    page = login(clerk).get(board).content.decode()
    assert own.number in page
    assert other.number not in page
    assert other.number in login(head).get(board).content.decode()
    page = login(clerk).get(board, {"specialist": specialist.pk}).content.decode()
    assert other.number not in page


def test_a_case_that_was_handed_over_is_somebody_elses(
    clerk: User, vega: User, vega_contract: Contract, specialist: Specialist, topic: Topic,
    login: Login,
) -> None:  # fmt: skip
    case = make.message(vega_contract, vega, topic, specialist=specialist)
    colleague = make.specialist(vega_contract.branch, last_name="Белова")
    Message.objects.filter(pk=case.pk).update(specialist=colleague)
    where = reverse("admin:messaging_message_act", args=[case.pk, "answer"])
    assert login(clerk).post(where, {"text": "Ответ"}).status_code == 404


# What a branch head changes -----------------------------------------------------------------------


def leave_form(specialist: Specialist, deputy: Specialist) -> dict[str, Any]:
    return {
        "specialist": specialist.pk, "deputy": deputy.pk,
        "starts_on": "2026-12-01", "ends_on": "2026-12-05",
    }  # fmt: skip


def test_a_head_names_deputies_in_the_own_branch_only(
    head: User, specialist: Specialist, orion_contract: Contract, login: Login
) -> None:
    foreign = make.specialist(orion_contract.branch, last_name="Чужов")
    browser, add = login(head), reverse("admin:contracts_leave_add")
    assert browser.post(add, leave_form(foreign, specialist)).status_code == 200
    assert not Leave.objects.exists()
    assert browser.post(add, leave_form(specialist, foreign)).status_code == 302
    theirs = make.leave(foreign, specialist)
    assert status(browser, "contracts_leave_change", theirs) == 200  # to look at
    assert status(browser, "contracts_leave_change", theirs, "post") == 403
    assert status(browser, "contracts_leave_delete", theirs, "post", post="yes") == 403
    chosen = {"action": "delete_selected", "_selected_action": [theirs.pk], "post": "yes"}
    browser.post(reverse("admin:contracts_leave_changelist"), chosen)
    assert Leave.objects.filter(pk=theirs.pk).exists()


def test_a_head_assigns_within_the_own_branch_only(
    head: User, specialist: Specialist, topic: Topic, vega_contract: Contract,
    orion_contract: Contract, login: Login,
) -> None:  # fmt: skip
    browser, add = login(head), reverse("admin:contracts_assignment_add")
    foreign = make.specialist(orion_contract.branch, last_name="Чужов")
    other = make.topic(code="other")
    form = {"topic": other.pk, "starts_on": "2026-12-01"}
    for values in (
        {"specialist": specialist.pk, "branch": orion_contract.branch_id},
        {"specialist": specialist.pk, "contract": orion_contract.pk},
        {"specialist": foreign.pk, "branch": vega_contract.branch_id},
    ):
        assert browser.post(add, {**form, **values}).status_code == 200, values
    assert not Assignment.objects.filter(topic=other).exists()
    own = {"specialist": specialist.pk, "branch": vega_contract.branch_id}
    assert browser.post(add, {**form, **own}).status_code == 302
    theirs = make.assignment(other, foreign, branch=orion_contract.branch)
    assert status(browser, "contracts_assignment_change", theirs, "post") == 403
    assert status(browser, "contracts_branch_change", orion_contract.branch, "post") == 403
    assert status(browser, "contracts_specialist_change", foreign, "post") == 403
    assert status(browser, "contracts_specialist_reassign", foreign) == 403
    assert status(browser, "contracts_specialist_reassign", foreign, "post") == 403


def test_a_forged_row_of_a_formset_is_not_changed(
    head: User, specialist: Specialist, orion_contract: Contract, topic: Topic, login: Login
) -> None:
    """The rows below a branch are found among its own, whatever key is posted."""
    foreign = make.specialist(orion_contract.branch, last_name="Чужов")
    theirs = make.assignment(topic, foreign, branch=orion_contract.branch)
    branch = specialist.branch
    form = {
        "name": branch.name, "city": branch.city, "address": branch.address,
        "phone": branch.phone, "email": branch.email, "hours": branch.hours,
        "assignments-TOTAL_FORMS": 1, "assignments-INITIAL_FORMS": 1,
        "assignments-0-id": theirs.pk, "assignments-0-branch": branch.pk,
        "assignments-0-topic": topic.pk, "assignments-0-specialist": specialist.pk,
        "assignments-0-starts_on": "2026-01-01", "assignments-0-DELETE": "on",
        "specialists-TOTAL_FORMS": 0, "specialists-INITIAL_FORMS": 0,
    }  # fmt: skip
    login(head).post(reverse("admin:contracts_branch_change", args=[branch.pk]), form)
    theirs.refresh_from_db()
    assert (theirs.specialist, theirs.branch) == (foreign, orion_contract.branch)


def test_a_head_does_not_link_accounts(head: User, specialist: Specialist, login: Login) -> None:
    other = make.specialist(specialist.branch, last_name="Белова")
    form = {
        "last_name": other.last_name, "first_name": other.first_name, "patronymic": "",
        "position": other.position, "branch": other.branch_id, "is_active": "on",
        "phone": other.phone, "extension": "", "email": other.email, "office": "",
        "user": make.user("boss", is_staff=True).pk,
        "leaves-TOTAL_FORMS": 0, "leaves-INITIAL_FORMS": 0,
    }  # fmt: skip
    change = reverse("admin:contracts_specialist_change", args=[other.pk])
    assert login(head).post(change, form).status_code == 302
    other.refresh_from_db()
    assert other.user is None


def test_a_mailbox_of_another_branch_is_not_cleared(
    head: User, orion_contract: Contract, login: Login
) -> None:
    foreign = make.specialist(orion_contract.branch, last_name="Чужов")
    refused = Specialist.objects.filter(pk=foreign.pk)
    refused.update(refused_email=foreign.email, refused_at=timezone.now())
    values = {"action": "mailbox_works", "_selected_action": [foreign.pk]}
    login(head).post(reverse("admin:contracts_specialist_changelist"), values)
    assert refused.get().refused_email == foreign.email


def test_every_label_of_the_table_is_a_model() -> None:
    assert {apps.get_model(label) for label in office.TABLE}
    assert Branch._meta.label_lower in office.TABLE
