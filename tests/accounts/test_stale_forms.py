"""A form of before a login in another tab: nothing that was typed in it is lost."""

from __future__ import annotations

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from django.urls import reverse
from django.utils.crypto import get_random_string

from accounts.models import User
from contracts.models import Contract
from meters.models import Reading
from tests import make
from tests.meters.table import registers

pytestmark = pytest.mark.django_db

TYPED = "1 234,5"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def tab(vega: User) -> Browser:
    """Vega's director, with the protection that a real browser meets."""
    tab = Browser(enforce_csrf_checks=True)
    tab.force_login(vega, backend=BACKEND)
    return tab


def filled(tab: Browser, contract: Contract) -> dict[str, str]:
    """The readings page as it is sent: its hidden fields, and a value in each input."""
    html = tab.get(reverse("meters:readings", args=[contract.pk])).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    values = dict.fromkeys((f"r{register.pk}" for register in registers(contract)), TYPED)
    assert len(values) == 2
    return {**hidden, **values, "action": "check"}


def log_in_again(tab: Browser) -> None:
    """What a login in another tab does to this one: another session, another secret."""
    tab.cookies["csrftoken"] = get_random_string(32)


def test_it_comes_back_filled_in(tab: Browser, vega_contract: Contract) -> None:
    form = filled(tab, vega_contract)
    log_in_again(tab)
    page = tab.post(reverse("meters:readings", args=[vega_contract.pk]), form, follow=True)
    assert "всё, что вы ввели, сохранено" in page.content.decode()
    assert page.content.decode().count(TYPED) == 2
    assert not Reading.objects.exists()


def test_a_visitor_is_led_through_the_login(
    tab: Browser, vega: User, vega_contract: Contract
) -> None:
    form = filled(tab, vega_contract)
    log_in_again(tab)
    Session.objects.all().delete()
    page = tab.post(reverse("meters:readings", args=[vega_contract.pk]), form, follow=True)
    assert "Войдите снова: всё, что вы ввели, сохранено." in page.content.decode()
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert token
    credentials = {"login": vega.username, "password": make.PASSWORD}
    sent = {**credentials, "csrfmiddlewaretoken": token[1]}
    page = tab.post(page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"], sent)
    page = tab.get(page["Location"], follow=True)
    assert page.content.decode().count(TYPED) == 2


@pytest.mark.parametrize("seal", ["", "1:false"])
def test_another_sites_form_is_refused(tab: Browser, vega_contract: Contract, seal: str) -> None:
    form = {**filled(tab, vega_contract), "seal": seal}
    log_in_again(tab)
    address = reverse("meters:readings", args=[vega_contract.pk])
    assert tab.post(address, form).status_code == 403
    assert TYPED not in tab.get(address).content.decode()


def test_somebody_elses_form_is_not_shown(
    tab: Browser, vega_accountant: User, vega_contract: Contract
) -> None:
    form = filled(tab, vega_contract)
    tab.force_login(vega_accountant, backend=BACKEND)
    log_in_again(tab)
    page = tab.post(reverse("meters:readings", args=[vega_contract.pk]), form, follow=True)
    assert TYPED not in page.content.decode()


def test_somebody_elses_form_is_refused_in_words(
    tab: Browser, vega_accountant: User, vega_contract: Contract
) -> None:
    form = filled(tab, vega_contract)
    tab.force_login(vega_accountant, backend=BACKEND)
    log_in_again(tab)
    page = tab.post(reverse("meters:readings", args=[vega_contract.pk]), form)
    assert page.status_code == 403
    assert "403_csrf.html" in [template.name for template in page.templates]
    assert not tab.session.get("posted")


def test_what_a_script_saves_is_answered_as_before(tab: Browser, vega_contract: Contract) -> None:
    form = {**filled(tab, vega_contract), "action": "autosave"}
    log_in_again(tab)
    address = reverse("meters:readings", args=[vega_contract.pk])
    assert tab.post(address, form).status_code == 403
