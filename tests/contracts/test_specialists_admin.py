"""Specialists in the office's hands: mailboxes that refused, and handing everything over."""

from __future__ import annotations

import datetime
import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts import reassigning, supervision
from contracts.models import Assignment, Contract, Specialist, Topic
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
LIST = "admin:contracts_specialist_changelist"
ONE_DAY = datetime.timedelta(days=1)


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


@pytest.fixture
def successor(specialist: Specialist) -> Specialist:
    """Who takes over."""
    return make.specialist(specialist.branch, last_name="Белова", first_name="Ольга")


def text(response: Any) -> str:
    """The page, unescaped, with plain spaces."""
    return html.unescape(response.content.decode()).replace("\u00a0", " ")


# Mailboxes --------------------------------------------------------------------------------------


def test_a_mailbox_that_refused_is_red_until_it_works(
    desk: Browser, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    assert "не принимает" not in text(desk.get(reverse(LIST))).replace("не принимает письма<", "")
    Specialist.objects.update(refused_email=specialist.email, refused_at=timezone.now())
    page = text(desk.get(reverse(LIST)))
    assert f"Мельник И. П. ({specialist.email})" in page
    assert "status--bad" in page
    assert supervision.supervisor(vega_contract, topic).specialist is None
    values = {"action": "mailbox_works", "_selected_action": [specialist.pk]}
    page = text(desk.post(reverse(LIST), values, follow=True))
    assert "Снова получают письма: 1 ящик." in page
    assert supervision.supervisor(vega_contract, topic).specialist == specialist


def test_lists_of_refused_mailboxes(desk: Browser, specialist: Specialist) -> None:
    fine = make.specialist(specialist.branch)
    Specialist.objects.filter(pk=specialist.pk).update(refused_email=specialist.email)
    found = desk.get(reverse(LIST), {"mailbox": "refused"}).context["cl"].result_list
    assert list(found) == [specialist]
    assert fine not in found


def test_a_new_specialist_has_nothing_red(desk: Browser) -> None:
    page = desk.get(reverse("admin:contracts_specialist_add"))
    assert "status--bad" not in page.content.decode()


# Handing over -----------------------------------------------------------------------------------


def hand_over(browser: Browser, leaver: Specialist, **values: Any) -> Any:
    """Fill in the form."""
    address = reverse("admin:contracts_specialist_reassign", args=[leaver.pk])
    return browser.post(address, values, follow=True)


def test_everything_goes_to_the_successor_from_a_day_on(
    desk: Browser,
    vega_contract: Contract,
    topic: Topic,
    specialist: Specialist,
    successor: Specialist,
) -> None:
    today = timezone.localdate()
    first_day = today + 3 * ONE_DAY
    last_day = today + 30 * ONE_DAY
    own = make.assignment(make.topic(), specialist, contract=vega_contract, ends_on=last_day)
    later = make.assignment(
        make.topic(), specialist, contract=vega_contract, starts_on=first_day + 9 * ONE_DAY
    )
    ended = make.assignment(make.topic(), specialist, contract=vega_contract, ends_on=today)
    page = hand_over(desk, specialist, successor=successor.pk, first_day=first_day.isoformat())
    assert "Белова О. П.: 3 закрепления." in text(page)
    for on, person in ((first_day - ONE_DAY, specialist), (first_day, successor)):
        assert supervision.supervisor(vega_contract, topic, on=on).specialist == person
        assert supervision.supervisor(vega_contract, own.topic, on=on).specialist == person
    assert Assignment.objects.get(specialist=successor, topic=own.topic).ends_on == last_day
    later.refresh_from_db()
    ended.refresh_from_db()
    assert (later.specialist, ended.specialist) == (successor, specialist)
    assert ended.ends_on == today


@pytest.mark.parametrize(
    ("days", "change", "words"),
    [
        (-1, {}, "прошлое не меняется"),
        (0, {"is_active": False}, "не может принять закрепления"),
        (0, {"refused_email": "b@retailer.example"}, "не принимает письма"),
    ],
)
def test_what_is_refused_changes_nothing(
    desk: Browser,
    specialist: Specialist,
    successor: Specialist,
    days: int,
    change: dict[str, Any],
    words: str,
) -> None:
    Specialist.objects.filter(pk=successor.pk).update(email="b@retailer.example", **change)
    first_day = timezone.localdate() + days * ONE_DAY
    answer = hand_over(desk, specialist, successor=successor.pk, first_day=first_day.isoformat())
    assert answer.status_code == 422
    assert words in text(answer)
    assert Assignment.objects.get().specialist == specialist
    assert Assignment.objects.get().ends_on is None


def test_somebody_who_holds_nothing_hands_nothing_over(
    desk: Browser, specialist: Specialist, successor: Specialist
) -> None:
    today = timezone.localdate().isoformat()
    answer = hand_over(desk, successor, successor=specialist.pk, first_day=today)
    assert answer.status_code == 422
    assert "ничего не закреплено" in text(answer)


def test_all_or_nothing(
    specialist: Specialist, successor: Specialist, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(type(Assignment.objects), "bulk_create", fails)
    with pytest.raises(RuntimeError):
        reassigning.reassign(leaver=specialist, successor=successor, first_day=timezone.localdate())
    assert Assignment.objects.get().ends_on is None


def test_the_action_leads_to_the_form_for_one(
    desk: Browser, specialist: Specialist, successor: Specialist
) -> None:
    values = {"action": "reassign_chosen", "_selected_action": [specialist.pk]}
    page = text(desk.post(reverse(LIST), values, follow=True))
    assert "1 закрепление." in page
    assert successor.full_name in page
    values["_selected_action"] = [specialist.pk, successor.pk]
    assert "Выберите одного специалиста." in text(desk.post(reverse(LIST), values, follow=True))


def test_only_who_changes_assignments_hands_over(
    office: User, vega: User, login: Login, specialist: Specialist
) -> None:
    assert hand_over(login(vega), specialist).status_code == 403
    office.groups.clear()
    assert hand_over(login(office), specialist).status_code == 403
