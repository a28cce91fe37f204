"""Change of e-mail: confirmed on the new address, announced to the old one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import JournalEntry, Letter, User
from tests import make
from tests.accounts.test_login import log_in

pytestmark = pytest.mark.django_db

NEW = "new@vega.example"


@pytest.fixture
def visitor(vega: User, login: Callable[[User], Browser]) -> Browser:
    EmailAddress.objects.create(user=vega, email=vega.email, verified=True, primary=True)
    return login(vega)


def ask(visitor: Browser, email: str = NEW, password: str = make.PASSWORD):
    return visitor.post(
        reverse("account_email"),
        {"email": email, "current_password": password, "action_add": "1"},
        follow=True,
    )


def link() -> str:
    letter = Letter.objects.get(to=NEW)
    found = re.search(r"http://testserver(\S+)", letter.plain)
    assert found
    return found.group(1)


def test_the_new_address_counts_after_its_link_was_followed(visitor: Browser, vega: User) -> None:
    response = ask(visitor)
    assert NEW in response.content.decode()
    vega.refresh_from_db()
    assert vega.email == "vega@vega.example"

    confirm = Browser()
    assert NEW in confirm.get(link()).content.decode()
    confirm.post(link())
    vega.refresh_from_db()
    assert vega.email == NEW
    assert EmailAddress.objects.get(user=vega).email == NEW
    announced = Letter.objects.get(to="vega@vega.example")
    assert NEW in announced.plain
    assert JournalEntry.objects.filter(action="email_changed", user=vega, subject=NEW).exists()


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_other_sessions_end(vega: User, where: str) -> None:
    EmailAddress.objects.create(user=vega, email=vega.email, verified=True, primary=True)
    here, other = Browser(), Browser()
    for browser in (here, other):
        log_in(browser, "vega")
    ask(here)
    answer = (here if where == "here" else Browser()).post(link(), follow=True)
    assert "Остальные сеансы завершены" in answer.content.decode()
    home = reverse("contracts:home")
    assert here.get(home).status_code == (200 if where == "here" else 302)
    assert other.get(home).status_code == 302


def test_the_link_is_of_the_portal_whatever_host_was_asked(visitor: Browser, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    visitor.post(
        reverse("account_email"),
        {"email": NEW, "current_password": make.PASSWORD, "action_add": "1"},
        HTTP_HOST="evil.example",
    )
    assert "evil.example" not in Letter.objects.get(to=NEW).plain
    assert link().startswith("/account/email/confirm/")


def test_the_current_password_is_asked(visitor: Browser) -> None:
    response = ask(visitor, password="wrong-password")
    html = response.content.decode()
    assert "Текущий пароль введён неверно" in html
    assert f'value="{NEW}"' in html
    assert not Letter.objects.exists()


def test_an_address_with_a_mistake_is_refused(visitor: Browser) -> None:
    assert "Адрес введён с ошибкой" in ask(visitor, email="not-an-address").content.decode()


def test_a_used_link_does_not_work_again(visitor: Browser) -> None:
    ask(visitor)
    address = link()
    Browser().post(address)
    assert "Ссылка не подходит" in Browser().get(address).content.decode()


@pytest.mark.parametrize("action", ["action_remove", "action_primary", "action_send", "other"])
def test_nothing_but_a_new_address_is_taken(visitor: Browser, vega: User, action: str) -> None:
    """The library's other actions would change the address without a password."""
    response = visitor.post(reverse("account_email"), {action: "1", "email": vega.email})
    assert response.status_code == 405
    vega.refresh_from_db()
    assert vega.email == "vega@vega.example"
    assert EmailAddress.objects.filter(user=vega, email=vega.email, primary=True).exists()


def test_a_person_without_an_address_is_told_so(vega: User, login: Callable[..., Browser]) -> None:
    User.objects.filter(pk=vega.pk).update(email="")
    html = login(vega).get(reverse("account_email")).content.decode()
    assert "Адрес не указан." in html
    assert "Сейчас указан" not in html
