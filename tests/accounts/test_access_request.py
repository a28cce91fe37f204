"""The page of a request: what was asked, its course, and withdrawing it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import requests
from accounts.models import AccessRequest, Client, Letter, User
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def asked(vega: User, vega_client: Client) -> AccessRequest:
    """A new request of Vega's."""
    return make.access_request(vega_client, vega)


def page_of(asked: AccessRequest) -> str:
    return reverse("accounts:access-request", args=[asked.client_id, asked.number])


def titles(browser: Browser, asked: AccessRequest) -> list[tuple[str, bool]]:
    course = browser.get(page_of(asked)).context["course"]
    return [(event.title, event.is_now) for event in course]


def test_the_course_follows_the_office(
    vega: User, asked: AccessRequest, office: User, login: Login
) -> None:
    browser = login(vega)
    sent = "Запрос отправлен поставщику"
    assert titles(browser, asked) == [(sent, True)]
    requests.take_up(asked, by=office)
    assert titles(browser, asked) == [("Взят в работу", True), (sent, False)]
    requests.refuse(asked, by=office, reason="Доверенность не заверена.")
    assert titles(browser, asked) == [
        ("Отказано", True),
        ("Взят в работу", False),
        (sent, False),
    ]
    html = browser.get(page_of(asked)).content.decode()
    assert "Доверенность не заверена." in html
    assert office.last_name not in html
    letter = Letter.objects.get()
    assert (letter.to, "Доверенность не заверена." in letter.plain) == (vega.email, True)


def test_every_director_sees_it(
    asked: AccessRequest, vega_client: Client, vega_accountant: User, login: Login
) -> None:
    second = make.user("second")
    make.membership(second, vega_client)
    assert login(second).get(page_of(asked)).status_code == 200
    assert login(vega_accountant).get(page_of(asked)).status_code == 403


def test_withdrawing(vega: User, asked: AccessRequest, office: User, login: Login) -> None:
    browser = login(vega)
    page = reverse("accounts:access-request-withdraw", args=[asked.client_id, asked.number])
    assert "Отозвать запрос" in browser.get(page_of(asked)).content.decode()
    assert browser.get(page).status_code == 405
    answer = browser.post(page, follow=True)
    assert f"Запрос {asked.number} отозван" in answer.content.decode()
    again = browser.post(page, follow=True)
    assert "уже закрыт" in again.content.decode()
    assert Letter.objects.get().to == settings.RETAILER.email
    asked.refresh_from_db()
    assert (asked.state, asked.closed_by) == ("withdrawn", vega)
    for act in (
        lambda: requests.take_up(asked, by=office),
        lambda: requests.refuse(asked, by=office, reason="р"),
    ):
        with pytest.raises(requests.RequestClosed):
            act()


def test_the_list_has_them_all(
    vega: User,
    vega_client: Client,
    orion: User,
    orion_client: Client,
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    page = reverse("accounts:access-request-list", args=[vega_client.pk])
    browser = login(vega)
    assert "Запросов ещё не было" in browser.get(page).content.decode()
    foreign = make.access_request(orion_client, orion)
    own = [make.access_request(vega_client, vega) for _ in range(2)]
    few = statements(browser, page)
    own += [make.access_request(vega_client, vega) for _ in range(18)]
    assert statements(browser, page) == few
    html = browser.get(page).content.decode()
    assert all(one.number in html for one in own)
    assert foreign.number not in html


def test_the_desk_shows_open_requests_first(
    vega: User, vega_client: Client, asked: AccessRequest, office: User, login: Login
) -> None:
    for _ in range(6):
        other = make.access_request(vega_client, vega)
        requests.refuse(other, by=office, reason="р")
    shown = login(vega).get(reverse("accounts:company-access", args=[vega_client.pk]))
    listed = list(shown.context["requests"])
    assert (listed[0], len(listed)) == (asked, 5)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "refused", "closed_at": timezone.now()},
        {"state": "issued", "closed_at": timezone.now()},
        {"state": "withdrawn"},
        {"closed_at": timezone.now()},
        {"role": "boss"},
        {"basis": "power_of_attorney"},
    ],
)
def test_the_database_refuses_nonsense(values: dict[str, object], asked: AccessRequest) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRequest.objects.filter(pk=asked.pk).update(**values)
