"""«Проверка файла»: a verdict for each row, the answers, one submission, the way to the table."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters.models import Reading, ReadingDraft, ReadingUpload, Register, Submission
from tests import make
from tests.meters import sheets_in
from tests.meters.table import earlier, hand_in, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def check(browser: Browser, contract: Contract, rows: list[Any]) -> str:
    """Upload a workbook with `rows`; the address of its verdicts."""
    response = browser.post(
        reverse("meters:readings-file", args=[contract.pk]),
        {"file": sheets_in.upload(sheets_in.book(rows))},
    )
    assert response.status_code == 302, text(response)
    return str(response["Location"])


def send(browser: Browser, address: str, **data: Any) -> HttpResponse:
    return browser.post(address, {"action": "send", **data})  # type: ignore[return-value]


def confirmed(register: Register, value: str, why: str = "other") -> dict[str, str]:
    """The answer to what is asked about a row."""
    return {
        f"ok{register.pk}": value,
        f"why{register.pk}": why,
        f"note{register.pk}": "пущена линия 2",
    }


def stored() -> dict[int, Decimal]:
    rows = Reading.objects.filter(source="client").order_by("received_at", "pk")
    return {row.register_id: row.value for row in rows}


def states(page: Any) -> list[tuple[str, str]]:
    """The number and the state of each row of the table."""
    return re.findall(
        r'<tr role="row" id="row-(\d+)".*?data-label="Проверка"><span[^>]*>([^<]*)<',
        page.content.decode(),
    )


# Verdicts ---------------------------------------------------------------------------------------


def test_every_row_has_its_verdict(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    rows = [*sheets_in.of(known, 1100.5, "900"), ("ТП-9", "404404", 5), ("ТП", "404405", None)]
    page = browser.get(check(browser, vega_contract, rows))
    assert states(page) == [
        ("2", "принято"),
        ("3", "нужно подтвердить"),
        ("4", "ошибка"),
        ("5", "нет показания"),
    ]
    words = text(page)
    assert "Ячейка B4. Счётчика № 404404 нет в этом договоре." in words
    assert "Меньше предыдущего показания." in words
    assert "100,5" in words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("двенадцать", "Ячейка C2. Это не число."),
        (-5, "Ячейка C2. Отрицательное значение."),
        (1234567, "Ячейка C2. Больше разрядов, чем у счётчика."),
        (1100.55, "На табло 1 цифра после запятой"),
        ("1.100.5", "Несколько запятых или точек."),
    ],
)
def test_a_wrong_value_names_its_cell(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    login: Login,
    value: Any,
    words: str,
) -> None:
    browser = login(vega)
    page = browser.get(check(browser, vega_contract, sheets_in.of(known, value)))
    assert words in text(page)
    assert "Передать 1" not in text(page)


def test_rows_can_be_chosen(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    address = check(browser, vega_contract, [*sheets_in.of(known, 1100, 900), ("", "404", 5)])
    assert states(browser.get(f"{address}?show=errors")) == [("4", "ошибка")]
    assert states(browser.get(f"{address}?show=accepted")) == [("2", "принято")]
    assert len(states(browser.get(f"{address}?show=nonsense"))) == 3
    assert "Таких строк нет" in text(browser.get(f"{address}?show=empty"))


def test_choosing_rows_keeps_the_answers(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    address = check(browser, vega_contract, sheets_in.of(known, 1100, 900))
    response = browser.post(
        address, {"action": "filter", "show": "accepted", **confirmed(known[1], "900.0")}
    )
    assert response["Location"] == f"{address}?show=accepted#rows"
    assert states(browser.get(address))[1] == ("3", "подтверждено")
    assert not Submission.objects.exists()


# Handing in -------------------------------------------------------------------------------------


def test_good_rows_are_handed_in_under_one_number(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    browser = login(vega)
    address = check(browser, vega_contract, sheets_in.of(known, "1 100,5", 2100))
    response = send(browser, address)
    submission = Submission.objects.get()
    receipt = reverse("meters:receipt", args=[vega_contract.pk, submission.number])
    assert response["Location"] == receipt
    assert stored() == {known[0].pk: Decimal("1100.5"), known[1].pk: Decimal(2100)}
    assert submission.period == period.first_day
    assert ReadingUpload.objects.get().submission == submission
    page = browser.get(address)
    assert "Показания из этого файла переданы" in text(page)
    assert "<form method=post" not in page.content.decode()


def test_twice_gives_the_same_receipt(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    address = check(browser, vega_contract, sheets_in.of(known, 1100, 2100))
    first = send(browser, address)
    ReadingUpload.objects.update(submission=None)  # as the second of two at once sees it
    second = send(browser, address)
    third = send(browser, address)
    assert first["Location"] == second["Location"] == third["Location"]
    assert Submission.objects.count() == 1
    assert Reading.objects.filter(source="client").count() == 2


@pytest.mark.django_db(transaction=True)
def test_ten_posts_at_once_are_one_submission(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    address = check(login(vega), vega_contract, sheets_in.of(known, 1100, 2100))
    browsers = [login(vega) for _ in range(10)]
    starting = threading.Barrier(10)
    answers: list[str] = []

    def post(browser: Browser) -> None:
        starting.wait()
        try:
            answers.append(send(browser, address)["Location"])
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 10
    assert len(set(answers)) == 1
    assert Submission.objects.count() == 1


def test_a_doubtful_row_wants_an_answer(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    address = check(browser, vega_contract, sheets_in.of(known, 1100, 900))
    refused = send(browser, address, **{f"ok{known[1].pk}": "900.0"})
    assert refused.status_code == 422
    assert "Строка 3, " in text(refused)
    assert "выберите причину" in text(refused)
    assert not stored()
    assert send(browser, address, **confirmed(known[1], "900.0")).status_code == 302
    row = Reading.objects.get(register=known[1], source="client")
    assert (row.doubts, row.explanation) == (["less"], "пущена линия 2")


def test_bad_rows_are_left_out_only_when_one_says_so(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    rows = [*sheets_in.of(known, 1100, "x"), ("", "404", 7)]
    address = check(browser, vega_contract, rows)
    refused = send(browser, address)
    assert refused.status_code == 422
    assert "Не приняты 2 строки" in text(refused)
    assert not stored()
    assert "Передать без 2 строк с ошибками" in text(browser.get(address))
    assert send(browser, address, partly="1").status_code == 302
    assert stored() == {known[0].pk: Decimal(1100)}


def test_nothing_good_is_nothing_to_hand_in(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    address = check(browser, vega_contract, sheets_in.of(known, "x", "y"))
    assert 'value="send"' not in browser.get(address).content.decode()
    response = send(browser, address, partly="1")
    assert response.status_code == 422
    assert "Новых показаний в файле нет" in text(response)


def test_a_correction_wants_its_reason(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100", "2100")
    address = check(browser, vega_contract, sheets_in.of(known, 1100, 2200))
    page = browser.get(address)
    assert states(page) == [("2", "уже передано"), ("3", "принято")]
    assert "вместо 002 100,0" in text(page)
    assert send(browser, address).status_code == 422
    assert send(browser, address, correction="typo").status_code == 302
    last = Submission.objects.order_by("received_at").last()
    assert last.correction_reason == "ошибка при вводе"
    assert [row.value for row in Reading.objects.filter(submission=last)] == [Decimal(2200)]


def test_the_same_file_again_names_the_receipt(
    vega: User, vega_engineer: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    rows = sheets_in.of(known, 1100, 2100)
    content = sheets_in.book(rows)
    file_address = reverse("meters:readings-file", args=[vega_contract.pk])
    browser = login(vega)
    first = browser.post(file_address, {"file": sheets_in.upload(content)})
    send(browser, first["Location"])
    number = Submission.objects.get().number
    for user in (vega, vega_engineer):
        other = login(user)
        again = other.post(file_address, {"file": sheets_in.upload(content)}, follow=True)
        assert "Этот файл уже загружали" in text(again)
        assert number in text(again)
        assert [state for _, state in states(again)] == ["уже передано", "уже передано"]


# The draft --------------------------------------------------------------------------------------


def test_the_values_can_go_to_the_table(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    browser = login(vega)
    address = check(browser, vega_contract, sheets_in.of(known, "11OO", 900))
    response = browser.post(address, {"action": "table", **confirmed(known[1], "900.0")})
    assert response["Location"].startswith(reverse("meters:readings", args=[vega_contract.pk]))
    typed = ReadingDraft.objects.get(author=vega, period=period.first_day).typed
    assert typed[str(known[0].pk)][0] == "11OO"
    assert typed[str(known[1].pk)] == ["900", "900.0", "other", "пущена линия 2"]
    assert not stored()


def test_what_was_typed_for_other_registers_stays_a_draft(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1111", "2222", action="draft")
    address = check(browser, vega_contract, sheets_in.of(known, 1100))
    assert send(browser, address).status_code == 302
    assert stored() == {known[0].pk: Decimal(1100)}
    draft = ReadingDraft.objects.get()
    assert draft.typed == {str(known[1].pk): ["2222", "", "", ""]}
    assert draft.form_key != Submission.objects.get().form_key


# Who, and when ----------------------------------------------------------------------------------


def test_an_upload_is_its_authors(
    vega: User, vega_engineer: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    address = check(login(vega), vega_contract, sheets_in.of(known, 1100))
    assert login(vega_engineer).get(address).status_code == 404
    assert send(login(vega_engineer), address).status_code == 404


def test_an_upload_of_another_contract_is_not_found(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    other = make.contract(vega_contract.client)
    upload = make.reading_upload(vega_contract, vega)
    address = reverse("meters:readings-file-check", args=[other.pk, upload.pk])
    assert login(vega).get(address).status_code == 404


def test_a_month_that_is_over_is_shown_and_not_taken(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    upload = make.reading_upload(vega_contract, vega, period=period.shifted(-3).first_day)
    address = reverse("meters:readings-file-check", args=[vega_contract.pk, upload.pk])
    browser = login(vega)
    assert "больше не принимаются" in text(browser.get(address))
    response = send(browser, address, correction="typo")
    assert response.status_code == 422
    assert not stored()


def test_late_rows_are_taken_and_it_is_said(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    rows = sheets_in.of(known, 999.5)
    browser = login(vega)
    late = f"?period={earlier(period):%Y-%m}"
    file_address = reverse("meters:readings-file", args=[vega_contract.pk]) + late
    response = browser.post(
        file_address, {"file": sheets_in.upload(sheets_in.book(rows))}, follow=True
    )
    assert "с отметкой «после срока»" in text(response)
    assert ReadingUpload.objects.get().period == earlier(period)


def test_answers_survive_the_end_of_the_session(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    address = check(browser, vega_contract, sheets_in.of(known, 1100, 900))
    seal = re.findall(r'name="seal" value="([^"]+)"', browser.get(address).content.decode())[0]
    browser.logout()
    lost = send(browser, address, seal=seal, **confirmed(known[1], "900.0"))
    assert lost["Location"].startswith(reverse("account_login"))
    browser.force_login(vega, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert states(browser.get(address))[1] == ("3", "подтверждено")


def test_answers_about_strange_registers_are_not_kept(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    address = check(browser, vega_contract, sheets_in.of(known, 1100, 900))
    send(browser, address, ok99999999="1", why99999999="other")
    assert ReadingUpload.objects.get().answers == {}


# Size -------------------------------------------------------------------------------------------


def test_as_many_statements_for_twenty_rows_as_for_two(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    browser = login(vega)
    few = statements(browser, check(browser, vega_contract, sheets_in.of(known, 1100, 900)))
    registers = list(known)
    for _ in range(18):
        hung = make.installation(make.point(vega_contract))
        registers.append(Register.objects.get(meter=hung.meter))
    many = check(browser, vega_contract, sheets_in.of(registers, 1100, *[900] * 19))
    assert statements(browser, many) == few


def test_five_thousand_rows_of_strangers(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    foreign = [("", f"9{number:07}", 5) for number in range(4_998)]
    address = check(browser, vega_contract, [*sheets_in.of(known, 1100, 2100), *foreign])
    page = browser.get(address)
    assert "4 998" in text(page)
    assert "Ещё 4 000 строк не показаны" in text(page)
    assert send(browser, address, partly="1").status_code == 302
    assert len(stored()) == 2
