"""A table of readings through Chromium: too large a file, the verdicts, the receipt."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from contracts.models import Contract
from meters import uploading
from meters.models import Reading, Register
from tests import make

# The browser's fixtures belong to tests/browser; a test takes them by importing them.
from tests.browser.conftest import browser_type_launch_args, complaints, context  # noqa: F401
from tests.meters import sheets_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def payload(content: bytes) -> FilePayload:
    """A file as the field takes it."""
    return {"name": "Показания.xlsx", "mimeType": "application/octet-stream", "buffer": content}


def test_a_file_from_the_field_to_the_receipt(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    page: Page,
    live_server: LiveServer,
    complaints: list[str],  # noqa: F811
) -> None:
    page.goto("/")
    page.get_by_label("Логин").fill("vega")
    page.get_by_label("Пароль").fill(make.PASSWORD)
    page.get_by_role("button", name="Войти").click()
    page.wait_for_url("**/home/")
    page.goto(f"/contracts/{vega_contract.pk}/readings/file/")
    field, button = page.get_by_label("Файл с показаниями"), page.get_by_text("Проверить файл")
    field.set_input_files(payload(b"x" * (uploading.LIMITS.file_bytes + 1)))
    expect(page.locator("[data-too-large]")).to_be_visible()
    button.click()
    expect(field).to_be_focused()
    field.set_input_files(payload(sheets_in.book(sheets_in.of(known, 1100, 900))))
    expect(page.locator("[data-too-large]")).to_be_hidden()
    button.click()
    page.get_by_label("Да, значение верное").check()
    page.get_by_label("Причина:").select_option("mistake")
    page.get_by_role("button", name="Передать показания").click()
    page.wait_for_url("**/receipts/**")
    assert Reading.objects.filter(source="client").count() == 2
    assert not complaints
