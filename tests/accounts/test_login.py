"""Logging in: both ways of the manual, the words of a refusal, the limits of tries."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from pytest_django import Settings

from accounts.models import JournalEntry, Membership, User
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

WAYS = ["accounts:front", "account_login"]


def log_in(
    browser: Browser,
    username: str,
    password: str = make.PASSWORD,
    way: str = "account_login",
    **extra,
):
    return browser.post(reverse(way), {"login": username, "password": password}, **extra)


@pytest.mark.parametrize("way", WAYS)
def test_both_ways_lead_home(vega: User, way: str) -> None:
    response = log_in(Browser(), "vega", way=way)
    assert response.status_code == 302
    assert response["Location"] == reverse("contracts:home")


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_keeps_the_login_and_stays_on_the_page(vega: User, way: str) -> None:
    response = log_in(Browser(), "vega", "wrong-password", way=way)
    html = response.content.decode()
    assert "Неверный логин или пароль" in html
    assert "<title>Ошибка:" in html
    assert 'value="vega"' in html
    assert "wrong-password" not in html


def test_the_login_is_folded(vega: User) -> None:
    assert log_in(Browser(), " VEGA ").status_code == 302


def test_where_one_wanted_to_go(vega: User) -> None:
    browser = Browser()
    asked = browser.get(reverse("accounts:access"))
    page = browser.get(asked["Location"])
    assert b'name="next" value="/access/"' in page.content
    response = browser.post(
        reverse("account_login"), {"login": "vega", "password": make.PASSWORD, "next": "/access/"}
    )
    assert response["Location"] == "/access/"


EVIL = [
    "//evil.example", "///evil.example", "https:evil.example", "https://evil.example/",
    "\\\\evil.example", "/\\evil.example", "\t//evil.example", "javascript:alert(1)",
    "https://testserver@evil.example/", "http://testserver.evil.example/",
]  # fmt: skip


@pytest.mark.parametrize("evil", EVIL)
def test_next_never_leaves_the_portal_at_logging_out(vega: User, evil: str) -> None:
    browser = Browser()
    log_in(browser, "vega")
    for answer in (
        browser.get(f"{reverse('account_login')}?{urlencode({'next': evil})}"),
        browser.post(reverse("account_logout"), {"next": evil}),
    ):
        assert answer["Location"] in {reverse("contracts:home"), reverse("accounts:front")}


@pytest.mark.parametrize("evil", EVIL)
def test_next_never_leaves_the_portal(vega: User, evil: str) -> None:
    response = Browser().post(
        reverse("account_login"), {"login": "vega", "password": make.PASSWORD, "next": evil}
    )
    assert response["Location"] == reverse("contracts:home")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What a visitor can see and measure of a refused login."""

    status: int
    page: str
    headers: frozenset[str]
    cookies: frozenset[str]
    hashed: int
    statements: int


def refusal(username: str, password: str) -> Refusal:
    """The answer without what differs by itself: the token and the typed login."""
    browser, original = Browser(), MD5PasswordHasher.encode
    with (
        CaptureQueriesContext(connection) as captured,
        mock.patch.object(
            MD5PasswordHasher, "encode", autospec=True, side_effect=original
        ) as encode,
    ):
        response = log_in(browser, username, password)
    html = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", response.content.decode())
    assert html.count(username) == 1
    return Refusal(
        status=response.status_code,
        page=html.replace(username, ""),
        headers=frozenset(set(response.headers) - {"X-Request-ID", "Content-Length"}),
        cookies=frozenset(response.cookies),
        hashed=encode.call_count,
        statements=len(captured),
    )


def test_a_refusal_does_not_tell_why(vega: User) -> None:
    """Words, length, status, and what takes time: a visitor learns nothing from either."""
    disabled = make.user("disabled", is_active=False)
    make.membership(
        disabled, Membership.objects.get(user=vega).client, starts_on=datetime.date(2025, 1, 1)
    )
    expired = make.user(
        "expired",
        has_one_time_password=True,
        one_time_password_until=timezone.now() - datetime.timedelta(days=1),
    )
    told = {
        refusal("nobody-at-all", make.PASSWORD),
        refusal("vega", "wrong-password"),
        refusal(disabled.username, make.PASSWORD),
        refusal(expired.username, make.PASSWORD),
    }
    (seen,) = told
    assert "Неверный логин или пароль" in seen.page
    assert seen.hashed == 1


@pytest.mark.parametrize("is_active", [True, False])
def test_a_right_password_that_does_not_count_is_a_try(vega: User, is_active: bool) -> None:
    """Else somebody who is refused could find out that the password was right."""
    User.objects.filter(pk=vega.pk).update(
        is_active=is_active,
        has_one_time_password=True,
        one_time_password_until=timezone.now() - datetime.timedelta(days=1),
    )
    for _ in range(10):
        log_in(Browser(), "vega")
    assert "Слишком много" in log_in(Browser(), "vega").content.decode()


def test_each_try_is_in_the_journal(vega: User) -> None:
    log_in(Browser(), "vega", "wrong-password")
    log_in(Browser(), "vega")
    actions = list(JournalEntry.objects.order_by("pk").values_list("action", "login", "ip"))
    assert actions == [("login_refused", "vega", "127.0.0.1"), ("login", "vega", "127.0.0.1")]


def test_a_stranger_cannot_lock_the_owner_out(vega: User) -> None:
    for _ in range(20):
        log_in(Browser(REMOTE_ADDR="192.0.2.1"), "vega", "wrong-password")
    refused = log_in(Browser(REMOTE_ADDR="192.0.2.1"), "vega")
    assert "Слишком много неудачных попыток" in refused.content.decode()
    assert log_in(Browser(REMOTE_ADDR="192.0.2.2"), "vega").status_code == 302


def test_look_alike_spellings_are_one_login(vega: User) -> None:
    for n in range(10):
        log_in(Browser(), ("vega", "VEGA", " Vega ", "ｖｅｇａ", "ⓋⒺⒼⒶ")[n % 5], "wrong-password")
    assert "Слишком много" in log_in(Browser(), "vega").content.decode()


def test_the_pause_grows(vega: User) -> None:
    def wrong_tries_until_refused() -> int:
        for count in range(100):
            if "Слишком много" in log_in(Browser(), "vega", "wrong").content.decode():
                return count
        raise AssertionError("never")

    with time_machine.travel(timezone.now(), tick=False) as clock:
        tries = []
        for _ in range(4):
            tries.append(wrong_tries_until_refused())
            clock.shift(datetime.timedelta(minutes=6))
        assert tries == [10, 10, 10, 0]
        for _ in range(4):
            clock.shift(datetime.timedelta(hours=1))
            tries.append(wrong_tries_until_refused())
        assert sum(tries) == 60
        clock.shift(datetime.timedelta(hours=1))
        assert "Слишком много" in log_in(Browser(), "vega").content.decode()
        clock.shift(datetime.timedelta(days=1))
        assert log_in(Browser(), "vega").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "ip"),
    [
        (0, "203.0.113.{}", "192.0.2.9"),
        (1, "203.0.113.{}, 198.51.100.7", "198.51.100.7"),
    ],
)
def test_a_forged_address_is_not_believed(
    proxies: int, forwarded: str, ip: str, vega: User, settings: Settings
) -> None:
    """Only what the trusted proxy wrote itself counts, for the limits and for the journal."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    for n in range(11):
        browser = Browser(REMOTE_ADDR="192.0.2.9")
        response = log_in(
            browser, "vega", "wrong", HTTP_X_FORWARDED_FOR=forwarded.format(n), HTTP_X_REAL_IP="::1"
        )
    assert "Слишком много" in response.content.decode()
    assert set(JournalEntry.objects.values_list("ip", flat=True)) == {ip}


def test_one_address_cannot_try_for_ever(db: None) -> None:
    browser = Browser(REMOTE_ADDR="192.0.2.3")
    statuses = {log_in(browser, f"login-{n}", "wrong-password").status_code for n in range(70)}
    assert 429 in statuses


def test_a_new_session_begins_at_login(vega: User) -> None:
    browser = Browser()
    browser.session["planted"] = "1"
    browser.session.save()
    before = browser.session.session_key
    log_in(browser, "vega")
    assert browser.session.session_key != before


def test_an_idle_session_ends(vega: User) -> None:
    browser = Browser()
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        log_in(browser, "vega")
        assert browser.get(reverse("contracts:home")).status_code == 200
        clock.shift(datetime.timedelta(minutes=29))
        assert browser.get(reverse("contracts:home")).status_code == 200
        clock.shift(datetime.timedelta(minutes=31))
        assert browser.get(reverse("contracts:home")).status_code == 302


def test_no_session_lasts_longer_than_half_a_day(vega: User) -> None:
    browser = Browser()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        log_in(browser, "vega")
        for _ in range(12 * 60 // 20):
            assert browser.get(reverse("contracts:home")).status_code == 200
            clock.shift(datetime.timedelta(minutes=20))
        clock.shift(datetime.timedelta(minutes=1))
        assert browser.get(reverse("contracts:home")).status_code == 302


def test_a_download_leads_back_to_the_page_with_its_link(vega_contract: Contract) -> None:
    """Else the file comes and the login page stays, as if the password had been wrong."""
    file = reverse("documents:registry", args=[vega_contract.pk, "xlsx"])
    page = reverse("documents:document-list", args=[vega_contract.pk])
    for came, back in (
        (f"http://testserver{page}?year=2026", f"{page}?year=2026"),
        ("http://evil.example/x", reverse("contracts:home")),
        ("", reverse("contracts:home")),
    ):
        answer = Browser().get(file, headers={"referer": came})
        assert answer.status_code == 302
        query = parse_qs(urlsplit(answer.url).query)
        assert query["next"] == [back]


def test_access_that_ends_ends_the_session(vega: User) -> None:
    browser = Browser()
    log_in(browser, "vega")
    assert browser.get(reverse("contracts:home")).status_code == 200
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    Membership.objects.filter(user=vega).update(ends_on=yesterday)
    response = browser.get(reverse("contracts:home"), follow=True)
    assert response.redirect_chain == [(reverse("account_login"), 302)]
    assert "Доступ закрыт" in response.content.decode()


@pytest.mark.parametrize("how", ["revoked", "person switched off", "not yet begun"])
def test_no_session_outlives_its_access(vega: User, how: str) -> None:
    browser = Browser()
    log_in(browser, "vega")
    access = Membership.objects.filter(user=vega)
    if how == "revoked":
        access.update(revoked_at=timezone.now())
    elif how == "person switched off":
        User.objects.filter(pk=vega.pk).update(is_active=False)
    else:
        access.update(starts_on=timezone.localdate() + datetime.timedelta(days=1))
    answer = browser.get(reverse("contracts:home"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_logging_out_needs_a_post(vega: User) -> None:
    browser = Browser()
    log_in(browser, "vega")
    browser.get(reverse("account_logout"))
    assert browser.get(reverse("contracts:home")).status_code == 200
    browser.post(reverse("account_logout"))
    assert browser.get(reverse("contracts:home")).status_code == 302
    assert JournalEntry.objects.filter(action="logout", user=vega).exists()


def test_the_office_begins_at_its_workplace(office: User) -> None:
    assert log_in(Browser(), office.username)["Location"] == reverse("admin:index")


def test_a_session_that_is_ended_is_in_the_journal(vega: User) -> None:
    browser = Browser()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        log_in(browser, "vega")
        browser.get(reverse("contracts:home"))
        clock.shift(datetime.timedelta(minutes=31))
        browser.get(reverse("contracts:home"))
    entry = JournalEntry.objects.get(action="session_ended")
    assert entry.user == vega
    assert "не пользовались" in entry.subject
