"""The office's sentences after saving: neutral, with the row's link, for every kind of button."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import SiteNotice, User
from billing.models import VatRate
from cabinet.saying import Saying
from contracts.models import Branch, CalendarDay, Contract
from tests.office.test_pages import PAGES

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """An administrator at work."""
    return login(office)


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def branch_form(branch: Branch, **values: str) -> dict[str, str]:
    names = ("name", "city", "address", "phone", "email", "hours")
    rows = {
        f"{prefix}-{count}_FORMS": "0"
        for prefix in ("assignments", "specialists")
        for count in ("TOTAL", "INITIAL")
    }
    return {**{name: getattr(branch, name) for name in names}, **rows, **values}


@pytest.fixture
def branch(vega_contract: Contract) -> Branch:
    """Of a name that a page must escape."""
    Branch.objects.filter(pk=vega_contract.branch_id).update(name="Север <и> юг")
    return Branch.objects.get(pk=vega_contract.branch_id)


@pytest.mark.parametrize(
    ("button", "following"), [("_save", ""), ("_continue", " Можно править дальше.")]
)
def test_a_changed_row(button: str, following: str, desk: Browser, branch: Branch) -> None:
    page = url("contracts_branch_change", branch.pk)
    answer = desk.post(page, branch_form(branch, hours="пн–пт 9:00–18:00") | {button: "1"})
    link = f'<a href="{page}">Север &lt;и&gt; юг</a>'
    assert said(answer) == [f"Сохранено: Отделение {link}.{following}"]
    assert link in desk.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("button", "following"),
    [
        ("_save", ""),
        ("_continue", " Можно править дальше."),
        ("_addanother", " Теперь можно добавить следующую запись."),
    ],
)
def test_an_added_row(button: str, following: str, desk: Browser) -> None:
    values = {"percent": "7", "starts_on": "2031-01-01", button: "1"}
    answer = desk.post(url("billing_vatrate_add"), values)
    page = url("billing_vatrate_change", VatRate.objects.get(percent=7).pk)
    link = f'<a href="{page}">7 % с 01.01.2031</a>'
    assert said(answer) == [f"Добавлено: Ставка НДС {link}.{following}"]


def test_a_sentence_ends_once(desk: Browser) -> None:
    until = "2099-01-01T00:00+03:00"
    notice = SiteNotice.objects.create(text="Касса закрыта.", shown_until=until)
    form = {
        "text": "Касса закрыта!",
        "shown_from_0": "01.01.2026", "shown_from_1": "00:00",
        "shown_until_0": "01.01.2099", "shown_until_1": "00:00",
    }  # fmt: skip
    answer = desk.post(url("accounts_sitenotice_change", notice.pk), form)
    assert [words.rpartition(">Касса")[2] for words in said(answer)] == [" закрыта!</a>"]


def test_a_deleted_row_and_chosen_rows(desk: Browser) -> None:
    days = [CalendarDay.objects.create(date=f"2031-01-0{n}", is_working=False) for n in (1, 2, 3)]
    alone, *others = days
    answer = desk.post(url("contracts_calendarday_delete", alone.pk), {"post": "yes"})
    assert said(answer) == ["Удалено: День календаря 01.01.2031: выходной."]
    chosen = {
        "action": "delete_selected",
        "post": "yes",
        "_selected_action": [d.pk for d in others],
    }
    answer = desk.post(url("contracts_calendarday_changelist"), chosen)
    assert said(answer)[1:] == ["Производственный календарь: удалено 2."]
    assert not CalendarDay.objects.exists()


def test_rows_below_a_card_are_added_in_words_that_fit_any(desk: Browser, branch: Branch) -> None:
    html = desk.get(url("contracts_branch_change", branch.pk)).content.decode()
    assert re.findall(r"&quot;addText&quot;: &quot;(.*?)&quot;", html) == [
        json.dumps("Добавить строку")[1:-1]
    ]


def test_every_page_that_saves_speaks_so() -> None:
    """Of those that the table of pages opens to somebody."""
    saving = {
        model_admin
        for model, model_admin in admin.site._registry.items()
        for deed in ("add", "change", "delete")
        if "w" in PAGES[f"{model._meta.app_label}_{model._meta.model_name}_{deed}"]
    }
    assert len(saving) > 10
    assert [one for one in saving if not isinstance(one, Saying)] == []
