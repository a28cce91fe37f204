"""The red band of «Смотреть как клиент»: readable, within 320 px, and it leads back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import Client, User
from contracts.models import Contract
from tests.accounts.test_viewing import begin
from tests.browser.test_axe import check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_band_and_the_way_back(
    office: User,
    vega: User,
    vega_client: Client,
    vega_contract: Contract,
    login: Callable[[User], Browser],
    live_server: LiveServer,
    page: Page,
) -> None:
    desk = login(office)
    begin(desk, vega, vega_client)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies(
        [{"name": name, "value": desk.cookies[name].value, "url": live_server.url}]
    )
    for address in (
        reverse("contracts:home"),
        reverse("contracts:contract", args=[vega_contract.pk]),
    ):
        assert check(page, address) == []
    page.get_by_role("button", name="Завершить").click()
    page.wait_for_url(f"**{reverse('admin:accounts_client_change', args=[vega_client.pk])}")
    assert page.get_by_text("Просмотр глазами клиента завершён.").is_visible()
