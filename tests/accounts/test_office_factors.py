"""Lost devices and staff's accounts: who resets a factor, who names groups, and who may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.urls import NoReverseMatch, reverse

from accounts import office as groups
from accounts.models import JournalEntry, Letter, User
from accounts.second_factor import rules
from contracts.models import Contract, Specialist
from tests import factors, make
from tests.accounts.test_login import log_in
from tests.accounts.test_office_limits import user_form

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def page(person: User) -> str:
    return reverse("admin:accounts_user_factor", args=[person.pk])


def reset(browser: Browser, person: User, reason: str = "потерян телефон"):
    return browser.post(page(person), {"reason": reason})


# Resetting ----------------------------------------------------------------------------------------


def test_the_front_desk_resets_a_clients_factor(front_desk: User, vega: User, login: Login) -> None:
    factors.give(vega)
    hers, desk = Browser(), login(front_desk)
    log_in(hers, "vega")
    hers.post(reverse("mfa_authenticate"), {"code": factors.code()})
    assert hers.get(reverse("contracts:home")).status_code == 200
    link = page(vega)
    card = reverse("admin:accounts_user_change", args=[vega.pk])
    assert link in desk.get(card).content.decode()
    assert reset(desk, vega, reason="").status_code == 422
    assert rules.is_set(vega)
    assert reset(desk, vega).status_code == 302
    assert not Authenticator.objects.filter(user=vega).exists()
    assert hers.get(reverse("contracts:home")).status_code == 302
    entry = JournalEntry.objects.get(action="second_factor_reset")
    assert (entry.user, entry.person, entry.details["login"]) == (front_desk, vega, "vega")
    assert entry.details["reason"] == "потерян телефон"
    assert "сброшен код при входе" in Letter.objects.get(to=vega.email).plain
    assert link not in desk.get(card).content.decode()
    assert reset(desk, vega).status_code == 403


def test_staffs_factors_are_the_administrators_to_reset(
    front_desk: User, office: User, superuser: User, login: Login
) -> None:
    for person in (front_desk, office, superuser):
        factors.give(person)
    desk, boss = login(front_desk), login(office)
    assert reset(desk, office).status_code == 403
    assert reset(boss, superuser).status_code == 403
    assert reset(boss, office).status_code == 403  # one's own
    assert reset(boss, front_desk).status_code == 302
    assert [rules.is_set(who) for who in (front_desk, office, superuser)] == [False, True, True]
    assert reset(login(superuser), office).status_code == 302


def test_wrong_codes_of_the_lost_factor_do_not_count_against_the_new_one(
    front_desk: User, vega: User, login: Login
) -> None:
    factors.give(vega)
    hers, code = Browser(), reverse("mfa_authenticate")
    log_in(hers, "vega")
    for _ in range(10):
        hers.post(code, {"code": "000000"})
    assert "Слишком много неверных кодов" in hers.post(code, {"code": "1"}).content.decode()
    assert reset(login(front_desk), vega).status_code == 302
    factors.give(vega)
    log_in(hers, "vega")
    assert "Код не подошёл" in hers.post(code, {"code": "000000"}).content.decode()
    assert hers.post(code, {"code": factors.code()}).status_code == 302


def suspended(browser: Browser, answer: Any) -> tuple[str, dict[str, list[str]]]:
    """Give the code that is asked for; the form of the page that follows: address and fields."""
    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))
    assert browser.post(answer["Location"], {"code": "000000"}).status_code == 200
    given = browser.post(answer["Location"], {"code": factors.code()})
    page = browser.get(given["Location"])
    html = page.content.decode()
    form = html[html.index('<form method="post" action="/office/') :]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        fields.setdefault(unescape(name), []).append(unescape(value))
    fields.pop("csrfmiddlewaretoken")
    return unescape(re.findall(r'action="([^"]+)"', form)[0]), fields


def test_after_fifteen_minutes_a_code_is_asked_first_and_nothing_typed_is_lost(
    front_desk: User, office: User, login: Login
) -> None:
    factors.give(front_desk)
    factors.give(office)
    boss = login(office)
    factors.count_as_passed(boss, office, seconds_ago=901)
    address, fields = suspended(boss, reset(boss, front_desk, reason="телефон <утоплен>"))
    assert rules.is_set(front_desk)
    assert not JournalEntry.objects.filter(action__startswith="office_").exists()
    done = boss.post(address, fields)
    assert done["Location"] == reverse("admin:accounts_user_change", args=[front_desk.pk])
    assert not rules.is_set(front_desk)
    entry = JournalEntry.objects.get(action="second_factor_reset")
    assert entry.details["reason"] == "телефон <утоплен>"
    html = boss.get(reverse("mfa_reauthenticate")).content.decode()
    assert "Сброс кода" not in html  # done: nothing waits any more
    factors.count_as_passed(boss, office, seconds_ago=901)
    add = boss.post(reverse("admin:accounts_user_add"), {"username": "x"})
    assert add["Location"].startswith(reverse("mfa_reauthenticate"))


@pytest.mark.parametrize("query", ["", "?_changelist_filters=is_staff__exact%3D1"])
def test_what_is_done_after_the_code_is_in_the_journal(
    query: str, front_desk: User, office: User, login: Login
) -> None:
    factors.give(office)
    boss = login(office)
    factors.count_as_passed(boss, office, seconds_ago=901)
    wanted = Group.objects.filter(name__in=[groups.FRONT_DESK, groups.ADMINISTRATOR])
    values = user_form(front_desk, is_active="on", groups=[group.pk for group in wanted])
    change = reverse("admin:accounts_user_change", args=[front_desk.pk]) + query
    address, fields = suspended(boss, boss.post(change, values))
    assert address == change
    assert front_desk.groups.count() == 1
    assert not JournalEntry.objects.filter(action__startswith="row_").exists()
    assert boss.post(address, fields).status_code == 302
    assert set(front_desk.groups.all()) == set(wanted)
    entry = JournalEntry.objects.get(action="row_changed")
    assert (entry.user, entry.person) == (office, front_desk)
    assert groups.ADMINISTRATOR in str(entry.details["changes"]["groups"][1])


def test_a_code_that_came_too_late_is_asked_for_again(
    front_desk: User, office: User, login: Login
) -> None:
    factors.give(front_desk)
    factors.give(office)
    boss = login(office)
    factors.count_as_passed(boss, office, seconds_ago=901)
    address, fields = suspended(boss, reset(boss, front_desk))
    factors.count_as_passed(boss, office, seconds_ago=901)
    confirm = reverse("mfa_reauthenticate")
    assert "Подтвердите код" in boss.get(confirm).content.decode()
    assert boss.post(address, fields)["Location"].startswith(confirm)
    assert rules.is_set(front_desk)


def test_rows_of_factors_are_no_page_of_the_office() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("admin:mfa_authenticator_changelist")


# Accounts of staff --------------------------------------------------------------------------------


@pytest.fixture
def boss(office: User, login: Login) -> Browser:
    """The administrator at work."""
    return login(office)


def test_an_administrator_brings_a_colleague_in_and_names_the_group(
    boss: Browser, office: User
) -> None:
    values = {
        "username": "petrova", "last_name": "Петрова", "first_name": "Анна", "patronymic": "",
        "phone": "", "email": "petrova@retailer.example", "is_superuser": "on",
    }  # fmt: skip
    assert boss.post(reverse("admin:accounts_user_add"), values).status_code == 302
    colleague = User.objects.get(username="petrova")
    assert (colleague.is_staff, colleague.is_superuser) == (True, False)
    group = Group.objects.get(name=groups.AUDITOR)
    change = reverse("admin:accounts_user_change", args=[colleague.pk])
    form = user_form(colleague, is_active="on", groups=[group.pk], is_superuser="on")
    assert boss.post(change, form).status_code == 302
    colleague.refresh_from_db()
    assert list(colleague.groups.all()) == [group]
    assert not colleague.is_superuser
    reissue = reverse("admin:accounts_user_reissue", args=[colleague.pk])
    assert boss.get(reissue).status_code == 200


@pytest.mark.parametrize("login_typed", ["vega", "VEGA"])
def test_a_login_and_an_address_that_are_taken(login_typed: str, boss: Browser, vega: User) -> None:
    vega.emailaddress_set.create(email="gromov@vega.example", verified=True, primary=True)
    values = {
        "username": login_typed, "last_name": "Громова", "first_name": "Ирина", "patronymic": "",
        "phone": "", "position": "", "email": "Gromov@Vega.example",
    }  # fmt: skip
    answer = boss.post(reverse("admin:accounts_user_add"), values)
    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert errors.keys() == {"username", "email"}
    assert f"Логин «vega» уже занят ({vega.short_name})" in errors["username"][0]
    assert f"принадлежит логину «vega» ({vega.short_name})" in errors["email"][0]
    assert 'value="Громова"' in answer.content.decode()
    assert not User.objects.filter(last_name="Громова").exists()
    free = {"username": "Gromova", "email": "Gromova@Retailer.example"}
    assert boss.post(reverse("admin:accounts_user_add"), values | free).status_code == 302
    colleague = User.objects.get(last_name="Громова")
    assert (colleague.username, colleague.email) == ("gromova", "gromova@retailer.example")


def test_a_changed_telephone_is_a_whole_one_and_an_old_one_is_no_hindrance(
    boss: Browser, vega: User
) -> None:
    User.objects.filter(pk=vega.pk).update(phone="12")
    change = reverse("admin:accounts_user_change", args=[vega.pk])
    old = user_form(vega, is_active="on", phone="12", last_name="Громова")
    assert boss.post(change, old).status_code == 302
    refused = boss.post(change, {**old, "phone": "13"})
    assert "Введите номер полностью, с кодом" in refused.content.decode()
    assert boss.post(change, {**old, "phone": ""}).status_code == 302
    vega.refresh_from_db()
    assert (vega.last_name, vega.phone) == ("Громова", "")


def test_no_group_but_the_tables_is_given(boss: Browser, front_desk: User) -> None:
    foreign = Group.objects.create(name="Всё на свете")
    change = reverse("admin:accounts_user_change", args=[front_desk.pk])
    answer = boss.post(change, user_form(front_desk, is_active="on", groups=[foreign.pk]))
    assert answer.status_code == 200
    assert not front_desk.groups.filter(pk=foreign.pk).exists()


def test_nobody_but_a_superuser_touches_one(boss: Browser, superuser: User, vega: User) -> None:
    change = reverse("admin:accounts_user_change", args=[superuser.pk])
    assert boss.post(change, user_form(superuser, is_active="")).status_code == 403
    assert boss.get(reverse("admin:accounts_user_reissue", args=[superuser.pk])).status_code == 403
    client = reverse("admin:accounts_user_change", args=[vega.pk])
    form = user_form(vega, is_active="on", is_staff="on", is_superuser="on", groups=[1])
    assert boss.post(client, form).status_code == 302
    vega.refresh_from_db()
    assert (vega.is_staff, vega.is_superuser, vega.groups.count()) == (False, False, 0)


def test_a_member_who_is_switched_off_is_out_at_once(
    boss: Browser, front_desk: User, login: Login
) -> None:
    desk = login(front_desk)
    assert desk.get(reverse("admin:index")).status_code == 200
    change = reverse("admin:accounts_user_change", args=[front_desk.pk])
    form = user_form(front_desk, groups=list(front_desk.groups.values_list("pk", flat=True)))
    assert boss.post(change, form).status_code == 302
    assert desk.get(reverse("admin:index")).status_code == 302


def test_a_person_of_two_groups_has_the_rights_of_both(login: Login) -> None:
    person = make.member(groups.ACCOUNTANT)
    person.groups.add(Group.objects.get(name=groups.SPECIALIST))
    wanted = groups.rights_of(groups.ACCOUNTANT) | groups.rights_of(groups.SPECIALIST)
    assert person.get_all_permissions() == wanted
    assert not groups.is_confined(person)


def test_the_list_names_only_companies_of_the_readers_branch(
    vega: User, orion_contract: Contract, specialist: Specialist, login: Login
) -> None:
    make.membership(vega, orion_contract.client)
    head = make.member(groups.BRANCH_HEAD, "head")
    Specialist.objects.filter(pk=specialist.pk).update(user=head)
    page = reverse("admin:accounts_user_changelist")
    of_head = login(head).get(page).content.decode()
    of_all = login(make.member(groups.AUDITOR, "auditor")).get(page).content.decode()
    orion = orion_contract.client.short_name
    assert (vega.username in of_head, orion in of_head, orion in of_all) == (True, False, True)
