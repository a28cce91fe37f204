"""«Сохранить черновик»: what was typed waits for its author."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from contracts.models import Contract
from messaging.models import Attachment, Draft, Message
from tests import make
from tests.messaging.post import address, key_of, pdf, post, stored_files, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("specialist")]

Login = Callable[[User], Browser]


def test_a_draft_survives_logout(vega: User, vega_contract: Contract, login: Login) -> None:
    response = post(
        login(vega), vega_contract, action="save", topic="", text="Начало", files=[pdf()]
    )
    assert response.status_code == 302
    page = login(vega).get(address(vega_contract))
    assert page.context["form"].initial["text"] == "Начало"
    assert [file.name for file in page.context["files"]] == ["Акт замены ПУ.pdf"]
    assert f"Черновик от {page.context['draft'].updated_at.astimezone():%d.%m.%Y}" in text_of(page)
    assert "Удалить черновик" in text_of(page)


def test_a_draft_is_its_authors(
    vega: User, vega_accountant: User, vega_contract: Contract, login: Login
) -> None:
    post(login(vega), vega_contract, action="save", text="Только моё")
    page = login(vega_accountant).get(
        address(vega_contract), {"draft": str(Draft.objects.get().form_key)}
    )
    assert page.context["draft"] is None
    assert "Только моё" not in text_of(page)
    post(
        login(vega_accountant),
        vega_contract,
        action="discard",
        form_key=Draft.objects.get().form_key,
    )
    assert Draft.objects.count() == 1


def test_discarding_a_draft(
    vega: User, vega_contract: Contract, login: Login, django_capture_on_commit_callbacks: Any
) -> None:
    browser = login(vega)
    post(browser, vega_contract, action="save", files=[pdf()])
    with django_capture_on_commit_callbacks(execute=True):
        response = post(browser, vega_contract, action="discard")
    assert "Черновик удалён." in text_of(browser.get(response["Location"]))
    assert (Draft.objects.count(), Attachment.objects.count(), stored_files()) == (0, 0, [])


def test_two_windows_do_not_mix(vega: User, vega_contract: Contract, login: Login) -> None:
    browser = login(vega)
    keys = [key_of(browser.get(address(vega_contract))) for _ in range(2)]
    for key, name in zip(keys, ("первое", "второе"), strict=True):
        post(
            browser,
            vega_contract,
            action="add",
            text=name,
            files=[pdf(f"{name}.pdf")],
            form_key=key,
        )
    post(browser, vega_contract, text="первое", form_key=keys[0])
    assert [file.name for file in Message.objects.get().attachments.all()] == ["первое.pdf"]
    left = browser.get(address(vega_contract))
    assert left.context["form"].initial["text"] == "второе"


def test_a_draft_of_another_topic_does_not_push_in(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.topic(code="meters")
    browser = login(vega)
    post(browser, vega_contract, action="save", text="Про договор", topic="general")
    page = browser.get(address(vega_contract), {"topic": "meters"})
    assert page.context["draft"] is None
    assert page.context["form"].initial["topic"] == "meters"


def test_a_script_saves_in_silence(vega: User, vega_contract: Contract, login: Login) -> None:
    browser = login(vega)
    key = key_of(browser.get(address(vega_contract)))
    assert (
        post(browser, vega_contract, action="autosave", text="Пишу", form_key=key).status_code
        == 204
    )
    assert Draft.objects.get().text == "Пишу"
    post(browser, vega_contract, text="Готово", form_key=key)
    late = post(browser, vega_contract, action="autosave", text="Пишу", form_key=key)
    assert late.status_code == 204
    assert Draft.objects.count() == 0, "nothing is left over of what was sent"
