"""«Выдать логин» and its neighbours as the office sees them."""

from __future__ import annotations

import datetime
import logging
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
from tests.accounts.paper import issue_form

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


@pytest.fixture
def address(vega_client: Client) -> str:
    """Of the page that issues a login for Vega."""
    return reverse("admin:accounts_client_issue", args=[vega_client.pk])


def test_the_client_page_leads_to_issuing(desk: Browser, vega_client: Client, address: str) -> None:
    page = desk.get(reverse("admin:accounts_client_change", args=[vega_client.pk])).content.decode()
    assert f'href="{address}"' in page
    assert "Выдать логин" in page


def test_the_form_offers_this_clients_contracts(
    desk: Browser, vega_contract: Contract, orion_contract: Contract, address: str
) -> None:
    page = desk.get(address).content.decode()
    assert vega_contract.number in page
    assert orion_contract.number not in page


def test_one_action_gives_login_and_password(
    desk: Browser, vega_contract: Contract, address: str
) -> None:
    answer = desk.post(address, issue_form())
    assert answer.status_code == 200
    page = answer.content.decode()
    membership = Membership.objects.get()
    assert membership.user.username == "ul-004217"
    assert "ul-004217" in page
    assert answer.context["one_time_password"] in page
    assert membership.user.check_password(answer.context["one_time_password"])
    assert reverse("admin:accounts_membership_agreement", args=[membership.pk]) in page
    assert "no-store" in answer["Cache-Control"]


def test_a_reload_neither_issues_nor_shows_again(desk: Browser, address: str) -> None:
    form = issue_form()
    first = desk.post(address, form)
    again = desk.post(address, form, follow=True)
    assert Membership.objects.count() == 1
    page = again.content.decode()
    assert first.context["one_time_password"] not in page
    assert "Пароль показывается один раз" in page


def test_a_page_read_later_does_not_show_the_password(desk: Browser, address: str) -> None:
    answer = desk.post(address, issue_form())
    password = answer.context["one_time_password"]
    person = answer.context["person"]
    for page in (
        address,
        reverse("admin:accounts_user_change", args=[person.pk]),
        reverse("admin:accounts_membership_changelist"),
        reverse("admin:accounts_journalentry_changelist"),
        reverse("admin:index"),
    ):
        assert password not in desk.get(page).content.decode()


def test_the_password_is_not_logged(
    desk: Browser, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = desk.post(address, issue_form())
        desk.post(
            reverse("admin:accounts_user_slip", args=[answer.context["person"].pk]),
            {"one_time_password": "wrong"},
        )
        desk.get(reverse("admin:accounts_client_issue", args=[10**6]))
    assert "/client/1000000/" in caplog.text  # the log does speak
    assert answer.context["one_time_password"] not in caplog.text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"last_name": ""}, "Укажите фамилию."),
        ({"email": "не адрес"}, "Адрес введён с ошибкой"),
        ({"role": ""}, "Выберите роль."),
        ({"role": "admin"}, "Выберите корректный вариант"),
        ({"signed_on": "31.02.2026"}, "Дата введена с ошибкой"),
        ({"signed_on": "2999-01-01"}, "Дата подписания ещё не наступила"),
        ({"basis": Basis.POWER_OF_ATTORNEY}, "Укажите номер доверенности."),
        (
            {"basis": Basis.POWER_OF_ATTORNEY, "basis_number": "7"},
            "Укажите последний день срока доверенности.",
        ),
        ({"ends_on": "2020-01-01"}, "Этот день уже прошёл"),
        ({"scope": "chosen"}, "Отметьте хотя бы один договор"),
        ({"scope": "chosen", "contracts": "foreign"}, "есть договор другого клиента"),
        ({"scope": "all", "contracts": "own"}, "Выберите что-то одно"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(
    values: dict,
    words: str,
    desk: Browser,
    vega_contract: Contract,
    orion_contract: Contract,
    address: str,
) -> None:
    numbers = {"foreign": [orion_contract.pk], "own": [vega_contract.pk]}
    if "contracts" in values:
        values = {**values, "contracts": numbers[values["contracts"]]}
    answer = desk.post(address, issue_form(**values))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert not Membership.objects.exists()
    field = next(
        name for name, errors in answer.context["form"].errors.items() if words in str(errors)
    )
    assert f'href="#id_{field}' in page
    assert "<title>Ошибка: " in page
    for kept in ("Ольга", "Юрьевна", "+7 900 000-00-07", "бухгалтер"):
        assert f'value="{kept}"' in page


def test_only_listed_fields_count(
    desk: Browser, vega_client: Client, orion_client: Client, address: str
) -> None:
    chosen = "chosen-by-somebody-2026"
    answer = desk.post(
        address,
        issue_form(
            username="boss",
            password=chosen,
            one_time_password=chosen,
            is_staff="on",
            is_superuser="on",
            client=orion_client.pk,
            starts_on="2020-01-01",
            has_one_time_password="",
        ),
    )
    membership = Membership.objects.get()
    user = membership.user
    assert membership.client == vega_client
    assert membership.starts_on == timezone.localdate()
    assert (user.is_staff, user.is_superuser, user.has_one_time_password) == (False, False, True)
    assert user.username != "boss"
    assert not user.check_password(chosen)
    assert answer.context["one_time_password"] != chosen


def test_strangers_issue_nothing(address: str, vega: User, login: Login) -> None:
    assert login(vega).post(address, issue_form()).status_code == 403
    answer = Browser().post(address, issue_form())
    assert answer.status_code == 302
    assert User.objects.filter(last_name="Новикова").count() == 0


def test_staff_without_the_right_issue_nothing(address: str, login: Login) -> None:
    reader = make.user("auditor", is_staff=True)
    assert login(reader).get(address).status_code == 403
    assert login(reader).post(address, issue_form()).status_code == 403
    assert not Membership.objects.exists()


def test_an_unknown_client_is_not_found(desk: Browser) -> None:
    assert desk.get(reverse("admin:accounts_client_issue", args=[10**6])).status_code == 404


# By a login that exists -------------------------------------------------------------------------


def grant_form(**values) -> dict:
    form = issue_form(**values)
    return {
        name: form[name]
        for name in form
        if name not in {"last_name", "first_name", "patronymic", "email", "phone"}
    }


def test_access_by_a_login_that_exists(desk: Browser, vega: User, orion_client: Client) -> None:
    page = reverse("admin:accounts_client_grant", args=[orion_client.pk])
    answer = desk.post(page, grant_form(login=" VEGA "))
    membership = Membership.objects.get(client=orion_client)
    assert answer.url == reverse("admin:accounts_membership_change", args=[membership.pk])
    assert membership.user == vega
    vega.refresh_from_db()
    assert vega.check_password(make.PASSWORD)


@pytest.mark.parametrize(
    ("who", "words"), [("nobody", "Такого логина нет"), ("office", "служебный или отключён")]
)
def test_access_by_a_wrong_login(who: str, words: str, desk: Browser, orion_client: Client) -> None:
    page = reverse("admin:accounts_client_grant", args=[orion_client.pk])
    answer = desk.post(page, grant_form(login=who))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Membership.objects.exists()


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
