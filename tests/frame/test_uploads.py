"""Bodies that are too large, and requests that make no sense."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract
from messaging.models import Attachment

pytestmark = pytest.mark.django_db


def test_a_body_that_no_form_needs_is_refused_in_words(
    vega: User, vega_contract: Contract, login: Callable[[User], Browser], settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 10_000
    browser = login(vega)
    browser.raise_request_exception = False
    file = SimpleUploadedFile("Акт.txt", b"x" * 20_000)
    response = browser.post(
        reverse("messaging:message-new", args=[vega_contract.pk]), {"files": file}
    )
    assert response.status_code == 413
    assert "Файлы слишком велики" in response.content.decode()
    assert not Attachment.objects.exists()


def test_a_request_for_another_host_is_refused_in_words(db: None) -> None:
    response = Browser(raise_request_exception=False).get("/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert "<h1" in response.content.decode()
