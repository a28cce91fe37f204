"""«Доступ»: one's own accesses, sessions and logins."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import tasks
from accounts.models import JournalEntry, User
from tests.accounts.test_login import log_in

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def test_an_accountant_sees_only_their_own_access(
    vega: User, vega_accountant: User, login: Login
) -> None:
    html = login(vega_accountant).get(reverse("accounts:access")).content.decode()
    assert vega.full_name not in html
    assert "бухгалтер" in html


def test_a_session_elsewhere_is_ended(vega: User) -> None:
    here, elsewhere = Browser(), Browser()
    log_in(here, "vega")
    log_in(elsewhere, "vega")
    elsewhere.get(reverse("contracts:home"))
    other = UserSession.objects.get(session_key=elsewhere.session.session_key)
    here.post(reverse("accounts:session-end", args=[other.pk]))
    assert elsewhere.get(reverse("contracts:home")).status_code == 302
    assert here.get(reverse("contracts:home")).status_code == 200
    assert JournalEntry.objects.filter(action="session_ended").exists()


def test_a_strangers_session_is_not_found(vega: User, orion: User) -> None:
    theirs, mine = Browser(), Browser()
    log_in(theirs, "vega")
    log_in(mine, "orion")
    session = UserSession.objects.get(user=vega)
    assert mine.post(reverse("accounts:session-end", args=[session.pk])).status_code == 404


def test_only_living_sessions_are_shown(vega: User) -> None:
    here, idle, expired = Browser(), Browser(), Browser()
    for visitor in (here, idle, expired):
        log_in(visitor, "vega")
    long_ago = timezone.now() - datetime.timedelta(hours=1)
    key = idle.session.session_key
    UserSession.objects.filter(session_key=key).update(last_seen_at=long_ago, ip="192.0.2.7")
    key = expired.session.session_key
    UserSession.objects.filter(session_key=key).update(ip="192.0.2.8")
    Session.objects.filter(session_key=key).update(expire_date=long_ago)
    html = here.get(reverse("accounts:access")).content.decode()
    assert "этот сеанс" in html
    assert "192.0.2.7" not in html
    assert "192.0.2.8" not in html


def test_what_ended_is_swept(vega: User) -> None:
    living, expired = Browser(), Browser()
    log_in(living, "vega")
    log_in(expired, "vega")
    key = expired.session.session_key
    Session.objects.filter(session_key=key).update(expire_date=timezone.now())
    tasks.sweep_ended_sessions()
    assert [row.session_key for row in UserSession.objects.all()] == [living.session.session_key]
    assert not Session.objects.filter(session_key=key).exists()


def test_activity_is_noted_once_a_minute(vega: User) -> None:
    visitor = Browser()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        log_in(visitor, "vega")
        visitor.get(reverse("contracts:home"))
        noted = UserSession.objects.get().last_seen_at
        clock.shift(datetime.timedelta(seconds=30))
        visitor.get(reverse("contracts:home"))
        assert UserSession.objects.get().last_seen_at == noted
        clock.shift(datetime.timedelta(seconds=61))
        visitor.get(reverse("contracts:home"))
        assert UserSession.objects.get().last_seen_at > noted
