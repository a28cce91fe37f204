"""A clerk at the counter: from the ИНН to the slip, in Chromium, every page accessible."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.lists import deeds
from accounts.models import Client, Enrolment, EnrolmentList, Membership, User
from contracts.models import Contract
from tests import factors, make
from tests.accounts.test_enrolment_list import row
from tests.browser.staff import log_in
from tests.browser.test_axe import violations
from tests.messaging.post import PDF

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page, complaints: list[str]) -> None:
    """Axe finds nothing, wide and narrow, nothing scrolls sideways at 320 px.

    The console was silent until now; what axe itself provokes does not count.
    """
    assert not complaints
    found = {}
    for width, height in ((1280, 900), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        found[width] = violations(page)
    assert not any(found.values()), found
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})
    complaints.clear()


def _list(client: Client, by: User) -> EnrolmentList:
    """A list with a good row and a bad one."""
    rows = [
        {"number": 2, "cells": row(client, email="list@vega.example")},
        {"number": 3, "cells": row(client, email="")},
    ]
    return EnrolmentList.objects.create(
        form_key=uuid.uuid4(), name="Список.csv", sha256="0" * 64, rows=rows, created_by=by
    )


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Дальше").click()


def test_a_clerk_gives_an_access(
    office: User,
    vega: User,
    vega_client: Client,
    vega_contract: Contract,
    page: Page,
    complaints: list[str],
    tmp_path: Path,
) -> None:
    factors.give(office)
    log_in(page)
    page.get_by_role("link", name="Оформить доступ", exact=True).first.click()
    page.get_by_label("Компания").fill(vega_client.inn)
    page.get_by_role("button", name="Найти").click()
    look(page, complaints)
    page.get_by_role("button", name="Оформить доступ").click()
    look(page, complaints)
    go_on(page)
    page.get_by_label("Найти человека").fill("громов")
    page.get_by_role("button", name="Найти").click()
    expect(page.get_by_role("row", name=re.compile("Громов"))).to_contain_text("ООО «Вега»")
    look(page, complaints)
    page.get_by_label("Фамилия").fill("Новикова")
    page.get_by_label("Имя").fill("Ольга")
    page.get_by_label("E-mail:").fill("novikova@vega.example")
    page.get_by_label("Телефон").fill("+7 900 000-00-07")
    go_on(page)
    page.get_by_label("Должность").fill("бухгалтер")
    page.get_by_label("Роль в кабинете").select_option(label="бухгалтер")
    page.get_by_label(re.compile("^Приказ")).check()
    page.get_by_label("Номер документа").fill("5-к")
    page.get_by_label("Дата документа").fill("2026-02-01")
    look(page, complaints)
    go_on(page)
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Напечатать соглашение").click()
    popup.value.close()
    look(page, complaints)
    scan = tmp_path / "Соглашение.pdf"
    scan.write_bytes(PDF)
    page.get_by_label("Скан подписанного соглашения").set_input_files(scan)
    page.get_by_role("button", name="Подписано, выдать логин").click()
    slip = page.get_by_role("region", name="Листок с логином")
    expect(slip).to_contain_text("ul-004217")
    look(page, complaints)
    password = slip.locator(".slip-code").last.inner_text()
    assert Membership.objects.get(user__username="ul-004217").user.check_password(password)
    assert not complaints


def test_the_pages_beside_the_wizard_are_accessible(
    office: User,
    vega: User,
    vega_client: Client,
    vega_contract: Contract,
    page: Page,
    complaints: list[str],
) -> None:
    factors.give(office)
    log_in(page)
    enrolment = make.enrolment(vega_client, office)
    chosen = make.enrolment(vega_client, office, user=vega)
    waiting, confirmed = (_list(vega_client, office) for _ in range(2))
    deeds.confirm(kept=confirmed, by=office)
    assert Enrolment.objects.open().count() == 3
    for address in (
        f"/office/accounts/enrolment/{enrolment.pk}/abandon/",
        f"/office/accounts/enrolment/{chosen.pk}/person/",
        f"/office/accounts/enrolment/transfer/{vega_client.pk}/",
        "/office/accounts/enrolmentlist/new/",
        f"/office/accounts/enrolmentlist/{waiting.pk}/change/",
        f"/office/accounts/enrolmentlist/{confirmed.pk}/change/",
    ):
        page.goto(address)
        look(page, complaints)
