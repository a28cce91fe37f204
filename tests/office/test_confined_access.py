"""Whose accesses, people and reminders: a branch head and a specialist see no other branch's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract, Specialist
from tests import make
from tests.office.asking import listed, status

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
TODAY = timezone.localdate


def test_access_to_another_branchs_clients_is_not_seen(
    head: User, vega: User, vega_contract: Contract, orion: User, orion_contract: Contract,
    login: Login,
) -> None:  # fmt: skip
    """Requests, enrolments, scans and the counts of them; of the own clients all are there."""
    issuer, now = make.user("issuer", is_staff=True), timezone.now()
    browser = login(head)
    rows = {}
    for contract, person in ((vega_contract, vega), (orion_contract, orion)):
        enrolment = make.enrolment(
            contract.client, issuer, state="printed", printed_at=now,
            agreement_number=f"ПС-{contract.pk}", scan=make.agreement_scan(issuer),
        )  # fmt: skip
        asked = make.access_request(contract.client, person)
        rows[contract] = {"accounts_enrolment": enrolment, "accounts_accessrequest": asked}
        person.memberships.update(ends_on=TODAY())
    for name, row in rows[vega_contract].items():
        assert listed(browser, name) == [row]
        assert status(browser, f"{name}_change", row) == 200
        theirs = rows[orion_contract][name]
        for page in ("change", "history"):
            assert status(browser, f"{name}_{page}", theirs) == 404, name
    scans = [status(browser, "accounts_enrolment_scan", rows[one]["accounts_enrolment"])
             for one in (vega_contract, orion_contract)]  # fmt: skip
    assert scans == [200, 404]
    first = browser.get(reverse("admin:index")).content.decode().replace("\u00a0", " ")
    assert "1 запрос доступа ждёт ответа" in first
    assert "1 доступ истекает в этом месяце" in first


def test_whoever_issues_by_a_right_of_his_own_stays_within_the_branch(
    head: User, orion: User, orion_contract: Contract, login: Login
) -> None:
    """The pages of issuing look among the rows of the list, whatever key is posted."""
    rights = ("add_membership", "change_membership", "add_dossier", "view_enrolmentlist")
    head.user_permissions.set(Permission.objects.filter(codename__in=rights))
    enrolment = make.enrolment(orion_contract.client, make.user("issuer", is_staff=True))
    asked = make.access_request(orion_contract.client, orion)
    browser = login(head)
    for name, key in (
        *(
            (f"accounts_enrolment_{step}", enrolment.pk)
            for step in ("contracts", "print", "abandon")
        ),
        ("accounts_enrolment_transfer", orion_contract.client_id),
        ("accounts_accessrequest_take_up", asked.pk),
        ("accounts_accessrequest_refuse", asked.pk),
        ("accounts_user_reissue", orion.pk),
        ("accounts_user_factor", orion.pk),
        ("accounts_dossier_new", orion_contract.client_id),
    ):
        assert browser.post(reverse(f"admin:{name}", args=[key])).status_code == 404, name
    start = reverse("admin:accounts_enrolment_new")
    assert browser.post(start, {"client": orion_contract.client_id}).status_code == 404
    page = browser.get(start, {"q": orion_contract.client.inn})
    assert not page.context["found"].clients


@pytest.mark.parametrize("who", ["head", "clerk"])
def test_reminders_of_others_are_not_seen(
    who: str, vega_contract: Contract, orion_contract: Contract, request: pytest.FixtureRequest,
    login: Login,
) -> None:  # fmt: skip
    asked_by = make.user("issuer", is_staff=True)
    own, both, theirs = (
        make.office_reminder(asked_by, *contracts, period=TODAY().replace(day=1))
        for contracts in ([vega_contract], [vega_contract, orion_contract], [orion_contract])
    )
    browser = login(request.getfixturevalue(who))
    assert set(listed(browser, "meters_officereminder")) == {own, both}
    assert status(browser, "meters_officereminder_change", theirs) == 404
    Specialist.objects.update(user=None)
    assert listed(browser, "meters_officereminder") == []


def test_a_person_of_two_branches_is_the_own_clients_only(
    head: User, vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    make.membership(vega, orion_contract.client)
    page = login(head).get(reverse("admin:accounts_user_changelist")).content.decode()
    assert vega_contract.client.short_name in page
    assert orion_contract.client.short_name not in page


def test_nothing_of_another_branch_is_found_from_the_box(
    head: User, vega: User, vega_contract: Contract, orion: User, orion_contract: Contract,
    login: Login,
) -> None:  # fmt: skip
    for term, count in ((orion_contract.number, 0), (orion.email, 0), (vega_contract.number, 1)):
        groups = login(head).get(reverse("admin:find"), {"q": term}).context["groups"]
        assert len(groups) == count, term
