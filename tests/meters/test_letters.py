"""Letters about a submission: to whoever handed it in, and to the specialist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from pytest_django import Settings

from accounts.models import Letter, User
from contracts.models import Contract, Specialist, Topic
from contracts.periods import Month
from meters import letters
from meters.models import Installation, Register, Submission
from tests import make
from tests.meters.table import earlier, hand_in

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def meters_topic(db: None) -> Topic:
    """The topic of meters as the demo has it."""
    return make.topic(code="meters", name="Приборы учёта", email="meters@retailer.example")


@pytest.fixture
def metrologist(vega_contract: Contract, meters_topic: Topic) -> Specialist:
    """Who answers for meters of Vega's contract."""
    person = make.specialist(vega_contract.branch, email="metrolog@retailer.example")
    make.assignment(meters_topic, person, contract=vega_contract)
    return person


def plain(letter: Letter) -> str:
    """The letter as it is read; its HTML says the same words."""
    return letter.plain.replace("\u00a0", " ")


def to(address: str) -> Letter:
    return Letter.objects.get(to=address)


def test_the_client_gets_what_was_taken(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    Installation.objects.filter(meter=known[0].meter).update(current_ratio=80)
    hand_in(login(vega), vega_contract, "1326,6", "2100")
    submission, letter = Submission.objects.get(), Letter.objects.get()
    assert letter.to == vega.email
    month = str(period).split()[0]
    assert letter.subject.replace("\u00a0", " ") == (
        f"Показания за {month} приняты, квитанция {submission.number}"
    )
    said = plain(letter)
    for words in (
        f"Показания за {month} приняты.", f"Квитанция: {submission.number}",
        f"{submission.received_at.astimezone():%d.%m.%Y %H:%M:%S} (МСК), в срок",
        "Передано: 2 показания по 2 точкам учёта", "Итого: 26 228 кВт·ч",
        f"http://testserver/contracts/{vega_contract.pk}/readings/receipts/",
        "Если показания передавали не вы, позвоните нам.",
    ):  # fmt: skip
        assert words in said, words
    assert "26 228" in letter.html.replace("\u00a0", " ")
    assert submission.number in letter.html
    assert "{{" not in letter.plain + letter.html
    assert "\n\n\n" not in letter.plain


def test_the_address_in_the_letter_opens_the_receipt(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")
    (link,) = [line for line in Letter.objects.get().plain.splitlines() if "/receipts/" in line]
    assert browser.get(link.removeprefix("http://testserver")).status_code == 200


def test_a_late_one_says_so_to_both(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    period: Month,
    metrologist: Specialist,
    login: Login,
) -> None:
    code = f"{earlier(period):%Y-%m}"
    for register in known:
        make.reading(register, "900", period=period.shifted(-2).first_day)
    hand_in(login(vega), vega_contract, "1050", period=code)
    assert Submission.objects.get().is_late
    assert "приняты с отметкой «после срока»" in plain(to(vega.email))
    said = plain(to(metrologist.email))
    assert "Они пришли после срока." in said
    assert "Было за этот период: 001 000,0, введено офисом" in said


def test_an_ordinary_submission_bothers_no_specialist(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    metrologist: Specialist,
    login: Login,
) -> None:
    hand_in(login(vega), vega_contract, "1100", "2100")
    assert Letter.objects.get().to == vega.email


def test_a_confirmed_value_reaches_the_specialist_with_its_reason(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    period: Month,
    metrologist: Specialist,
    login: Login,
) -> None:
    key = known[0].pk
    answer = {f"ok{key}": "500.0", f"why{key}": "other", f"note{key}": "табло <заменили>"}
    hand_in(login(vega), vega_contract, "500", "2100", **answer)
    submission, letter = Submission.objects.get(), to(metrologist.email)
    assert letter.subject == (
        f"Показания требуют внимания: договор № {vega_contract.number}, {submission.number}"
    )
    said = plain(letter)
    point = known[0].meter.installations.get().point
    for words in (
        f"{point.name}, Меркурий 234 ART-03 № {known[0].meter.serial}",
        "Передано: 000 500,0, предыдущее 001 000,0, расход —",
        "Переспросили: меньше предыдущего. Ответ клиента: табло <заменили>",
        "Громов Андрей Ильич", vega_contract.client.inn,
        f"http://testserver/office/meters/submission/{submission.pk}/change/",
        "Итоги без 1 значения",
    ):  # fmt: skip
        assert words in said, words
    assert known[1].meter.serial not in said, "only what asks for attention"
    assert "табло &lt;заменили&gt;" in letter.html
    assert "Причина исправления" not in said


def test_a_correction_reaches_the_specialist_with_the_former_value(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    metrologist: Specialist,
    login: Login,
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100")
    hand_in(browser, vega_contract, "1200", correction="misread")
    said = plain(to(metrologist.email))
    assert "Причина исправления: ошибка при снятии показаний" in said
    assert "Передано: 001 200,0, предыдущее 001 000,0, расход 200 кВт·ч" in said
    assert "Было за этот период: 001 100,0, передано" in said


def test_of_many_values_the_confirmed_ones_are_shown_first(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    metrologist: Specialist,
    login: Login,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(letters, "SHOWN", 1)
    browser, key = login(vega), known[1].pk
    hand_in(browser, vega_contract, "1100", "2100")
    answer = {f"ok{key}": "500.0", f"why{key}": "other", f"note{key}": "табло заменили"}
    hand_in(browser, vega_contract, "1200", "500", **answer)
    said = plain(to(metrologist.email))
    assert "табло заменили" in said
    assert "001 200,0" not in said
    assert "Ещё 1 значение — по ссылке." in said


def test_a_repeated_form_writes_once(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser, key = login(vega), "6e1a1fd4-2c8e-4b43-9d64-0a4c6c3d1c0e"
    for _ in range(2):
        hand_in(browser, vega_contract, "1100", form_key=key)
    assert Letter.objects.count() == 1


def test_readings_that_are_not_stored_are_not_written_about(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    login: Login,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell = letters.tell

    def tell_and_fail(*args: Any) -> None:
        tell(*args)
        raise RuntimeError("after the letter")

    monkeypatch.setattr(letters, "tell", tell_and_fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        hand_in(login(vega), vega_contract, "1100")
    assert not Submission.objects.exists()
    assert not Letter.objects.exists()


def test_somebody_without_an_address_hands_in_all_the_same(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    User.objects.filter(pk=vega.pk).update(email="")
    hand_in(login(User.objects.get(pk=vega.pk)), vega_contract, "1100")
    assert Submission.objects.exists()
    assert not Letter.objects.exists()


def late(contract: Contract, author: User) -> Submission:
    return make.submission(contract, author, is_late=True)


def test_the_deputy_gets_it_during_a_leave(
    vega: User, vega_contract: Contract, metrologist: Specialist
) -> None:
    deputy = make.specialist(vega_contract.branch, email="deputy@retailer.example")
    make.leave(metrologist, deputy)
    letters.tell(late(vega_contract, vega), [])
    assert Letter.objects.filter(to=deputy.email).exists()


def test_without_a_specialist_the_group_gets_it(
    vega: User, vega_contract: Contract, meters_topic: Topic
) -> None:
    letters.tell(late(vega_contract, vega), [])
    assert Letter.objects.filter(to=meters_topic.email).exists()


def test_without_the_topic_the_duty_address_gets_it(
    vega: User, vega_contract: Contract, meters_topic: Topic, settings: Settings
) -> None:
    settings.READINGS_TOPIC = "no-such-topic"
    letters.tell(late(vega_contract, vega), [])
    assert Letter.objects.filter(to=settings.RETAILER.duty_email).exists()
