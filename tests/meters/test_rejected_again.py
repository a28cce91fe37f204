"""What billing has rejected is not handed in: it is asked for again, the same value with a word."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters import inventory, progress, receipts, reminders, silence, window
from meters.models import (
    MeteringPoint,
    Reading,
    Register,
    StandingRejection,
    Submission,
)
from meters.window import Window
from tests import make
from tests.meters import sheets_in
from tests.meters.table import address, hand_in, inputs, registers, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def answered(submission: Submission, register: Register, state: str = "rejected") -> None:
    reason = "не читается фото." if state == "rejected" else ""
    make.billing_answer(submission, register, state, reason=reason, answered_at=timezone.now())


@pytest.fixture
def rejected(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> Submission:
    """Both values are handed in; billing has rejected that of the first point."""
    hand_in(login(vega), vega_contract, "1100", "2100")
    submission = Submission.objects.get()
    answered(submission, known[0])
    return submission


def counted(contract: Contract, period: Month) -> tuple[tuple[int, int], ...]:
    """Points handed in and asked for: by the page, by the reminders, by the office's board."""
    told = progress.of_contracts([(contract.pk, period)], timezone.localdate())[contract.pk]
    _, total = silence.by_branch(period)
    return (
        inventory.take(contract, period).progress,
        (told.done, told.all_points),
        (total.points_done, total.points),
    )


def test_its_point_is_left_to_hand_in(
    rejected: Submission, vega_contract: Contract, known: list[Register], period: Month
) -> None:
    assert counted(vega_contract, period) == ((1, 2),) * 3
    _, lines = silence.count_and_keys(period, silence.Filters())
    assert [line[:3] for line in lines] == [(vega_contract.pk, 1, 2)]
    answered(rejected, known[1])
    assert counted(vega_contract, period) == ((0, 2),) * 3
    begun_ones = silence.Filters(only_silent=True)
    assert silence.count_and_keys(period, begun_ones) == (0, []), "they have handed in something"
    answered(rejected, known[0], "accepted")
    answered(rejected, known[1], "counted")
    assert counted(vega_contract, period) == ((2, 2),) * 3


def test_a_reminder_says_so(rejected: Submission, vega_contract: Contract, period: Month) -> None:
    told = progress.of_contracts([(vega_contract.pk, period)], timezone.localdate())
    due = reminders.Due(window=Window(), period=period, step=reminders.Step.ONE_DAY)
    waiting = reminders.Waiting(contract=vega_contract, due=due, progress=told[vega_contract.pk])
    (term,) = reminders.terms([waiting], timezone.now())
    words = term.rows[0][1].replace("\u00a0", " ")
    assert words == "передано 1 из 2 точек, по 1 точке отклонено: передайте заново"


def test_another_value_is_a_correction_and_counts(
    rejected: Submission, vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    browser = login(vega)
    assert hand_in(browser, vega_contract, "1101", correction="").status_code == 422
    assert hand_in(browser, vega_contract, "1101").status_code == 302
    assert counted(vega_contract, period) == ((2, 2),) * 3


def test_the_same_value_is_asked_about_and_taken_with_a_word(
    rejected: Submission,
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    period: Month,
    login: Login,
) -> None:
    browser, key = login(vega), known[0].pk
    asked = hand_in(browser, vega_contract, "1100", correction="")
    assert asked.status_code == 422
    assert (
        "Это значение биллинг отклонил. Причина: не читается фото. Если оно верное, подтвердите"
        " его и выберите причину."
    ) in text(asked)
    answer = {f"ok{key}": "1100.0", f"why{key}": "read_again", f"note{key}": "фото приложим"}
    form: dict[str, Any] = {"correction": "", "form_key": str(uuid.uuid4()), **answer}
    for _ in range(2):
        taken = hand_in(browser, vega_contract, "1100", **form)
        assert taken.status_code == 302, text(taken)
    again = Submission.objects.exclude(pk=rejected.pk).get()
    assert again.correction_reason == ""
    reading = again.readings.get()
    assert (reading.register_id, reading.doubts) == (key, ["rejected"])
    assert reading.explanation == "сверено с прибором ещё раз: фото приложим"
    assert not StandingRejection.objects.exists()
    assert counted(vega_contract, period) == ((2, 2),) * 3
    receipt = reverse("meters:receipt", args=[vega_contract.pk, again.number])
    assert "отклонено биллингом" in text(browser.get(receipt)).casefold()


def test_who_came_to_correct_goes_on_with_that(
    rejected: Submission, vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    """After a question, on the page of the check and back from it; no other rows come between."""
    browser, key = login(vega), known[0].pk
    page = browser.get(address(vega_contract), {"correct": "1", "show": "attention"})
    found = BeautifulSoup(page.content, "lxml").select("main input[type=hidden]")
    posted = {str(one["name"]): str(one["value"]) for one in found}
    came = {name: posted[name] for name in ("correct", "show")}
    assert came == {"correct": "1", "show": "attention"}
    words = "Введите верные значения только там, где ошибка"
    asked = hand_in(browser, vega_contract, "1100", **came)
    assert asked.status_code == 422
    assert words in text(asked)
    assert list(inputs(asked)) == [f"r{key}"]
    assert '<input type="hidden" name="correct" value="1">' in asked.content.decode()
    answer = {f"ok{key}": "1100.0", f"why{key}": "read_again"}
    sent = hand_in(browser, vega_contract, "1100", action="check", **answer, **came)
    assert sent.url.endswith("&correct=1")
    check = browser.get(sent.url)
    assert '<input type="hidden" name="correct" value="1">' in check.content.decode()
    back = BeautifulSoup(check.content, "lxml").find("a", string="Изменить", class_="btn")
    assert words in text(browser.get(str(back["href"])))


def test_what_was_typed_for_a_month_that_closed_meanwhile_is_on_the_page(
    rejected: Submission, vega: User, vega_contract: Contract, known: list[Register],
    period: Month, login: Login,
) -> None:  # fmt: skip
    """All of it, whatever rows were chosen: no draft holds it."""
    old = window.code(period.shifted(-5))
    refused = hand_in(
        login(vega), vega_contract, "1105", "2150", period=old, show="attention", correct="1"
    )
    assert refused.status_code == 422
    keys = [f"r{register.pk}" for register in known]
    assert inputs(refused) == dict(zip(keys, ("1105", "2150"), strict=True))


def test_nothing_typed_is_told_at_a_row_that_is_there(
    rejected: Submission, vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    answered(rejected, known[0], "accepted")
    answered(rejected, known[1])
    refused = hand_in(login(vega), vega_contract, show="attention", correct="1")
    html = BeautifulSoup(refused.content, "lxml")
    links = html.select(".error-summary a")
    assert links
    for link in links:
        assert html.select_one(str(link["href"])), link


def test_a_correction_of_a_closed_month_leads_to_the_table_as_it_is(
    rejected: Submission, vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    query = {"correct": "1", "show": "attention", "period": window.code(period.shifted(-5))}
    answer = login(vega).get(address(vega_contract), query)
    assert answer.url == f"{address(vega_contract)}?period={window.code(period)}"


def test_a_value_that_billing_has_not_rejected_stands(
    rejected: Submission, vega: User, vega_contract: Contract, login: Login
) -> None:
    refused = hand_in(login(vega), vega_contract, "", "2100")
    assert refused.status_code == 422
    assert Reading.objects.filter(source=Reading.Source.CLIENT).count() == 2


def test_a_file_with_the_same_value_is_asked_about_too(
    rejected: Submission, vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    rows = sheets_in.of(known, "1100", "2100")
    browser = login(vega)
    sent = browser.post(
        reverse("meters:readings-file", args=[vega_contract.pk]),
        {"file": sheets_in.upload(sheets_in.book(rows))},
    )
    page = text(browser.get(sent["Location"]))
    assert "Это значение биллинг отклонил." in page
    assert page.count("уже передано") == 1


def handed_in_again(browser: Browser, contract: Contract, register: Register) -> Reading:
    """999 990, then 10 with the display through zero: rejected, and stated once more."""
    ok, why = f"ok{register.pk}", f"why{register.pk}"
    taken = hand_in(browser, contract, "10", **{ok: "10.0", why: "rollover"})
    assert taken.status_code == 302, text(taken)
    first = Submission.objects.get()
    answered(first, register)
    asked = text(hand_in(browser, contract, "10", correction=""))
    assert "Это значение биллинг отклонил." in asked
    assert "Меньше предыдущего показания." not in asked
    said = {ok: "10.0", why: "read_again"}
    taken = hand_in(browser, contract, "10", correction="", **said)
    assert taken.status_code == 302, text(taken)
    return Reading.objects.exclude(submission=first).get(source=Reading.Source.CLIENT)


@pytest.fixture
def turning(vega_contract: Contract, period: Month) -> Register:
    """A register whose display is about to go through zero."""
    register = registers(vega_contract)[0]
    make.reading(register, "999990.0", period=period.shifted(-1).first_day)
    return register


def test_a_display_gone_through_zero_stays_so(
    vega: User, vega_contract: Contract, turning: Register, login: Login
) -> None:
    """What was said of the value once is neither asked again nor forgotten."""
    reading = handed_in_again(login(vega), vega_contract, turning)
    assert (reading.is_rollover, reading.doubts) == (True, ["rejected"])
    (row,) = receipts.open_receipt(Submission.objects.get(readings=reading)).contents.rows
    assert (row.consumption, row.explanation) == ("20", "сверено с прибором ещё раз")


def test_what_it_means_then_is_asked_about_as_of_any_value(
    vega: User, vega_contract: Contract, turning: Register, login: Login
) -> None:
    MeteringPoint.objects.filter(installations__meter=turning.meter).update(max_power_kw="0.01")
    reading = handed_in_again(login(vega), vega_contract, turning)
    assert (reading.is_rollover, reading.doubts) == (True, ["rejected", "power"])
