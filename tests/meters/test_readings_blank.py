"""The table to be filled in: what stands in it, and that it comes back as it went."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import JournalEntry, User
from contracts.models import Contract
from contracts.periods import Month
from meters import window
from meters.models import Meter, MeteringPoint, Register
from tests import make
from tests.meters.sheets_in import upload
from tests.meters.table import hand_in

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def blank(browser: Browser, contract: Contract, kind: str = "xlsx") -> bytes:
    response = browser.get(reverse("meters:readings-blank", args=[contract.pk, kind]))
    assert response.status_code == 200
    return response.content


def table(content: bytes) -> tuple[Any, list[Any], list[Any]]:
    """The sheet, its head and its rows of cells."""
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    rows = list(sheet.iter_rows(min_row=4))
    return sheet, [cell.value for cell in rows[0]], rows[1:]


def test_every_register_is_there_with_what_is_known(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    sheet, head, rows = table(blank(login(vega), vega_contract))
    assert sheet["A1"].value == f"Договор № 35-01-004217, показания за {period}"
    assert "до " in sheet["A2"].value
    assert sheet.freeze_panes == "A5"
    assert len(rows) == 2
    first = dict(zip(head, rows[0], strict=True))
    assert first["Номер счётчика"].value == known[0].meter.serial
    assert first["Код строки"].value == known[0].external_id
    assert first["Зона"].value == "сутки"
    assert first["Предыдущее показание"].value == 1000
    assert first["Дата предыдущего"].value.date() == period.shifted(-1).last_day
    assert first["Показание"].value is None
    assert first["Показание"].number_format == "0.0"


def test_the_table_of_a_late_month_names_its_own_term(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    late = period.shifted(-1)
    address = reverse("meters:readings-blank", args=[vega_contract.pk, "xlsx"])
    response = login(vega).get(address, {"period": window.code(late)})
    sheet, _, _ = table(response.content)
    assert sheet["A1"].value.endswith(f"показания за {late}")
    taken = window.Window().taken_words(late)
    assert sheet["A2"].value.startswith(f"Передайте до {taken}, с отметкой «после срока». ")


def test_only_what_is_asked_is_white(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    _, head, rows = table(blank(login(vega), vega_contract))
    white = {
        name for name, cell in zip(head, rows[0], strict=True) if cell.fill.fill_type != "solid"
    }
    assert white == {"Показание"}


def test_a_page_of_help_comes_with_it(vega: User, vega_contract: Contract, login: Login) -> None:
    book = load_workbook(io.BytesIO(blank(login(vega), vega_contract)))
    assert book.sheetnames == ["Показания", "Как заполнить"]


def test_the_draft_and_what_was_handed_in_stand_in_it(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100,5", "2100")
    hand_in(browser, vega_contract, "", "2200", action="draft")
    _, head, rows = table(blank(browser, vega_contract))
    column = head.index("Показание")
    assert [row[column].value for row in rows] == [1100.5, 2200]


def test_what_others_stated_is_left_to_the_client(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    make.reading(known[0], "1500", period=period.first_day)
    _, head, rows = table(blank(login(vega), vega_contract))
    assert rows[0][head.index("Показание")].value is None


def test_meters_that_are_not_asked_are_not_in_it(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    Meter.objects.filter(pk=known[0].meter_id).update(is_automatic=True)
    _, _, rows = table(blank(login(vega), vega_contract))
    assert len(rows) == 1


def test_the_csv_has_the_head_first(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    text = blank(login(vega), vega_contract, "csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert rows[0]["Предыдущее показание"] == "1000,0"
    assert rows[0]["Договор и месяц"] == f"договор № 35-01-004217, показания за {period}"
    assert rows[0]["Показание"] == ""


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_names_are_never_run(
    vega: User, vega_contract: Contract, known: list[Register], login: Login, kind: str
) -> None:
    MeteringPoint.objects.filter(contract=vega_contract).update(name="=1+1", site="@SUM(A1)")
    content = blank(login(vega), vega_contract, kind)
    if kind == "csv":
        assert b";'=1+1;" in content
        assert b"'@SUM(A1);" in content
    else:
        _, _, rows = table(content)
        assert [(cell.value, cell.data_type) for cell in rows[0][:2]] == [
            ("@SUM(A1)", "s"),
            ("=1+1", "s"),
        ]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_was_downloaded_can_be_uploaded(
    vega: User, vega_contract: Contract, known: list[Register], login: Login, kind: str
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100,5", "2100", action="draft")
    content = blank(browser, vega_contract, kind)
    response = browser.post(
        reverse("meters:readings-file", args=[vega_contract.pk]),
        {"file": upload(content, f"a.{kind}")},
        follow=True,
    )
    assert "Передать 2 показания" in response.content.decode().replace("\u00a0", " ")


def test_it_is_journalled_and_comes_in_two_kinds(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    blank(browser, vega_contract, "csv")
    entry = JournalEntry.objects.get(action="file_opened")
    assert entry.details == {"contract": vega_contract.number, "kind": "csv"}
    other = reverse("meters:readings-blank", args=[vega_contract.pk, "exe"])
    assert browser.get(other).status_code == 404


def test_who_may_not_hand_in_gets_none(
    vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    address = reverse("meters:readings-blank", args=[vega_contract.pk, "xlsx"])
    assert login(vega_reader).get(address).status_code == 403


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_as_many_statements_for_twenty_rows_as_for_two(
    vega: User,
    vega_contract: Contract,
    login: Login,
    statements: Callable[[Browser, str], int],
    kind: str,
) -> None:
    address = reverse("meters:readings-blank", args=[vega_contract.pk, kind])
    few = statements(login(vega), address)
    for _ in range(18):
        make.installation(make.point(vega_contract))
    assert statements(login(vega), address) == few
