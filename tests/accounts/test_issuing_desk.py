"""What stands beside issuing: new one-time passwords, revoking, the lists."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import journal
from accounts.models import Basis, Client, JournalEntry, Membership, User
from contracts.models import Contract
from tests import make

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


# A new one-time password ------------------------------------------------------------------------


def test_a_new_one_time_password(desk: Browser, vega: User) -> None:
    page = reverse("admin:accounts_user_reissue", args=[vega.pk])
    stamp = desk.get(page).context["form"].current_stamp
    answer = desk.post(page, {"stamp": stamp})
    password = answer.context["one_time_password"]
    assert password in answer.content.decode()
    vega.refresh_from_db()
    assert vega.check_password(password)

    again = desk.post(page, {"stamp": stamp})  # a reload
    assert again.status_code == 422
    assert "Пароль уже сменился" in again.content.decode()
    vega.refresh_from_db()
    assert vega.check_password(password)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_gives_one_password(office: User, vega: User, login: Login) -> None:
    page = reverse("admin:accounts_user_reissue", args=[vega.pk])
    desks = [login(office), login(office)]
    stamp = desks[0].get(page).context["form"].current_stamp

    def click(desk: Browser) -> int:
        try:
            return desk.post(page, {"stamp": stamp}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(click, desks)) == [200, 422]


def test_an_administrator_issues_a_colleagues_password(
    desk: Browser, office: User, front_desk: User
) -> None:
    page = reverse("admin:accounts_user_reissue", args=[front_desk.pk])
    stamp = desk.get(page).context["form"].current_stamp
    password = desk.post(page, {"stamp": stamp}).context["one_time_password"]
    front_desk.refresh_from_db()
    assert front_desk.check_password(password)
    slip = reverse("admin:accounts_user_slip", args=[front_desk.pk])
    assert desk.post(slip, {"one_time_password": password})["Content-Type"] == "application/pdf"
    entries = JournalEntry.objects.filter(action__in=["password_issued", "slip_printed"])
    assert [(entry.user, entry.person) for entry in entries] == [(office, front_desk)] * 2


def test_the_office_cannot_take_over_its_administrator(desk: Browser, superuser: User) -> None:
    page = reverse("admin:accounts_user_reissue", args=[superuser.pk])
    assert desk.get(page).status_code == 403
    assert desk.post(page, {"stamp": "x"}).status_code == 403
    superuser.refresh_from_db()
    assert superuser.check_password(make.PASSWORD)


# Revoking ---------------------------------------------------------------------------------------


def test_revoking_asks_for_a_reason(
    desk: Browser, vega: User, vega_contract: Contract, login: Login
) -> None:
    client_browser = login(vega)
    membership = vega.memberships.get()
    page = reverse("admin:accounts_membership_revoke")
    asked = desk.post(
        reverse("admin:accounts_membership_changelist"),
        {"action": "revoke_chosen", "_selected_action": [membership.pk]},
    )
    assert asked.url == f"{page}?pk={membership.pk}"
    assert desk.get(asked.url).status_code == 200
    empty = desk.post(page, {"pk": membership.pk, "reason": " "})
    assert empty.status_code == 422
    assert "Укажите причину" in empty.content.decode()

    answer = desk.post(page, {"pk": membership.pk, "reason": "сменился сотрудник"}, follow=True)
    assert "Доступ отозван (1)" in answer.content.decode()
    membership.refresh_from_db()
    assert membership.revoked_at is not None
    assert client_browser.get(reverse("contracts:home")).status_code == 302
    entry = JournalEntry.objects.get(action=journal.Action.ACCESS_REVOKED)
    assert entry.ip == "127.0.0.1"


def test_several_at_once(desk: Browser, vega: User, vega_accountant: User, orion: User) -> None:
    keys = [vega.memberships.get().pk, vega_accountant.memberships.get().pk]
    desk.post(
        reverse("admin:accounts_membership_revoke"), {"pk": keys, "reason": "договор расторгнут"}
    )
    assert set(Membership.objects.revoked().values_list("pk", flat=True)) == set(keys)


@pytest.mark.parametrize(
    "query", ["", "?pk=", "?pk=x", "?pk=99999999", "?pk=" + "9" * 30, "?pk=%D9%A1"]
)
def test_revoking_nothing_is_not_found(query: str, desk: Browser) -> None:
    assert desk.get(reverse("admin:accounts_membership_revoke") + query).status_code == 404


# Lists ------------------------------------------------------------------------------------------


def test_the_list_is_cut_by_state(
    desk: Browser, vega: User, vega_former: User, vega_client: Client, office: User
) -> None:
    today = timezone.localdate()
    ending = make.user("ending")
    make.membership(
        ending, vega_client, ends_on=today, basis=Basis.POWER_OF_ATTORNEY, basis_number="1"
    )
    gone = make.user("gone")
    make.membership(
        gone, vega_client, revoked_at=timezone.now(), revoked_by=office, revoked_reason="р"
    )
    later = make.user("later")
    make.membership(later, vega_client, starts_on=today + datetime.timedelta(days=3))
    page = reverse("admin:accounts_membership_changelist")

    def logins(state: str) -> set[str]:
        rows = desk.get(page, {"state": state}).context["cl"].result_list
        return {membership.user.username for membership in rows}

    assert logins("active") == {"vega", "ending"}
    assert logins("ending") == {"ending"}
    assert logins("expired") == {"vega-former"}
    assert logins("revoked") == {"gone"}


@pytest.mark.parametrize("words", ["Вега", "004217", "inn", "ogrn"])
def test_a_client_is_found(
    words: str, desk: Browser, vega_contract: Contract, orion_contract: Contract
) -> None:
    client = vega_contract.client
    words = {"inn": client.inn, "ogrn": client.ogrn}.get(words, words)
    rows = (
        desk.get(reverse("admin:accounts_client_changelist"), {"q": words})
        .context["cl"]
        .result_list
    )
    assert list(rows) == [client]


def test_lists_cost_the_same_with_more_rows(
    desk: Browser, vega_client: Client, django_assert_max_num_queries: Callable
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost(name: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert desk.get(reverse(f"admin:{name}_changelist")).status_code == 200
        return len(queries)

    lists = ("accounts_client", "accounts_membership", "accounts_user", "accounts_journalentry")
    make.membership(make.user(), make.client())
    for name in lists:
        cost(name)  # content types and the like are remembered
    few = {name: cost(name) for name in lists}
    for _ in range(10):
        client = make.client()
        user = make.user()
        make.membership(user, client)
        make.contract(client)
        journal.record(journal.Action.LOGIN, user=user, client=client)
    assert {name: cost(name) for name in lists} == few
