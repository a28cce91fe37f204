"""What the office sends after its session has ended."""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_a_form_of_the_office_that_came_too_late_is_said_to_be_lost() -> None:
    browser = Browser()
    answer = browser.post(reverse("admin:accounts_client_add"), {"inn": "1"}, follow=True)
    assert "То, что вы отправили, не сохранено" in answer.content.decode()
    answer = Browser().get(reverse("admin:accounts_client_add"), follow=True)
    assert "не сохранено" not in answer.content.decode()
