"""«Партия готовится»: the page comes to its end by itself, with JavaScript and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Desk
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from cabinet import celery
from contracts.models import Contract
from exchange.models import OutgoingBatch, OutgoingOrder
from exchange.outgoing import batching, orders
from tests import make
from tests.browser.test_axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW = reverse("admin:exchange_outgoingbatch_new")


@pytest.fixture(params=["with JavaScript", "without"])
def desk(
    request: pytest.FixtureRequest,
    office: User,
    login: Callable[[User], Desk],
    browser: Browser,
    live_server: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Page]:
    """A member of the office at a browser; workers are called by hand."""
    monkeypatch.setattr(celery, "wake", lambda *args: None)
    name = settings.SESSION_COOKIE_NAME
    context = browser.new_context(
        base_url=live_server.url, locale="ru-RU", java_script_enabled=request.param != "without"
    )
    value = login(office).cookies[name].value
    context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    yield context.new_page()
    context.close()


def test_a_batch_ends_at_its_page(desk: Page, vega: User, vega_contract: Contract) -> None:
    make.submission(vega_contract, vega, "100.5", "200.0")
    desk.goto(NEW)
    desk.get_by_role("button", name="Выгрузить показания").click()
    expect(desk.get_by_role("heading", name="Показания: партия готовится")).to_be_visible()
    orders.carry_out(OutgoingOrder.objects.get().pk)
    desk.wait_for_url("**/outgoingbatch/*/change/")
    expect(desk.get_by_text("Показания, партия № 1 выгружена")).to_be_visible()


def test_a_wrong_answer_is_told_and_the_next_one_taken(
    desk: Page, vega: User, vega_contract: Contract
) -> None:
    make.submission(vega_contract, vega, "100.5", "200.0")
    batch = batching.make(kind=OutgoingBatch.Kind.READINGS)
    desk.goto(reverse("admin:exchange_outgoingbatch_answer", args=[batch.pk]))

    def send(text: str) -> None:
        file: Any = {"name": "answers.csv", "mimeType": "text/csv", "buffer": text.encode()}
        desk.get_by_label("Файл ответа").set_input_files(file)
        desk.get_by_role("button", name="Загрузить").click()
        expect(desk.get_by_role("heading", name="ответ принимается")).to_be_visible()
        orders.carry_out(OutgoingOrder.objects.latest("pk").pk)

    send("row;state\n1;lost\n")
    expect(desk.get_by_text("Строка файла 2: ответ «lost» неизвестен")).to_be_visible()
    send("row;state\n1;accepted\n")
    desk.wait_for_url("**/outgoingbatch/*/change/")
    expect(desk.get_by_text("Ответ принят: 1 строка, новых 1.")).to_be_visible()


def test_the_pages_of_orders_are_for_everybody(
    office: User,
    login: Callable[[User], Desk],
    live_server: LiveServer,
    page: Page,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(celery, "wake", lambda *args: None)
    name = settings.SESSION_COOKIE_NAME
    value = login(office).cookies[name].value
    page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    order = orders.order_batch(kind=OutgoingBatch.Kind.READINGS, by=office)
    address = reverse("admin:exchange_outgoingorder_change", args=[order.pk])
    for shown in (address, NEW):
        page.goto(shown)
        assert violations(page) == [], shown
    orders.carry_out(order.pk)
    page.goto(address)
    assert violations(page) == []
