"""Logging in: both ways of the manual, the words of a refusal, the limits of tries."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import JournalEntry, Membership, User
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


@pytest.mark.parametrize(
    "evil", ["//evil.example", "https:evil.example", "\\\\evil.example", "https://evil.example/"]
)
def test_next_never_leaves_the_portal(vega: User, evil: str) -> None:
    response = Browser().post(
        reverse("account_login"), {"login": "vega", "password": make.PASSWORD, "next": evil}
    )
    assert response["Location"] == reverse("contracts:home")


def refusal(username: str, password: str) -> str:
    """The page of a refusal without what differs by itself: the token and the typed login."""
    response = log_in(Browser(), username, password)
    assert response.status_code == 200
    html = response.content.decode()
    start = html.index('<div class="error-summary"')
    return html[start : html.index("</div>", start)]


def test_a_refusal_does_not_tell_why(vega: User) -> None:
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
    assert len(told) == 1


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


def test_access_that_ends_ends_the_session(vega: User) -> None:
    browser = Browser()
    log_in(browser, "vega")
    assert browser.get(reverse("contracts:home")).status_code == 200
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    Membership.objects.filter(user=vega).update(ends_on=yesterday)
    response = browser.get(reverse("contracts:home"), follow=True)
    assert response.redirect_chain == [(reverse("account_login"), 302)]
    assert "Доступ закрыт" in response.content.decode()


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
