"""A session ends while a person writes: after the login the form is as it was, files included."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as portal
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract, Topic
from messaging.models import Attachment, Draft, Entry, Message
from tests import make
from tests.messaging.post import PDF, address, key_of, pdf, stored_files, text_of, values

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("specialist")]

Login = Callable[[User], Browser]
KEPT = "Сеанс закончился, но всё, что вы ввели, сохранено. Проверьте и отправьте."


def row_is_gone(browser: Browser) -> None:
    """Somebody cleared the sessions."""
    Session.objects.all().delete()


def was_idle(browser: Browser) -> None:
    """Nobody clicked for longer than a session may be idle."""
    session = browser.session
    session["seen_at"] = time.time() - portal.SESSION_IDLE.total_seconds() - 60
    session.save()


def was_long(browser: Browser) -> None:
    """The session is older than a session may be."""
    session = browser.session
    session["started_at"] = time.time() - portal.SESSION_ABSOLUTE.total_seconds() - 60
    session.save()


ENDS = pytest.mark.parametrize("end", [row_is_gone, was_idle, was_long])


def hidden(page: Any) -> dict[str, str]:
    """What a browser posts besides what was typed."""
    return {"form_key": key_of(page), "seal": page.context["seal"]}


def log_in(browser: Browser, user: User, response: Any) -> Any:
    """Through the login page to which `response` leads, and on; the page that opens."""
    assert response["Location"].startswith(reverse("account_login"))
    login_page = browser.get(response["Location"])
    assert "Войдите снова: всё, что вы ввели, сохранено." in text_of(login_page)
    answer = browser.post(response["Location"], {"login": user.username, "password": make.PASSWORD})
    assert answer.status_code == 302
    return browser.get(answer["Location"])


@ENDS
def test_a_new_message_is_there_after_the_login(
    end: Callable[[Browser], None], vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    page = browser.get(address(vega_contract))
    end(browser)
    files = [pdf(), pdf("вирус.exe")]
    typed = values(text="Первая строка\r\nвторая", phone="12", files=files, **hidden(page))
    page = log_in(browser, vega, browser.post(address(vega_contract), typed))
    assert KEPT in text_of(page)
    assert "Файл «вирус.exe» не такого вида" in text_of(page)
    initial = page.context["form"].initial
    assert (initial["topic"], initial["text"], initial["email"], initial["phone"]) == (
        "general", "Первая строка\nвторая", "buh@vega.example", "12",
    )  # fmt: skip
    assert [file.read() for file in page.context["files"]] == [PDF]
    assert Message.objects.count() == 0, "the person decides whether to send it"
    sent = browser.post(address(vega_contract), values(**hidden(page)))
    assert sent.status_code == 302
    assert Message.objects.get().attachments.get().name == "Акт замены ПУ.pdf"
    assert KEPT not in text_of(browser.get(address(vega_contract))), "once"


@ENDS
def test_an_addition_is_there_after_the_login(
    end: Callable[[Browser], None], vega: User, vega_contract: Contract, topic: Topic, login: Login
) -> None:
    message = make.message(vega_contract, vega, topic)
    browser = login(vega)
    page = browser.get(message.get_absolute_url())
    end(browser)
    add = reverse("messaging:message-add", args=[vega_contract.pk, message.number])
    posted = {"text": "Дополняю", "action": "send", "files": [pdf()], **hidden(page)}
    page = log_in(browser, vega, browser.post(add, posted))
    assert KEPT in text_of(page)
    assert page.context["form"].initial["text"] == "Дополняю"
    assert [file.name for file in page.context["files"]] == ["Акт замены ПУ.pdf"]
    browser.post(add, {"text": "Дополняю", "action": "send", **hidden(page)})
    assert Entry.objects.get().attachments.count() == 1


@ENDS
def test_another_person_on_the_same_browser_does_not_get_it(
    end: Callable[[Browser], None], vega: User, vega_accountant: User, vega_contract: Contract,
    login: Login,
) -> None:  # fmt: skip
    """A colleague who sees the same contract, which is the nearest that anybody can come."""
    browser = login(vega)
    page = browser.get(address(vega_contract))
    end(browser)
    posted = values(text="Только моё", files=[pdf()], **hidden(page))
    page = log_in(browser, vega_accountant, browser.post(address(vega_contract), posted))
    assert "Только моё" not in text_of(page)
    assert KEPT not in text_of(page)
    assert (Draft.objects.count(), Attachment.objects.count()) == (0, 0)


def test_a_stranger_who_logs_in_gets_nothing(
    vega: User, orion: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    row_is_gone(browser)
    response = browser.post(address(vega_contract), values(text="Только моё"))
    assert log_in(browser, orion, response).status_code == 404
    assert Draft.objects.count() == 0


def test_a_false_seal_keeps_nothing(vega: User, vega_contract: Contract, login: Login) -> None:
    browser = login(vega)
    row_is_gone(browser)
    browser.post(address(vega_contract), values(files=[pdf()], seal=f"{vega.pk}:false"))
    assert stored_files() == []
    assert "posted" not in browser.session


def test_strangers_cannot_fill_the_disk(vega_contract: Contract, settings: Settings) -> None:
    for _ in range(12):
        Browser().post(address(vega_contract), values(files=[pdf()]))
    assert len(stored_files()) == 5
    Browser().post(reverse("messaging:message-list"), {"files": [pdf()]})
    assert len(stored_files()) == 5


def test_a_form_that_was_sent_meanwhile_leads_to_its_message(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    """The answer got lost on the way, the session ended, and the person pressed F5."""
    browser = login(vega)
    typed = values(**hidden(browser.get(address(vega_contract))))
    first = browser.post(address(vega_contract), typed)
    row_is_gone(browser)
    response = browser.post(address(vega_contract), typed)
    browser.get(response["Location"])
    answer = browser.post(response["Location"], {"login": vega.username, "password": make.PASSWORD})
    assert browser.get(answer["Location"])["Location"] == first["Location"]
    assert (Message.objects.count(), Draft.objects.count()) == (1, 0)


@pytest.mark.parametrize("end", [row_is_gone, was_idle])
def test_another_sites_form_is_not_kept(
    end: Callable[[Browser], None], vega: User, vega_contract: Contract
) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(vega, backend="allauth.account.auth_backends.AuthenticationBackend")
    browser.get(address(vega_contract))
    end(browser)
    assert browser.post(address(vega_contract), values(files=[pdf()])).status_code == 403
    assert stored_files() == []
