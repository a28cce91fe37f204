"""«Уведомления»: which letters the person wants."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import DocumentLetters, User

pytestmark = pytest.mark.django_db

ADDRESS = "/account/notifications/"


@pytest.fixture
def visitor(vega: User, login: Callable[[User], Browser]) -> Browser:
    return login(vega)


def test_somebody_new_is_reminded_and_told_once_a_day(vega: User, visitor: Browser) -> None:
    assert vega.wants_reading_reminders
    assert vega.document_letters == DocumentLetters.DAILY
    html = visitor.get(ADDRESS).content.decode()
    assert "Письма приходят на <b>vega@vega.example</b>" in html
    assert "Уведомления об&nbsp;ограничении" in html
    assert "отказы биллинга в&nbsp;переданных показаниях" in html


def test_rows_stored_past_the_model_get_the_same(vega: User) -> None:
    columns = "username, password, is_superuser, is_staff, is_active, date_joined"
    names = "first_name, last_name, email, patronymic, phone, color_scheme, has_one_time_password"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO accounts_user ({columns}, {names})"  # noqa: S608
            " VALUES ('raw', '!', false, false, true, now(), '', '', '', '', '', '', false)"
        )
    raw = User.objects.get(username="raw")
    assert (raw.wants_reading_reminders, raw.document_letters) == (True, "daily")


def test_the_choice_is_kept_and_said_so(vega: User, visitor: Browser) -> None:
    response = visitor.post(ADDRESS, {"document_letters": "at_once"}, follow=True)
    assert response.redirect_chain == [(ADDRESS, 302)]
    assert "Настройки уведомлений сохранены." in response.content.decode()
    vega.refresh_from_db()
    assert not vega.wants_reading_reminders, "an empty box is «no»"
    assert vega.document_letters == "at_once"

    visitor.post(ADDRESS, {"wants_reading_reminders": "on", "document_letters": "never"})
    vega.refresh_from_db()
    assert (vega.wants_reading_reminders, vega.document_letters) == (True, "never")


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({}, "Выберите, как присылать письма о новых документах."),
        ({"document_letters": "hourly"}, "Выберите один из предложенных вариантов."),
    ],
)
def test_a_choice_that_does_not_exist_is_refused(
    vega: User, visitor: Browser, posted: dict[str, str], words: str
) -> None:
    html = visitor.post(ADDRESS, posted).content.decode()
    assert words in html
    assert "Настройки не сохранены" in html
    assert "Ошибка: Уведомления" in html
    vega.refresh_from_db()
    assert (vega.wants_reading_reminders, vega.document_letters) == (True, "daily")


def test_the_database_knows_the_choices_too(vega: User) -> None:
    with (
        pytest.raises(IntegrityError, match="document_letters_are_known"),
        transaction.atomic(),
    ):
        User.objects.filter(pk=vega.pk).update(document_letters="hourly")


def test_only_ones_own_choice_is_changed(vega: User, orion: User, visitor: Browser) -> None:
    visitor.post(
        ADDRESS,
        {"document_letters": "never", "id": orion.pk, "pk": orion.pk, "is_staff": "on",
         "email": "other@vega.example"},
    )  # fmt: skip
    orion.refresh_from_db()
    vega.refresh_from_db()
    assert orion.document_letters == "daily"
    assert vega.document_letters == "never"
    assert not vega.is_staff
    assert vega.email == "vega@vega.example"


def test_without_an_address_the_page_says_that_no_letter_comes(
    vega: User, login: Callable[[User], Browser]
) -> None:
    User.objects.filter(pk=vega.pk).update(email="")
    html = login(vega).get(ADDRESS).content.decode()
    assert "Адрес не указан, поэтому письма не приходят." in html
    assert reverse("account_email") in html


@pytest.mark.parametrize("name", ["contracts:home", "accounts:access"])
def test_it_is_found_where_address_and_password_are_changed(visitor: Browser, name: str) -> None:
    html = visitor.get(reverse(name)).content.decode()
    for link in (ADDRESS, reverse("account_email"), reverse("account_change_password")):
        assert f'href="{link}"' in html


@pytest.mark.parametrize("ending", ["txt", "html"])
def test_a_letter_that_can_be_switched_off_says_where(ending: str) -> None:
    words = render_to_string(
        f"accounts/letters/_notifications.{ending}", {"site_url": "https://kabinet.example"}
    )
    assert f"https://kabinet.example{ADDRESS}" in words
    assert "отключить такие письма" in words
