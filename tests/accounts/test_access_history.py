"""«История доступа»: what a director is told of looks, logins and accesses, and nobody else."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import issuing, journal
from accounts.models import Client, Membership, User
from contracts.models import Contract
from tests import make
from tests.accounts.test_viewing import REASON, begin

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
ADDRESS = "accounts:access-history"


def read(browser: Browser, **query: str) -> str:
    return browser.get(reverse(ADDRESS), query).content.decode().replace("\u00a0", " ")


def test_the_director_reads_who_looked_why_and_at_what(
    office: User, vega: User, vega_client: Client, vega_contract: Contract, login: Login
) -> None:
    User.objects.filter(pk=office.pk).update(position="старший инспектор")
    desk = login(office)
    begin(desk, vega, vega_client)
    desk.get(reverse("billing:debt", args=[vega_contract.pk]))
    desk.post(reverse("accounts:viewing-end"))
    html = read(login(vega))
    assert "Зимина" in html
    assert "старший инспектор" in html
    assert REASON in html
    assert "Громов Андрей Ильич" in html
    assert f"договор № {vega_contract.number}" in html.lower() or "адолженность" in html


def test_an_empty_history_says_what_would_stand_there(vega: User, login: Login) -> None:
    html = read(login(vega))
    assert "не смотрели ваш кабинет" in html
    assert "История доступа" in login(vega).get(reverse("accounts:access")).content.decode()


def test_logins_and_accesses(
    office: User, vega: User, vega_engineer: User, vega_client: Client, login: Login
) -> None:
    journal.record(journal.Action.LOGIN, user=vega_engineer)
    issuing.revoke_membership(
        membership=Membership.objects.get(user=vega_engineer), by=office, reason="уволен"
    )
    assert "Лапин Олег Игоревич" in read(login(vega), kind="logins")
    html = read(login(vega), kind="accesses")
    assert "отозван доступ" in html
    assert "Лапин Олег Игоревич" in html
    assert "Зимина" not in html


def test_where_a_former_person_went_is_not_told(
    vega: User, vega_former: User, orion_client: Client, login: Login
) -> None:
    make.membership(vega_former, orion_client)
    journal.record(journal.Action.LOGIN, user=vega_former)
    assert "Былов" not in read(login(vega), kind="logins")


def test_where_somebody_went_before_they_got_this_access_is_not_told(
    vega: User, vega_client: Client, orion: User, login: Login
) -> None:
    """Also on the day on which they got it."""
    journal.record(journal.Action.LOGIN, user=orion)
    member = make.membership(orion, vega_client)
    Membership.objects.filter(pk=member.pk).update(
        starts_on=timezone.localdate(), created_at=timezone.now() + datetime.timedelta(seconds=1)
    )
    assert orion.full_name not in read(login(vega), kind="logins")
    Membership.objects.filter(pk=member.pk).update(created_at=timezone.now())
    journal.record(journal.Action.LOGIN, user=orion)


@pytest.mark.parametrize("who", ["vega_accountant", "vega_reader"])
def test_only_the_director_reads_it(who: str, request: pytest.FixtureRequest, login: Login) -> None:
    browser = login(request.getfixturevalue(who))
    assert browser.get(reverse(ADDRESS)).status_code == 403
    assert "История доступа" not in browser.get(reverse("accounts:access")).content.decode()


def test_another_clients_history_is_out_of_reach(
    office: User, vega: User, vega_client: Client, orion: User, login: Login
) -> None:
    desk = login(office)
    begin(desk, vega, vega_client)
    html = read(login(orion), client=str(vega_client.pk))
    assert REASON not in html
    assert "не смотрели ваш кабинет" in html


@pytest.mark.parametrize("query", [{"client": "x"}, {"kind": "x"}, {"after": "x"}, {"before": "9"}])
def test_nonsense_in_the_address_does_no_harm(
    query: dict[str, str], vega: User, login: Login
) -> None:
    assert login(vega).get(reverse(ADDRESS), query).status_code == 200


def test_twenty_looks_cost_what_two_do(
    office: User,
    vega: User,
    vega_client: Client,
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    def look(times: int) -> None:
        for number in range(times):
            until = (timezone.now() + datetime.timedelta(minutes=15)).isoformat()
            details = {"viewing": f"{number}", "office_name": "Зимина", "office_position": ""}
            journal.record(
                journal.Action.VIEWING_STARTED,
                user=office,
                person=vega,
                client=vega_client,
                subject=REASON,
                details={**details, "until": until},
            )

    browser = login(vega)
    look(2)
    few = statements(browser, reverse(ADDRESS))
    look(20)
    assert statements(browser, reverse(ADDRESS)) == few
