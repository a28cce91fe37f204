"""«Проверьте показания»: totals, what was confirmed, what is missing, and exactly that is sent."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Letter, User
from contracts.models import Contract
from contracts.periods import Month
from meters.models import Installation, MeteringPoint, ReadingDraft, Register, Submission
from tests import make
from tests.meters.table import address, earlier, hand_in, inputs, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def check_address(contract: Contract) -> str:
    return reverse("meters:readings-check", args=[contract.pk])


def check(browser: Browser, contract: Contract, *values: str, **data: Any) -> Any:
    """Type the values, press «Проверить», follow to the page."""
    answer = hand_in(browser, contract, *values, action="check", **data)
    assert answer.status_code == 302
    return browser.get(answer["Location"])


def hidden(page: Any) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return dict(found)


def test_what_it_shows_and_that_nothing_is_stored(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    Installation.objects.filter(meter=known[0].meter).update(current_ratio=80)
    MeteringPoint.objects.filter(installations__meter=known[0].meter).update(losses_percent="1.5")
    page = check(login(vega), vega_contract, "1326,6")
    words = text(page)
    assert "Проверьте показания за" in words
    assert "26 128 кВт·ч" in words
    assert "с учётом потерь 26 519,92 кВт·ч" in words
    assert "Останутся без показаний: 1" in words
    assert "001 326,6" in words
    assert f"#r{known[0].pk}" in page.content.decode(), "«Изменить»"
    assert f"#r{known[1].pk}" in page.content.decode(), "«Ввести»"
    assert not Submission.objects.exists()


def test_a_meter_removed_within_the_month_is_said_to_stand_beside_the_totals(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    old = Installation.objects.filter(point__contract=vega_contract).first()
    day = period.first_day + datetime.timedelta(days=1)
    Installation.objects.filter(pk=old.pk).update(removed_on=day)
    new = make.installation(old.point, installed_on=day)
    make.installation(make.point(vega_contract), removed_on=day)
    said = f"Счётчики, снятые за месяц (№ {old.meter.serial}), в итоги не входят"
    browser = login(vega)
    new_register = new.meter.registers.get().pk
    page = browser.get(address(vega_contract))
    data = {**hidden(page), f"r{new_register}": "5", "action": "check"}
    page = browser.get(browser.post(address(vega_contract), data)["Location"])
    assert said in text(page)
    assert "Итоги без 1 значения" in text(page), "the act of installation is not there"
    receipt = browser.get(browser.post(check_address(vega_contract), hidden(page))["Location"])
    assert said in text(receipt)
    bodies = list(Letter.objects.values_list("plain", flat=True))
    assert bodies
    assert all(said in body.replace("\u00a0", " ") for body in bodies)


def test_it_is_handed_in_as_shown_and_once(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    page = check(browser, vega_contract, "1100", "2100,5")
    first = browser.post(check_address(vega_contract), hidden(page))
    submission = Submission.objects.get()
    receipt = reverse("meters:receipt", args=[vega_contract.pk, submission.number])
    assert (first.status_code, first["Location"]) == (302, receipt)
    assert submission.readings.count() == 2
    assert not ReadingDraft.objects.exists()
    again = browser.post(check_address(vega_contract), hidden(page))
    assert again["Location"] == receipt
    assert Submission.objects.count() == 1


def test_zones_are_totalled_apart(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    Installation.objects.all().delete()
    hung = make.installation(make.point(vega_contract), zones=("day", "night"), current_ratio=10)
    for register in hung.meter.registers.all():
        make.reading(register, "100", period=earlier(period))
    words = text(check(login(vega), vega_contract, "110", "120"))
    assert "Расход 300 кВт·ч" in words
    assert "Активная, приём, день 100 кВт·ч" in words
    assert "Активная, приём, ночь 200 кВт·ч" in words


def test_confirmed_deviations_stand_out(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    key = known[0].pk
    box = {f"ok{key}": "999.5", f"why{key}": "replaced", f"note{key}": "акт <7>"}
    words = text(check(login(vega), vega_contract, "999,5", "2100", **box))
    assert "Вы подтвердили необычные значения" in words
    assert "Меньше предыдущего показания прибор заменён: акт &lt;7&gt;" in words or (
        "Меньше предыдущего показания прибор заменён: акт <7>" in words
    )


def test_a_correction_shows_the_former_value_and_asks_why(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")
    page = check(browser, vega_contract, "1150")
    assert "вместо 001 100,0" in text(page)
    assert 'name="correction"' in page.content.decode()
    refused = browser.post(check_address(vega_contract), {**hidden(page), "correction": ""})
    assert refused.status_code == 422
    assert "причину исправления" in text(refused)
    taken = browser.post(check_address(vega_contract), {**hidden(page), "correction": "reread"})
    assert taken.status_code == 302
    assert Submission.objects.order_by("-pk")[0].correction_reason == "показания сняты заново"


def test_a_draft_that_changed_meanwhile_is_shown_again(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    page = check(browser, vega_contract, "1100")
    hand_in(browser, vega_contract, "1101", action="autosave")
    answer = browser.post(check_address(vega_contract), hidden(page))
    assert answer.status_code == 409
    assert "Черновик изменился" in text(answer)
    assert "001 101,0" in text(answer)
    assert not Submission.objects.exists()
    assert browser.post(check_address(vega_contract), hidden(answer)).status_code == 302


def test_with_open_rows_it_leads_back_to_them(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "ой", action="draft")
    answer = browser.get(check_address(vega_contract), follow=True)
    assert answer.redirect_chain
    assert inputs(answer)[f"r{known[0].pk}"] == "ой"
    assert "Сначала исправьте или подтвердите" in text(answer)


def test_a_value_that_became_doubtful_is_not_handed_in_unasked(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    """Billing may correct the month before while the page stands open."""
    browser = login(vega)
    page = check(browser, vega_contract, "1100", "2100")
    make.reading(known[0], "1200", period=earlier(period))
    answer = browser.post(check_address(vega_contract), hidden(page), follow=True)
    assert "Сначала исправьте или подтвердите" in text(answer)
    assert "Меньше предыдущего показания." in text(answer)
    assert not Submission.objects.exists()


def test_without_a_draft_there_is_nothing_to_check(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    answer = login(vega).get(check_address(vega_contract))
    assert answer["Location"].startswith(address(vega_contract))


def test_a_reader_has_no_such_page(
    vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega_reader)
    assert browser.get(check_address(vega_contract)).status_code == 403
    assert browser.post(check_address(vega_contract)).status_code == 403
