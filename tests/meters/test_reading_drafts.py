"""What is being typed is kept on the server: by every button, by the script, over a login."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters import drafts, window
from meters.models import MeteringPoint, ReadingDraft, Register, Submission
from tests import make
from tests.meters.table import address, hand_in, inputs, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def test_a_draft_stands_in_the_fields_again(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    saved = hand_in(login(vega), vega_contract, "1100,5", "ой", action="draft")
    assert saved.status_code == 302
    page = login(vega).get(address(vega_contract))
    assert inputs(page) == {f"r{known[0].pk}": "1100,5", f"r{known[1].pk}": "ой"}
    assert "Черновик сохранён" in text(page)
    assert "Это не число." in text(page), "what is wrong is said at once"
    assert not Submission.objects.exists()


def test_a_draft_is_its_authors(
    vega: User, vega_engineer: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    hand_in(login(vega), vega_contract, "1100", action="draft")
    page = login(vega_engineer).get(address(vega_contract))
    assert set(inputs(page).values()) == {""}


def test_an_emptied_field_leaves_the_draft(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100", action="draft")
    hand_in(browser, vega_contract, "", "2100", action="draft")
    assert list(ReadingDraft.objects.get().typed) == [str(known[1].pk)]
    hand_in(browser, vega_contract, "", "", action="draft")
    assert not ReadingDraft.objects.exists()


def test_rows_that_were_not_on_the_page_stay_in_the_draft_and_are_handed_in(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    """A page that shows a part of the rows posts a part of the fields."""
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", action="draft")
    answer = browser.post(
        address(vega_contract),
        {"action": "send", "form_key": str(uuid.uuid4()), f"r{known[1].pk}": "2100"},
    )
    assert answer.status_code == 302
    assert Submission.objects.get().readings.count() == 2
    assert not ReadingDraft.objects.exists()


def test_the_script_is_told_when_it_was_saved(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    answer = hand_in(login(vega), vega_contract, "1100", action="autosave")
    assert answer.status_code == 200
    assert answer.json()["saved"] == f"{timezone.localtime():%H:%M}"


def test_what_is_saved_after_handing_in_does_not_come_back(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    """The page that was left may save once more while the receipt opens."""
    browser, key = login(vega), str(uuid.uuid4())
    hand_in(browser, vega_contract, "1100", form_key=key)
    assert hand_in(browser, vega_contract, "1100", form_key=key, action="autosave").json() == {
        "saved": ""
    }
    assert not ReadingDraft.objects.exists()


def test_a_refused_form_is_kept_as_well(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    assert hand_in(browser, vega_contract, "1100", "ой").status_code == 422
    assert inputs(browser.get(address(vega_contract)))[f"r{known[1].pk}"] == "ой"


def test_a_draft_can_be_thrown_away(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", action="draft")
    hand_in(browser, vega_contract, "1100", action="discard")
    assert not ReadingDraft.objects.exists()
    assert set(inputs(browser.get(address(vega_contract))).values()) == {""}


def test_a_session_that_ends_while_typing_loses_nothing(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    page = browser.get(address(vega_contract)).content.decode()
    seal = page.split('name="seal" value="')[1].split('"')[0]
    Session.objects.all().delete()
    sent_away = hand_in(browser, vega_contract, "1100", "2100,5", seal=seal)
    assert sent_away.status_code == 302
    assert "/business/cabinet/" in sent_away["Location"]
    browser.post("/business/cabinet/", {"login": "vega", "password": make.PASSWORD})
    again = browser.get(address(vega_contract), follow=True)
    assert inputs(again) == {f"r{known[0].pk}": "1100", f"r{known[1].pk}": "2100,5"}
    assert "Сеанс закончился, но всё, что вы ввели, сохранено." in text(again)
    assert not Submission.objects.exists()


def test_what_was_typed_for_another_month_comes_back_in_that_month(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    late = period.shifted(-1)
    browser = login(vega)
    page = browser.get(address(vega_contract), {"period": window.code(late)}).content.decode()
    seal = page.split('name="seal" value="')[1].split('"')[0]
    Session.objects.all().delete()
    hand_in(browser, vega_contract, "900", seal=seal, period=window.code(late))
    browser.post("/business/cabinet/", {"login": "vega", "password": make.PASSWORD})
    again = browser.get(address(vega_contract), follow=True)
    assert f'name="period" value="{window.code(late)}"' in again.content.decode()
    assert inputs(again)[f"r{known[0].pk}"] == "900"
    assert ReadingDraft.objects.get().period == late.first_day


def test_a_row_that_is_asked_for_no_more_is_named_once_and_leaves_the_draft(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100", action="draft")
    MeteringPoint.objects.filter(installations__meter=known[0].meter).update(
        closed_on=min(period.last_day, timezone.localdate())
    )
    send = {"action": "send", f"r{known[1].pk}": "2100"}
    named = browser.post(address(vega_contract), {**send, "form_key": str(uuid.uuid4())})
    assert named.status_code == 422
    assert "закрыта" in text(named)
    again = browser.post(address(vega_contract), {**send, "form_key": str(uuid.uuid4())})
    assert again.status_code == 302
    assert Submission.objects.get().readings.get().register == known[1]


def test_a_second_window_keeps_what_is_typed_after_the_first_has_handed_in(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser, key = login(vega), str(uuid.uuid4())
    hand_in(browser, vega_contract, "1100", form_key=key)
    hand_in(browser, vega_contract, "1150", form_key=key, action="draft")
    assert inputs(browser.get(address(vega_contract)))[f"r{known[0].pk}"] == "1150"
    assert str(ReadingDraft.objects.get().form_key) != key


def test_stale_drafts_are_swept(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    hand_in(login(vega), vega_contract, "1100", action="draft")
    assert drafts.sweep_stale() == 0
    long_ago = timezone.now() - drafts.KEPT_FOR - datetime.timedelta(minutes=1)
    ReadingDraft.objects.update(updated_at=long_ago)
    assert drafts.sweep_stale() == 1
    assert not ReadingDraft.objects.exists()


# Which rows are shown ------------------------------------------------------------------------


@pytest.fixture
def many(vega_contract: Contract) -> list[Register]:
    """Ten more points on two sites."""
    found = []
    for n in range(10):
        point = make.point(vega_contract, name=f"ВРУ-{n}", site=("Склад", "Офис")[n % 2])
        found.append(make.installation(point).meter.registers.get())
    return found


def test_rows_by_words_site_and_what_is_missing(
    vega: User, vega_contract: Contract, known: list[Register], many: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")

    def shown(**query: str) -> set[str]:
        return set(inputs(browser.get(address(vega_contract), query)))

    assert len(shown()) == 12
    assert shown(q="вру-3") == {f"r{many[3].pk}"}
    assert shown(q=many[4].meter.serial) == {f"r{many[4].pk}"}
    assert shown(site="Склад") == {f"r{register.pk}" for register in many[::2]}
    assert len(shown(show="missing")) == 11
    assert shown(q="такого нет") == set()
    assert "Таких строк нет" in text(browser.get(address(vega_contract), {"q": "такого нет"}))


def test_rows_that_ask_for_attention(
    vega: User, vega_contract: Contract, known: list[Register], many: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "ой", action="draft")
    today = timezone.localdate()
    many[2].meter.verified_until = today + datetime.timedelta(days=30)
    many[2].meter.save()
    page = browser.get(address(vega_contract), {"show": "attention"})
    assert set(inputs(page)) == {f"r{known[0].pk}", f"r{many[2].pk}"}
    assert f"Поверка до {today + datetime.timedelta(days=30):%d.%m.%Y}" in text(page)


def test_showing_other_rows_keeps_what_was_typed(
    vega: User, vega_contract: Contract, known: list[Register], many: list[Register], login: Login
) -> None:
    browser = login(vega)
    chosen = hand_in(
        browser, vega_contract, "1100", action="filter", q="ВРУ", site="Склад", show="missing"
    )
    page = browser.get(chosen["Location"])
    assert f"r{known[0].pk}" not in inputs(page)
    assert "передаются и скрытые" in text(page)
    assert inputs(browser.get(address(vega_contract)))[f"r{known[0].pk}"] == "1100"
