"""The office answers requests for access: taken up, issued from, refused."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import enrolling, issuing, requests
from accounts.models import (
    AccessRequest,
    Basis,
    Client,
    Enrolment,
    JournalEntry,
    Letter,
    Membership,
    User,
)
from accounts.roles import Role
from contracts.models import Contract, RequestedContract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def asked(vega: User, vega_client: Client, vega_contract: Contract) -> AccessRequest:
    """For two of Vega's contracts, with another role at one of them."""
    row = make.access_request(
        vega_client,
        vega,
        email="novikova@vega.example",
        role=Role.ENGINEER,
        basis=Basis.POWER_OF_ATTORNEY,
        basis_number="17",
        ends_on=timezone.localdate() + datetime.timedelta(days=100),
        all_contracts=False,
    )
    second = make.contract(vega_client, number="35-01-005000")
    RequestedContract.objects.create(request=row, contract=vega_contract)
    RequestedContract.objects.create(request=row, contract=second, role=Role.READER)
    return row


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def page_of(asked: AccessRequest, name: str = "change") -> str:
    return reverse(f"admin:accounts_accessrequest_{name}", args=[asked.pk])


def signed(asked: AccessRequest, office: User) -> Enrolment:
    """The enrolment that answers the request, printed, signed today and scanned."""
    row = Enrolment.objects.get(answers=asked)
    row = enrolling.print_agreement(enrolment=row, by=office)
    enrolling.attach_scan(enrolment=row, scan=make.agreement_scan(office))
    return enrolling.sign(enrolment=row, signed_on=timezone.localdate(), by=office)


def test_the_first_page_says_what_waits(desk: Browser, asked: AccessRequest) -> None:
    index = desk.get(reverse("admin:index")).content.decode().replace("\u00a0", " ")
    assert "1 запрос доступа ждёт ответа" in index
    listed = desk.get(reverse("admin:accounts_accessrequest_changelist") + "?state=open")
    assert [row.pk for row in listed.context["cl"].result_list] == [asked.pk]
    for query in ("?state=refused", "?q=Никто"):
        page = desk.get(reverse("admin:accounts_accessrequest_changelist") + query)
        assert not page.context["cl"].result_list


def test_from_the_request_to_the_login(
    desk: Browser, asked: AccessRequest, office: User, vega: User, vega_contract: Contract
) -> None:
    html = desk.get(page_of(asked)).content.decode().replace("\u00a0", " ")
    assert "№ 35-01-004217, № 35-01-005000 (только просмотр)" in html
    answer = desk.post(page_of(asked, "take_up"))
    asked.refresh_from_db()
    assert (asked.state, asked.taken_up_by) == ("in_work", office)
    html = desk.get(answer["Location"]).content.decode().replace("\u00a0", " ")
    assert "№ 35-01-004217, № 35-01-005000 (только просмотр)" in html
    again = desk.post(page_of(asked, "take_up"))
    assert again["Location"] == answer["Location"], "it is begun once"
    enrolment = signed(asked, office)
    issued = enrolling.issue(enrolment=enrolment, by=office)
    asked.refresh_from_db()
    membership = Membership.objects.get(user__email="novikova@vega.example")
    assert (asked.state, asked.membership, asked.closed_by) == ("issued", membership, office)
    assert (membership.role, membership.basis_number) == (Role.ENGINEER, "17")
    assert dict(membership.limits.values_list("contract__number", "role")) == {
        "35-01-004217": "",
        "35-01-005000": Role.READER,
    }
    letter = Letter.objects.get()
    assert letter.to == vega.email
    assert membership.user.username in letter.plain
    assert isinstance(issued, issuing.Issued)
    assert issued.one_time_password not in letter.plain
    with pytest.raises(issuing.AlreadyIssued):
        enrolling.issue(enrolment=enrolment, by=office)
    assert Letter.objects.count() == 1
    assert JournalEntry.objects.filter(action="request_closed", client=asked.client).count() == 1


def test_a_request_that_was_withdrawn_meanwhile_gives_no_login(
    desk: Browser, asked: AccessRequest, office: User, vega: User
) -> None:
    desk.post(page_of(asked, "take_up"))
    enrolment = signed(asked, office)
    requests.withdraw(asked, by=vega)
    with pytest.raises(issuing.IssuingRefused, match="уже закрыт"):
        enrolling.issue(enrolment=enrolment, by=office)
    assert not User.objects.filter(email="novikova@vega.example").exists()
    assert "уже закрыт" in desk.post(page_of(asked, "take_up"), follow=True).content.decode()


def test_somebody_who_has_a_login_is_recognised(
    desk: Browser, asked: AccessRequest, office: User, orion_client: Client
) -> None:
    known = make.user(
        "ul-000777", email=asked.email, last_name=asked.last_name, first_name=asked.first_name
    )
    make.membership(known, orion_client)
    EmailAddress.objects.create(user=known, email=asked.email, verified=True, primary=True)
    assert "ul-000777" in desk.get(page_of(asked)).content.decode()
    desk.post(page_of(asked, "take_up"))
    enrolling.issue(enrolment=signed(asked, office), by=office)
    asked.refresh_from_db()
    assert asked.membership == known.memberships.get(client=asked.client)


def test_refusing(desk: Browser, asked: AccessRequest, vega: User) -> None:
    page = page_of(asked, "refuse")
    empty = desk.post(page, {"reason": " "})
    assert empty.status_code == 422
    assert "Укажите причину" in empty.content.decode()
    desk.post(page, {"reason": "Доверенность не заверена."})
    asked.refresh_from_db()
    assert (asked.state, asked.refusal) == ("refused", "Доверенность не заверена.")
    assert Letter.objects.get().to == vega.email
    assert "уже закрыт" in desk.post(page, {"reason": "р"}, follow=True).content.decode()
    assert "Взять в работу" not in desk.get(page_of(asked)).content.decode()


def test_only_those_who_issue_answer(asked: AccessRequest, login: Login) -> None:
    auditor = make.user("auditor", is_staff=True)
    auditor.user_permissions.add(Permission.objects.get(codename="view_accessrequest"))
    browser = login(auditor)
    assert "Взять в работу" not in browser.get(page_of(asked)).content.decode()
    for name in ("take_up", "refuse"):
        assert browser.post(page_of(asked, name), {"reason": "р"}).status_code == 403
    asked.refresh_from_db()
    assert asked.state == "new"


def test_who_takes_over_reads_from_whom(
    desk: Browser, asked: AccessRequest, superuser: User, login: Login
) -> None:
    desk.post(page_of(asked, "take_up"))
    asked.refresh_from_db()
    assert asked.taken_up_by is not None
    page = login(superuser).post(page_of(asked, "take_up"), follow=True).content.decode()
    assert f": {asked.taken_up_by.short_name}. Теперь он за вами." in page
    again = login(superuser).post(page_of(asked, "take_up"), follow=True).content.decode()
    assert "Теперь он за вами" not in again


def test_taking_up_again_changes_nothing_and_a_colleague_may_take_over(
    asked: AccessRequest, office: User
) -> None:
    first = requests.take_up(asked, by=office).taken_up_at
    assert requests.take_up(asked, by=office).taken_up_at == first
    colleague = make.user("colleague", is_staff=True)
    taken = requests.take_up(asked, by=colleague)
    assert (taken.taken_up_by, taken.taken_up_at) == (colleague, first)
