"""Where the wizard meets its own print, colleagues, requests of companies and roles by contract."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import enrolling, issuing, requests
from accounts.models import AccessRequest, Basis, Client, Enrolment, Membership, User
from accounts.roles import Role
from contracts.models import Contract
from tests import make
from tests.accounts import paper
from tests.accounts.paper import begin, fill_in

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


@pytest.fixture
def enrolment(desk: Browser, vega_client: Client, vega_contract: Contract) -> Enrolment:
    """Filled in, to be printed."""
    row = begin(desk, vega_client)
    fill_in(desk, row)
    return row


@pytest.fixture
def renewal(vega: User, vega_client: Client, office: User) -> AccessRequest:
    """Asked for somebody whose access holds for some days more."""
    known = make.user(
        "ul-000777", email="novikova@vega.example", last_name="Новикова", first_name="Ольга"
    )
    EmailAddress.objects.create(user=known, email=known.email, verified=True, primary=True)
    soon = timezone.localdate() + datetime.timedelta(days=5)
    make.membership(
        known, vega_client, basis=Basis.POWER_OF_ATTORNEY, basis_number="1", ends_on=soon
    )
    return make.access_request(
        vega_client, vega, email=known.email, basis=Basis.POWER_OF_ATTORNEY, basis_number="2",
        ends_on=timezone.localdate() + datetime.timedelta(days=365),
    )  # fmt: skip


def sign(row: Enrolment, office: User) -> Enrolment:
    row = enrolling.print_agreement(enrolment=row, by=office)
    enrolling.attach_scan(enrolment=row, scan=make.agreement_scan(office))
    return enrolling.sign(enrolment=row, signed_on=timezone.localdate(), by=office)


def test_the_page_from_which_it_was_printed_is_still_good(
    desk: Browser, enrolment: Enrolment
) -> None:
    page = reverse("admin:accounts_enrolment_agreement", args=[enrolment.pk])
    version = desk.get(page).context["form"]["version"].value()
    desk.post(reverse("admin:accounts_enrolment_print", args=[enrolment.pk]))  # in a new tab
    today = timezone.localdate().isoformat()
    answer = desk.post(page, {"version": version, "signed_on": today, "scan": paper.scan()})
    assert answer.status_code == 200
    assert Membership.objects.filter(enrolment=enrolment).exists()


def test_a_scan_is_kept_though_a_colleague_has_changed_something(
    enrolment: Enrolment, office: User
) -> None:
    seen = enrolling.print_agreement(enrolment=Enrolment.objects.get(), by=office)
    enrolling.change(enrolment=seen, by=office, position="кассир")
    scan = make.agreement_scan(office)
    assert enrolling.attach_scan(enrolment=seen, scan=scan).scan == scan
    with pytest.raises(enrolling.Outdated):
        enrolling.sign(enrolment=seen, signed_on=timezone.localdate(), by=office)


def test_choosing_somebody_on_a_stale_page_is_told(
    desk: Browser, enrolment: Enrolment, office: User, vega: User
) -> None:
    page = reverse("admin:accounts_enrolment_person", args=[enrolment.pk])
    stale = Enrolment.objects.get().version
    enrolling.change(enrolment=Enrolment.objects.get(), by=office, position="кассир")
    answer = desk.post(page, {"user": vega.pk, "version": stale}, follow=True)
    assert "оформление изменено" in answer.content.decode()
    assert Enrolment.objects.get().user is None


def test_a_request_renews_an_access_without_a_day_in_between(
    renewal: AccessRequest, office: User
) -> None:
    (old,) = Membership.objects.filter(user__username="ul-000777")
    row = enrolling.begin_for(renewal, by=office)
    assert not enrolling.refusals(row)
    enrolling.issue(enrolment=sign(row, office), by=office)
    old.refresh_from_db()
    renewal.refresh_from_db()
    assert old.revoked_at is not None
    assert renewal.state == AccessRequest.State.ISSUED
    assert renewal.membership
    assert (renewal.membership.user, renewal.membership.is_active) == (old.user, True)


def test_an_address_of_somebody_else_is_not_taken_for_the_person_asked_for(
    renewal: AccessRequest, office: User
) -> None:
    User.objects.filter(username="ul-000777").update(first_name="Мария")
    row = enrolling.begin_for(renewal, by=office)
    assert row.user is None
    assert row.person_name.startswith("Новикова Ольга")
    assert "ul-000777" in enrolling.refusals(row)["email"]


def test_another_text_is_another_paper(enrolment: Enrolment, office: User) -> None:
    first = enrolling.print_agreement(enrolment=Enrolment.objects.get(), by=office)
    assert enrolling.print_agreement(enrolment=first, by=office).agreement_number == (
        first.agreement_number
    )
    changed = enrolling.change(enrolment=first, by=office, position="кассир")
    enrolling.attach_scan(enrolment=changed, scan=make.agreement_scan(office))
    second = enrolling.print_agreement(enrolment=changed, by=office)
    assert second.agreement_number != first.agreement_number
    assert second.scan is None, "that was a scan of the earlier paper"


def test_a_request_that_is_closed_is_told_before_the_signature(
    desk: Browser, vega: User, renewal: AccessRequest, office: User
) -> None:
    row = enrolling.begin_for(renewal, by=office)
    requests.withdraw(renewal, by=vega)
    row = Enrolment.objects.with_names().get(pk=row.pk)
    with pytest.raises(issuing.IssuingRefused, match="уже закрыт"):
        enrolling.print_agreement(enrolment=row, by=office)
    page = reverse("admin:accounts_enrolment_agreement", args=[row.pk])
    assert "Отмените это оформление" in desk.get(page).content.decode()


def test_the_office_gives_a_role_to_one_contract(
    desk: Browser, enrolment: Enrolment, vega_client: Client, vega_contract: Contract, office: User
) -> None:
    second = make.contract(vega_client)
    page = reverse("admin:accounts_enrolment_contracts", args=[enrolment.pk])
    version = desk.get(page).context["form"]["version"].value()
    typed = {"version": version, "scope": "all", f"role_{second.pk}": Role.READER}
    assert desk.post(page, typed).status_code == 302
    row = Enrolment.objects.with_names().get()
    assert row.roles_of_contracts == {second.pk: Role.READER}
    issued = enrolling.issue(enrolment=sign(row, office), by=office)
    assert isinstance(issued, issuing.Issued)
    limits = issued.membership.limits.values_list("contract", "role")
    assert list(limits) == [(second.pk, Role.READER)]


def test_what_was_begun_twice_for_a_request_is_one(renewal: AccessRequest, office: User) -> None:
    first = enrolling.begin_for(renewal, by=office)
    assert enrolling.begin_for(renewal, by=office) == first
    assert first.form_key != uuid.UUID(int=0)
