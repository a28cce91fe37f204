"""«Точки учёта»: errors at their rows, «Проверить», «Передать», corrections."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, User
from contracts.models import Contract
from contracts.periods import Month
from meters.models import Installation, MeteringPoint, Reading, Register, Submission
from tests import make
from tests.meters.table import address, earlier, hand_in, inputs, registers, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def stored() -> dict[int, Decimal]:
    """What clients handed in, by register, the latest."""
    rows = Reading.objects.filter(source="client").order_by("received_at", "pk")
    return {row.register_id: row.value for row in rows}


# «Передать» ----------------------------------------------------------------------------------


def test_values_are_stored_and_the_receipt_opens(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    response = hand_in(login(vega), vega_contract, "12 345,6", "2000.5")
    submission = Submission.objects.get()
    assert response.status_code == 302
    assert response["Location"] == reverse(
        "meters:receipt", args=[vega_contract.pk, submission.number]
    )
    assert submission.period == period.first_day
    assert stored() == {known[0].pk: Decimal("12345.6"), known[1].pk: Decimal("2000.5")}
    row = Reading.objects.get(register=known[0], source="client")
    assert (row.contract, row.point.contract) == (vega_contract, vega_contract)
    assert row.received_at == submission.received_at


def test_a_part_may_be_handed_in(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    assert hand_in(browser, vega_contract, "", "2100").status_code == 302
    assert stored() == {known[1].pk: Decimal(2100)}
    page = browser.get(address(vega_contract))
    assert "002 100,0" in text(page)
    assert f"передано {timezone.localdate():%d.%m}" in text(page)
    assert "передано 1 из 2 точек" in text(page)


def test_nothing_entered(vega: User, vega_contract: Contract, login: Login) -> None:
    for values in ((), ("", ""), (" ", "\u00a0")):
        for action in ("send", "check"):
            response = hand_in(login(vega), vega_contract, *values, action=action)
            assert response.status_code == 422
            assert "<title>Ошибка:" in response.content.decode()
            assert "Введите хотя бы одно показание" in text(response)
    assert not Submission.objects.exists()


def test_each_error_stands_at_its_row_and_nothing_typed_is_lost(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    make.installation(make.point(vega_contract, name="ВРУ-3"))
    third = registers(vega_contract)[2]
    response = hand_in(login(vega), vega_contract, "1 100,5", "0231964", "<b>а&б")
    page = response.content.decode()
    assert response.status_code == 422
    assert not Submission.objects.exists()
    assert inputs(response) == {
        f"r{known[0].pk}": "1 100,5", f"r{known[1].pk}": "0231964", f"r{third.pk}": "<b>а&б",
    }  # fmt: skip
    assert "<title>Ошибка:" in page
    assert "Показания не переданы" in text(response)
    assert f'href="#r{known[1].pk}"' in page
    assert f'href="#r{third.pk}"' in page
    assert f'href="#r{known[0].pk}"' not in page
    assert f'id="n-r{known[1].pk}"' in page
    assert f'aria-describedby="n-r{third.pk}"' in page
    assert "Возможно, пропущена запятая: 023 196,4." in text(response)
    assert "100,5" in text(response), "the consumption of the good row"


def test_totals_by_energy_and_without_the_sum_of_zones(
    vega: User, vega_contract: Contract, period: Month, login: Login
) -> None:
    Installation.objects.all().delete()
    hung = make.installation(
        make.point(vega_contract), zones=("total", "day", "night"), current_ratio=10
    )
    reactive = Register.objects.create(
        external_id="reactive", meter=hung.meter, energy="R+", order=9,
        integer_digits=6, fraction_digits=1,
    )  # fmt: skip
    for register in hung.meter.registers.all():
        make.reading(register, "100", period=earlier(period))
    browser = login(vega)
    hand_in(browser, vega_contract, "130", "110", "120", "107", action="draft")
    response = browser.get(address(vega_contract))
    page = text(response)
    assert "Итого по введённым показаниям, активная, приём 300 кВт·ч" in page
    assert "Итого по введённым показаниям, реактивная, приём 70 кВАр·ч" in page
    assert f"r{reactive.pk}" in inputs(response)


# What is asked back -------------------------------------------------------------------------


def test_less_than_previous_is_asked_back_and_confirmed(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    for register in known:
        make.reading(register, "999000", period=_latest(known))
    browser = login(vega)
    asked = hand_in(browser, vega_contract, "999,5", "999100")
    assert asked.status_code == 422
    assert not Submission.objects.exists()
    assert "Меньше предыдущего показания." in text(asked)
    assert "1 999,5 кВт·ч" in text(asked), "10⁶ − 999000 + 999,5"
    key = known[0].pk
    assert f'name="ok{key}" value="999.5"' in asked.content.decode()
    without_reason = hand_in(browser, vega_contract, "999,5", "999100", **{f"ok{key}": "999.5"})
    assert without_reason.status_code == 422
    assert f'href="#why{key}"' in without_reason.content.decode()
    box = {f"ok{key}": "999.5", f"why{key}": "rollover", f"note{key}": "с третьего числа"}
    assert hand_in(browser, vega_contract, "999,5", "999100", **box).status_code == 302
    first = Submission.objects.get().readings.get(register=known[0])
    assert (first.doubts, first.is_rollover) == (["less"], True)
    assert first.explanation == "счётчик перешёл через ноль: с третьего числа"
    second = Submission.objects.get().readings.get(register=known[1])
    assert (second.doubts, second.is_rollover, second.explanation) == ([], False, "")


def test_a_rollover_that_is_not_plausible_is_not_offered(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    """1000 → 999,5 would be a million kilowatt-hours: a mistake or another meter."""
    key = known[0].pk
    browser = login(vega)
    asked = hand_in(browser, vega_contract, "999,5")
    assert "Меньше предыдущего показания." in text(asked)
    assert 'value="rollover"' not in asked.content.decode()
    rolled = {f"ok{key}": "999.5", f"why{key}": "rollover"}
    assert hand_in(browser, vega_contract, "999,5", **rolled).status_code == 422
    mistaken = {f"ok{key}": "999.5", f"why{key}": "mistake"}
    assert hand_in(browser, vega_contract, "999,5", **mistaken).status_code == 302
    assert not Submission.objects.get().readings.get().is_rollover


def test_another_reason_has_to_be_described(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    key = known[0].pk
    browser = login(vega)
    bare = {f"ok{key}": "999.5", f"why{key}": "other"}
    assert hand_in(browser, vega_contract, "999,5", **bare).status_code == 422
    told = hand_in(browser, vega_contract, "999,5", **bare, **{f"note{key}": "счётчик меняли"})
    assert told.status_code == 302
    assert Submission.objects.get().readings.get().explanation == "счётчик меняли"


def test_a_confirmation_is_of_one_value_only(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    box = {f"ok{known[0].pk}": "999.5", f"why{known[0].pk}": "mistake"}
    response = hand_in(login(vega), vega_contract, "998,5", **box)
    assert response.status_code == 422
    assert not Submission.objects.exists()


def _latest(known: list[Register]) -> datetime.date:
    period: datetime.date = Reading.objects.filter(register__in=known).latest("period").period
    return period


# Corrections ---------------------------------------------------------------------------------


def test_a_correction_counts_and_the_first_value_stays(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100")
    assert hand_in(browser, vega_contract, "1200,5").status_code == 302
    values = list(
        Reading.objects.filter(register=known[0], source="client")
        .order_by("pk")
        .values_list("value", flat=True)
    )
    assert values == [Decimal(1100), Decimal("1200.5")]
    page = text(browser.get(address(vega_contract)))
    assert "001 200,5" in page
    assert "001 100,0" not in page


def test_unchanged_values_are_not_stored_again(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100")
    hand_in(browser, vega_contract, "1100,0", "2200")
    assert list(Submission.objects.order_by("-pk")[0].readings.values_list("value")) == [
        (Decimal(2200),)
    ]
    response = hand_in(browser, vega_contract, "1100", "2200")
    assert response.status_code == 422
    assert "уже переданы" in text(response)
    assert Submission.objects.count() == 2


def test_the_client_may_restate_what_the_office_entered(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    make.reading(known[0], "1100", period=period.first_day)
    assert hand_in(login(vega), vega_contract, "1100").status_code == 302
    assert stored() == {known[0].pk: Decimal(1100)}


# What a form may not do ----------------------------------------------------------------------


def test_foreign_and_unknown_registers_are_never_stored(
    vega: User, vega_contract: Contract, orion_contract: Contract, known: list[Register],
    login: Login,
) -> None:  # fmt: skip
    foreign = registers(orion_contract)[0]
    for name in (f"r{foreign.pk}", "r999999999", "r" + "9" * 18):
        response = hand_in(login(vega), vega_contract, "1100", **{name: "500"})
        assert response.status_code == 422
        assert "Показание «500» не принято" in text(response)
        assert inputs(response)[f"r{known[0].pk}"] == "1100"
    assert not Submission.objects.exists()


def test_a_point_that_was_closed_meanwhile_is_named(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    day = min(period.last_day, timezone.localdate())
    MeteringPoint.objects.filter(installations__meter=known[0].meter).update(
        name="ТП-9", closed_on=day
    )
    response = hand_in(login(vega), vega_contract, "1100", "2100")
    assert response.status_code == 422
    assert f"Показание «1100» не принято: точка «ТП-9» закрыта {day:%d.%m.%Y}" in text(response)
    assert inputs(response) == {f"r{known[1].pk}": "2100"}
    assert not Submission.objects.exists()


def test_a_reader_looks_and_may_not_hand_in(
    vega: User, vega_reader: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega_reader)
    page = browser.get(address(vega_contract))
    assert page.status_code == 200
    assert inputs(page) == {}
    assert "<form" not in page.content.decode().split("<main")[1]
    assert "001 000,0" in text(page)
    assert hand_in(browser, vega_contract, "1100").status_code == 403
    assert not Submission.objects.exists()


def test_a_terminated_contract_says_why(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    Contract.objects.filter(pk=vega_contract.pk).update(
        terminated_on=timezone.localdate() - datetime.timedelta(days=5)
    )
    browser = login(vega)
    page = browser.get(address(vega_contract))
    assert inputs(page) == {}
    assert "Договор расторгнут" in text(page)
    assert "/readings/history/" in page.content.decode()
    assert hand_in(browser, vega_contract, "1100").status_code == 409
    assert not Submission.objects.exists()


def test_without_points_a_reader_is_not_sent_to_a_closed_page(
    vega_reader: User, vega_client: Client, login: Login
) -> None:
    contract = make.contract(vega_client)
    page = login(vega_reader).get(address(contract))
    assert "Точек учёта в договоре нет" in text(page)
    assert reverse("messaging:message-new", args=[contract.pk]) not in page.content.decode()


def test_without_points_the_page_says_what_to_do(vega: User, vega_client, login: Login) -> None:
    contract = make.contract(vega_client)
    assert "Точек учёта в договоре нет" in text(login(vega).get(address(contract)))
