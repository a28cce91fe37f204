"""The office orders a batch or hands in an answer; a page waits for it and tells the end."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import JournalEntry, User
from cabinet import celery
from contracts.models import Contract
from exchange import tasks
from exchange.models import OutgoingBatch, OutgoingOrder
from exchange.outgoing import batching, orders
from meters.models import BillingAnswer
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Kind = OutgoingBatch.Kind
State = OutgoingOrder.State
NEW = reverse("admin:exchange_outgoingbatch_new")
LIST = reverse("admin:exchange_outgoingbatch_changelist")
GOOD = "row;state;reason\n1;rejected;нет фото\n"
WRONG = "row;state\n1;lost\n7;accepted\n"


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are called by hand here."""
    monkeypatch.setattr(celery, "wake", lambda *args: None)


@pytest.fixture
def batch(vega: User, vega_contract: Contract) -> OutgoingBatch:
    make.submission(vega_contract, vega, "100.5", "200.0")
    return batching.make(kind=Kind.READINGS)


def page_of(row: OutgoingOrder | OutgoingBatch) -> str:
    return reverse(f"admin:exchange_{row._meta.model_name}_change", args=[row.pk])


def state_of(order: OutgoingOrder) -> str:
    return reverse("admin:exchange_outgoingorder_state", args=[order.pk])


def answer_to(batch: OutgoingBatch) -> str:
    return reverse("admin:exchange_outgoingbatch_answer", args=[batch.pk])


def text_of(browser: Browser, address: str, **query: str) -> str:
    return str(browser.get(address, query, follow=True).content.decode())


def hand_in(desk: Browser, batch: OutgoingBatch, text: str, name: str = "answers.csv") -> Any:
    return desk.post(answer_to(batch), {"file": SimpleUploadedFile(name, text.encode())})


def broken(*args: object, **values: object) -> None:
    raise RuntimeError("no room on the disk")


# A batch -----------------------------------------------------------------------------------------


def test_a_batch_is_ordered_waited_for_and_shown(
    desk: Browser, vega: User, vega_contract: Contract, office: User
) -> None:
    make.submission(vega_contract, vega, "100.5", "200.0")
    assert "Выгрузить показания" in text_of(desk, NEW)
    sent = desk.post(NEW, {"kind": "readings"})
    order = OutgoingOrder.objects.get()
    assert sent.url == page_of(order)
    assert not OutgoingBatch.objects.exists()

    waiting = desk.get(page_of(order))
    text = waiting.content.decode()
    assert waiting.status_code == 202
    assert "Показания: партия готовится" in text
    assert '<noscript><meta http-equiv="refresh" content="1"></noscript>' in text
    assert f'data-work="{state_of(order)}"' in text
    assert "js/work.js" in text
    said = desk.get(state_of(order)).json()
    assert said == {"is_working": True, "percent": None, "stage": "ждёт очереди"}

    tasks.carry_out(order.pk)
    assert desk.get(state_of(order)).json()["is_working"] is False
    ended = desk.get(page_of(order), follow=True)
    batch = OutgoingBatch.objects.get()
    assert ended.redirect_chain[-1][0] == page_of(batch)
    assert "Показания, партия № 1 выгружена: 2\u00a0строки." in ended.content.decode()
    assert (batch.made_by, batch.rows) == (office, 2)
    assert "партия готовится" not in text_of(desk, LIST)


def test_pressed_twice_it_is_one_order_that_every_page_shows(
    desk: Browser, vega: User, vega_contract: Contract
) -> None:
    make.submission(vega_contract, vega)
    first = desk.post(NEW, {"kind": "readings"}).url
    assert desk.post(NEW, {"kind": "readings"}).url == first
    assert desk.post(NEW, {"kind": "cases"}).url != first
    for address in (LIST, NEW):
        text = text_of(desk, address)
        assert f'<a href="{first}">Показания: партия готовится</a>' in text
    assert f'<a href="{first}">партия готовится</a>' in text
    assert "Выгрузить показания" not in text


def test_an_order_that_waits_long_is_asked_about_less_often(desk: Browser) -> None:
    desk.post(NEW, {"kind": "readings"})
    before = timezone.now() - datetime.timedelta(minutes=1)
    OutgoingOrder.objects.update(ordered_at=before)
    assert 'content="5"' in text_of(desk, page_of(OutgoingOrder.objects.get()))


def test_nothing_new_is_said(desk: Browser) -> None:
    desk.post(NEW, {"kind": "readings"})
    order = OutgoingOrder.objects.get()
    tasks.carry_out(order.pk)
    ended = desk.get(page_of(order))
    assert ended.status_code == 200
    assert "Новых нет: всё уже выгружено." in ended.content.decode()
    assert desk.post(NEW, {"kind": "lost"}).status_code == 200
    assert OutgoingOrder.objects.count() == 1


def test_what_failed_says_so_and_is_repeated(
    desk: Browser, vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.submission(vega_contract, vega)
    desk.post(NEW, {"kind": "readings"})
    order = OutgoingOrder.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr(batching, "make", broken)
        tasks.carry_out(order.pk)
        assert "не получилось, повторим через минуту" in text_of(desk, page_of(order))
        for _ in range(orders.TRIES):
            tasks.go_on()
    text = text_of(desk, page_of(order))
    assert orders.NOT_DONE in text
    assert "Повторить" in text
    assert "Показания: сделать партию не удалось" in text_of(desk, LIST)
    again = reverse("admin:exchange_outgoingorder_repeat", args=[order.pk])
    assert desk.post(again).url == page_of(order)
    assert desk.get(page_of(order)).status_code == 202
    tasks.carry_out(order.pk)
    assert desk.get(page_of(order)).url == page_of(OutgoingBatch.objects.get())
    text = desk.post(again, follow=True).content.decode()
    assert "Ничего не изменилось: повторять нечего." in text
    assert "сделать партию не удалось" not in text_of(desk, LIST)


# An answer ---------------------------------------------------------------------------------------


def test_an_answer_is_handed_in_waited_for_and_shown(
    desk: Browser, batch: OutgoingBatch, office: User
) -> None:
    assert desk.get(answer_to(batch)).status_code == 200
    order_page = hand_in(desk, batch, GOOD).url
    order = OutgoingOrder.objects.get()
    assert order_page == page_of(order)
    waiting = desk.get(order_page)
    assert waiting.status_code == 202
    assert "Показания, партия № 1: ответ принимается" in waiting.content.decode()
    for address in (LIST, page_of(batch), answer_to(batch)):
        assert f'<a href="{order_page}">' in text_of(desk, address)
    assert not BillingAnswer.objects.exists()

    tasks.carry_out(order.pk)
    ended = desk.get(order_page, follow=True)
    assert ended.redirect_chain[-1][0] == page_of(batch)
    assert "Ответ принят: 1\u00a0строка, новых 1." in ended.content.decode()
    assert "на 1 из 2" in ended.content.decode()
    assert batch.answer_files.get().taken_by == office
    assert "нет фото" in text_of(desk, page_of(batch), show="rejected")
    assert "нет фото" not in text_of(desk, page_of(batch), show="unanswered")

    hand_in(desk, batch, GOOD)
    again = OutgoingOrder.objects.latest("pk")
    tasks.carry_out(again.pk)
    assert "Этот файл уже принят" in text_of(desk, page_of(again))


def test_a_refused_answer_says_where_and_may_be_sent_again(
    desk: Browser, batch: OutgoingBatch
) -> None:
    hand_in(desk, batch, WRONG)
    order = OutgoingOrder.objects.get()
    tasks.carry_out(order.pk)
    answer = desk.get(page_of(order))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Ответ не принят, ничего не изменилось: " in text
    assert '<a href="#id_file">Строка файла 2: ответ «lost» неизвестен' in text
    assert "Файл «answers.csv»" in text
    assert f'action="{answer_to(batch)}"' in text
    assert not BillingAnswer.objects.exists()
    assert "ответ не принят" in text_of(desk, page_of(batch))

    hand_in(desk, batch, GOOD)
    tasks.carry_out(OutgoingOrder.objects.latest("pk").pk)
    assert BillingAnswer.objects.count() == 1
    assert "ответ не принят" not in text_of(desk, page_of(batch))


def test_all_problems_stand_there(desk: Browser, batch: OutgoingBatch) -> None:
    hand_in(desk, batch, "row;state\n7;accepted\n8;accepted\n1;accepted\n1;accepted\n")
    order = OutgoingOrder.objects.get()
    tasks.carry_out(order.pk)
    text = text_of(desk, page_of(order))
    for words in ("файла 2: в партии строк 2", "файла 3: в партии", "файла 5: второй ответ"):
        assert words in text


def test_no_file_is_said_at_the_field(desk: Browser, batch: OutgoingBatch) -> None:
    for posted in ({}, {"file": SimpleUploadedFile("answers.csv", b"")}):
        assert desk.post(answer_to(batch), posted).status_code == 422
    assert not OutgoingOrder.objects.exists()


def test_another_file_meanwhile_is_asked_to_wait(desk: Browser, batch: OutgoingBatch) -> None:
    first = hand_in(desk, batch, GOOD).url
    assert hand_in(desk, batch, GOOD).url == first
    other = hand_in(desk, batch, WRONG, "other.csv")
    assert other.status_code == 422
    assert "уже принимается файл «answers.csv»" in other.content.decode()
    assert OutgoingOrder.objects.count() == 1


def failed_answer(
    desk: Browser, batch: OutgoingBatch, monkeypatch: pytest.MonkeyPatch
) -> OutgoingOrder:
    """An answer that was handed in, and that no try could take."""
    hand_in(desk, batch, GOOD)
    order = OutgoingOrder.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr(orders.answering, "take", broken)
        for _ in range(orders.TRIES):
            tasks.carry_out(order.pk)
    return order


def test_an_answer_that_failed_is_repeated_while_its_file_is_kept(
    desk: Browser, batch: OutgoingBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = failed_answer(desk, batch, monkeypatch)
    assert "Файл сохранён" in text_of(desk, page_of(order))
    OutgoingOrder.objects.update(finished_at=timezone.now() - orders.KEPT_FOR * 2)
    tasks.sweep_orphaned_files()
    text = text_of(desk, page_of(order))
    assert "Повторить" not in text
    assert "Загрузить файл снова" in text
    again = reverse("admin:exchange_outgoingorder_repeat", args=[order.pk])
    assert "повторять нечего" in desk.post(again, follow=True).content.decode()


def test_repeated_while_another_is_in_work_it_leads_to_that_one(
    desk: Browser, batch: OutgoingBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = failed_answer(desk, batch, monkeypatch)
    other = hand_in(desk, batch, "row;state\n1;accepted\n", "other.csv").url
    again = reverse("admin:exchange_outgoingorder_repeat", args=[failed.pk])
    sent = desk.post(again, follow=True)
    assert sent.redirect_chain == [(other, 302)]
    words = "Сначала закончится другое поручение: Показания, партия № 1: ответ принимается."
    assert [(one.level_tag, one.message) for one in sent.context["messages"]] == [
        ("warning", words)
    ]
    failed.refresh_from_db()
    assert failed.state == State.FAILED, "it may be repeated later"


# Who, and what is written down --------------------------------------------------------------------


def test_the_journal_knows_who_ordered_and_that_it_was_done(
    desk: Browser, batch: OutgoingBatch, office: User, vega: User, vega_contract: Contract
) -> None:
    make.submission(vega_contract, vega)
    desk.post(NEW, {"kind": "readings"})
    hand_in(desk, batch, GOOD)
    asked = list(JournalEntry.objects.filter(user=office).order_by("pk"))[-2:]
    assert [entry.action for entry in asked] == [JournalEntry.Action.OFFICE_DID] * 2
    assert [entry.details["path"] for entry in asked] == [NEW, answer_to(batch)]
    for order in OutgoingOrder.objects.order_by("pk"):
        desk.get(page_of(order))
        desk.get(state_of(order))
    assert JournalEntry.objects.latest("pk") == asked[-1], "a page that waits leaves no lines"
    tasks.go_on()
    done = list(JournalEntry.objects.order_by("pk"))[-2:]
    assert [(entry.action, entry.user, entry.subject) for entry in done] == [
        (JournalEntry.Action.OFFICE_DID, office, "Показания, партия № 2: выгружена"),
        (JournalEntry.Action.OFFICE_DID, office, "Показания, партия № 1: ответ принят"),
    ]
    assert (done[0].details["rows"], done[1].details["new"]) == (1, 1)


def test_rights_are_those_of_batches(db: None, desk: Browser, login: Login, vega: User) -> None:
    desk.post(NEW, {"kind": "readings"})
    order = OutgoingOrder.objects.get()
    OutgoingOrder.objects.update(
        state=State.FAILED, finished_at=timezone.now(), trouble=orders.BROKEN_OFF
    )
    repeat = reverse("admin:exchange_outgoingorder_repeat", args=[order.pk])
    auditor = make.user("auditor", is_staff=True)
    for person in (auditor, vega):
        browser = login(person)
        for address in (page_of(order), state_of(order)):
            assert browser.get(address).status_code == 403, address
        assert browser.post(repeat).status_code == 403
    rights = Permission.objects.filter(codename__in=("view_outgoingbatch", "view_submission"))
    auditor.user_permissions.add(*rights)
    browser = login(User.objects.get(pk=auditor.pk))
    assert browser.get(state_of(order)).status_code == 200
    text = text_of(browser, page_of(order))
    assert "Работа прервалась" in text
    assert "Повторить" not in text
    assert browser.post(repeat).status_code == 403
    assert browser.post(page_of(order)).status_code == 403


def test_whoever_may_not_answer_reads_what_was_wrong_and_gets_no_form(
    desk: Browser, batch: OutgoingBatch, login: Login
) -> None:
    hand_in(desk, batch, WRONG)
    order = OutgoingOrder.objects.get()
    tasks.carry_out(order.pk)
    text = text_of(login(make.member("Аудитор", "auditor")), page_of(order))
    assert "Строка файла 2: ответ «lost» неизвестен" in text
    assert 'type="file"' not in text


def test_the_lists_cost_the_same_with_many(
    desk: Browser, batch: OutgoingBatch, statements: Callable[[Browser, str], int]
) -> None:
    addresses = (LIST, reverse("admin:exchange_outgoingorder_changelist"))

    def add(count: int) -> None:
        for n in range(count):
            made = OutgoingBatch.objects.create(
                kind=Kind.CASES, number=OutgoingBatch.objects.count() + 1, columns=[], rows=1
            )
            OutgoingOrder.objects.create(
                deed=OutgoingOrder.Deed.TAKE, kind=Kind.CASES, batch=made, name="a.csv",
                state=State.REFUSED, problems=["x"], finished_at=timezone.now(),
                ordered_by=make.user(f"of-{made.pk}-{n}"),
            )  # fmt: skip

    add(2)
    few = [statements(desk, address) for address in addresses]
    add(20)
    assert [statements(desk, address) for address in addresses] == few
