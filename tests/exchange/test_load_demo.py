"""The demo comes up with its people, once, and nowhere but in a demo."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Basis, Client, Membership, User
from accounts.roles import Role
from contracts.models import Contract
from documents.models import Document
from exchange.demo import factor, logins
from exchange.models import Import
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Settings) -> None:
    settings.DEMO = True
    call_command("load_demo")


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("login", logins.LOGINS, ids=lambda login: login.username)
def test_everybody_can_log_in(login: logins.Login) -> None:
    browser = Browser()
    browser.post(reverse("account_login"), {"login": login.username, "password": logins.PASSWORD})
    user = User.objects.get(username=login.username)
    if user.is_staff:
        browser.post(reverse("mfa_authenticate"), {"code": factor.code()})
        assert [group.name for group in user.groups.all()] == ([login.group] if login.group else [])
    assert browser.session.get("_auth_user_id") == str(user.pk)
    assert EmailAddress.objects.get(user=user).verified
    assert user.email.endswith(".example")
    assert user.full_name
    assert user.phone


@pytest.mark.usefixtures("demo")
def test_the_data_came_as_any_package_does() -> None:
    attempt = Import.objects.get()
    assert attempt.state == Import.State.APPLIED
    assert attempt.name == f"demo-{timezone.localdate().isoformat()}"
    assert attempt.counts["clients"]["new"] == 3


@pytest.mark.usefixtures("demo")
def test_vega_sees_four_contracts_and_orion_two() -> None:
    for username, keys in (
        ("vega", {"vega-1", "vega-2", "vega-3", "vega-4"}),
        ("orion", {"orion-1", "orion-2"}),
        ("office", set()),
        ("admin", set()),
    ):
        seen = Contract.objects.visible_to(User.objects.get(username=username))
        assert set(seen.values_list("external_id", flat=True)) == keys


@pytest.mark.usefixtures("demo")
def test_roles_and_papers() -> None:
    roles = dict(Membership.objects.values_list("user__username", "role"))
    assert roles == {
        "vega": Role.DIRECTOR,
        "vega-accountant": Role.ACCOUNTANT,
        "vega-engineer": Role.ENGINEER,
        "vega-reader": Role.READER,
        "orion": Role.DIRECTOR,
    }
    for paper in Membership.objects.exclude(role=Role.DIRECTOR):
        assert paper.basis == Basis.POWER_OF_ATTORNEY, paper
        assert paper.basis_number
        assert paper.ends_on
        assert paper.ends_on > timezone.localdate()
    assert not Membership.objects.filter(role=Role.DIRECTOR).exclude(basis=Basis.CHARTER).exists()
    office, admin = User.objects.get(username="office"), User.objects.get(username="admin")
    assert (office.is_staff, office.is_superuser, office.groups.count()) == (True, False, 1)
    assert (admin.is_staff, admin.is_superuser) == (True, True)


@pytest.mark.usefixtures("demo")
def test_a_second_start_keeps_the_data() -> None:
    before = Document.objects.count(), User.objects.count()
    User.objects.filter(username="vega").update(phone="+7 000 000-00-99")
    call_command("load_demo")
    assert (Document.objects.count(), User.objects.count()) == before
    assert User.objects.get(username="vega").phone == "+7 000 000-00-99"


def test_refused_outside_a_demo(settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="Это не демонстрация"):
        call_command("load_demo")
    with pytest.raises(logins.DemoIsOff):
        logins.create(today=timezone.localdate())
    assert not Client.objects.exists()
    assert not User.objects.exists()


def test_foreign_data_get_no_demo_people(settings: Settings) -> None:
    settings.DEMO = True
    make.client()
    with pytest.raises(CommandError, match="не из демонстрации"):
        call_command("load_demo")
    assert not User.objects.exists()


def test_the_table_of_logins(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo_logins")
    printed = capsys.readouterr().out
    assert logins.PASSWORD in printed
    for login in logins.LOGINS:
        assert f"  {login.username} " in printed
