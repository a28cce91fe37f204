"""Notices on every page and planned stops: when they are shown, what they say."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import SiteNotice, User
from contracts.models import Contract

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
HOUR = datetime.timedelta(hours=1)
TEXT = "Показания принимаются по телефону."


def notice(**values: object) -> SiteNotice:
    now = timezone.now()
    return SiteNotice.objects.create(
        **{"text": TEXT, "shown_from": now - HOUR, "shown_until": now + HOUR, **values}
    )


def text(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def test_every_page_shows_it_before_login_too(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    notice()
    assert TEXT in text(Browser(), reverse("account_login"))
    for name in ("contracts:contract", "documents:document-list", "meters:readings"):
        assert TEXT in text(login(vega), reverse(name, args=[vega_contract.pk])), name
    assert TEXT in text(login(vega), reverse("contracts:home"))


@pytest.mark.parametrize(
    "values",
    [
        {"is_on": False},
        {"shown_from": timezone.now() + HOUR, "shown_until": timezone.now() + 2 * HOUR},
        {"shown_until": timezone.now() - HOUR / 2},
    ],
    ids=["switched off", "later", "over"],
)
def test_not_before_its_time_and_not_after(values: dict[str, object], db: None) -> None:
    notice(**values)
    assert TEXT not in text(Browser(), reverse("account_login"))


def test_a_planned_stop_names_its_hours(db: None) -> None:
    first = timezone.localtime().replace(hour=22, minute=0, second=0, microsecond=0)
    first += datetime.timedelta(days=2)
    stop = notice(stops_at=first, resumes_at=first + 1.5 * HOUR, shown_until=first + 9 * HOUR)
    page = text(Browser(), reverse("account_login"))
    assert "с 22:00 до 23:30 (МСК)." in page
    assert "Плановые работы" in page
    SiteNotice.objects.filter(pk=stop.pk).update(resumes_at=first + 8 * HOUR)
    assert "22:00 до" in text(Browser(), reverse("account_login"))
    now = timezone.now()
    SiteNotice.objects.filter(pk=stop.pk).update(stops_at=now - HOUR, resumes_at=now + HOUR)
    assert "Идут плановые работы до" in text(Browser(), reverse("account_login"))


def test_half_a_stop_and_a_wrong_order_are_refused(db: None) -> None:
    now = timezone.now()
    for values in (
        {"stops_at": now},
        {"resumes_at": now},
        {"stops_at": now, "resumes_at": now - HOUR},
        {"shown_until": now - 2 * HOUR},
        {"stops_at": now + 2 * HOUR, "resumes_at": now + 3 * HOUR},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            notice(**values)


def test_the_office_switches_it(office: User, login: Login) -> None:
    desk = login(office)
    now = timezone.localtime()
    data = {
        "text": TEXT,
        "is_on": "on",
        "shown_from_0": f"{now:%d.%m.%Y}",
        "shown_from_1": "00:00",
        "shown_until_0": f"{now + datetime.timedelta(days=1):%d.%m.%Y}",
        "shown_until_1": "12:00",
        "stops_at_0": "", "stops_at_1": "", "resumes_at_0": "", "resumes_at_1": "",
    }  # fmt: skip
    answer = desk.post(reverse("admin:accounts_sitenotice_add"), data)
    assert answer.status_code == 302, answer.content.decode()
    assert TEXT in text(Browser(), reverse("account_login"))
    assert "показывается" in text(desk, reverse("admin:accounts_sitenotice_changelist"))
    half = {**data, "stops_at_0": f"{now:%d.%m.%Y}", "stops_at_1": "10:00"}
    words = desk.post(reverse("admin:accounts_sitenotice_add"), half).content.decode()
    assert "У остановки нужны оба времени" in words


def test_it_costs_one_statement(
    vega: User, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    few = statements(browser, reverse("contracts:home"))
    for _ in range(3):
        notice()
    assert statements(browser, reverse("contracts:home")) == few
