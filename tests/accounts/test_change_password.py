"""Change and reset of the password: the current one asked, other sessions ended, the owner told."""

from __future__ import annotations

import datetime
import re

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import JournalEntry, Letter, User
from tests import make
from tests.accounts.test_login import log_in

pytestmark = pytest.mark.django_db

NEW = "сорок-тысяч-обезьян-7"


@pytest.fixture
def mine(vega: User) -> Browser:
    EmailAddress.objects.create(user=vega, email=vega.email, verified=True, primary=True)
    mine = Browser()
    log_in(mine, "vega")
    return mine


def change(mine: Browser, current: str = make.PASSWORD, new: str = NEW):
    return mine.post(
        reverse("account_change_password"),
        {"current_password": current, "password1": new, "password2": new},
    )


def test_other_sessions_end_and_this_one_goes_on(mine: Browser, vega: User) -> None:
    elsewhere = Browser()
    log_in(elsewhere, "vega")
    assert change(mine).status_code == 302
    assert mine.get(reverse("contracts:home")).status_code == 200
    assert elsewhere.get(reverse("contracts:home")).status_code == 302
    assert "Пароль вашего личного кабинета изменён" in Letter.objects.get(to=vega.email).plain
    assert JournalEntry.objects.filter(action="password_changed", user=vega).count() == 1


def test_the_current_password_is_asked(mine: Browser, vega: User) -> None:
    assert (
        "Текущий пароль введён неверно" in change(mine, current="wrong-password").content.decode()
    )
    vega.refresh_from_db()
    assert vega.check_password(make.PASSWORD)


def ask_for_a_link(email: str) -> str:
    response = Browser().post(reverse("account_reset_password"), {"email": email}, follow=True)
    return re.sub(r'value="[^"]+"', "", response.content.decode())


def test_a_forgotten_password_is_set_by_a_link_once(mine: Browser, vega: User) -> None:
    ask_for_a_link(vega.email)
    letter = Letter.objects.get(to=vega.email)
    found = re.search(r"http://testserver(\S+)", letter.plain)
    assert found
    visitor = Browser()
    page = visitor.get(found.group(1), follow=True)
    address = page.redirect_chain[-1][0]
    done = visitor.post(address, {"password1": NEW, "password2": NEW})
    assert done["Location"] == reverse("account_reset_password_from_key_done")
    assert JournalEntry.objects.filter(action="password_reset", user=vega).exists()
    assert log_in(Browser(), "vega", NEW).status_code == 302
    assert mine.get(reverse("contracts:home")).status_code == 302, "old sessions end"
    assert "Ссылка не подходит" in Browser().get(found.group(1), follow=True).content.decode()


def test_a_link_is_good_for_an_hour_and_of_the_portal(
    mine: Browser, vega: User, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Browser().post(
            reverse("account_reset_password"), {"email": vega.email}, HTTP_HOST="evil.example"
        )
        letter = Letter.objects.get(to=vega.email)
        assert "evil.example" not in letter.plain + letter.html
        found = re.search(r"http://testserver(\S+)", letter.plain)
        clock.shift(datetime.timedelta(minutes=59))
        page = Browser().get(found.group(1), follow=True)
        assert "Новый пароль" in page.content.decode()
        clock.shift(datetime.timedelta(minutes=2))
        assert "Ссылка не подходит" in Browser().get(found.group(1), follow=True).content.decode()


def test_the_page_does_not_tell_who_is_known(mine: Browser, vega: User) -> None:
    assert ask_for_a_link(vega.email) == ask_for_a_link("nobody@vega.example")
    assert Letter.objects.filter(to="nobody@vega.example").count() == 0
