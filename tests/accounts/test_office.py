"""What the office may do: its rights one by one, its pages, and what stays out of reach."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import journal, viewing
from accounts import office as office_rights
from accounts.models import Client, JournalEntry, Letter, User
from cabinet.outbox import OutboxRow
from tests import factors, make

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


# Rights -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", office_rights.GROUPS)
def test_a_member_has_exactly_the_rights_of_the_table(group: str, db: None) -> None:
    member = make.member(group)
    assert member.get_all_permissions() == office_rights.rights_of(group)


def test_the_auditor_changes_nothing_and_sees_all_that_anybody_sees() -> None:
    rights = office_rights.rights_of(office_rights.AUDITOR)
    assert all(".view_" in right for right in rights)
    for group in office_rights.GROUPS:
        seen = {right for right in office_rights.rights_of(group) if ".view_" in right}
        # Looking with a client's eyes is a deed of which the client is told.
        assert seen - {viewing.RIGHT} <= rights, group
    assert viewing.RIGHT not in rights


def test_the_administrator_does_everything_that_others_do() -> None:
    rights = office_rights.rights_of(office_rights.ADMINISTRATOR)
    assert all(office_rights.rights_of(group) <= rights for group in office_rights.GROUPS)


def test_whoever_changes_a_thing_sees_it() -> None:
    for label, cells in office_rights.TABLE.items():
        for cell in cells:
            assert not cell or cell.startswith("v"), label
            assert set(cell) <= set("vacde"), label
            assert "e" not in cell or label == "accounts.client"


def test_ensuring_again_takes_away_what_was_added_by_hand(office: User) -> None:
    group = office.groups.get()
    before = set(group.permissions.values_list("pk", flat=True))
    group.permissions.add(Permission.objects.get(codename="add_group"))
    group.permissions.remove(Permission.objects.get(codename="view_client"))
    call_command("ensure_office_groups", verbosity=0)
    assert set(group.permissions.values_list("pk", flat=True)) == before
    assert set(Group.objects.values_list("name", flat=True)) == set(office_rights.GROUPS)


def test_a_renamed_right_is_noticed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(office_rights.TABLE, "accounts.klient", ("v",) * 6)
    with pytest.raises(office_rights.UnknownRights, match=r"accounts\.view_klient"):
        office_rights.ensure_office_groups()
    assert not Group.objects.exists()


# Pages ------------------------------------------------------------------------------------------


def test_a_client_gets_no_page_of_the_office(vega: User, login: Login) -> None:
    browser = login(vega)
    for name in ("index", "accounts_client_changelist", "jsi18n", "autocomplete", "login"):
        assert browser.get(reverse(f"admin:{name}")).status_code == 403, name
    assert browser.get("/office/no-such-page/").status_code == 403


def test_nobody_logs_in_at_the_office(db: None) -> None:
    page = reverse("admin:accounts_client_changelist")
    answer = Browser().get(page, follow=True)
    last, _ = answer.redirect_chain[-1]
    assert last.startswith(reverse("account_login") + "?next=")
    assert (
        answer.redirect_chain[-1][0].endswith("next=/office/accounts/client/")
        or "%2Foffice%2F" in last
    )
    answer = Browser().post(
        reverse("admin:login"), {"username": "admin", "password": make.PASSWORD}
    )
    assert answer.status_code == 302
    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize(
    "address",
    ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"],
)
def test_the_way_back_stays_here(address: str, desk: Browser) -> None:
    assert desk.get(reverse("admin:login"), {"next": address}).url == reverse("admin:index")


def test_logging_in_by_the_portals_page_leads_back(office: User) -> None:
    factors.give(office)
    browser = Browser()
    answer = browser.post(
        reverse("account_login") + "?next=/office/",
        {"login": "office", "password": make.PASSWORD, "next": "/office/"},
    )
    answer = browser.post(answer.url, {"code": factors.code()})
    assert answer.url == "/office/"
    assert JournalEntry.objects.filter(action=journal.Action.LOGIN, user=office).count() == 1


def test_logging_out_is_in_the_journal(desk: Browser, office: User) -> None:
    page = reverse("admin:logout")
    assert desk.get(page).status_code == 405
    assert desk.post(page).status_code == 302
    assert "_auth_user_id" not in desk.session
    assert JournalEntry.objects.filter(action=journal.Action.LOGOUT, user=office).count() == 1


def test_the_workplace_is_named_in_russian(desk: Browser, superuser: User, login: Login) -> None:
    page = desk.get(reverse("admin:index")).content.decode()
    for words in ("Рабочее место офиса", "Клиенты и доступ", "Договоры и специалисты"):
        assert words in page
    for words in ("Служебное", "Django", "Email addresses"):
        assert words not in page
    assert "Служебное" in login(superuser).get(reverse("admin:index")).content.decode()


# The first page ---------------------------------------------------------------------------------


def test_the_first_page_says_what_waits(desk: Browser, vega: User, vega_client: Client) -> None:
    calm = desk.get(reverse("admin:index")).content.decode()
    assert "Сроки доступа в этом месяце не истекают" in calm

    make.membership(make.user("ending"), vega_client, ends_on=timezone.localdate())
    unused = make.user("unused", has_one_time_password=True, one_time_password_until=timezone.now())
    make.membership(unused, vega_client)
    Letter.objects.create(
        to="a@vega.example", subject="т", plain="т", html="т", state=OutboxRow.State.FAILED
    )
    page = desk.get(reverse("admin:index")).content.decode().replace("\u00a0", " ")
    for words, address in (
        ("1 доступ истекает в этом месяце", "/office/accounts/membership/?state=ending"),
        (
            "1 человек с листком так и не вошёл",
            "/office/accounts/user/?has_one_time_password__exact=1",
        ),
        ("1 письмо о доступе не доставлено", "/office/accounts/letter/?state__exact=failed"),
    ):
        assert words in page
        assert address in page
        assert len(desk.get(address).context["cl"].result_list) == 1


def test_the_first_page_shows_nothing_without_rights(db: None, login: Login) -> None:
    Letter.objects.create(
        to="a@vega.example", subject="т", plain="т", html="т", state=OutboxRow.State.FAILED
    )
    page = login(make.user("auditor", is_staff=True)).get(reverse("admin:index")).content.decode()
    assert "не доставлено" not in page
    assert "Найти клиента" not in page
