"""«Добавить файл», «Удалить»: files of a message, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client as Browser
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract
from messaging.models import Attachment, Message
from tests.messaging.post import PDF, PNG, address, key_of, pdf, post, stored_files, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("specialist")]

Login = Callable[[User], Browser]


def test_files_one_by_one_and_several_at_once_and_removed(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    """All of it by buttons that post the form, nothing typed is lost on the way."""
    browser = login(vega)
    page = browser.get(address(vega_contract))
    for files in ([pdf("один.pdf")], [pdf("два.pdf", PDF + b"2"), pdf("три.png", PNG)]):
        response = post(
            browser, vega_contract, action="add", text="Пишу", topic="", phone="+7",
            files=files, form_key=key_of(page),
        )  # fmt: skip
        assert response.status_code == 302
        page = browser.get(response["Location"])
        assert (
            page.context["form"].initial | {"text": "Пишу", "phone": "+7"}
            == page.context["form"].initial
        )
    assert [file.name for file in page.context["files"]] == ["один.pdf", "два.pdf", "три.png"]
    second = page.context["files"][1]
    response = post(
        browser, vega_contract, remove=second.pk, text="Пишу ещё", form_key=key_of(page)
    )
    page = browser.get(response["Location"])
    assert "Файл «два.pdf» удалён." in text_of(page)
    assert page.context["form"].initial["text"] == "Пишу ещё"
    assert Message.objects.count() == 0
    post(browser, vega_contract, form_key=key_of(page))
    assert [file.name for file in Message.objects.get().attachments.all()] == [
        "один.pdf",
        "три.png",
    ]


def test_files_are_kept_byte_for_byte_and_files_match_rows(
    vega: User, vega_contract: Contract, login: Login, django_capture_on_commit_callbacks: Any
) -> None:
    browser = login(vega)
    with django_capture_on_commit_callbacks(execute=True):
        response = post(
            browser, vega_contract, action="add", files=[pdf("а.pdf"), pdf("б.pdf", PDF + b"!")]
        )
        page = browser.get(response["Location"])
        post(browser, vega_contract, remove=page.context["files"][0].pk, form_key=key_of(page))
    attachment = Attachment.objects.get()
    assert (attachment.name, attachment.read(), attachment.size) == (
        "б.pdf",
        PDF + b"!",
        len(PDF) + 1,
    )
    assert stored_files() == [default_storage.path(attachment.path)]


def test_a_file_chosen_but_not_added_is_taken_too(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    page = browser.get(post(browser, vega_contract, action="add", files=[pdf()])["Location"])
    post(browser, vega_contract, files=[pdf("ещё.pdf", PDF + b"!")], form_key=key_of(page))
    assert [file.name for file in Message.objects.get().attachments.all()] == [
        "Акт замены ПУ.pdf",
        "ещё.pdf",
    ]


def test_the_same_file_again_is_one_file(vega: User, vega_contract: Contract, login: Login) -> None:
    browser = login(vega)
    key = key_of(browser.get(address(vega_contract)))
    for _ in range(2):
        post(browser, vega_contract, action="add", files=[pdf()], form_key=key)
    assert Attachment.objects.count() == len(stored_files()) == 1


def test_add_without_a_file_says_what_to_do(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    response = post(login(vega), vega_contract, action="add", text="Не потеряйте")
    assert response.status_code == 422
    assert "Сначала выберите файл на компьютере" in text_of(response)
    assert "Не потеряйте" in text_of(response)
    assert "Выберите тему" not in text_of(response).replace(">Выберите тему<", "")


def test_good_files_stay_when_others_are_refused(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    response = post(
        login(vega), vega_contract, action="add", text="Мой вопрос",
        files=[pdf("хороший.pdf"), pdf("вирус.exe", b"MZ" + b"0" * 100), pdf("пустой.pdf", b"")],
    )  # fmt: skip
    text = text_of(response)
    assert response.status_code == 422
    assert "Файл «вирус.exe» не такого вида" in text
    assert "Файл «пустой.pdf» пустой" in text
    assert "Мой вопрос" in text
    assert [file.name for file in response.context["files"]] == ["хороший.pdf"]
    assert len(stored_files()) == 1


def test_a_refused_file_stops_the_sending(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    """Otherwise the message would leave without what it speaks of."""
    response = post(login(vega), vega_contract, files=[pdf("act.pdf.exe")])
    assert response.status_code == 422
    assert "Сообщение не отправлено" in text_of(response)
    assert Message.objects.count() == 0


def test_limits_of_a_message(
    vega: User, vega_contract: Contract, login: Login, settings: Settings
) -> None:
    settings.ATTACHMENTS_MAX_COUNT = 2
    settings.ATTACHMENTS_MAX_BYTES = len(PDF) * 2 + 10
    browser = login(vega)
    files = [
        pdf("1.pdf"),
        pdf("2.pdf", PDF + b"x" * 20),
        pdf("3.pdf", PDF + b"3"),
        pdf("4.pdf", PDF + b"4"),
    ]
    response = post(browser, vega_contract, action="add", files=files)
    text = text_of(response)
    assert [file.name for file in response.context["files"]] == ["1.pdf", "3.pdf"]
    assert "Файл «2.pdf» не добавлен: с ним вложения займут" in text
    assert "Файл «4.pdf» не добавлен: к сообщению можно приложить 2 файла" in text
    assert len(stored_files()) == 2
