"""The second factor: setting up, logging in, each code once, limits, recovery, turning off."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from django.utils.http import urlencode
from pytest_django import Settings

from accounts import sessions
from accounts.models import JournalEntry, Letter, User
from accounts.second_factor import codes, rules, sealing
from exchange.demo import factor
from tests import factors, make
from tests.accounts.test_login import EVIL, log_in

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
SET = "accounts:second-factor-set"


def actions(user: User) -> list[str]:
    found = JournalEntry.objects.filter(user=user).order_by("pk")
    return list(found.values_list("action", flat=True))


def offered_key(html: str) -> str:
    """The key that the set-up page shows."""
    found = re.search(r'factor__key" translate="no">([^<]+)<', html)
    assert found
    return found[1].replace(" ", "")


def type_code(browser: Browser, code: str):
    return browser.post(reverse("mfa_authenticate"), {"code": code})


def set_up(browser: Browser, *, password: str = make.PASSWORD, code: str = ""):
    key = offered_key(browser.get(reverse(SET)).content.decode())
    typed = code or factor.code(key)
    return browser.post(reverse(SET), {"code": typed, "current_password": password})


# Staff without one --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["office", "superuser"])
def test_staff_without_a_factor_get_its_page_and_no_other(
    who: str, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    browser = Browser()
    log_in(browser, user.username)
    for page in (
        "admin:index",
        "admin:accounts_client_changelist",
        "admin:jsi18n",
        "contracts:home",
        "account_change_password",
        "accounts:second-factor-off",
        "accounts:recovery-codes-new",
        "mfa_reauthenticate",
        "accounts:front",
    ):
        for method in (browser.get, browser.post):
            answer = method(reverse(page))
            assert answer.status_code == 302, page
            assert answer["Location"].startswith(reverse(SET)), page
    html = browser.get(reverse(SET)).content.decode()
    assert "Рабочее место открывается только с кодом" in html
    assert "data:image" not in html
    assert reverse("contracts:home") not in html
    assert browser.post(reverse("account_logout")).status_code == 302


def test_setting_up_opens_the_office_and_shows_the_recovery_codes_once(office: User) -> None:
    browser, elsewhere = Browser(), Browser()
    log_in(browser, "office")
    log_in(elsewhere, "office")
    answer = set_up(browser)
    html = answer.content.decode()
    spare = re.findall(r"<li>(\d{4} \d{4})</li>", html)
    assert len(set(spare)) == 10
    assert "no-store" in answer["Cache-Control"]
    assert browser.get(reverse("admin:index")).status_code == 200
    for page in ("accounts:second-factor", "accounts:recovery-codes-new"):
        assert spare[0] not in browser.get(reverse(page)).content.decode()
    assert elsewhere.get(reverse("admin:index")).status_code == 302  # ended
    assert elsewhere.get(reverse("admin:index"))["Location"].startswith(reverse("admin:login"))
    assert "second_factor_set" in actions(office)
    assert "включён код при входе" in Letter.objects.get(to=office.email).plain


def test_a_reload_offers_the_same_key(office: User) -> None:
    browser = Browser()
    log_in(browser, "office")
    first, second = (offered_key(browser.get(reverse(SET)).content.decode()) for _ in range(2))
    assert first == second
    stored = str(dict(browser.session.items()))
    assert first not in stored


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"code": "000000"}, "Код не подошёл"),
        ({"password": "wrong-password"}, "Текущий пароль введён неверно"),
    ],
)
def test_a_wrong_code_or_password_sets_nothing(values: dict, words: str, office: User) -> None:
    browser = Browser()
    log_in(browser, "office")
    assert words in set_up(browser, **values).content.decode()
    assert not rules.is_set(office)
    assert browser.get(reverse("admin:index")).status_code == 302


def test_a_session_from_before_the_factor_is_asked_for_a_code(office: User) -> None:
    browser = Browser()
    log_in(browser, "office")
    factors.give(office)
    answer = browser.get(reverse("admin:accounts_client_changelist"))
    confirm = reverse("mfa_reauthenticate")
    assert answer["Location"] == f"{confirm}?next=%2Foffice%2Faccounts%2Fclient%2F"
    assert browser.get(answer["Location"]).status_code == 200
    answer = browser.post(answer["Location"], {"code": factors.code()})
    assert answer["Location"] == reverse("admin:accounts_client_changelist")
    assert browser.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("evil", EVIL)
def test_next_never_leaves_the_portal(office: User, evil: str) -> None:
    factors.give(office)
    browser = Browser()
    browser.post(
        reverse("account_login"), {"login": "office", "password": make.PASSWORD, "next": evil}
    )
    assert type_code(browser, factors.code())["Location"] == reverse("admin:index")
    confirm = f"{reverse('mfa_reauthenticate')}?{urlencode({'next': evil})}"
    answer = browser.post(confirm, {"code": factors.code(ahead=1)})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/office/")


def test_a_client_who_becomes_staff_needs_one(vega: User, login: Login) -> None:
    browser = login(vega)
    assert browser.get(reverse("contracts:home")).status_code == 200
    User.objects.filter(pk=vega.pk).update(is_staff=True)
    assert browser.get(reverse("contracts:home"))["Location"].startswith(reverse(SET))


# Logging in ---------------------------------------------------------------------------------------


def test_the_password_alone_opens_nothing(office: User) -> None:
    factors.give(office)
    browser = Browser()
    answer = log_in(browser, "office")
    assert answer["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in browser.session
    assert browser.get(reverse("admin:index"))["Location"].startswith(reverse("admin:login"))
    assert "login" not in actions(office)
    answer = type_code(browser, factors.code())
    assert answer["Location"] == reverse("admin:index")
    assert browser.get(reverse("admin:index")).status_code == 200
    assert actions(office) == ["login"]


def test_where_one_wanted_to_go(office: User) -> None:
    factors.give(office)
    browser = Browser()
    values = {"login": "office", "password": make.PASSWORD, "next": "/office/accounts/client/"}
    browser.post(reverse("account_login"), values)
    assert type_code(browser, factors.code())["Location"] == "/office/accounts/client/"


def test_without_a_password_there_is_no_code_page(db: None) -> None:
    for answer in (Browser().get(reverse("mfa_authenticate")), type_code(Browser(), "123456")):
        assert answer["Location"] == reverse("account_login")


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "１２３４５６", "000 000", "9" * 21])
def test_a_wrong_code_is_refused_and_noted(typed: str, office: User) -> None:
    factors.give(office)
    browser = Browser()
    log_in(browser, "office")
    html = type_code(browser, typed).content.decode()
    assert "<title>Ошибка:" in html
    assert ("Код не подошёл" if typed else "Введите код") in html
    assert "_auth_user_id" not in browser.session
    noted = actions(office).count("second_factor_refused")
    assert noted == (1 if 0 < len(typed) <= 20 else 0)


def test_a_code_opens_once(office: User) -> None:
    factors.give(office)
    with time_machine.travel(time.time(), tick=False):
        used = factors.code()
        first, second = Browser(), Browser()
        log_in(first, "office")
        log_in(second, "office")
        assert type_code(first, used).status_code == 302
        assert "Код не подошёл" in type_code(second, used).content.decode()
        assert type_code(second, factors.code(ahead=1)).status_code == 302
        third = Browser()
        log_in(third, "office")
        for earlier in (used, factors.code(ahead=1), factors.code(ahead=-1)):
            assert "Код не подошёл" in type_code(third, earlier).content.decode()


def test_the_code_of_the_set_up_is_used_up(office: User) -> None:
    browser = Browser()
    log_in(browser, "office")
    with time_machine.travel(time.time(), tick=False):
        key = offered_key(browser.get(reverse(SET)).content.decode())
        set_up(browser)
        again = Browser()
        log_in(again, "office")
        assert "Код не подошёл" in type_code(again, factor.code(key)).content.decode()


def test_a_phone_may_be_half_a_minute_wrong_and_no_more(office: User) -> None:
    factors.give(office)
    now = time.time()
    with time_machine.travel(now, tick=False):
        near, far = [factors.code(ahead=n) for n in (-1, 1)], factors.code(ahead=2)
        assert codes.matching_step(factors.KEY, far) is None
        assert codes.matching_step(factors.KEY, factors.code(ahead=-2)) is None
        assert all(codes.matching_step(factors.KEY, code) for code in near)


def test_wrong_codes_are_counted_wherever_they_come_from(office: User) -> None:
    factors.give(office)
    for n in range(10):
        browser = Browser(REMOTE_ADDR=f"192.0.2.{n + 1}")
        log_in(browser, "office")
        type_code(browser, "000000")
    browser = Browser(REMOTE_ADDR="198.51.100.1")
    log_in(browser, "office")
    assert "Слишком много неверных кодов" in type_code(browser, factors.code()).content.decode()
    with time_machine.travel(time.time() + 301):
        log_in(browser, "office")
        assert type_code(browser, factors.code()).status_code == 302


def test_another_login_instead(office: User, vega: User) -> None:
    factors.give(office)
    browser = Browser()
    log_in(browser, "office")
    browser.post(reverse("account_logout"), {"next": reverse("account_login")})
    assert browser.get(reverse("mfa_authenticate")).status_code == 302
    assert log_in(browser, "vega")["Location"] == reverse("contracts:home")


def test_a_slips_password_is_used_up_only_with_the_code(office: User) -> None:
    from accounts import issuing

    factors.give(office)
    password = issuing.reissue_password(user=office, by=make.user("boss", is_superuser=True))
    browser = Browser()
    log_in(browser, "office", password)
    type_code(browser, "000000")
    log_in(browser, "office", password)
    assert type_code(browser, factors.code()).status_code == 302
    assert browser.get(reverse("admin:index"))["Location"] == reverse("accounts:first-password")


# Recovery codes -----------------------------------------------------------------------------------


def test_a_recovery_code_opens_once_and_its_owner_is_told(office: User) -> None:
    spare = factors.give(office)[3]
    first, second = Browser(), Browser()
    log_in(first, "office")
    assert type_code(first, spare.replace(" ", "")).status_code == 302
    letter = Letter.objects.get(to=office.email)
    assert "Осталось резервных кодов: 9" in letter.plain
    assert "recovery_code_used" in actions(office)
    log_in(second, "office")
    assert "Код не подошёл" in type_code(second, spare).content.decode()


def test_new_recovery_codes_end_the_former_ones(vega: User, login: Login) -> None:
    former = factors.give(vega)
    browser = login(vega)
    page = reverse("accounts:recovery-codes-new")
    wrong = browser.post(page, {"current_password": "wrong", "code": factors.code()})
    assert "Текущий пароль введён неверно" in wrong.content.decode()
    answer = browser.post(page, {"current_password": make.PASSWORD, "code": factors.code()})
    spare = re.findall(r"<li>(\d{4} \d{4})</li>", answer.content.decode())
    assert len(spare) == 10
    assert not set(spare) & set(former)
    assert codes.accept(vega, former[0]) is None
    assert codes.accept(vega, spare[0]) is not None


# Clients ------------------------------------------------------------------------------------------


def test_a_client_may_turn_it_on_and_off(vega: User) -> None:
    browser = Browser()
    log_in(browser, "vega")
    assert "выключен" in browser.get(reverse("accounts:second-factor")).content.decode()
    with time_machine.travel(time.time(), tick=False):
        set_up(browser)
        key = sealing.unseal(Authenticator.objects.get(user=vega, type="totp").data["secret"])
        assert "включён" in browser.get(reverse("accounts:second-factor")).content.decode()
        again = Browser()
        assert log_in(again, "vega")["Location"] == reverse("mfa_authenticate")
        off = reverse("accounts:second-factor-off")
        values = {"current_password": make.PASSWORD, "code": factor.code(key, ahead=1)}
        assert browser.post(off, values).status_code == 302
    assert not Authenticator.objects.filter(user=vega).exists()
    assert log_in(Browser(), "vega")["Location"] == reverse("contracts:home")
    assert actions(vega).count("second_factor_removed") == 1


def test_staff_cannot_turn_it_off(office: User, login: Login) -> None:
    factors.give(office)
    browser = login(office)
    off = reverse("accounts:second-factor-off")
    assert browser.get(off).status_code == 403
    values = {"current_password": make.PASSWORD, "code": factors.code()}
    assert browser.post(off, values).status_code == 403
    assert rules.is_set(office)


def test_an_address_is_changed_with_a_factor_too(vega: User, login: Login) -> None:
    factors.give(vega)
    values = {
        "email": "new@vega.example", "current_password": make.PASSWORD, "action_add": "1",
    }  # fmt: skip
    assert login(vega).post(reverse("account_email"), values).status_code == 302


# At rest ------------------------------------------------------------------------------------------


def test_nothing_secret_stands_in_the_database(office: User) -> None:
    spare = factors.give(office)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert factors.KEY not in stored
    assert not any(code.replace(" ", "") in stored for code in spare)


def test_the_key_of_the_installation_can_be_changed(office: User, settings: Settings) -> None:
    factors.give(office)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" + "x" * 50
    assert sealing.reseal_all() == 1
    settings.SECRET_KEY_FALLBACKS = []
    assert codes.accept(office, factors.code()) is not None


def test_an_unreadable_key_refuses_and_breaks_nothing(office: User, settings: Settings) -> None:
    factors.give(office)
    settings.SECRET_KEY = "another-" + "x" * 50
    assert codes.accept(office, factors.code()) is None
    assert codes.recovery_codes_left(office) == 0


def test_sessions_are_listed_as_before(office: User) -> None:
    factors.give(office)
    browser = Browser()
    log_in(browser, "office")
    type_code(browser, factors.code())
    assert sessions.open_sessions(office).count() == 1
    assert settings.SESSION_COOKIE_NAME in browser.cookies
