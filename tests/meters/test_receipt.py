"""The receipt: what was handed in, as it stood at that moment."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters.models import Installation, Reading, Register, Submission
from tests import make
from tests.meters.table import earlier, hand_in, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def receipt(browser: Browser, contract: Contract, number: str) -> str:
    response = browser.get(reverse("meters:receipt", args=[contract.pk, number]))
    assert response.status_code == 200
    return text(response)


def test_everything_that_a_receipt_states(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    Installation.objects.filter(meter=known[0].meter).update(current_ratio=80)
    browser = login(vega)
    hand_in(browser, vega_contract, "1326,6", "2100")
    submission = Submission.objects.get()
    page = receipt(browser, vega_contract, submission.number)
    for words in (
        submission.number, f"{submission.received_at.astimezone():%S}", "(МСК), в срок",
        str(period), f"№ {vega_contract.number}", "ООО «Вега»", vega_contract.client.inn,
        "Громов Андрей Ильич, логин vega", "Передано 2 показания по 2 точкам учёта",
        "001 000,0", "001 326,6", "26 128", "002 100,0", "26 228", submission.sha256,
        "Передать исправление", "История передачи показаний",
    ):  # fmt: skip
        assert words in page, words
    assert "Скачать PDF" in page
    assert "акт снятия показаний (PDF)" in page


def test_a_correction_leads_back_to_open_fields(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")
    response = browser.get(
        reverse("meters:receipt", args=[vega_contract.pk, Submission.objects.get().number])
    )
    link = next(
        part.split('"')[0]
        for part in response.content.decode().split('href="')
        if "correct=1" in part
    ).replace("&amp;", "&")
    page = browser.get(link).content.decode()
    assert page.count('<details class="more no-print" open>') == 1
    assert "001 100,0" in text(browser.get(link))


def test_late_is_said(vega: User, vega_contract: Contract, period: Month, login: Login) -> None:
    submission = make.submission(vega_contract, vega, is_late=True, period=period.first_day)
    assert "(МСК), после срока" in receipt(login(vega), vega_contract, submission.number)


def test_an_old_receipt_offers_no_correction_but_a_message(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    submission = make.submission(vega_contract, vega, period=period.shifted(-5).first_day)
    page = receipt(login(vega), vega_contract, submission.number)
    assert "Передать исправление" not in page
    assert "Напишите специалисту" in page


def test_an_old_receipt_offers_a_reader_no_message(
    vega: User, vega_reader: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    submission = make.submission(vega_contract, vega, period=period.shifted(-5).first_day)
    page = receipt(login(vega_reader), vega_contract, submission.number)
    assert "здесь больше не принимаются" in page
    assert "Напишите специалисту" not in page


def test_the_sum_of_zones_handed_in_alone_is_not_a_total(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    Installation.objects.all().delete()
    hung = make.installation(make.point(vega_contract), zones=("total", "day", "night"))
    for register in hung.meter.registers.all():
        make.reading(register, "100", period=earlier(period))
    browser = login(vega)
    hand_in(browser, vega_contract, "130")
    page = receipt(browser, vega_contract, Submission.objects.get().number)
    assert "000 130,0" in page
    assert "Итого" not in page


def test_a_reader_sees_it_without_a_way_to_correct(
    vega: User, vega_reader: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    submission = make.submission(vega_contract, vega, period=period.first_day)
    page = receipt(login(vega_reader), vega_contract, submission.number)
    assert "Передать исправление" not in page


def test_what_was_replaced_says_by_what(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100")
    hand_in(browser, vega_contract, "1200")
    first, second = Submission.objects.order_by("pk")
    assert "заменено" in receipt(browser, vega_contract, first.number)
    assert "001 200,0" in receipt(browser, vega_contract, first.number)
    assert "заменено" not in receipt(browser, vega_contract, second.number)


def test_a_confirmed_value_states_what_was_asked_and_answered(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    make.reading(known[0], "999000", period=earlier(period))
    browser, key = login(vega), known[0].pk
    hand_in(browser, vega_contract, "999,5", **{f"ok{key}": "999.5", f"why{key}": "rollover"})
    page = receipt(browser, vega_contract, Submission.objects.get().number)
    assert "1 999,5" in page
    assert "подтверждено (меньше предыдущего): счётчик перешёл через ноль" in page


def test_a_later_correction_of_the_month_before_does_not_change_the_paper(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")
    make.reading(known[0], "1050", period=earlier(period), source=Reading.Source.OFFICE)
    page = receipt(browser, vega_contract, Submission.objects.get().number)
    assert "001 000,0" in page
    assert "001 050,0" not in page


def test_the_ratio_is_that_of_the_installation_of_the_period(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    submission = make.submission(vega_contract, vega, "1100", period=period.first_day)
    hung = Installation.objects.get(meter=known[0].meter)
    next_month = period.shifted(1).first_day
    Installation.objects.filter(pk=hung.pk).update(current_ratio=10, removed_on=next_month)
    Installation.objects.create(
        external_id="again", point=hung.point, meter=hung.meter, current_ratio=99,
        installed_on=next_month,
    )  # fmt: skip
    assert "1 000 кВт·ч" in receipt(login(vega), vega_contract, submission.number)


def test_receipts_of_other_contracts_are_not_found(
    vega: User, orion: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    number = make.submission(orion_contract, orion).number
    for contract in (vega_contract, orion_contract):
        address = reverse("meters:receipt", args=[contract.pk, number])
        assert login(vega).get(address).status_code == 404
    unknown = reverse("meters:receipt", args=[vega_contract.pk, "ПП-2026-11-000000-0"])
    assert login(vega).get(unknown).status_code == 404


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser = login(vega)
    few = make.submission(vega_contract, vega, "1", "2").number
    for _ in range(18):
        make.installation(make.point(vega_contract))
    many = make.submission(vega_contract, vega, *(str(n) for n in range(20))).number
    cost = [
        statements(browser, reverse("meters:receipt", args=[vega_contract.pk, number]))
        for number in (few, many)
    ]
    assert cost[0] == cost[1]


def test_a_meter_installed_within_the_month_begins_at_its_act(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    hung = Installation.objects.get(meter=known[0].meter)
    installed_on = period.first_day.replace(day=12)
    Installation.objects.filter(pk=hung.pk).update(installed_on=installed_on)
    make.act_reading(hung, known[0], "12.5", "installed")
    make.act_reading(hung, known[0], "999", "removed")
    browser = login(vega)
    hand_in(browser, vega_contract, "100")
    page = receipt(browser, vega_contract, Submission.objects.get().number)
    assert f"000 012,5 при установке 12.{period.number:02}.{period.year}" in page
    assert "87,5" in page
    assert "001 000,0" not in page


def test_an_act_of_another_month_is_not_the_beginning(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    hung = Installation.objects.get(meter=known[0].meter)
    installed_on = period.shifted(-1).first_day
    Installation.objects.filter(pk=hung.pk).update(installed_on=installed_on)
    make.act_reading(hung, known[0], "12.5", "installed")
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")
    page = receipt(browser, vega_contract, Submission.objects.get().number)
    assert "001 000,0" in page
    assert "000 012,5" not in page


def test_a_correction_says_what_it_replaced_and_why(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100")
    hand_in(browser, vega_contract, "1200", correction="misread")
    page = receipt(browser, vega_contract, Submission.objects.latest("pk").number)
    assert "Причина исправления ошибка при снятии показаний" in page
    assert "вместо 001 100,0" in page
    assert "002 100,0" not in page


def test_a_value_of_the_office_that_was_replaced_is_named_as_such(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    make.reading(known[0], "1050", period=period.first_day)
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")
    page = receipt(browser, vega_contract, Submission.objects.get().number)
    assert "вместо 001 050,0 (введено офисом)" in page


def test_what_billing_answered_stands_at_each_value(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100")
    submission = Submission.objects.get()
    assert "Ответ биллинга" not in receipt(browser, vega_contract, submission.number)
    hour = datetime.timedelta(hours=1)
    for state, moment in (("rejected", timezone.now() + hour), ("accepted", timezone.now())):
        make.billing_answer(
            submission,
            known[0],
            state,
            answered_at=moment,
            reason="нет фото" if state[0] == "r" else "",
        )
    page = receipt(browser, vega_contract, submission.number)
    assert "отклонено 1, ответа ещё нет 1" in page
    assert f"отклонено нет фото, {timezone.localdate(timezone.now() + hour):%d.%m.%Y}" in page
    assert "принято" not in page, "only the latest answer counts"


def test_answers_about_another_submission_are_not_shown(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")
    hand_in(browser, vega_contract, "1200")
    first, second = Submission.objects.order_by("pk")
    make.billing_answer(first, known[0], "counted")
    assert "учтено в счёте 1" in receipt(browser, vega_contract, first.number)
    assert "учтено" not in receipt(browser, vega_contract, second.number)


def test_totals_by_zone_and_with_losses(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    Installation.objects.all().delete()
    point = make.point(vega_contract, losses_percent=Decimal("1.5"))
    hung = make.installation(point, zones=("day", "night"), current_ratio=10)
    for register in hung.meter.registers.all():
        make.reading(register, "100", period=earlier(period))
    browser = login(vega)
    hand_in(browser, vega_contract, "200", "300")
    page = receipt(browser, vega_contract, Submission.objects.get().number)
    for words in (
        "коэффициент 10", "День 1 000 кВт·ч", "Ночь 2 000 кВт·ч", "Итого 3 000 кВт·ч",
        "Потери 45 кВт·ч", "Итого с учётом потерь 3 045 кВт·ч",
    ):  # fmt: skip
        assert words in page, words


def test_a_rejection_stands_over_the_receipt_with_the_way_to_correct_it(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100")
    submission = Submission.objects.get()
    assert "Биллинг отклонил" not in receipt(browser, vega_contract, submission.number)
    make.billing_answer(submission, known[0], "rejected", reason="нет фото")
    page = receipt(browser, vega_contract, submission.number)
    assert "Биллинг отклонил 1 показание из 2. Передайте верные до" in page
    assert "Причины — в столбце «Ответ биллинга»." in page
    body = browser.get(
        reverse("meters:receipt", args=[vega_contract.pk, submission.number])
    ).content.decode()
    notice = body.split("notice--bad")[1].split("</a>")[0]
    link = notice.split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Передать исправление" in notice
    table = browser.get(link).content.decode()
    assert table.count('<details class="more no-print" open>') == 1, "the rejected row alone"
    make.billing_answer(submission, known[1], "rejected", reason="нет фото")
    page = receipt(browser, vega_contract, submission.number)
    assert "Биллинг отклонил показания этой квитанции." in page


def test_a_rejected_value_that_was_corrected_stands_over_the_receipt_no_more(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100")
    submission = Submission.objects.get()
    make.billing_answer(submission, known[0], "rejected", reason="нет фото")
    hand_in(browser, vega_contract, "1200")
    page = receipt(browser, vega_contract, submission.number)
    assert "Биллинг отклонил" not in page
    assert "нет фото" in page, "the answer itself stays in its column"


def test_of_an_old_receipt_a_rejection_leads_to_the_specialist(
    vega: User, vega_reader: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    submission = make.submission(vega_contract, vega, period=period.shifted(-5).first_day)
    register = submission.readings.get().register
    make.billing_answer(submission, register, "rejected", reason="нет фото")
    closed = "Биллинг отклонил показания этой квитанции. Исправления за этот месяц здесь больше"
    page = receipt(login(vega), vega_contract, submission.number)
    assert closed in page
    assert "Написать специалисту" in page
    page = receipt(login(vega_reader), vega_contract, submission.number)
    assert closed in page
    assert "Написать специалисту" not in page


def test_who_may_only_look_reads_until_when_a_correction_is_taken(
    vega: User, vega_reader: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    submission = make.submission(vega_contract, vega, period=period.first_day)
    register = submission.readings.get().register
    make.billing_answer(submission, register, "rejected", reason="нет фото")
    page = receipt(login(vega_reader), vega_contract, submission.number)
    assert "Верные принимаются до" in page
    assert "Передать исправление" not in page
