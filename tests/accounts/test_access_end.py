"""«Закрыть доступ»: at once, with a reason, told to all three, and never the last director's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from accounts import company, ending, journal
from accounts.models import Client, JournalEntry, Letter, Membership, User
from accounts.roles import Role
from contracts.models import Contract
from tests import make
from tests.accounts.paper import enter

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]

REASON = {"reason": "уволен с 30.11.2026"}


def page_of(person: User, client: Client) -> str:
    return reverse(
        "accounts:access-end", args=[client.pk, person.memberships.get(client=client).pk]
    )


def test_the_page_asks_first(
    vega: User, vega_engineer: User, vega_client: Client, login: Login
) -> None:
    browser, page = login(vega), page_of(vega_engineer, vega_client)
    asked = browser.get(page).content.decode()
    assert "Лапин Олег Игоревич" in asked
    assert "Открыть доступ снова сможет только поставщик" in asked
    assert vega_engineer.memberships.get().is_active
    refused = browser.post(page, {"reason": " "})
    assert refused.status_code == 422
    assert "Укажите причину" in refused.content.decode()
    assert vega_engineer.memberships.get().is_active


def test_it_ends_at_the_next_request(
    vega: User, vega_engineer: User, vega_client: Client, vega_contract: Contract, login: Login
) -> None:
    theirs, _ = enter("vega-engineer", make.PASSWORD)
    home = reverse("contracts:home")
    assert theirs.get(home).status_code == 200
    answer = login(vega).post(page_of(vega_engineer, vega_client), REASON, follow=True)
    assert "Доступ закрыт" in answer.content.decode()
    assert theirs.get(home).status_code == 302
    row = vega_engineer.memberships.get()
    assert (row.revoked_by, row.revoked_reason) == (vega, REASON["reason"])
    entry = JournalEntry.objects.get(action=journal.Action.ACCESS_REVOKED)
    assert (entry.user, entry.client, entry.details["reason"]) == (
        vega,
        vega_client,
        REASON["reason"],
    )


def test_one_of_two_companies_ends_and_the_other_stays(
    vega: User,
    vega_engineer: User,
    vega_client: Client,
    vega_contract: Contract,
    orion_client: Client,
    orion_contract: Contract,
    login: Login,
) -> None:
    make.membership(vega_engineer, orion_client, Role.ENGINEER)
    theirs, _ = enter("vega-engineer", make.PASSWORD)
    pages = [
        reverse("contracts:contract", args=[one.pk]) for one in (vega_contract, orion_contract)
    ]
    assert [theirs.get(page).status_code for page in pages] == [200, 200]
    login(vega).post(page_of(vega_engineer, vega_client), REASON)
    assert [theirs.get(page).status_code for page in pages] == [404, 200]


def test_the_office_and_both_people_are_told(
    vega: User, vega_engineer: User, vega_client: Client, login: Login
) -> None:
    login(vega).post(page_of(vega_engineer, vega_client), {"reason": "уволен <b>& ушёл</b>"})
    letters = {letter.to: letter for letter in Letter.objects.all()}
    assert set(letters) == {vega.email, vega_engineer.email, settings.RETAILER.email}
    for letter in letters.values():
        assert "ООО «Вега»" in letter.subject
        assert "уволен <b>& ушёл</b>" in letter.plain
        assert "уволен &lt;b&gt;&amp; ушёл" in letter.html
        assert "Лапин Олег Игоревич" in letter.plain
        assert "Громов Андрей Ильич" in letter.plain
    desk = reverse("accounts:company-access", args=[vega_client.pk])
    assert desk in letters[vega.email].plain
    assert desk not in letters[vega_engineer.email].plain


def test_a_double_click_ends_it_once(
    vega: User, vega_engineer: User, vega_client: Client, login: Login
) -> None:
    browser, page = login(vega), page_of(vega_engineer, vega_client)
    browser.post(page, REASON)
    again = browser.post(page, {"reason": "другая"}, follow=True)
    assert "Доступ уже отозван" in again.content.decode()
    assert "Этот доступ уже не действует" in browser.get(page, follow=True).content.decode()
    assert vega_engineer.memberships.get().revoked_reason == REASON["reason"]
    assert Letter.objects.count() == 3


def test_never_the_last_director(
    vega: User, vega_engineer: User, vega_client: Client, orion_client: Client, login: Login
) -> None:
    make.membership(vega, orion_client, Role.DIRECTOR)
    browser, page = login(vega), page_of(vega, vega_client)
    assert "другого руководителя" in browser.get(page).content.decode()
    assert 'name="reason"' not in browser.get(page).content.decode()
    refused = browser.post(page, REASON)
    assert refused.status_code == 422
    assert vega.memberships.get(client=vega_client).is_active
    assert not Letter.objects.exists()


def test_never_ones_own_last_access(vega: User, vega_client: Client, login: Login) -> None:
    make.membership(make.user("second"), vega_client, Role.DIRECTOR)
    browser, page = login(vega), page_of(vega, vega_client)
    assert "Это ваш последний доступ" in browser.get(page).content.decode()
    assert browser.post(page, REASON).status_code == 422
    assert vega.memberships.get().is_active


def test_ones_own_access_where_another_director_stays(
    vega: User, vega_client: Client, orion_client: Client, login: Login
) -> None:
    make.membership(make.user("second"), vega_client, Role.DIRECTOR)
    make.membership(vega, orion_client, Role.READER)
    answer = login(vega).post(page_of(vega, vega_client), REASON, follow=True)
    assert answer.status_code == 200
    assert "Ваш доступ к компании закрыт" in answer.content.decode()
    assert not vega.memberships.get(client=vega_client).is_active
    assert Letter.objects.filter(to=vega.email).count() == 1


def test_a_director_of_some_contracts_does_not_count_as_another(
    vega: User, vega_client: Client, vega_contract: Contract
) -> None:
    second = make.membership(make.user("second"), vega_client, Role.DIRECTOR)
    make.limit(second, vega_contract)
    assert ending.why_not(vega.memberships.get(), client=vega_client, by=vega)


@pytest.mark.django_db(transaction=True)
def test_two_directors_who_end_each_other_leave_one(
    vega: User, vega_client: Client, orion_client: Client
) -> None:
    second = make.user("second")
    make.membership(second, vega_client, Role.DIRECTOR)

    def end(by: User, whom: User) -> str:
        try:
            ending.end_access(membership=whom.memberships.get(), by=by, reason="р")
            return "ended"
        except company.NotLeading:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(end, (vega, second), (second, vega)))
    assert sorted(answers) == ["ended", "refused"]
    assert Membership.objects.active().filter(client=vega_client).count() == 1
