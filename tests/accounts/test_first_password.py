"""The slip's password opens one session, and in it one page."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import JournalEntry, User
from tests import make
from tests.accounts.test_login import log_in

pytestmark = pytest.mark.django_db

PAGE = "accounts:first-password"
NEW = "сорок-тысяч-обезьян-7"


COMMON_BUT_LONG = [
    "йцукенгшщзхъ", "Солнышко-2026", "Password_2026", "aaaaaaaaaaaa", "123412341234",
    "1234567890123456", "09876543210987", "любовьлюбовь",
]  # fmt: skip
OF_CONTEXT = [
    "vega-vega-vega", "Пароль-кабинет", "Energosbyt-20", "Энергосбыт20!", "Громов-Андрей-1",
    "Вега-2026-Вега",
]  # fmt: skip


@pytest.fixture
def newcomer(vega: User) -> User:
    """Vega's director, who has just received a slip."""
    vega.has_one_time_password = True
    vega.one_time_password_until = timezone.now() + datetime.timedelta(days=10)
    vega.save()
    return vega


@pytest.fixture
def visitor(newcomer: User) -> Browser:
    visitor = Browser()
    log_in(visitor, newcomer.username)
    return visitor


@pytest.mark.parametrize(
    "name", ["contracts:home", "accounts:access", "account_email", "account_change_password"]
)
def test_every_page_leads_to_the_choice_of_a_password(visitor: Browser, name: str) -> None:
    assert visitor.get(reverse(name))["Location"] == reverse(PAGE)


def test_the_slip_opens_one_session_only(visitor: Browser, newcomer: User) -> None:
    assert "Неверный логин или пароль" in log_in(Browser(), newcomer.username).content.decode()
    assert visitor.get(reverse(PAGE)).status_code == 200


def test_a_password_of_ones_own_opens_everything(visitor: Browser, newcomer: User) -> None:
    response = visitor.post(reverse(PAGE), {"password1": NEW, "password2": NEW})
    assert response["Location"] == reverse("contracts:home")
    assert visitor.get(reverse("contracts:home")).status_code == 200
    assert log_in(Browser(), newcomer.username, NEW).status_code == 302
    assert log_in(Browser(), newcomer.username, make.PASSWORD).status_code == 200
    assert JournalEntry.objects.filter(action="password_changed", user=newcomer).exists()


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("короткий-11", "короткий-11", "слишком короткий"),
        ("password1234", "password1234", "широко распространён"),
        *((word, word, "распространённый пароль") for word in COMMON_BUT_LONG),
        *((word, word, "почти целиком") for word in OF_CONTEXT),
        (NEW, NEW + "x", "не совпадают"),
        (make.PASSWORD, make.PASSWORD, "совпадает с прежним"),
        ("", "", "Введите новый пароль"),
    ],
)
def test_a_weak_password_is_refused_with_a_reason(
    visitor: Browser, first: str, second: str, words: str
) -> None:
    response = visitor.post(reverse(PAGE), {"password1": first, "password2": second})
    assert words.lower() in response.content.decode().lower()
    assert User.objects.get(username="vega").has_one_time_password


def test_the_companys_inn_and_the_retailers_name_are_no_passwords(
    visitor: Browser, newcomer: User, settings: Settings
) -> None:
    settings.RETAILER = dataclasses.replace(settings.RETAILER, name="АО «Ромашка»")
    inn = newcomer.memberships.get().client.inn
    for password in (f"ИНН-{inn}", "Ромашка-2026-"):
        response = visitor.post(reverse(PAGE), {"password1": password, "password2": password})
        assert "почти целиком" in response.content.decode(), password


def test_no_password_grows_too_old(vega: User, login: Callable[[User], Browser]) -> None:
    User.objects.filter(pk=vega.pk).update(password_changed_at="2006-11-23T00:00:00Z")
    assert login(vega).get(reverse("contracts:home")).status_code == 200


def test_nothing_hinders_pasting(visitor: Browser) -> None:
    """Password managers fill the fields: no script of these pages minds them."""
    for page in (visitor.get(reverse(PAGE)), Browser().get(reverse("account_login"))):
        html = page.content.decode()
        assert 'type="password"' in html
        scripts = re.findall(r'<script[^>]+src="/static/([^"]+)"', html)
        assert scripts
        for script in scripts:
            found = finders.find(script)
            assert found, script
            words = Path(found).read_text(encoding="utf-8")
            assert not re.search("""['"](paste|beforeinput)['"]|type=.?password""", words), script


@pytest.mark.parametrize(
    "password",
    [
        "двенадцать12", "только-строчные-буквы", "84937162058471", "love-84937162058",
        ("синий трактор едет по полю " * 6)[:128], "with spaces and 'quotes' \"",
    ],
)  # fmt: skip
def test_any_long_password_is_taken_whole(visitor: Browser, password: str) -> None:
    visitor.post(reverse(PAGE), {"password1": password, "password2": password})
    user = User.objects.get(username="vega")
    assert user.check_password(password)
    assert not user.check_password(password[:-1])


def test_the_page_is_not_for_others(vega: User) -> None:
    visitor = Browser()
    log_in(visitor, "vega")
    assert visitor.get(reverse(PAGE))["Location"] == reverse("account_change_password")


@pytest.mark.django_db(transaction=True)
def test_of_many_logins_at_once_one_gets_in(newcomer: User) -> None:
    username = newcomer.username

    def try_to_log_in(_: int) -> bool:
        try:
            visitor = Browser()
            log_in(visitor, username)
            return "_auth_user_id" in visitor.session
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(try_to_log_in, range(4))) == 1
