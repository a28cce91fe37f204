"""Two people of the office change one card: the second is told, and nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client, User
from contracts.models import Branch, Topic
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
OVERTAKEN = "Пока вы правили, запись изменил другой сотрудник"


def seen(page: Any) -> str:
    return str(page.context["seen"])


def values(page: Any) -> dict[str, Any]:
    """What the form of a page would send, as it is."""
    form = page.context["adminform"].form
    found = {bound.html_name: bound.value() for bound in form}
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        for part in (formset.management_form, *formset.forms):
            found |= {bound.html_name: bound.value() for bound in part}
    return {name: "" if value is None else value for name, value in found.items()}


@pytest.fixture
def topic_page(topic: Topic) -> str:
    return reverse("admin:contracts_topic_change", args=[topic.pk])


def test_the_second_is_told_what_the_first_has_changed(
    office: User, superuser: User, login: Login, topic: Topic, topic_page: str
) -> None:
    first, second = login(office), login(superuser)
    pages = first.get(topic_page), second.get(topic_page)
    sent = {**values(pages[0]), "answer_days": 7, "_seen": seen(pages[0])}
    assert first.post(topic_page, sent).status_code == 302

    late = {**values(pages[1]), "name": "Новое название", "_seen": seen(pages[1])}
    answer = second.post(topic_page, late)
    assert answer.status_code == 200
    words = answer.content.decode()
    assert OVERTAKEN in words
    assert "«Срок ответа, рабочих дней»" in words
    assert "Зимина" in words, "who did it is said"
    assert 'value="Новое название"' in words, "what was typed stays"
    topic.refresh_from_db()
    assert (topic.answer_days, topic.name) == (7, "Договор и общие вопросы")

    again = {**late, "_seen": seen(answer)}
    assert second.post(topic_page, again).status_code == 302
    topic.refresh_from_db()
    assert topic.name == "Новое название"


def test_nothing_is_said_when_nothing_has_changed(
    office: User, login: Login, topic: Topic, topic_page: str
) -> None:
    desk = login(office)
    page = desk.get(topic_page)
    topic.save()
    sent = {**values(page), "name": "Другое", "_seen": seen(page)}
    assert desk.post(topic_page, sent).status_code == 302


def test_what_the_form_does_not_show_is_no_matter(office: User, login: Login, vega: User) -> None:
    desk = login(office)
    address = reverse("admin:accounts_user_change", args=[vega.pk])
    page = desk.get(address)
    User.objects.filter(pk=vega.pk).update(last_login="2026-11-26T12:00:00Z")
    sent = {**values(page), "phone": "+7 900 000-00-09", "_seen": seen(page)}
    assert desk.post(address, sent).status_code == 302


def test_rows_below_the_card_count_too(
    office: User, login: Login, superuser: User, topic: Topic, vega_client: Client
) -> None:
    desk = login(office)
    branch = make.branch()
    address = reverse("admin:contracts_branch_change", args=[branch.pk])
    page = desk.get(address)
    make.assignment(topic, make.specialist(branch), branch=branch)
    sent = {**values(page), "hours": "круглосуточно", "_seen": seen(page)}
    words = desk.post(address, sent).content.decode()
    assert OVERTAKEN in words
    assert "«Кто ведёт темы всех договоров отделения»" in words
    assert Branch.objects.get(pk=branch.pk).hours == "пн–пт 8:00–17:00"


@pytest.mark.parametrize("token", ["", "[]", "{}", "null", "7", "{", '{"name":1}'])
def test_a_spoilt_token_is_a_page_of_long_ago(
    token: str, office: User, login: Login, topic: Topic, topic_page: str
) -> None:
    desk = login(office)
    sent = {**values(desk.get(topic_page)), "_seen": token}
    assert OVERTAKEN in desk.post(topic_page, sent).content.decode()


def test_every_form_that_changes_something_carries_it(
    superuser: User, login: Login, topic: Topic, vega: User, vega_contract: Any
) -> None:
    desk = login(superuser)
    person = make.specialist(vega_contract.branch)
    rows = (topic, vega, vega_contract, vega_contract.client, vega_contract.branch, person)
    for row in (*rows, make.assignment(topic, person, branch=vega_contract.branch)):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        page = desk.get(reverse(name, args=[row.pk])).content.decode()
        assert re.search(r'name="_seen" value="\{', page), row


def test_a_card_that_is_only_looked_at_carries_nothing(
    office: User, login: Login, vega_contract: Any
) -> None:
    point = vega_contract.points.first()
    page = login(office).get(reverse("admin:meters_meteringpoint_change", args=[point.pk]))
    assert "seen" not in page.context
